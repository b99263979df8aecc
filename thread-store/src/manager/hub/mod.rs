//! Who hears what.
//!
//! One short lock is around the [`Table`] of all subscribers and their [`Queue`](queue::Queue)s.
//! Code of others (wakers, the hook) runs outside of it.

mod queue;
mod subscriber;
mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use self::table::Table;
use super::events::ThreadEvent;
use crate::id::ThreadId;

pub use self::subscriber::{Subscriber, SubscriberId};

/// Carries events to those who follow threads.
pub(crate) struct Hub {
    capacity: usize,
    table: Mutex<Table>,
    on_abandoned: OnAbandoned,
}

/// Called with a thread that had followers and has none now.
///
/// It runs in whichever thread dropped a [`Subscriber`] or unfollowed, perhaps outside of any
/// runtime, without a lock: by then somebody may follow the thread again, so it asks
/// [`Hub::followers`] before it acts. It must not wait.
pub(crate) type OnAbandoned = Box<dyn Fn(ThreadId) + Send + Sync>;

impl Hub {
    /// A hub whose subscribers have queues of `capacity` events; at least 1.
    pub(crate) fn new(capacity: usize, on_abandoned: OnAbandoned) -> Self {
        Self { capacity: capacity.max(1), table: Mutex::default(), on_abandoned }
    }

    /// Somebody new, who follows nothing yet.
    pub(crate) fn subscriber(self: &Arc<Self>) -> Subscriber {
        let id = self.table().enter(self.capacity);
        Subscriber::new(Arc::clone(self), id)
    }

    /// Tells everyone who follows the thread. Never waits for a reader.
    ///
    /// [`ThreadEvent::Missed`] is not sent, it comes about in queues.
    pub(crate) fn send(&self, event: ThreadEvent) {
        let Some(thread_id) = event.thread_id() else { return };
        let woken = self.table().send(thread_id, event);
        woken.into_iter().for_each(std::task::Waker::wake);
    }

    /// Lets a subscriber hear of a thread from now on. False if it is gone or the hub is closed:
    /// then nobody follows, and no hook will tell of it.
    pub(crate) fn follow(&self, id: SubscriberId, thread_id: ThreadId) -> bool {
        self.table().follow(id, thread_id)
    }

    /// Lets a subscriber hear of all threads from now on.
    pub(crate) fn follow_all(&self, id: SubscriberId) {
        self.table().follow_all(id);
    }

    /// Ends what [`follow`](Self::follow) began; false if it had not. What is queued is still read,
    /// and who follows all goes on hearing.
    pub(crate) fn unfollow(&self, id: SubscriberId, thread_id: ThreadId) -> bool {
        let (followed, left) = {
            let mut table = self.table();
            (table.unfollow(id, thread_id), table.followers(thread_id))
        };
        if followed && left == 0 {
            (self.on_abandoned)(thread_id);
        }
        followed
    }

    /// How many follow the thread itself. Those who follow all do not count.
    pub(crate) fn followers(&self, thread_id: ThreadId) -> usize {
        self.table().followers(thread_id)
    }

    /// Ends everyone's following of the thread, after it was closed. The hook is not called.
    pub(crate) fn forget_thread(&self, thread_id: ThreadId) {
        self.table().forget_thread(thread_id);
    }

    /// Ends every stream after what is queued, and all following. The hook is not called any more.
    pub(crate) fn close(&self) {
        let woken = self.table().close();
        woken.into_iter().for_each(std::task::Waker::wake);
    }

    fn poll(&self, id: SubscriberId, cx: &Context<'_>) -> Poll<Option<Arc<ThreadEvent>>> {
        let (next, _replaced) = self.table().poll(id, cx.waker());
        next
    }

    fn leave(&self, id: SubscriberId) {
        let (_left, abandoned) = self.table().leave(id);
        abandoned.into_iter().for_each(&self.on_abandoned);
    }

    /// No code of others runs under this lock: not even the drop of a waker, which may be the end of
    /// a task that has a [`Subscriber`].
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
