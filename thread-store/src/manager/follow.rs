//! Who follows threads, and unloading what nobody follows any more.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::events::ClosedReason;
use super::loaded::{Loaded, Watch};
use super::{Inner, Subscriber, SubscriberId, ThreadManager};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ThreadId;
use crate::params::DeleteThread;

/// How long it takes until a thread that could not be unloaded is tried again, at least.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What came of the wish to hear of a thread no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unsubscribed {
    /// It is not heard of any more.
    Unsubscribed,
    /// It was not subscribed to.
    NotSubscribed,
    /// It is not loaded.
    NotLoaded,
}

impl ThreadManager {
    /// Somebody new who listens, and is subscribed to nothing yet.
    #[must_use]
    pub fn subscriber(&self) -> Subscriber {
        self.0.hub.subscriber()
    }

    /// Lets a subscriber hear of a loaded thread, which stays loaded as long as it has subscribers.
    ///
    /// # Errors
    ///
    /// *Not found* for a thread that is not loaded; *invalid request* (field `subscriber`) for one that
    /// was dropped, and after the shutdown.
    pub fn subscribe(&self, subscriber: SubscriberId, thread_id: ThreadId) -> Result<()> {
        let inner = &self.0;
        let loaded = inner.loaded.get(thread_id).ok_or_else(|| Error::not_found(thread_id))?;
        loaded.wait_anew(CancellationToken::new());
        if !inner.hub.follow(subscriber, thread_id) {
            inner.unload_if_abandoned(thread_id);
            return Err(Error::invalid("subscriber", "is gone").about(thread_id));
        }
        loaded.followed.store(true, Ordering::SeqCst);
        // It may have been unloaded in between.
        if inner.loaded.get(thread_id).is_none() {
            inner.hub.unfollow(subscriber, thread_id);
            return Err(Error::not_found(thread_id));
        }
        Ok(())
    }

    /// Lets a subscriber hear of a thread no more. When the last has left, the thread is unloaded as soon
    /// as no turn is in progress.
    pub fn unsubscribe(&self, subscriber: SubscriberId, thread_id: ThreadId) -> Unsubscribed {
        let loaded = self.0.loaded.get(thread_id).is_some();
        match (self.0.hub.unfollow(subscriber, thread_id), loaded) {
            (true, _) => Unsubscribed::Unsubscribed,
            (false, true) => Unsubscribed::NotSubscribed,
            (false, false) => Unsubscribed::NotLoaded,
        }
    }

    /// Unloads a thread, whoever follows it. A turn in progress is left open, and told as interrupted from
    /// then on. An ephemeral thread is gone.
    ///
    /// # Errors
    ///
    /// As [`LiveThread::shutdown`](crate::LiveThread::shutdown): *unavailable*, after which it is loaded
    /// still; anything else, after which it is not. *Not found* for a thread that is not loaded.
    pub async fn unload(&self, thread_id: ThreadId) -> Result<()> {
        let unload = move |inner: Arc<Inner>| async move {
            let _gate = inner.gates.pass(thread_id).await;
            let loaded = inner.loaded.get(thread_id).ok_or_else(|| Error::not_found(thread_id))?;
            inner.close(&loaded, ClosedReason::Unloaded).await
        };
        self.0.finish(unload).await
    }
}

impl Inner {
    /// The last who followed a thread has left. Called where nothing may be waited for, whatever locks
    /// are held: what the thread is doing is looked up by a task.
    pub(super) fn abandon(self: &Arc<Self>, thread_id: ThreadId) {
        if let Some(loaded) = self.loaded.get(thread_id) {
            loaded.followed.store(true, Ordering::SeqCst);
            self.unload_if_abandoned(thread_id);
        }
    }

    /// Unloads a thread after a while, if nobody follows it and it does nothing. The while begins anew
    /// each time.
    pub(super) fn unload_if_abandoned(self: &Arc<Self>, thread_id: ThreadId) {
        let Some(loaded) = self.loaded.get(thread_id) else { return };
        if !(loaded.followed.load(Ordering::SeqCst) && self.hub.followers(thread_id) == 0) {
            return;
        }
        let Some(runtime) = self.runtime() else {
            tracing::warn!(%thread_id, "a thread stays loaded: there is no runtime");
            return;
        };
        let (manager, stop) = (Arc::downgrade(self), self.stop.child_token());
        loaded.wait_anew(stop.clone());
        let mut wait = self.config.unload_after;
        let unload = async move {
            loop {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = stop.cancelled() => return,
                }
                let Some(manager) = manager.upgrade() else { return };
                if manager.unload_abandoned(&loaded).await {
                    return;
                }
                wait = manager.config.unload_after.max(TRY_AGAIN_AFTER);
            }
        };
        self.tasks.spawn_on(unload, &runtime);
    }

    /// Whether nothing more is to be done: the thread is unloaded, or in use again.
    async fn unload_abandoned(&self, loaded: &Loaded) -> bool {
        let thread_id = loaded.live.thread_id();
        let _gate = self.gates.pass(thread_id).await;
        if !self.is_abandoned(loaded) || !self.loaded.has(thread_id, &loaded.watch) {
            return true;
        }
        match self.close(loaded, ClosedReason::Unloaded).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%thread_id, code = error.code(), "a thread stays loaded");
                !self.loaded.has(thread_id, &loaded.watch)
            }
        }
    }

    fn is_abandoned(&self, loaded: &Loaded) -> bool {
        loaded.followed.load(Ordering::SeqCst)
            && self.hub.followers(loaded.live.thread_id()) == 0
            && !loaded.watch.is_busy()
    }

    /// Stores all there is of a loaded thread, closes it and tells of it. If something cannot be stored
    /// at all the thread is closed as well.
    pub(super) async fn close(&self, loaded: &Loaded, reason: ClosedReason) -> Result<()> {
        let thread_id = loaded.live.thread_id();
        let expected = loaded.watch.expect_end();
        let stored = loaded.live.shutdown().await;
        drop(expected);
        if stored.is_err() && loaded.live.is_held().await {
            return stored;
        }
        let lost = loaded.live.lost().await;
        self.loaded.remove(thread_id, &loaded.watch);
        if loaded.ephemeral {
            self.delete_ephemeral(loaded).await;
        }
        if loaded.watch.close() {
            loaded.watch.say_closed(lost.map_or(reason, |error| ClosedReason::lost(&error)));
        }
        stored
    }

    /// A thread is over by itself: it is not loaded any more, and if it is ephemeral it is gone.
    pub(super) fn forget(self: &Arc<Self>, thread_id: ThreadId, watch: &Watch) {
        let Some(loaded) = self.loaded.remove(thread_id, watch).filter(|loaded| loaded.ephemeral)
        else {
            return;
        };
        let manager = Arc::clone(self);
        if let Some(runtime) = self.runtime() {
            let delete = async move { manager.delete_ephemeral(&loaded).await };
            self.tasks.spawn_on(delete, &runtime);
        }
    }

    async fn delete_ephemeral(&self, loaded: &Loaded) {
        let thread_id = loaded.live.thread_id();
        let call = || loaded.live.store().delete_thread(DeleteThread::new(thread_id));
        match self.retry().run(thread_id, call).await {
            Err(error) if *error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%thread_id, code = error.code(), "an ephemeral thread is left");
            }
            _ => {}
        }
    }
}
