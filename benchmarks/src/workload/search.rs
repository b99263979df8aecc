//! Finding threads by a word: in titles, and in what was said.

use thread_store::{
    ListFilter, ListThreads, RolloutItem, SearchThreads, StoredThread, ThreadStoreExt as _,
    Timestamp,
};

use crate::Failure;
use crate::baseline::like::Titles;
use crate::bench::Bench;
use crate::generate::{Generator, RARE_WORD};
use crate::measure::{Bar, Side, Tries, Unit, paired};
use crate::report::Line;
use crate::stock::{Stock, threads};
use crate::stores::{Kind, Opened};

/// How many times faster than `LIKE`.
const FASTER: Bar = Bar::at_least(20.0);
const THREADS: usize = 100_000;
/// Threads that have something said in them, and the items of each.
const SAYING: usize = 500;
const ITEMS: usize = 40;

pub(crate) async fn run(kind: Kind, stock: &mut Stock, bench: &mut Bench) -> Result<(), Failure> {
    let titles = format!("search titles of {THREADS} threads");
    // A home of so many files would be minutes in the making, and has no index of titles.
    if bench.wants(&titles) && kind != Kind::Local {
        in_titles(&titles, kind, stock, bench).await?;
    }
    let said = format!("search what was said in {} items", SAYING * ITEMS);
    if bench.wants(&said) {
        in_items(&said, kind, bench).await?;
    }
    Ok(())
}

async fn in_titles(
    name: &str,
    kind: Kind,
    stock: &mut Stock,
    bench: &mut Bench,
) -> Result<(), Failure> {
    let stocked = stock.of(THREADS, bench).await?;
    let dir = tempfile::tempdir()?;
    let threads = threads(THREADS).map(|thread| thread.to_thread(Timestamp::MIN));
    let by_hand = Titles::create(&dir.path().join("titles.sqlite"), threads)?;
    let store = &stocked.opened.store;
    let sides = &mut [
        Side::timed("list_threads", Tries::LONG, || async {
            let filter = ListFilter::default().with_search_term(RARE_WORD.to_owned());
            Ok(store.list_threads(ListThreads::from(filter)).await?.threads.len())
        }),
        Side::timed("search_threads", Tries::LONG, || async {
            Ok(store.search_threads(SearchThreads::new(RARE_WORD.to_owned())).await?.hits.len())
        }),
        Side::plain("LIKE", Tries::LONG, || found(by_hand.find(RARE_WORD)?)),
    ];
    bench.tell(format!("{name} ({})", kind.name()));
    let rounds = paired(bench.plan(), sides).await?;
    for (at, how) in ["list", "search"].into_iter().enumerate() {
        let name = format!("{name}, {how}");
        bench.report.push(match kind {
            Kind::Sqlite => {
                let named = ("LIKE over titles, times faster", Some(FASTER));
                let pair = (&rounds[at], &rounds[2]);
                Line::faster(&name, kind.name(), Unit::Millis, pair, named)
            }
            Kind::Memory | Kind::Local => Line::new(&name, kind.name(), Unit::Millis, &rounds[at]),
        });
    }
    Ok(())
}

/// Every word is found somewhere: what is measured is finding.
fn found(threads: Vec<StoredThread>) -> Result<usize, Failure> {
    if threads.is_empty() { Err("nothing was found".into()) } else { Ok(threads.len()) }
}

async fn in_items(name: &str, kind: Kind, bench: &mut Bench) -> Result<(), Failure> {
    let opened = kind.open().await?;
    let mut generator = Generator::new(41);
    let mut threads = Vec::new();
    for index in 0..SAYING {
        let mut items = generator.items(ITEMS)?;
        if index == SAYING / 2 {
            items.push(saying(&mut generator)?);
        }
        threads.push(generator.thread().with_archived_at(None).with_items(items));
    }
    opened.create_all(threads.into_iter()).await?;
    opened.settled().await?;
    let ours = Side::timed("ours", Tries::LONG, || async {
        let hits =
            opened.store.search_threads(SearchThreads::new(RARE_WORD.to_owned())).await?.hits;
        if hits.is_empty() { Err("nothing was found".into()) } else { Ok(hits.len()) }
    });
    let pass = Side::timed("a pass over all items", Tries::LONG, || pass(&opened));
    bench.compare(name, kind, Unit::Millis, vec![ours, pass]).await?;
    Ok(())
}

/// An item in which a person says the rare word.
fn saying(generator: &mut Generator) -> Result<RolloutItem, Failure> {
    let message = format!("{} {RARE_WORD} {}", generator.text(80), generator.text(80));
    let payload = serde_json::json!({"type": "agent_message", "message": message});
    Ok(RolloutItem::new("event_msg", &payload, Timestamp::from_millis(1_795_000_000_000))?)
}

/// What finding costs without an index: every history is read and looked through for the bytes.
async fn pass(opened: &Opened) -> Result<usize, Failure> {
    let finder = memchr::memmem::Finder::new(RARE_WORD);
    let mut found = 0;
    let mut list = Some(ListThreads::new());
    while let Some(next) = list {
        let page = opened.store.list_threads(next.clone()).await?;
        for thread in &page.threads {
            let items = opened.store.history(thread.thread_id).await?;
            found += items.iter().filter(|it| finder.find(it.item.as_bytes()).is_some()).count();
        }
        list = page.next_cursor.map(|cursor| next.with_cursor(cursor));
    }
    Ok(found)
}
