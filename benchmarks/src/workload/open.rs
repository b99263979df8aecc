//! Opening a store that has threads, up to the first answer.

use thread_store::{ListThreads, ThreadStore as _};
use thread_store_sqlite::SqliteStore;

use crate::Failure;
use crate::baseline::listing::{Lists, Wanted};
use crate::bench::Bench;
use crate::measure::{Side, Tries, Unit};
use crate::stock::Stock;
use crate::stores::Kind;

const THREADS: usize = 10_000;

pub(crate) async fn run(kind: Kind, bench: &mut Bench) -> Result<(), Failure> {
    let name = format!("open {THREADS} threads and list a page");
    if kind != Kind::Sqlite || !bench.wants(&name) {
        return Ok(());
    }
    let stocked = Stock::new(kind).of(THREADS, bench).await?;
    stocked.opened.close().await;
    let path = stocked.opened.path();
    let ours = Side::timed("ours", Tries::LONG, || async {
        let store = SqliteStore::open(&path).await?;
        let page = store.list_threads(ListThreads::new().with_page_size(50)).await?;
        store.close().await;
        Ok(page)
    });
    let raw = Side::plain("rusqlite", Tries::LONG, || Lists::open(&path)?.page(&Wanted::all(50)));
    bench.compare(&name, kind, Unit::Millis, vec![ours, raw]).await?;
    Ok(())
}
