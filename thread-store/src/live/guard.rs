//! A live thread whose session may still fail to start.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::{LiveConfig, LiveThread, ResumeLive};
use crate::error::{Error, Result};
use crate::id::ThreadId;
use crate::store::ThreadStore;

/// Owns a live thread while the start of its session can still fail. Unless it is
/// [committed](Self::commit), the thread is [discarded](LiveThread::discard): when the guard is dropped
/// too, and when the opening itself is dropped half-way.
///
/// ```
/// # use std::sync::Arc;
/// # use thread_store::*;
/// # use thread_store_memory::MemoryStore;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let store: Arc<dyn ThreadStore> = Arc::new(MemoryStore::new());
/// # let id = ThreadId::generate();
/// # store.create_thread(CreateThread::new(id)).await?;
/// # async fn start_the_rest() -> Result<()> { Ok(()) }
/// let config = LiveConfig::new(Holder::new("example"));
/// let guard = LiveThreadInitGuard::resume(store, ResumeLive::new(id), config).await?;
/// start_the_rest().await?; // If this fails, the thread is given back.
/// let live = guard.commit();
/// # live.shutdown().await
/// # }
/// ```
#[derive(Debug)]
#[must_use = "unless it is committed, the thread is discarded"]
pub struct LiveThreadInitGuard {
    live: Option<LiveThread>,
    /// Where it is discarded, if it is dropped elsewhere.
    runtime: Option<Handle>,
}

impl LiveThreadInitGuard {
    /// Guards a thread that is open.
    pub fn new(live: LiveThread) -> Self {
        Self { live: Some(live), runtime: Handle::try_current().ok() }
    }

    /// Resumes a thread, and guards it. If this future is dropped, the thread is given back as soon as
    /// the store has answered.
    ///
    /// # Errors
    ///
    /// As [`LiveThread::resume`]; *internal* outside of a Tokio runtime.
    pub async fn resume(
        store: Arc<dyn ThreadStore>,
        resume: ResumeLive,
        config: LiveConfig,
    ) -> Result<Self> {
        let thread_id = resume.thread_id;
        Self::open(thread_id, async move { LiveThread::resume(store, resume, config).await }).await
    }

    /// Opens a thread in a task of its own, so that what it takes is given back if nobody waits for it
    /// any more.
    async fn open(
        thread_id: ThreadId,
        opening: impl Future<Output = Result<LiveThread>> + Send + 'static,
    ) -> Result<Self> {
        let failed =
            |error: &dyn std::error::Error| Error::internal(error.to_string()).about(thread_id);
        let runtime = Handle::try_current().map_err(|error| failed(&error))?;
        let (give, take) = oneshot::channel();
        runtime.spawn(async move {
            let opened = opening.await.map(Self::new);
            // Not taken, the guard is dropped with the message.
            let _ = give.send(opened);
        });
        take.await.map_err(|error| failed(&error))?
    }

    /// The thread.
    #[must_use]
    pub fn thread_id(&self) -> Option<ThreadId> {
        self.live.as_ref().map(LiveThread::thread_id)
    }

    /// The session has started: the thread is the caller's.
    #[must_use]
    #[allow(clippy::missing_panics_doc)] // Both that take it take the guard as well.
    pub fn commit(mut self) -> LiveThread {
        self.live.take().expect("a guard has its thread until it is committed or discarded")
    }

    /// The session has not started: gives the thread back.
    ///
    /// # Errors
    ///
    /// As [`LiveThread::discard`].
    pub async fn discard(mut self) -> Result<()> {
        match self.live.take() {
            Some(live) => live.discard().await,
            None => Ok(()),
        }
    }
}

impl Drop for LiveThreadInitGuard {
    fn drop(&mut self) {
        let Some(live) = self.live.take() else { return };
        let thread_id = live.thread_id();
        let Some(runtime) = Handle::try_current().ok().or_else(|| self.runtime.take()) else {
            tracing::warn!(%thread_id, "a thread was not given back: there is no runtime");
            return;
        };
        runtime.spawn(async move {
            if let Err(error) = live.discard().await {
                tracing::warn!(%thread_id, code = error.code(), "a thread was not given back");
            }
        });
    }
}
