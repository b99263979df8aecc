//! A page of a home beside the same page of SQLite, and what it costs to look at all files.

use thread_store::{Direction, ListThreads, SortKey};

use crate::Failure;
use crate::bench::Bench;
use crate::measure::{Bar, Side, Tries, Unit};
use crate::stock::{Stock, Stocked};
use crate::stores::Kind;

/// Against the same page of the SQLite store.
const SQLITE: Bar = Bar::at_most(2.0);
const THREADS: usize = 10_000;
const PAGE: usize = 50;

pub(crate) async fn run(stock: &mut Stock, bench: &mut Bench) -> Result<(), Failure> {
    let page = format!("page of {PAGE} of {THREADS} threads, beside SQLite");
    let look = format!("look at the files of {THREADS} threads");
    if !bench.wants(&page) && !bench.wants(&look) {
        return Ok(());
    }
    let home = stock.of(THREADS, bench).await?;
    if bench.wants(&page) {
        let sqlite = Stock::new(Kind::Sqlite).of(THREADS, bench).await?;
        let sides =
            vec![first_page("ours", &home), first_page("the SQLite store", &sqlite).bar(SQLITE)];
        bench.compare(&page, Kind::Local, Unit::Millis, sides).await?;
    }
    if bench.wants(&look) {
        let store = home.opened.as_local().ok_or("no home")?;
        let ours = Side::timed("ours", Tries::LONG, || async { Ok(store.refresh().await?) });
        bench.compare(&look, Kind::Local, Unit::Millis, vec![ours]).await?;
    }
    Ok(())
}

fn first_page<'a>(name: &'static str, stocked: &'a Stocked) -> Side<'a> {
    let list = ListThreads::new()
        .with_sort_key(SortKey::Created)
        .with_direction(Direction::Descending)
        .with_page_size(PAGE);
    Side::timed(name, Tries::SHORT, move || {
        let list = list.clone();
        async move { Ok(stocked.opened.store.list_threads(list).await?.threads.len()) }
    })
}
