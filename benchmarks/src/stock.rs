//! Stores with very many threads: made once, and read by several workloads.

use std::collections::BTreeMap;
use std::rc::Rc;

use thread_store::{CreateThread, ThreadId, Timestamp};

use crate::bench::Bench;
use crate::generate::Generator;
use crate::stores::{Kind, Opened};
use crate::{Failure, bulk};

/// So many threads are made at a time.
const PART: usize = 10_000;

/// A store with threads.
pub(crate) struct Stocked {
    pub(crate) opened: Opened,
    pub(crate) size: usize,
    /// The parent of all children.
    pub(crate) first: ThreadId,
    /// When half of the threads had been made.
    pub(crate) middle: Timestamp,
}

/// The stores of one kind, by how many threads they have.
pub(crate) struct Stock {
    kind: Kind,
    stores: BTreeMap<usize, Rc<Stocked>>,
}

impl Stock {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, stores: BTreeMap::new() }
    }

    /// The store with so many threads.
    pub(crate) async fn of(&mut self, size: usize, bench: &Bench) -> Result<Rc<Stocked>, Failure> {
        if let Some(there) = self.stores.get(&size) {
            return Ok(Rc::clone(there));
        }
        let stocked = Rc::new(fill(self.kind, size, bench).await?);
        self.stores.insert(size, Rc::clone(&stocked));
        Ok(stocked)
    }
}

/// The threads of every stocked store, each time the same.
pub(crate) fn threads(size: usize) -> impl Iterator<Item = CreateThread> {
    let mut generator = Generator::new(31);
    (0..size).map(move |_| generator.thread())
}

async fn fill(kind: Kind, size: usize, bench: &Bench) -> Result<Stocked, Failure> {
    let opened = kind.open().await?;
    if kind == Kind::Sqlite {
        opened.close().await;
    }
    let mut threads = threads(size).peekable();
    let first = threads.peek().ok_or("a store of no threads")?.thread_id;
    let (mut made, mut middle) = (0, Timestamp::MIN);
    while made < size {
        bench.tell(format!("making threads ({}): {made} of {size}", kind.name()));
        let part: Vec<_> = threads.by_ref().take(PART).collect();
        let until_middle = (size / 2).saturating_sub(made);
        middle = part.get(until_middle).and_then(|thread| thread.created_at).unwrap_or(middle);
        made += part.len();
        add(kind, &opened, part).await?;
    }
    let opened = opened.reopen().await?;
    bench.tell(format!("indexing threads ({}): {size}", kind.name()));
    opened.settled().await?;
    Ok(Stocked { opened, size, first, middle })
}

async fn add(kind: Kind, opened: &Opened, part: Vec<CreateThread>) -> Result<(), Failure> {
    if kind != Kind::Sqlite {
        for thread in part {
            opened.store.create_thread(thread).await?;
        }
        return Ok(());
    }
    let part: Vec<_> = part.iter().map(|thread| thread.to_thread(Timestamp::MIN)).collect();
    bulk::insert(&opened.path(), &part)
}
