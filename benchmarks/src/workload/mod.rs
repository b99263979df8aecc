//! What is measured: one file for each kind of use.

pub(crate) mod append;
mod edit;
mod fork;
mod history;
mod list;
mod local;
pub(crate) mod memory;
mod open;
mod reading;
mod search;
mod size;

use crate::Failure;
use crate::bench::Bench;
use crate::stock::Stock;
use crate::stores::Kind;

pub(crate) async fn run(kind: Kind, bench: &mut Bench) -> Result<(), Failure> {
    let mut stock = Stock::new(kind);
    append::run(kind, bench).await?;
    history::run(kind, bench).await?;
    edit::run(kind, bench).await?;
    fork::run(kind, bench).await?;
    open::run(kind, bench).await?;
    size::run(kind, bench).await?;
    list::run(kind, &mut stock, bench).await?;
    search::run(kind, &mut stock, bench).await?;
    memory::run(kind, &mut stock, bench).await?;
    reading::run(kind, bench).await?;
    if kind == Kind::Local { local::run(&mut stock, bench).await } else { Ok(()) }
}
