//! Forking a long thread.

use std::cell::RefCell;

use thread_store::ForkThread;

use crate::Failure;
use crate::baseline::file;
use crate::bench::Bench;
use crate::generate::Generator;
use crate::measure::{Side, Tries, Unit};
use crate::stores::Kind;
use crate::workload::history::at_rest;

const ITEMS: usize = 10_000;

pub(crate) async fn run(kind: Kind, bench: &mut Bench) -> Result<(), Failure> {
    let name = format!("fork of {ITEMS} items");
    if !bench.wants(&name) {
        return Ok(());
    }
    let items = Generator::new(61).items(ITEMS)?;
    let opened = kind.open().await?;
    let id = at_rest(&opened, &items).await?;
    let dir = tempfile::tempdir()?;
    let (from, to) = (dir.path().join("from.jsonl"), dir.path().join("to.jsonl"));
    std::fs::write(&from, file::lines(&items))?;
    let ids = RefCell::new(Generator::new(62));
    let ours = Side::timed("ours", Tries::LONG, || {
        let fork = ForkThread::new(id, ids.borrow_mut().thread_id());
        async { Ok(opened.store.fork_thread(fork).await?) }
    });
    let copy = Side::plain("a file, copied and synced", Tries::LONG, || {
        std::fs::copy(&from, &to)?;
        Ok(std::fs::File::open(&to)?.sync_data()?)
    });
    let sides = match kind {
        Kind::Sqlite | Kind::Local => vec![ours, copy],
        Kind::Memory => vec![ours],
    };
    bench.compare(&name, kind, Unit::Millis, sides).await?;
    Ok(())
}
