//! What people and models read of a thread, from threads of very different lengths.

use std::hint::black_box;

use thread_store::{
    CreateThread, Direction, IdSource as _, ListItems, ListTurns, LoadHistory, LoadModelContext,
    RandomIds, Result, RolloutItem, ThreadId, ThreadStore, ThreadStoreExt as _,
};

use crate::Failure;
use crate::bench::Bench;
use crate::history::{History, Mode};
use crate::measure::{Bar, Side, Tries, Unit, paired};
use crate::report::Line;
use crate::stores::Kind;

/// The lengths over which a page has to cost the same.
const SIZES: &[usize] = &[1_000, 10_000, 100_000];
/// What "the same" is allowed to be, on a machine that does other things too.
const FLAT: Bar = Bar::at_most(1.5);
/// Deriving all turns, against parsing the JSON of all items once.
const REPLAY: Bar = Bar::at_most(3.0);
const REPLAYED: usize = 20_000;

#[derive(Clone, Copy, Debug)]
enum Read {
    LastItems,
    NewestTurns,
    NewestSummaries,
    TwoPages,
    NewestItems,
    ModelContext,
}

impl Read {
    const ALL: &'static [Self] = &[
        Self::LastItems,
        Self::NewestTurns,
        Self::NewestSummaries,
        Self::TwoPages,
        Self::NewestItems,
        Self::ModelContext,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::LastItems => "last 50 records",
            Self::NewestTurns => "newest 25 turns",
            Self::NewestSummaries => "newest 25 turns, summaries",
            Self::TwoPages => "newest 25 turns, then 25 older",
            Self::NewestItems => "newest 50 items",
            Self::ModelContext => "model context",
        }
    }

    async fn run(self, store: &dyn ThreadStore, id: ThreadId) -> Result<usize> {
        let newest = Direction::Descending;
        Ok(match self {
            Self::LastItems => {
                let load = LoadHistory::new(id).with_direction(newest).with_limit(50);
                store.load_history(load).await?.items.len()
            }
            Self::NewestTurns => {
                let list = ListTurns::new(id).with_direction(newest).with_page_size(25);
                store.list_turns(list).await?.turns.len()
            }
            Self::NewestSummaries => {
                let list = ListTurns::new(id)
                    .with_direction(newest)
                    .with_page_size(25)
                    .with_view(thread_store::ItemsView::Summary);
                store.list_turns(list).await?.turns.len()
            }
            Self::TwoPages => {
                let list = ListTurns::new(id).with_direction(newest).with_page_size(25);
                let next = store.list_turns(list.clone()).await?.next_cursor;
                store.list_turns(list.with_cursor(next)).await?.turns.len()
            }
            Self::NewestItems => {
                let list = ListItems::new(id).with_direction(newest).with_page_size(50);
                store.list_items(list).await?.items.len()
            }
            Self::ModelContext => {
                store.load_model_context(LoadModelContext::new(id)).await?.items.len()
            }
        })
    }
}

pub(crate) async fn run(kind: Kind, bench: &mut Bench) -> Result<(), Failure> {
    for mode in [Mode::Legacy, Mode::Paginated] {
        flat(kind, mode, bench).await?;
        replay(kind, mode, bench).await?;
    }
    Ok(())
}

/// The same read of a short thread and of long ones.
async fn flat(kind: Kind, mode: Mode, bench: &mut Bench) -> Result<(), Failure> {
    let wanted: Vec<Read> =
        Read::ALL.iter().copied().filter(|read| bench.wants(read.name())).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    bench.tell(format!("reading ({}, {mode:?})", kind.name()));
    let opened = kind.open().await?;
    // The long histories end as the short one does: what is read is the same.
    let shortest = History::of(mode, SIZES[0])?;
    let mut threads = Vec::new();
    for size in SIZES {
        let mut items = History::of(mode, *size)?;
        items.truncate(size - SIZES[0]);
        items.extend(shortest.iter().take(SIZES[0]).cloned());
        threads.push((*size, create(opened.store.as_ref(), items).await?));
    }
    opened.settled().await?;
    for read in wanted {
        let store = opened.store.as_ref();
        let side = |(_, id): &(usize, ThreadId)| {
            let id = *id;
            Side::timed("ours", Tries::SHORT, move || async move { Ok(read.run(store, id).await?) })
        };
        let mut sides: Vec<_> = threads.iter().map(side).collect();
        let rounds = paired(bench.plan(), &mut sides).await?;
        for ((size, _), taken) in threads.iter().zip(&rounds) {
            let name = format!("{} of {size} ({mode:?})", read.name());
            let against = ("the shortest thread", Some(FLAT));
            let pair = (taken, &rounds[0]);
            bench.report.push(match *size == SIZES[0] {
                true => Line::new(&name, kind.name(), Unit::Millis, taken),
                false => Line::against(&name, kind.name(), Unit::Millis, pair, against),
            });
            if kind == Kind::Sqlite && mode.is_paginated() {
                bench.report.point(format!("{} (sqlite)", read.name()), *size, taken);
            }
        }
    }
    Ok(())
}

async fn replay(kind: Kind, mode: Mode, bench: &mut Bench) -> Result<(), Failure> {
    let name = format!("all turns of {REPLAYED} ({mode:?})");
    if !bench.wants(&name) {
        return Ok(());
    }
    let opened = kind.open().await?;
    let items = History::of(mode, REPLAYED)?;
    let id = create(opened.store.as_ref(), items.clone()).await?;
    opened.settled().await?;
    let derived = Side::timed("ours", Tries::LONG, || async {
        Ok(opened.store.replay(id).await?.turns.len())
    });
    let parsed = Side::plain("parsing the JSON once", Tries::LONG, || Ok(parse(&items)?));
    bench.compare(&name, kind, Unit::Millis, vec![derived, parsed.bar(REPLAY)]).await?;
    Ok(())
}

fn parse(items: &[RolloutItem]) -> Result<(), serde_json::Error> {
    for item in items {
        black_box(serde_json::from_slice::<serde_json::Value>(item.as_bytes())?);
    }
    Ok(())
}

async fn create(store: &dyn ThreadStore, items: Vec<RolloutItem>) -> Result<ThreadId> {
    let id = RandomIds.thread_id();
    store.create_thread(CreateThread::new(id).with_items(items)).await?;
    Ok(id)
}
