//! Who owns the connection that writes.

use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{Connection as _, SqliteConnection};
use thread_store::{Limits, ThreadId};
use tokio::sync::{Notify, mpsc, oneshot};

use super::Job;
use super::appends::{self, Append, Looking, Placed, Threads, Written};
use super::statement::MOST;
use super::tasks::{End, Task, transact};
use crate::connection;
use crate::error::{Result, SqliteError};

/// Jobs that are taken at once, at most.
const BATCH: usize = 256;
/// Bytes of items that one transaction writes, about.
const BATCH_BYTES: usize = 8 << 20;
/// Tasks of one transaction, at most: others wait while it runs.
const TASKS: usize = 64;
/// What can wait waits so long, at most, where there is always somebody to write for.
const PATIENCE: Duration = Duration::from_millis(20);
/// A thread that was appended so much has a long tail.
const LONG_TAIL: usize = 1 << 20;

/// The connection.
enum Link {
    Open(SqliteConnection),
    /// A failure left it in doubt; the next write opens it anew.
    InDoubt,
}

/// Owns the connection that writes, and does what is in the queue.
pub(super) struct Actor {
    link: Link,
    path: PathBuf,
    limits: Limits,
    jobs: mpsc::Receiver<Job>,
    /// What was taken from the queue and has to wait for what is written before.
    taken: VecDeque<Job>,
    idle: mpsc::Receiver<Box<dyn Task>>,
    /// When something of `idle` was done last.
    idled: Instant,
    threads: Threads,
    /// Appends that are done: who is waiting is told while the next ones are written.
    done: Vec<Placed>,
    told: Told,
}

/// Who is told of what was written.
pub(super) struct Told {
    /// Of everything.
    pub(super) written: Arc<Notify>,
    /// Of threads that have a long tail.
    pub(super) grown: mpsc::Sender<i64>,
}

/// Jobs that are done together.
#[derive(Default)]
struct Batch {
    placed: Vec<Placed>,
    tasks: Vec<Box<dyn Task>>,
    barriers: Vec<oneshot::Sender<()>>,
    /// Threads that are appended to.
    threads: HashSet<ThreadId>,
    bytes: usize,
}

impl Actor {
    pub(super) fn new(
        connection: SqliteConnection,
        path: PathBuf,
        limits: Limits,
        jobs: mpsc::Receiver<Job>,
        idle: mpsc::Receiver<Box<dyn Task>>,
        told: Told,
    ) -> Self {
        let (link, taken, threads) = (Link::Open(connection), VecDeque::new(), Threads::default());
        let idled = Instant::now();
        let done = Vec::new();
        Self { link, path, limits, jobs, taken, idle, idled, threads, done, told }
    }

    /// Works until nobody can ask any more, or until it is closed.
    pub(super) async fn run(mut self) {
        let mut closed = Vec::new();
        while self.wait().await {
            let (batch, close) = self.gather();
            closed.extend(close);
            self.write(batch).await;
            self.told.written.notify_one();
            if !closed.is_empty() {
                // Who comes now is refused; who came before is served.
                self.jobs.close();
            }
        }
        if let Link::Open(connection) = self.link
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "closing the writing connection failed");
        }
        for closed in closed {
            closed.send(()).ok();
        }
    }

    /// Waits for jobs, and does meanwhile what can wait; answers whether there are any.
    async fn wait(&mut self) -> bool {
        loop {
            self.take_waiting();
            if self.taken.is_empty() {
                self.answer();
            }
            let mut impatient = None;
            if self.idled.elapsed() >= PATIENCE {
                impatient = self.idle.try_recv().ok();
            }
            if impatient.is_none() && !self.taken.is_empty() {
                return true;
            }
            let task = match impatient {
                Some(task) => task,
                None => tokio::select! {
                    biased;
                    job = self.jobs.recv() => {
                        let Some(job) = job else { return false };
                        self.taken.push_back(job);
                        return true;
                    }
                    Some(task) = self.idle.recv() => task,
                },
            };
            self.transact(vec![task]).await;
            self.idled = Instant::now();
        }
    }

    fn take_waiting(&mut self) {
        while self.taken.len() < BATCH
            && let Ok(job) = self.jobs.try_recv()
        {
            self.taken.push_back(job);
        }
    }

    /// Tells who waits for appends that are done.
    fn answer(&mut self) {
        self.done.drain(..).for_each(Placed::done);
    }

    /// Takes what is there, in order. What cannot be done beside what was taken before it stays for
    /// the next time.
    fn gather(&mut self) -> (Batch, Vec<oneshot::Sender<()>>) {
        self.take_waiting();
        let (mut batch, mut closed) = (Batch::default(), Vec::new());
        for job in std::mem::take(&mut self.taken) {
            match job {
                Job::Append(append) if !append.is_wanted() => {}
                Job::Append(append) if batch.has_room(&append) => self.add(&mut batch, append),
                Job::Task(task) if !task.is_wanted() => {}
                Job::Task(task) if batch.tasks.len() < TASKS => batch.tasks.push(task),
                // Nothing that waits still has to be waited for: its caller is there.
                Job::Barrier(reply) => batch.barriers.push(reply),
                Job::Close(reply) => closed.push(reply),
                job => {
                    if let Job::Append(append) = &job {
                        batch.threads.insert(append.thread_id());
                    }
                    self.taken.push_back(job);
                }
            }
        }
        (batch, closed)
    }

    fn add(&self, batch: &mut Batch, append: Append) {
        batch.threads.insert(append.thread_id());
        batch.bytes += append.bytes();
        match self.threads.place(&append, &self.limits) {
            Some(known) => batch.placed.push(Placed { append, known }),
            None => batch.tasks.push(Box::new(Looking::new(append, self.limits.clone()))),
        }
    }

    async fn write(&mut self, mut batch: Batch) {
        if !batch.placed.is_empty() {
            let again = self.append(batch.placed).await;
            let again = again.into_iter().map(|placed| placed.append);
            let look = |append| Looking::new(append, self.limits.clone());
            batch.tasks.extend(again.map(|append| Box::new(look(append)) as Box<dyn Task>));
        }
        if !batch.tasks.is_empty() {
            self.transact(batch.tasks).await;
        }
        for barrier in batch.barriers {
            barrier.send(()).ok();
        }
    }

    /// Makes all appends at once; answers those that have to look first.
    async fn append(&mut self, mut placed: Vec<Placed>) -> Vec<Placed> {
        let mut connection = match self.take_connection().await {
            Ok(connection) => connection,
            Err(error) => {
                let error = thread_store::Error::from(error);
                placed.into_iter().for_each(|placed| placed.failed(error.clone()));
                return Vec::new();
            }
        };
        let writing = appends::write(&mut connection, &mut placed);
        let (written, ()) = futures::join!(writing, async { self.answer() });
        match written {
            Ok(Written::All) => {
                self.link = Link::Open(connection);
                placed.iter().for_each(|placed| self.learn(placed));
                self.done = placed;
                Vec::new()
            }
            Ok(Written::Stale) => {
                self.link = Link::Open(connection);
                placed.iter().for_each(|placed| self.threads.forget(placed.append.thread_id()));
                placed
            }
            Err(error) => {
                if !matches!(error, SqliteError::Commit(_)) {
                    self.link = Link::Open(connection);
                }
                // Each looks by itself when it is made again, so that one in trouble is alone with it.
                placed.iter().for_each(|placed| self.threads.forget(placed.append.thread_id()));
                let error = thread_store::Error::from(error);
                placed.into_iter().for_each(|placed| placed.failed(error.clone()));
                Vec::new()
            }
        }
    }

    fn learn(&mut self, placed: &Placed) {
        self.threads.moved(placed);
        let (before, after) = (placed.known, placed.after());
        if before.bytes / LONG_TAIL != after.bytes / LONG_TAIL {
            // If nobody listens, or too much was said already, it is found later.
            self.told.grown.try_send(before.key).ok();
        }
    }

    async fn transact(&mut self, mut tasks: Vec<Box<dyn Task>>) {
        self.answer();
        let end = match self.take_connection().await {
            Ok(mut connection) => {
                let End { result, sound } = transact(&mut connection, &mut tasks).await;
                if sound {
                    self.link = Link::Open(connection);
                }
                result
            }
            Err(error) => Err(error.into()),
        };
        for task in tasks {
            task.answer(end.clone(), &mut self.threads);
        }
    }

    /// The connection, which stays in doubt unless it is put back.
    async fn take_connection(&mut self) -> Result<SqliteConnection> {
        match std::mem::replace(&mut self.link, Link::InDoubt) {
            Link::Open(connection) => Ok(connection),
            Link::InDoubt => connection::reopen(&self.path).await,
        }
    }
}

impl Batch {
    /// One append of each thread: what comes of it, the next one builds on.
    fn has_room(&self, append: &Append) -> bool {
        let room = self.placed.len() < MOST
            && self.tasks.len() < TASKS
            && (self.bytes == 0 || self.bytes + append.bytes() <= BATCH_BYTES);
        room && !self.threads.contains(&append.thread_id())
    }
}
