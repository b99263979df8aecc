//! One log for what all threads append, so that they share their waits for the disk.
//!
//! A flush copies the bytes of the rollout that may not survive loss of power into the log, and
//! waits for that. One thread of this process ([`writer`]) takes all that has come together while the
//! disk was busy, writes it at once and syncs it once. Rollouts are written as ever, and synced when
//! a log is full, one after the other ([`cleaner`]); the other log is written to meanwhile. After a
//! loss of power whoever opens the home completes the rollouts ([`recovery`]).
//!
//! Whatever does not fit (a long record, no log free, a log that failed) is refused, and the rollout
//! is synced itself. When the home is closed, or its last handle is dropped, rollouts are synced and
//! the logs removed; the death of the process leaves them to the next who opens the home.

mod boot;
mod cleaner;
mod extents;
mod log_file;
mod mend;
mod queue;
mod record;
mod recovery;
mod whereabouts;
mod writer;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use thread_store::{Error, Outcome, Result, ThreadId};
use tokio::sync::oneshot;

pub(crate) use boot::Boot;
pub(crate) use recovery::{logged, recover};

use super::faults::Faults;
use super::file::RolloutFile;
use super::layout::Layout;
use log_file::Maker;
use queue::{Queue, Waiter};
use writer::Writer;

/// Bytes of a log, unless tests ask for another size.
pub(crate) const LOG_SIZE: u64 = 16 << 20;

/// The log of an open home.
#[derive(Debug)]
pub(crate) struct SharedLog {
    maker: Arc<Maker>,
    queue: Arc<Queue>,
}

/// What became of what a flush asked for.
#[derive(Clone, Debug)]
enum Answer {
    /// It survives loss of power.
    Durable,
    /// It was not tried.
    Refused,
    /// It was tried, and nothing is known.
    Failed(Arc<std::io::Error>),
}

impl SharedLog {
    pub(crate) fn new(layout: Layout, faults: Faults, boot: Boot, size: u64) -> Self {
        let (owner, generation) = (ThreadId::generate(), AtomicU64::new(0));
        let maker = Arc::new(Maker { layout, faults, boot, size, owner, generation });
        Self { maker, queue: Arc::default() }
    }

    /// Makes what was appended to a rollout survive loss of power. Answers whether it does: otherwise
    /// the rollout is to be synced itself.
    ///
    /// # Errors
    ///
    /// *Unavailable*.
    pub(crate) async fn flush(&self, file: &Arc<RolloutFile>) -> Result<bool> {
        let asked = match self.ask(file) {
            Asked::Nothing => return Ok(true),
            Asked::TooMuch => return Ok(false),
            Asked::Waiting(asked) => asked,
        };
        let (answer, end) = asked;
        match answer.await {
            Ok(Answer::Durable) => {
                file.lock().was_logged(end);
                Ok(true)
            }
            Ok(Answer::Failed(error)) => {
                Err(Error::unavailable(Outcome::NothingDone).because(error))
            }
            // Nobody is left to answer: the log is closed.
            Ok(Answer::Refused) | Err(_) => Ok(false),
        }
    }

    fn ask(&self, file: &Arc<RolloutFile>) -> Asked {
        // Held until it is in the queue: records of one rollout are in its order.
        let state = file.lock();
        let Some(range) = state.unlogged() else { return Asked::TooMuch };
        if range.is_empty() {
            return Asked::Nothing;
        }
        let (done, answer) = oneshot::channel();
        let waiter = Waiter { file: Arc::clone(file), end: range.end, done };
        let path = self.maker.layout.relative(&state.path);
        let mut queue = self.queue.lock();
        if !queue.has_begun() && !Writer::start(&self.maker, &self.queue, &mut queue) {
            return Asked::TooMuch;
        }
        let thread = file.header.thread;
        match queue.add(self.maker.size, thread, path, &state, range, waiter) {
            Some(end) => Asked::Waiting((answer, end)),
            None => Asked::TooMuch,
        }
    }

    /// These threads are deleted: what the log has of them is void, and is overwritten soon.
    pub(crate) fn wipe(&self, threads: &[ThreadId]) {
        self.queue.wipe(threads);
    }

    /// Syncs the rollouts and removes the logs. Later flushes are refused.
    pub(crate) async fn close(&self) {
        if let Some(closed) = self.queue.close() {
            // Who does not answer is gone, and the logs are left to the next who opens the home.
            let _ = closed.await;
        }
    }
}

impl Drop for SharedLog {
    fn drop(&mut self) {
        self.queue.close();
    }
}

enum Asked {
    /// All of it survives already.
    Nothing,
    TooMuch,
    Waiting((oneshot::Receiver<Answer>, u64)),
}
