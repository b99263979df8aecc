//! One loaded thread: its live thread, what it is doing, and who is told.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio_util::sync::CancellationToken;

use super::Inner;
use super::events::{ClosedReason, CompactionProgress, ThreadEvent};
use super::hub::Hub;
use super::status::{ActiveFlag, ThreadStatus};
use crate::id::ThreadId;
use crate::live::{Heard, Listener, LiveThread};

/// A thread that is loaded. Clones are handles on the same one.
#[derive(Clone, Debug)]
pub struct LoadedThread(pub(super) Arc<Loaded>);

#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) live: LiveThread,
    pub(super) watch: Arc<Watch>,
    pub(super) ephemeral: bool,
    /// The thread that spawned it.
    pub(super) spawn_parent: Option<ThreadId>,
    /// Whether it had followers since it was asked for.
    pub(super) followed: AtomicBool,
    /// Stops what waits to unload it.
    waiting: Mutex<CancellationToken>,
}

impl Loaded {
    pub(super) fn new(live: LiveThread, watch: Arc<Watch>, ephemeral: bool) -> Self {
        let (spawn_parent, followed, waiting) = Default::default();
        Self { live, watch, ephemeral, spawn_parent, followed, waiting }
    }

    pub(super) fn spawned_by(self, spawn_parent: Option<ThreadId>) -> Self {
        Self { spawn_parent, ..self }
    }

    /// Somebody asked for it and may come to follow it: nobody has left it yet.
    pub(super) fn stay(&self) {
        self.followed.store(false, Ordering::SeqCst);
        self.wait_anew(CancellationToken::new());
    }

    /// From now on this stops what waits to unload it; what waited until now is stopped.
    pub(super) fn wait_anew(&self, stop: CancellationToken) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *waiting, stop).cancel();
    }
}

impl LoadedThread {
    /// The id of the thread.
    #[must_use]
    pub fn thread_id(&self) -> ThreadId {
        self.0.live.thread_id()
    }

    /// What writes it. What is stored through it is told to those who follow the thread. To close it,
    /// [unload](super::ThreadManager::unload) it.
    #[must_use]
    pub fn live(&self) -> &LiveThread {
        &self.0.live
    }

    /// What it is doing.
    #[must_use]
    pub fn status(&self) -> ThreadStatus {
        self.0.watch.status()
    }

    /// Whether it lives in memory only.
    #[must_use]
    pub fn is_ephemeral(&self) -> bool {
        self.0.ephemeral
    }

    /// Says what the turn in progress waits for, or no longer waits for. The end of the turn takes all
    /// flags away; where no turn is in progress this does nothing.
    pub fn set_flag(&self, flag: ActiveFlag, waiting: bool) {
        self.0.watch.change(|activity| {
            if waiting && activity.turn {
                activity.flags.insert(flag);
            } else {
                activity.flags.remove(&flag);
            }
        });
    }

    /// Says that the agent failed and does not go on by itself, or that it does again. The next turn takes
    /// it back by itself.
    pub fn set_system_error(&self, failed: bool) {
        self.0.watch.change(|activity| activity.failed = failed);
    }
}

/// Hears what a live thread stores, and tells those who follow it.
#[derive(Debug)]
pub(super) struct Watch {
    thread_id: ThreadId,
    hub: Arc<Hub>,
    manager: Weak<Inner>,
    activity: Mutex<Activity>,
    /// How many are about to take the thread away, and will tell of it.
    expecting: AtomicUsize,
}

#[derive(Debug, Default)]
pub(super) struct Activity {
    /// Whether it is loaded, and that was told.
    open: bool,
    failed: bool,
    turn: bool,
    compacting: bool,
    flags: BTreeSet<ActiveFlag>,
}

impl Activity {
    fn is_busy(&self) -> bool {
        self.turn || self.compacting
    }

    fn status(&self) -> ThreadStatus {
        if !self.open {
            ThreadStatus::NotLoaded
        } else if self.failed {
            ThreadStatus::SystemError
        } else if self.is_busy() {
            ThreadStatus::active(self.flags.iter().copied())
        } else {
            ThreadStatus::Idle
        }
    }
}

impl Watch {
    pub(super) fn new(thread_id: ThreadId, hub: Arc<Hub>, manager: Weak<Inner>) -> Self {
        let (activity, expecting) = Default::default();
        Self { thread_id, hub, manager, activity, expecting }
    }

    pub(super) fn status(&self) -> ThreadStatus {
        self.activity().status()
    }

    /// Whether a turn or a compaction is in progress.
    pub(super) fn is_busy(&self) -> bool {
        self.activity().is_busy()
    }

    /// Whether a turn of this session is in progress.
    pub(super) fn has_turn(&self) -> bool {
        self.activity().turn
    }

    /// Changes what the thread is doing, and tells of it if that shows.
    pub(super) fn change(&self, change: impl FnOnce(&mut Activity)) {
        let mut activity = self.activity();
        let (before, was_busy) = (activity.status(), activity.is_busy());
        change(&mut activity);
        let status = activity.status();
        let comes_to_rest = was_busy && activity.open && !activity.is_busy();
        if status != before {
            // Told in the order of the changes: the lock is held.
            self.hub.send(ThreadEvent::StatusChanged { thread_id: self.thread_id, status });
        }
        drop(activity);
        if comes_to_rest && let Some(manager) = self.manager.upgrade() {
            manager.unload_if_abandoned(self.thread_id);
        }
    }

    /// It is loaded: tells so, with what it is doing, and from now on what it does.
    pub(super) fn open(&self, told: impl FnOnce(ThreadStatus) -> ThreadEvent) {
        let mut activity = self.activity();
        activity.open = true;
        self.hub.send(told(activity.status()));
    }

    /// Tells how far its compaction is. After it was closed nothing is told of it.
    pub(super) fn tell_compaction(&self, turn_id: &str, progress: CompactionProgress) {
        let activity = self.activity();
        if activity.open {
            let (thread_id, turn_id) = (self.thread_id, turn_id.to_owned());
            self.hub.send(ThreadEvent::Compaction { thread_id, turn_id, progress });
        }
    }

    /// From now on it is compacted; false while something is in progress.
    pub(super) fn begin_compaction(&self) -> bool {
        let mut begins = false;
        self.change(|activity| {
            begins = activity.open && !(activity.turn || activity.compacting);
            activity.compacting |= begins;
        });
        begins
    }

    pub(super) fn end_compaction(&self) {
        self.change(|activity| activity.compacting = false);
    }

    /// As long as this is held the end of the thread is no surprise: who holds it closes it and says
    /// why.
    pub(super) fn expect_end(&self) -> ExpectedEnd<'_> {
        self.expecting.fetch_add(1, Ordering::SeqCst);
        ExpectedEnd(self)
    }

    /// It is no longer loaded. False if that was told before, or never that it is.
    pub(super) fn close(&self) -> bool {
        let mut closes = false;
        self.change(|activity| closes = std::mem::take(&mut activity.open));
        closes
    }

    /// Says why it is no longer loaded, the last that is heard of it.
    pub(super) fn say_closed(&self, reason: ClosedReason) {
        self.hub.send(ThreadEvent::Closed { thread_id: self.thread_id, reason });
        self.hub.forget_thread(self.thread_id);
    }

    /// It is over, by its own doing or another's, unless somebody else is about to say why.
    pub(super) fn over(&self, reason: ClosedReason) {
        if self.expecting.load(Ordering::SeqCst) > 0 {
            return;
        }
        if self.close() {
            self.say_closed(reason);
        }
        // Only now another can be loaded, of which this must not tell.
        if let Some(manager) = self.manager.upgrade() {
            manager.forget(self.thread_id, self);
        }
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Watch {
    fn hear(&self, heard: Heard<'_>) {
        let thread_id = self.thread_id;
        match heard {
            Heard::TurnInProgress(turn) => self.change(|activity| {
                activity.turn = turn;
                activity.flags.clear();
                activity.failed &= !turn;
            }),
            Heard::Edited(patch, thread) => self.hub.tell_edited(patch, thread),
            Heard::Reverted(reverted) => self.hub.send(ThreadEvent::Reverted {
                thread_id,
                from: reverted.from,
                turn_ids: reverted.turn_ids.clone(),
            }),
            Heard::Lost(error) => self.over(ClosedReason::lost(error)),
            Heard::Closed => self.over(ClosedReason::Unloaded),
        }
    }
}

/// Somebody is about to take a thread away.
#[must_use]
pub(super) struct ExpectedEnd<'a>(&'a Watch);

impl Drop for ExpectedEnd<'_> {
    fn drop(&mut self) {
        self.0.expecting.fetch_sub(1, Ordering::SeqCst);
    }
}
