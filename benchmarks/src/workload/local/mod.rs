//! What is asked of homes alone: appends beside plain writes, pages beside those of SQLite, and
//! opening a home of very many rollouts.

mod append;
mod open;
mod page;
mod rollouts;

use crate::Failure;
use crate::bench::Bench;
use crate::stock::Stock;

pub(crate) async fn run(stock: &mut Stock, bench: &mut Bench) -> Result<(), Failure> {
    append::run(bench).await?;
    page::run(stock, bench).await?;
    open::run(bench).await
}
