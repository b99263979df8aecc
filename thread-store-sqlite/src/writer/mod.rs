//! Writing: one connection, one queue, one sync for whoever waits.
//!
//! Writers put what they want into a bounded queue. An [`Actor`](actor::Actor) owns the connection
//! and takes what has come together while it wrote the last time: no write is delayed so that others
//! can join it, and under load many are one transaction and one sync of the disk. Appends to threads
//! that are known to it are one statement ([`appends`]); all else runs as [`tasks`], each in a
//! savepoint of its own. So each caller gets their own answer, and none fails for another.

mod actor;
mod appends;
mod statement;
mod tasks;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::BoxFuture;
use sqlx::SqliteConnection;
use thread_store::{AppendItems, AppendReceipt, Limits};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::error::{Result, SqliteError};
use actor::{Actor, Told};
use appends::Append;
use tasks::{Call, Task};

/// Writes that wait, at most; who comes later waits for a place, first come, first served.
const QUEUE: usize = 1024;

/// What a write does inside its transaction.
pub(crate) type Work<T> =
    Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T>> + Send>;

/// What is waiting to be written, or waited for.
enum Job {
    Append(Append),
    Task(Box<dyn Task>),
    /// Answered when what was left before it is done or will never be.
    Barrier(oneshot::Sender<()>),
    /// The last one: what came before it is done, and the connection is closed.
    Close(oneshot::Sender<()>),
}

/// The queue of everything that is written.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    left: Arc<Left>,
}

/// Writes that may be under way though their callers have left.
#[derive(Debug, Default)]
struct Left {
    /// How often a caller has left.
    count: AtomicU64,
    /// How many of these have been waited for.
    settled: AtomicU64,
}

/// What the writer tells and is told beside its queue: of the work that can wait.
#[derive(Debug)]
pub(crate) struct Background {
    pub(crate) idle: Idle,
    /// Told of every write.
    pub(crate) written: Arc<Notify>,
    /// Threads that were appended so much that they should not wait until they rest.
    pub(crate) long_tails: mpsc::Receiver<i64>,
}

/// The queue of what can wait until nobody else does.
#[derive(Clone, Debug)]
pub(crate) struct Idle {
    tasks: mpsc::Sender<Box<dyn Task>>,
}

impl Writer {
    /// Starts writing on this connection, to the file at this path.
    pub(crate) fn start(
        connection: SqliteConnection,
        path: PathBuf,
        limits: Limits,
    ) -> (Self, Background) {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let (tasks, idle) = mpsc::channel(1);
        let (grown, long_tails) = mpsc::channel(QUEUE);
        let written = Arc::<Notify>::default();
        let told = Told { written: Arc::clone(&written), grown };
        let actor = Actor::new(connection, path, limits, waiting, idle, told);
        tokio::spawn(actor.run());
        let background = Background { idle: Idle { tasks }, written, long_tails };
        (Self { jobs, left: Arc::default() }, background)
    }

    /// Appends, together with whoever else does.
    ///
    /// A caller who is dropped before it is their turn has done nothing; later it is done to its end.
    pub(crate) async fn append(&self, params: AppendItems) -> Result<AppendReceipt> {
        let (reply, answer) = oneshot::channel();
        self.ask(Job::Append(Append::new(params, reply)), answer).await?
    }

    /// Does the work in a transaction, alone or beside others; all of it, or nothing if it fails.
    ///
    /// A caller who is dropped before it is their turn has done nothing; later it is done to its end.
    pub(crate) async fn run<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.ask(Job::Task(Box::new(Call::new(work, reply))), answer).await?
    }

    /// Waits for what was left by its caller, so that it is done or not for whoever looks then.
    pub(crate) async fn settle_left(&self) -> Result<()> {
        let left = self.left.count.load(Ordering::SeqCst);
        if self.left.settled.load(Ordering::SeqCst) >= left {
            return Ok(());
        }
        let (reply, answer) = oneshot::channel();
        let asked = self.jobs.send(Job::Barrier(reply)).await.is_ok();
        // Whoever looks meanwhile has to wait too; and who is dropped here leaves it to the next.
        if asked && answer.await.is_ok() {
            self.left.settled.fetch_max(left, Ordering::SeqCst);
            return Ok(());
        }
        Err(sqlx::Error::PoolClosed.into())
    }

    /// Does what is waiting and closes the connection. Later writes are *unavailable*.
    pub(crate) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.jobs.send(Job::Close(reply)).await.is_ok() {
            // An error is an actor that has ended: it is closed then.
            answer.await.ok();
        }
    }

    async fn ask<T>(&self, job: Job, answer: oneshot::Receiver<T>) -> Result<T> {
        let leaving = Leaving(Some(Arc::clone(&self.left)));
        if self.jobs.send(job).await.is_err() {
            leaving.stayed();
            return Err(sqlx::Error::PoolClosed.into());
        }
        let answer = answer.await;
        leaving.stayed();
        answer.map_err(|_| SqliteError::Aborted)
    }
}

impl Idle {
    /// Does the work when nobody else waits to write, or when it has waited for long.
    pub(crate) async fn run<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.ask(Call::new(work, reply), answer).await
    }

    /// As [`run`](Self::run); then the next append to any of these threads looks at it first.
    pub(crate) async fn forgetting<T: Send + 'static>(
        &self,
        keys: Vec<i64>,
        work: Work<T>,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.ask(Call::new(work, reply).forgetting(keys), answer).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        call: Call<T>,
        answer: oneshot::Receiver<Result<T>>,
    ) -> Result<T> {
        self.tasks.send(Box::new(call)).await.map_err(|_| sqlx::Error::PoolClosed)?;
        answer.await.map_err(|_| SqliteError::Aborted)?
    }
}

/// Dropped by a caller who does not wait for their write.
struct Leaving(Option<Arc<Left>>);

impl Leaving {
    fn stayed(mut self) {
        self.0 = None;
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(left) = &self.0 {
            left.count.fetch_add(1, Ordering::SeqCst);
        }
    }
}
