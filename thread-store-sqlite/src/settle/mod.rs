//! What is done after the commit, when nobody waits for it: a thread that rests is settled.
//!
//! An append writes one small row and nothing else. When a thread has had nothing new for a while,
//! or very much, a task of its own indexes what can be searched of it and merges its small rows into
//! large ones, in short steps that go behind what others write. `heads.pending` says in the file
//! which threads are not settled: so whatever a process leaves is done by the next one, and it does
//! not matter which of several does it.

mod group;
mod step;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use sqlx::{Row as _, SqliteConnection};
use thread_store::Ordinal;
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::{Result, is_damaged_index, is_unavailable};
use crate::head;
use crate::options::{Compression, SqliteOptions};
use crate::readers::Readers;
use crate::writer::{Background, Writer};
use crate::{history, search};
use group::{Group, Member};

/// Bytes of records whose messages are indexed in one step: a few milliseconds.
const INDEX_BYTES: usize = 1 << 20;
/// A thread that could not be settled is tried again when it grows, or so much later.
const AGAIN: Duration = Duration::from_secs(60);

/// Asks the task that settles.
#[derive(Debug)]
pub(crate) struct Settler {
    requests: mpsc::Sender<Request>,
    /// When it must have ended.
    until: watch::Sender<Option<Instant>>,
}

/// Settle everything, and say so.
type Request = oneshot::Sender<Result<()>>;

/// The task.
struct Task {
    readers: Readers,
    background: Background,
    /// A thread that had nothing new for so long is at rest.
    rest: Duration,
    compress: bool,
    requests: mpsc::Receiver<Request>,
    until: watch::Receiver<Option<Instant>>,
    /// The threads that were not settled when they were last looked at, and where they ended.
    seen: HashMap<i64, i64>,
    /// The threads that could not be settled, and where they ended.
    failed: HashMap<i64, i64>,
    /// When these were last given another try.
    forgiven: Instant,
}

/// A thread that is not settled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsettled {
    key: i64,
    end: i64,
}

impl Settler {
    pub(crate) fn start(readers: Readers, background: Background, options: &SqliteOptions) -> Self {
        let (requests, asked) = mpsc::channel(1);
        let (until, told) = watch::channel(None);
        // There may be something that an earlier process left.
        background.written.notify_one();
        let task = Task {
            readers,
            background,
            rest: options.rest,
            compress: options.compression == Compression::AtRest,
            requests: asked,
            until: told,
            seen: HashMap::new(),
            failed: HashMap::new(),
            forgiven: Instant::now(),
        };
        tokio::spawn(task.run());
        Self { requests, until }
    }

    /// Settles every thread, at rest or not.
    pub(crate) async fn settle(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let asked = self.requests.send(reply).await.is_ok();
        match answer.await {
            Ok(settled) if asked => settled,
            _ => Err(sqlx::Error::PoolClosed.into()),
        }
    }

    /// Ends the task, after it settled what it can in so much time.
    pub(crate) async fn stop(&self, budget: Duration) {
        self.until.send_replace(Some(Instant::now() + budget));
        self.until.closed().await;
    }
}

impl Task {
    /// Runs until it is told to stop, or the store is gone.
    async fn run(mut self) {
        let mut rested = None;
        loop {
            tokio::select! {
                told = self.until.changed() => {
                    if told.is_ok() {
                        self.settle_last().await;
                    }
                    return;
                }
                request = self.requests.recv() => {
                    let Some(reply) = request else { return };
                    // Who has left does not want to know.
                    reply.send(self.settle_all().await).ok();
                }
                Some(key) = self.background.long_tails.recv() => tell(self.settle(key).await),
                () = self.background.written.notified(), if rested.is_none_or(is_far) => {
                    rested = Some(tokio::time::Instant::now() + self.rest);
                }
                () = at(rested) => {
                    let left = self.settle_rested().await;
                    let again = match left {
                        Ok(0) => None,
                        // Nothing is left but what failed.
                        Ok(left) if left <= self.failed.len() => Some(AGAIN),
                        _ => Some(self.rest),
                    };
                    rested = again.map(|again| tokio::time::Instant::now() + again);
                    tell(left.map(drop));
                }
            }
        }
    }

    /// Settles the threads that had nothing new since this was done last; answers how many are left.
    async fn settle_rested(&mut self) -> Result<usize> {
        let unsettled = self.unsettled().await?;
        let now = unsettled.iter().map(|thread| (thread.key, thread.end)).collect();
        let before = std::mem::replace(&mut self.seen, now);
        if self.forgiven.elapsed() >= AGAIN {
            (self.failed, self.forgiven) = (HashMap::new(), Instant::now());
        }
        let is = |at: &HashMap<_, _>, thread: &Unsettled| at.get(&thread.key) == Some(&thread.end);
        let rested = |thread: &Unsettled| is(&before, thread) && !is(&self.failed, thread);
        let rested = unsettled.iter().copied().filter(rested).collect();
        self.settle_each(rested).await?;
        if unsettled.is_empty() {
            self.shrink().await?;
        }
        Ok(unsettled.len())
    }

    /// Makes the file smaller, if much of it is free.
    async fn shrink(&self) -> Result<()> {
        while !self.is_over() && self.background.idle.run(step::shrink()).await? {}
        Ok(())
    }

    /// Settles what time allows. What is left is done by whoever opens the file next.
    async fn settle_last(&mut self) {
        let settled = self.settle_all().await;
        if !self.is_over() {
            tell(settled);
        }
    }

    async fn settle_all(&mut self) -> Result<()> {
        let unsettled = self.unsettled().await?;
        self.settle_each(unsettled).await?;
        self.shrink().await
    }

    /// Settles threads, as many at once as is little work. One that cannot be settled hinders no other;
    /// answers the first error.
    async fn settle_each(&mut self, threads: Vec<Unsettled>) -> Result<()> {
        let mut threads = threads.into_iter();
        let mut result = Ok(());
        loop {
            if self.is_over() {
                return result.and(Err(sqlx::Error::PoolClosed.into()));
            }
            let group = self.gather(&mut threads).await;
            if group.is_empty() {
                break;
            }
            let keys = group.keys();
            let left = self.background.idle.forgetting(keys.clone(), group.settle()).await;
            // What fails in a group, or is to be compressed, is looked at one by one.
            let left = left.ok().filter(|_| !self.compress).unwrap_or(keys);
            for key in left {
                let Err(error) = self.settle(key).await else { continue };
                if is_unavailable(&error) {
                    return Err(error);
                }
                self.failed.extend(self.seen.get(&key).map(|end| (key, *end)));
                result = result.and(Err(error));
            }
        }
        result
    }

    /// The next threads, as far as they are little work together; at least one, if there is one.
    async fn gather(&self, threads: &mut impl Iterator<Item = Unsettled>) -> Group {
        let mut group = Group::default();
        while group.has_room()
            && !self.is_over()
            && let Some(thread) = threads.next()
        {
            // What cannot be read is told when it is settled by itself.
            let member = Member::read(&self.readers, thread.key).await;
            group.push(member.unwrap_or(Member::unread(thread.key)));
        }
        group
    }

    /// Whether there is no time left.
    fn is_over(&self) -> bool {
        self.until.borrow().is_some_and(|until| Instant::now() >= until)
    }

    async fn unsettled(&self) -> Result<Vec<Unsettled>> {
        unsettled(&mut *self.readers.get().await?).await
    }

    /// Indexes and merges a thread up to where it ends now, step by step, as far as time allows, and
    /// marks it as settled if nothing came meanwhile. What is not indexed is merged all the same.
    async fn settle(&self, key: i64) -> Result<()> {
        let idle = &self.background.idle;
        let Some(end) = end_of(&self.readers, key).await? else { return Ok(()) };
        let indexed = self.index(key, end).await;
        while !self.is_over() && idle.run(step::merge(key, end)).await? {}
        while self.compress
            && !self.is_over()
            && let Some(compressed) = compress(&self.readers, key).await?
        {
            idle.run(step::store(compressed)).await?;
        }
        if !self.is_over() {
            idle.forgetting(vec![key], step::settled(key)).await?;
        }
        indexed
    }

    /// An index that is damaged is begun anew.
    async fn index(&self, key: i64, end: Ordinal) -> Result<()> {
        let indexed = self.index_steps(key, end).await;
        match indexed {
            Err(error) if is_damaged_index(&error) => {
                self.background.idle.run(step::rebuild()).await
            }
            indexed => indexed,
        }
    }

    async fn index_steps(&self, key: i64, end: Ordinal) -> Result<()> {
        let idle = &self.background.idle;
        if !self.is_over() {
            idle.run(step::index_texts(key)).await?;
        }
        while !self.is_over()
            && let Some(batch) = prepare(&self.readers, key, end).await?
        {
            idle.run(step::apply(batch)).await?;
        }
        Ok(())
    }
}

/// The threads that are not settled.
pub(crate) async fn unsettled(connection: &mut SqliteConnection) -> Result<Vec<Unsettled>> {
    let rows = sqlx::query("SELECT key, next_ordinal FROM heads WHERE pending <> 0")
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| Ok(Unsettled { key: row.try_get(0)?, end: row.try_get(1)? })).collect()
}

/// What went wrong in the background: it is tried again, and nobody is kept from their work by it.
fn tell(result: Result<()>) {
    if let Err(error) = result {
        let error = thread_store::Error::from(error);
        tracing::warn!(code = error.code(), %error, "threads could not be settled");
    }
}

/// Whether the time is not the next one at which threads rest.
fn is_far(time: tokio::time::Instant) -> bool {
    time > tokio::time::Instant::now() + AGAIN / 2
}

async fn at(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Indexes what can be searched of a thread's history up to where it ends now, ahead of the background.
pub(crate) async fn index(readers: &Readers, writer: &Writer, key: i64) -> Result<()> {
    let Some(end) = end_of(readers, key).await? else { return Ok(()) };
    while let Some(batch) = prepare(readers, key, end).await? {
        writer.run(step::apply(batch)).await?;
    }
    Ok(())
}

async fn end_of(readers: &Readers, key: i64) -> Result<Option<Ordinal>> {
    head::end_of(&mut *readers.get().await?, key).await
}

async fn prepare(readers: &Readers, key: i64, end: Ordinal) -> Result<Option<search::Batch>> {
    search::prepare(&mut *readers.get().await?, key, end, INDEX_BYTES).await
}

async fn compress(readers: &Readers, key: i64) -> Result<Option<history::Compressed>> {
    history::compress(&mut *readers.get().await?, key).await
}
