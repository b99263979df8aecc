//! What waits for the log.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use thread_store::ThreadId;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::Answer;
use super::log_file::LogFile;
use super::record;
use crate::store::file::{RolloutFile, State};

/// Texts up to this size are kept for the next group.
const KEPT_TEXT: usize = 4 << 20;

/// The queue, and the logs that wait for their next use.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct Waiting {
    phase: Phase,
    /// Records, not sealed yet.
    text: Vec<u8>,
    waiters: Vec<Waiter>,
    /// Who wakes the waiters.
    runtime: Option<Handle>,
    free: VecDeque<LogFile>,
    /// How often logs had to be wiped.
    wiped: u64,
    /// Of those, what the writer knows.
    wiped_known: u64,
    closers: Vec<oneshot::Sender<()>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Phase {
    #[default]
    NotBegun,
    /// There is a log, or one is being made for the first time.
    Open,
    /// No log is free.
    Refusing,
    Closed,
}

/// A flush that waits.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) file: Arc<RolloutFile>,
    /// What of the rollout is in the log then.
    pub(super) end: u64,
    pub(super) done: oneshot::Sender<Answer>,
}

/// What is written at once.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) text: Vec<u8>,
    pub(super) waiters: Vec<Waiter>,
    runtime: Option<Handle>,
    /// How often logs had to be wiped.
    pub(super) wiped: u64,
}

impl Queue {
    pub(super) fn lock(&self) -> WaitingGuard<'_> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        WaitingGuard { waiting, changed: &self.changed }
    }

    /// Takes all that waits, when there is anything; nothing any more when the log is closed.
    pub(super) fn take(&self, group: &mut Group) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let is_wiped = waiting.wiped != waiting.wiped_known;
            if is_wiped || !waiting.waiters.is_empty() {
                break;
            }
            if waiting.phase == Phase::Closed {
                return false;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        group.text.clear();
        group.text.shrink_to(KEPT_TEXT);
        std::mem::swap(&mut group.text, &mut waiting.text);
        std::mem::swap(&mut group.waiters, &mut waiting.waiters);
        group.runtime = waiting.runtime.take();
        waiting.wiped_known = waiting.wiped;
        group.wiped = waiting.wiped;
        true
    }

    /// A free log; if there is none, everything is refused until one is [given back](Self::give).
    pub(super) fn take_free(&self) -> Option<LogFile> {
        let mut waiting = self.lock();
        let free = waiting.free.pop_front();
        if free.is_none() {
            waiting.refuse();
        }
        free
    }

    /// A log is free.
    pub(super) fn give(&self, log: LogFile) {
        let mut waiting = self.lock();
        waiting.free.push_back(log);
        if waiting.phase == Phase::Refusing {
            waiting.phase = Phase::Open;
        }
    }

    /// Refuses everything until a log is given back.
    pub(super) fn refuse(&self) {
        self.lock().refuse();
    }

    /// What the log says of these threads is void, and is to be wiped.
    pub(super) fn wipe(&self, threads: &[ThreadId]) {
        let mut waiting = self.lock();
        if waiting.phase == Phase::NotBegun || waiting.phase == Phase::Closed {
            return;
        }
        for thread in threads {
            record::begin(&mut waiting.text, *thread, Path::new(""), 0, 0);
        }
        waiting.wiped += 1;
        self.changed.notify_one();
    }

    pub(super) fn wiped(&self) -> u64 {
        self.lock().wiped
    }

    /// Closes the log, and answers who says that it is; nothing if that is so.
    pub(super) fn close(&self) -> Option<oneshot::Receiver<()>> {
        let mut waiting = self.lock();
        let (closed, answer) = oneshot::channel();
        match waiting.phase {
            Phase::NotBegun => waiting.phase = Phase::Closed,
            Phase::Closed if waiting.closers.is_empty() => {}
            Phase::Open | Phase::Refusing | Phase::Closed => {
                waiting.phase = Phase::Closed;
                waiting.closers.push(closed);
                waiting.changed.notify_one();
                return Some(answer);
            }
        }
        None
    }

    /// Nobody takes anything any more: whoever waits is told.
    pub(super) fn end(&self) {
        let mut waiting = self.lock();
        waiting.phase = Phase::Closed;
        waiting.text = Vec::new();
        waiting.waiters.clear();
    }

    /// The logs that nobody needs any more.
    pub(super) fn take_all(&self) -> VecDeque<LogFile> {
        std::mem::take(&mut self.lock().free)
    }

    /// Everything is done.
    pub(super) fn is_closed(&self) {
        self.lock().closers.clear();
    }

    pub(super) fn is_closing(&self) -> bool {
        self.lock().phase == Phase::Closed
    }
}

/// The queue, locked.
pub(super) struct WaitingGuard<'a> {
    waiting: MutexGuard<'a, Waiting>,
    changed: &'a Condvar,
}

impl std::ops::Deref for WaitingGuard<'_> {
    type Target = Waiting;

    fn deref(&self) -> &Waiting {
        &self.waiting
    }
}

impl std::ops::DerefMut for WaitingGuard<'_> {
    fn deref_mut(&mut self) -> &mut Waiting {
        &mut self.waiting
    }
}

impl WaitingGuard<'_> {
    /// Adds bytes of a rollout, and answers up to where it is in the log then. Refuses what is long,
    /// so that memory stays bounded and every group fits into a log.
    pub(super) fn add(
        &mut self,
        log_size: u64,
        thread: ThreadId,
        path: &Path,
        state: &State,
        range: Range<u64>,
        waiter: Waiter,
    ) -> Option<u64> {
        let waiting = &mut *self.waiting;
        let bytes = range.end - range.start;
        if waiting.phase != Phase::Open || bytes > log_size / 4 {
            return None;
        }
        let (len, before) = (u32::try_from(bytes).ok()?, waiting.text.len());
        let end = before + record::len_of(path, len as usize);
        if end as u64 > log_size / 2 {
            return None;
        }
        record::begin(&mut waiting.text, thread, path, range.start, len);
        let data = waiting.text.len();
        waiting.text.resize(end, 0);
        if state.read_at(range.start, &mut waiting.text[data..]).is_err() {
            waiting.text.truncate(before);
            return None;
        }
        if waiting.waiters.is_empty() {
            waiting.runtime = Handle::try_current().ok();
            self.changed.notify_one();
        }
        waiting.waiters.push(waiter);
        Some(range.end)
    }
}

impl Waiting {
    pub(super) fn has_begun(&self) -> bool {
        self.phase != Phase::NotBegun
    }

    pub(super) fn begin(&mut self) {
        self.phase = Phase::Open;
    }

    fn refuse(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Refusing;
        }
    }
}

impl Group {
    /// Tells everybody.
    pub(super) fn answer(&mut self, answer: &Answer) {
        let waiters = std::mem::take(&mut self.waiters);
        let answers = waiters.len();
        let tell = {
            let answer = answer.clone();
            move || waiters.into_iter().for_each(|waiter| drop(waiter.done.send(answer.clone())))
        };
        match self.runtime.take().filter(|_| answers > 1) {
            // To wake many tasks from outside their runtime takes a lock for each: one of its own
            // wakes them, while the next group is written.
            Some(runtime) => drop(runtime.spawn(async move { tell() })),
            None => tell(),
        }
    }
}
