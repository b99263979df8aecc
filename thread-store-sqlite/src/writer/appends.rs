//! Appends to threads that are known: written together, without looking first.
//!
//! The actor remembers where the threads end that it appends to, and which lease they are under. So
//! an append needs no read: all that wait are one string of statements, one round trip. The
//! statements themselves check that each thread is as it was known; if one is not (another process,
//! another lease), nothing is done, and each append is made again as a task that looks first.

use std::collections::HashMap;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::SqliteConnection;
use thread_store::{AppendItems, AppendReceipt, Epoch, Limits, Ordinal, ThreadId};
use tokio::sync::oneshot;

use super::statement::{self, Row, is_stale};
use super::tasks::{Task, concluded};
use crate::error::{Result, SqliteError, is_busy};
use crate::head::{Head, pending, signed};
use crate::history::{Open, TAIL_ROW_BYTES};
use crate::operations;

/// Threads that are remembered at most; then all are forgotten and learned anew.
const KNOWN: usize = 8192;

/// An append that waits for its turn.
pub(super) struct Append {
    pub(super) params: AppendItems,
    run: Open,
    bytes: usize,
    reply: oneshot::Sender<Result<AppendReceipt>>,
}

impl Append {
    /// Packs the items here, on the caller's time.
    pub(super) fn new(params: AppendItems, reply: oneshot::Sender<Result<AppendReceipt>>) -> Self {
        let run = Open::of(&params.items);
        Self { bytes: run.data().len(), run, params, reply }
    }

    pub(super) fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    pub(super) fn thread_id(&self) -> ThreadId {
        self.params.lease.thread_id
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// What is remembered of a thread that is appended to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) key: i64,
    pub(super) end: Ordinal,
    pub(super) epoch: Epoch,
    /// Bytes appended since it became known.
    pub(super) bytes: usize,
}

/// The threads that are appended to.
#[derive(Debug, Default)]
pub(super) struct Threads(HashMap<ThreadId, Known>);

impl Threads {
    /// Where the append goes, if that is clear from what is known: to the end, under the lease.
    pub(super) fn place(&self, append: &Append, limits: &Limits) -> Option<Known> {
        let AppendItems { lease, items, expected_ordinal, .. } = &append.params;
        let known = self.0.get(&lease.thread_id)?;
        let fits = !items.is_empty()
            && append.bytes <= TAIL_ROW_BYTES
            && limits.check_items(items).is_ok();
        let at_end = expected_ordinal.is_none_or(|expected| expected == known.end);
        (fits && at_end && lease.epoch == known.epoch).then_some(*known)
    }

    /// Remembers a thread as it is. One that the background has nothing to do for is not: the next
    /// append has to say so.
    pub(super) fn learn(&mut self, head: &Head) {
        if self.0.len() >= KNOWN {
            self.0.clear();
        }
        if head.pending & pending::ITEMS != 0 {
            let (key, end, epoch) = (head.key, head.next_ordinal, head.lease.epoch);
            self.0.insert(head.thread_id, Known { key, end, epoch, bytes: 0 });
        }
    }

    /// Remembers what an append made of a thread.
    pub(super) fn moved(&mut self, placed: &Placed) {
        self.0.insert(placed.append.thread_id(), placed.after());
    }

    pub(super) fn forget(&mut self, thread_id: ThreadId) {
        self.0.remove(&thread_id);
    }

    /// Forgets the threads of these rows.
    pub(super) fn forget_keys(&mut self, keys: &[i64]) {
        if !keys.is_empty() {
            self.0.retain(|_, known| !keys.contains(&known.key));
        }
    }
}

/// An append with its place.
pub(super) struct Placed {
    pub(super) append: Append,
    pub(super) known: Known,
}

impl Placed {
    /// What is known when it is done.
    pub(super) fn after(&self) -> Known {
        let end = self.known.end.plus(self.append.params.items.len());
        Known { end, bytes: self.known.bytes + self.append.bytes(), ..self.known }
    }

    /// The row to be written, which takes the packed items.
    fn row(&mut self) -> Result<Row> {
        let Known { key, end, epoch, .. } = self.known;
        let (first, next) = (signed(end.get())?, signed(self.after().end.get())?);
        let packed = std::mem::take(&mut self.append.run).pack(key, end.get());
        Ok(Row { key, epoch: signed(epoch.get())?, first, next, packed })
    }

    /// Tells the caller that it is done.
    pub(super) fn done(self) {
        let receipt = AppendReceipt::new(self.known.end, self.append.params.items.len());
        // Who has left does not want to know.
        self.append.reply.send(Ok(receipt)).ok();
    }

    pub(super) fn failed(self, error: thread_store::Error) {
        self.append.reply.send(Err(error.into())).ok();
    }
}

/// How the statement went.
pub(super) enum Written {
    All,
    /// Nothing was written: a thread is not as it was known.
    Stale,
}

/// Writes all appends in a transaction of their own; at most [`MOST`](super::statement::MOST), each of
/// another thread.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    appends: &mut [Placed],
) -> Result<Written> {
    let rows = appends.iter_mut().map(Placed::row).collect::<Result<_>>()?;
    match statement::append(connection, rows).await {
        Ok((done, statements)) if done == statements => Ok(Written::All),
        // A worker that dies ends its answers without an error.
        Ok(_) => Err(SqliteError::Commit(sqlx::Error::WorkerCrashed)),
        Err(error) if is_stale(&error) => Ok(Written::Stale),
        Err(error) if is_busy(&error) => Err(error.into()),
        // Which statement failed is not known: it may have been the commit.
        Err(error) => Err(SqliteError::Commit(error)),
    }
}

/// An append that looks first: at a thread that is not known, or not as it was.
pub(super) struct Looking {
    append: Append,
    limits: Limits,
    result: Option<Result<(AppendReceipt, Head)>>,
}

impl Looking {
    pub(super) fn new(append: Append, limits: Limits) -> Self {
        Self { append, limits, result: None }
    }
}

impl Task for Looking {
    fn is_wanted(&self) -> bool {
        self.append.is_wanted()
    }

    fn run<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> BoxFuture<'a, bool> {
        async move {
            let params = &self.append.params;
            let result = operations::append(connection, params, &self.limits).await;
            let succeeded = result.is_ok();
            self.result = Some(result);
            succeeded
        }
        .boxed()
    }

    fn answer(self: Box<Self>, end: thread_store::Result<()>, threads: &mut Threads) {
        let answer = concluded(end, self.result).map(|(receipt, head)| {
            threads.learn(&head);
            receipt
        });
        // Who has left does not want to know.
        self.append.reply.send(answer).ok();
    }
}
