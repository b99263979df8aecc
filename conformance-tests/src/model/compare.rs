//! Both stores side by side.

use std::sync::Arc;

use thread_store::{
    Direction, ListThreads, ManualClock, Persistence, Result, Search, SortKey, SystemClock,
    ThreadStore, ThreadStoreExt as _,
};
use thread_store_memory::MemoryStore;

use super::answer::Answer;
use super::apply::Known;
use super::lists::Part;
use super::side::Side;
use super::step::{Lease, List, Load, Step, Thread, Turn, View};
use crate::core_only::CoreOnly;
use crate::harness::Harness;
use crate::runner::Mode;

/// Does the steps on both stores; an error says where their answers differ.
pub(super) async fn run(
    harness: Arc<dyn Harness>,
    mode: Mode,
    steps: &[Step],
) -> Result<(), String> {
    let mut pair = Pair::open(harness, mode).await.map_err(|error| format!("{error:?}"))?;
    for (n, step) in steps.iter().enumerate() {
        pair.step(step).await.map_err(|difference| format!("{n}. {step:?}\n{difference}"))?;
    }
    pair.everything().await.map_err(|difference| format!("at the end\n{difference}"))
}

struct Pair {
    harness: Arc<dyn Harness>,
    mode: Mode,
    clock: Option<ManualClock>,
    reference: Side,
    store: Side,
}

impl Pair {
    async fn open(harness: Arc<dyn Harness>, mode: Mode) -> Result<Self> {
        let clock = harness.clock();
        let reference = match clock.clone() {
            Some(clock) => MemoryStore::with_clock(Arc::new(clock)),
            None => MemoryStore::with_clock(Arc::new(SystemClock)),
        };
        let store = mode_of(mode, harness.open().await?);
        Ok(Self {
            reference: Side::new(Arc::new(reference), clock.is_some()),
            store: Side::new(store, clock.is_some()),
            clock,
            harness,
            mode,
        })
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Reopen => return self.reopen().await.map_err(|error| format!("{error:?}")),
            Step::Tick(millis) => {
                let clock = self.clock.iter();
                clock.for_each(|clock| clock.advance_millis((*millis).into()));
            }
            step if !self.is_claimed(step) => {}
            step => {
                let known = self.known(step).await.map_err(|error| format!("{error:?}"))?;
                let expected = self.reference.apply(step, &known).await;
                same(&expected, &self.store.apply(step, &known).await)?;
            }
        }
        Ok(())
    }

    /// Whether the store claims to do this at all.
    fn is_claimed(&self, step: &Step) -> bool {
        let capabilities = self.store.store.capabilities();
        match step {
            Step::Delete { descendants, .. } => {
                capabilities.delete && (!descendants || capabilities.descendants)
            }
            Step::SetArchived { descendants, .. } => !descendants || capabilities.descendants,
            Step::Find(_) => capabilities.search != Search::None,
            _ => true,
        }
    }

    async fn reopen(&mut self) -> Result<()> {
        let volatile = self.store.store.capabilities().persistence == Persistence::Volatile;
        let kept = volatile.then(|| Arc::clone(&self.store.store));
        // The handle is dropped before another is opened: something else takes its place.
        self.store.store = Arc::clone(&self.reference.store);
        self.store.store = mode_of(self.mode, self.harness.open().await?);
        drop(kept);
        Ok(())
    }

    async fn known(&self, step: &Step) -> Result<Known> {
        let reference = &self.reference.store;
        let page = reference.list_threads(ListThreads::new()).await?;
        let mut known = Known::default();
        known.threads.extend(page.threads.into_iter().map(|it| (it.thread_id, it)));
        if let Step::AppendAgain { lease, .. } = step
            && let Some(lease) = self.reference.lease(*lease)
            && known.threads.contains_key(&lease.thread_id)
        {
            let history = reference.history(lease.thread_id).await?;
            known.history.extend(history.into_iter().map(|stored| stored.item));
        }
        Ok(known)
    }

    /// Compares all that can be seen, and the state of the leases.
    async fn everything(&mut self) -> Result<(), String> {
        for thread in Thread::all() {
            self.step(&Step::Read { thread, archived: true }).await?;
            for direction in [Direction::Ascending, Direction::Descending] {
                self.step(&Step::Load(whole(thread, direction))).await?;
                let (archived, page_size, summary) = (true, 20, false);
                let view = View { thread, archived, direction, page_size, summary };
                self.step(&Step::View(view)).await?;
            }
        }
        for list in lists() {
            let turns = vec![Turn::Next; Thread::all().count()];
            let step = Step::List { list, turns };
            self.step(&step).await.map_err(|difference| format!("{step:?}\n{difference}"))?;
        }
        for back in 0..self.reference.leases.len().min(8) {
            let step = Step::Flush(Lease(back as u8));
            self.step(&step).await.map_err(|difference| format!("{step:?}\n{difference}"))?;
        }
        Ok(())
    }
}

fn whole(thread: Thread, direction: Direction) -> Load {
    Load { thread, archived: true, from: 0, to: None, direction, limit: None, strict: true }
}

/// Every order, and every relation.
fn lists() -> impl Iterator<Item = List> {
    let orders = SortKey::ALL.into_iter().flat_map(|key| {
        [Direction::Ascending, Direction::Descending].map(|direction| (key, direction, Vec::new()))
    });
    let relations = Thread::all().flat_map(|thread| {
        [Part::ChildrenOf(thread), Part::DescendantsOf(thread)]
            .map(|part| (SortKey::Created, Direction::Ascending, vec![part]))
    });
    orders.chain(relations).map(|(key, direction, filter)| List {
        filter,
        key,
        direction,
        page_size: 2,
    })
}

fn same(expected: &Answer, got: &Answer) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    Err(format!("reference: {expected}\n    store: {got}"))
}

pub(super) fn mode_of(mode: Mode, store: Arc<dyn ThreadStore>) -> Arc<dyn ThreadStore> {
    match mode {
        Mode::AsShipped => store,
        Mode::CoreOnly => Arc::new(CoreOnly(store)),
    }
}
