//! What people and models read of a thread, from threads of very different lengths.

use std::hint::black_box;
use std::time::{Duration, Instant};

use thread_store::{
    CreateThread, Direction, IdSource as _, ListItems, ListTurns, LoadHistory, LoadModelContext,
    RandomIds, Result, RolloutItem, ThreadId, ThreadStore, ThreadStoreExt as _,
};

use crate::Failure;
use crate::history::{History, Mode};
use crate::measure::Times;
use crate::report::Report;
use crate::stores::Kind;

/// The lengths over which a page has to cost the same.
const SIZES: &[usize] = &[1_000, 10_000, 100_000];
/// What "the same" is allowed to be, on a machine that does other things too.
const FLAT: f64 = 1.5;
/// A round takes the best of so many: these reads are shorter than what a busy machine gives to
/// others at a time.
const TRIES: usize = 3;
/// Deriving all turns, against parsing the JSON of all items once.
const REPLAY: f64 = 3.0;
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

pub(crate) async fn run(kind: Kind, rounds: usize, report: &mut Report) -> Result<(), Failure> {
    for mode in [Mode::Legacy, Mode::Paginated] {
        flat(kind, mode, rounds, report).await?;
        replay(kind, mode, rounds, report).await?;
    }
    Ok(())
}

/// The same read of a short thread and of long ones.
async fn flat(kind: Kind, mode: Mode, rounds: usize, report: &mut Report) -> Result<(), Failure> {
    let wanted: Vec<Read> =
        Read::ALL.iter().copied().filter(|read| report.wants(read.name())).collect();
    if wanted.is_empty() {
        return Ok(());
    }
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
    for read in wanted {
        let mut times = vec![Times::default(); threads.len()];
        for _ in 0..rounds {
            for ((_, id), times) in threads.iter().zip(&mut times) {
                let mut best = Duration::MAX;
                for _ in 0..TRIES {
                    let start = Instant::now();
                    black_box(read.run(opened.store.as_ref(), *id).await?);
                    best = best.min(start.elapsed());
                }
                times.push(best);
            }
        }
        for ((size, _), taken) in threads.iter().zip(&times) {
            let workload = format!("{} of {size} ({mode:?})", read.name());
            report.add(workload, kind.name(), taken, ("the shortest thread", &times[0]), FLAT);
        }
    }
    Ok(())
}

async fn replay(kind: Kind, mode: Mode, rounds: usize, report: &mut Report) -> Result<(), Failure> {
    let name = format!("all turns of {REPLAYED} ({mode:?})");
    if !report.wants(&name) {
        return Ok(());
    }
    let opened = kind.open().await?;
    let items = History::of(mode, REPLAYED)?;
    let id = create(opened.store.as_ref(), items.clone()).await?;
    let (mut derived, mut parsed) = (Times::default(), Times::default());
    for _ in 0..rounds.min(21) {
        let start = Instant::now();
        black_box(opened.store.replay(id).await?.turns.len());
        derived.push(start.elapsed());
        let start = Instant::now();
        parse(&items)?;
        parsed.push(start.elapsed());
    }
    report.add(name, kind.name(), &derived, ("parsing the JSON once", &parsed), REPLAY);
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
