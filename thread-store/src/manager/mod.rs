//! The threads of a process: one entry for those that are loaded and those that are not.
//!
//! A [`ThreadEvent`] is sent after the change that it tells of was stored. The [`hub`] carries it to
//! every [`Subscriber`] that follows the thread and waits for none of them; [`gates`] let one change
//! of what is loaded at a time through to a thread.

mod compact;
mod config;
mod edit;
mod events;
mod follow;
mod gates;
mod hub;
mod loaded;
mod open;
mod read;
mod registry;
mod revert;
mod shutdown;
mod status;
mod subtree;
mod view;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::error::{Error, Outcome, Result};
use crate::id::ThreadId;
use crate::live::Retry;
use crate::store::ThreadStore;

pub use compact::{Compaction, CompactionReporter, Compactor};
pub use config::ManagerConfig;
pub use events::{ClosedReason, CompactionProgress, MissedThreads, ThreadEvent};
pub use follow::Unsubscribed;
use gates::Gates;
use hub::Hub;
pub use hub::{Subscriber, SubscriberId};
use loaded::Loaded;
pub use loaded::LoadedThread;
pub use read::{LoadedPage, ThreadViewPage};
use registry::Registry;
pub use shutdown::ShutdownReport;
pub use status::{ActiveFlag, ThreadStatus};
pub use view::ThreadView;

/// The threads of a server: those that are loaded, each held by one [`LiveThread`](crate::LiveThread),
/// and all others, straight from the store.
///
/// - What changes a loaded thread goes through its live thread, in order with what it derives; what
///   changes another goes to the store.
/// - Each change is told to those who follow the thread after it was stored. Nobody who listens can
///   hold up a writer: a slow one is told what it missed.
/// - A thread is unloaded when the last who followed it has left and no turn is in progress, when it is
///   archived, deleted or taken over, and when all are shut down.
/// - Ephemeral threads live in a store of their own, in memory; they are on no list, and cannot be
///   named, archived, deleted or forked.
///
/// Clones are handles on the same manager. Needs a Tokio runtime.
///
/// ```
/// # use std::sync::Arc;
/// # use std::time::Duration;
/// # use thread_store::*;
/// # use thread_store_memory::MemoryStore;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let config = ManagerConfig::new(Holder::new("example"));
/// let manager = ThreadManager::new(Arc::new(MemoryStore::new()), config);
/// let mut events = manager.subscriber();
/// let thread = manager.start(StartThread::new(ThreadId::generate())).await?;
/// manager.subscribe(events.id(), thread.thread_id())?;
/// manager.rename(thread.thread_id(), Some("A plan")).await?;
/// assert_eq!(events.next().await.map(|event| event.kind()), Some("name_updated"));
/// let report = manager.shutdown(Duration::from_secs(5)).await;
/// assert!(report.is_complete());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ThreadManager(Arc<Inner>);

struct Inner {
    store: Arc<dyn ThreadStore>,
    config: ManagerConfig,
    loaded: Registry,
    gates: Gates,
    hub: Arc<Hub>,
    closing: AtomicBool,
    /// What runs beside callers or is done to its end without them.
    tasks: TaskTracker,
    stop: CancellationToken,
    runtime: OnceLock<Handle>,
}

impl ThreadManager {
    /// A manager of the threads of a store.
    #[must_use]
    pub fn new(store: Arc<dyn ThreadStore>, config: ManagerConfig) -> Self {
        let manager = Arc::new_cyclic(|weak: &std::sync::Weak<Inner>| {
            let inner = weak.clone();
            let abandoned = move |thread_id| {
                if let Some(inner) = inner.upgrade() {
                    inner.abandon(thread_id);
                }
            };
            Inner {
                store,
                hub: Arc::new(Hub::new(config.event_capacity, Box::new(abandoned))),
                config,
                loaded: Registry::default(),
                gates: Gates::default(),
                closing: AtomicBool::new(false),
                tasks: TaskTracker::new(),
                stop: CancellationToken::new(),
                runtime: OnceLock::new(),
            }
        });
        manager.note_runtime();
        Self(manager)
    }

    /// The store of all threads that are not ephemeral.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ThreadStore> {
        &self.0.store
    }

    /// The thread, if it is loaded.
    #[must_use]
    pub fn get(&self, thread_id: ThreadId) -> Option<LoadedThread> {
        self.0.loaded.get(thread_id).map(LoadedThread)
    }

    /// What a thread is doing. One that the store does not have is not loaded either.
    #[must_use]
    pub fn status(&self, thread_id: ThreadId) -> ThreadStatus {
        self.get(thread_id).map_or(ThreadStatus::NotLoaded, |thread| thread.status())
    }
}

impl Inner {
    fn retry(&self) -> &Retry {
        &self.config.live.retry
    }

    /// Does something to its end, also if the caller does not wait for it: what was changed is told.
    async fn finish<T, F>(self: &Arc<Self>, what: impl FnOnce(Arc<Self>) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let task = self.tasks.spawn(what(Arc::clone(self)).in_current_span());
        task.await.map_err(Error::internal)?
    }

    /// Refuses what would load a thread after the end.
    fn check_open(&self) -> Result<()> {
        if self.closing.load(Ordering::SeqCst) {
            return Err(shut_down());
        }
        Ok(())
    }

    /// The store that a thread is in.
    fn store_of(&self, thread_id: ThreadId) -> Arc<dyn ThreadStore> {
        let ephemeral = self.loaded.get(thread_id).filter(|loaded| loaded.ephemeral);
        ephemeral.map_or_else(|| Arc::clone(&self.store), |loaded| Arc::clone(loaded.live.store()))
    }

    /// The thread, if it is loaded; refused if it is ephemeral.
    fn stored(&self, thread_id: ThreadId) -> Result<Option<Arc<Loaded>>> {
        let loaded = self.loaded.get(thread_id);
        if loaded.as_ref().is_some_and(|loaded| loaded.ephemeral) {
            return Err(Error::invalid("thread_id", "the thread is ephemeral").about(thread_id));
        }
        Ok(loaded)
    }

    /// The runtime of the caller, or one that was remembered.
    fn runtime(&self) -> Option<Handle> {
        Handle::try_current().ok().or_else(|| self.runtime.get().cloned())
    }

    /// Remembers the runtime, for what is done where there is none.
    fn note_runtime(&self) {
        if let Ok(handle) = Handle::try_current() {
            // One is enough, the first.
            let _ = self.runtime.set(handle);
        }
    }
}

fn shut_down() -> Error {
    Error::unavailable(Outcome::NothingDone).because("the manager is shut down")
}

/// Readers hear that there will be no more.
impl Drop for Inner {
    fn drop(&mut self) {
        let left = self.loaded.all().len();
        if left > 0 {
            tracing::warn!(threads = left, "dropped without a shutdown: leases are left");
        }
        self.stop.cancel();
        self.hub.close();
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThreadManager").field("store", &self.store).finish_non_exhaustive()
    }
}
