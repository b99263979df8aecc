//! Loading threads: new ones, stored ones, forks.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tracing::instrument;

use super::events::{ClosedReason, ThreadEvent};
use super::loaded::{Loaded, Watch};
use super::{Inner, LoadedThread, ThreadManager, ThreadView};
use crate::derived;
use crate::error::{Conflict, Error, Result};
use crate::id::ThreadId;
use crate::live::{LiveThread, LiveThreadInitGuard, ResumeLive, StartThread, outcome, request_id};
use crate::options::ThreadOptions;
use crate::params::{CreatedThread, ForkThread};
use crate::store::ThreadStore;

impl ThreadManager {
    /// Starts a thread. Nothing is stored until something is written to it; an id that is taken is told
    /// then.
    ///
    /// # Errors
    ///
    /// *Conflict* (already exists) if a thread of this id is loaded; *invalid request* (field
    /// `ephemeral`) for an ephemeral one where there is no store for it; *unavailable* after the
    /// shutdown.
    #[instrument(skip_all, fields(thread_id = %start.thread_id))]
    pub async fn start(&self, start: StartThread) -> Result<LoadedThread> {
        let (inner, thread_id, ephemeral) = (&self.0, start.thread_id, start.ephemeral);
        let _gate = inner.gates.pass(thread_id).await;
        inner.check_new(thread_id)?;
        let store = inner.store_for(ephemeral)?;
        let watch = inner.watch(thread_id);
        let config = inner.config.live.clone();
        let live = LiveThread::start_heard(store, start, config, Some(watch.clone()));
        inner.begin(live, watch, ephemeral).await
    }

    /// Goes on with a thread: the running one if it is loaded, else it is loaded.
    ///
    /// # Errors
    ///
    /// As [`LiveThread::resume`]; *unavailable* after the shutdown.
    #[instrument(skip_all, fields(thread_id = %resume.thread_id))]
    pub async fn resume(&self, resume: ResumeLive) -> Result<LoadedThread> {
        let (inner, thread_id) = (&self.0, resume.thread_id);
        let _gate = inner.gates.pass(thread_id).await;
        inner.check_open()?;
        if let Some(loaded) = inner.loaded.get(thread_id)
            && inner.has(&loaded).await?
        {
            loaded.live.check_expectation(&resume.expectation()).await?;
            if !resume.options.is_empty() {
                loaded.live.set_options(resume.options).await?;
            }
            loaded.abandoned.store(false, Ordering::SeqCst);
            return Ok(LoadedThread(loaded));
        }
        let watch = inner.watch(thread_id);
        let (store, config) = (Arc::clone(&inner.store), inner.config.live.clone());
        let listener = watch.clone();
        let opening =
            async move { LiveThread::resume_heard(store, resume, config, Some(listener)).await };
        let live = LiveThreadInitGuard::open(thread_id, opening).await?.commit();
        let loaded = inner.insert(live, watch, false);
        inner.tell_status(&loaded);
        Ok(LoadedThread(loaded))
    }

    /// Continues a thread as another, which is loaded. What is known of a loaded thread is stored before.
    ///
    /// # Errors
    ///
    /// As [`fork_thread`](ThreadStore::fork_thread); *conflict* (already exists) if a thread of the new
    /// id is loaded; *invalid request* (field `thread_id`) for an ephemeral one; *unavailable*.
    #[instrument(skip_all, fields(thread_id = %fork.thread_id, new_thread_id = %fork.new_thread_id))]
    pub async fn fork(&self, fork: ForkThread) -> Result<LoadedThread> {
        self.fork_into(fork, false).await
    }

    /// Continues a thread as another that lives in memory only.
    ///
    /// # Errors
    ///
    /// As [`fork`](Self::fork); *invalid request* (field `ephemeral`) where there is no store for it.
    #[instrument(skip_all, fields(thread_id = %fork.thread_id, new_thread_id = %fork.new_thread_id))]
    pub async fn fork_ephemeral(&self, fork: ForkThread) -> Result<LoadedThread> {
        self.fork_into(fork, true).await
    }

    async fn fork_into(&self, fork: ForkThread, ephemeral: bool) -> Result<LoadedThread> {
        let (inner, thread_id) = (&self.0, fork.new_thread_id);
        let _gate = inner.gates.pass(thread_id).await;
        inner.check_new(thread_id)?;
        if let Some(source) = inner.stored(fork.thread_id)? {
            source.flush().await?;
        }
        let to = inner.store_for(ephemeral)?;
        let watch = inner.watch(thread_id);
        let config = inner.config.live.clone();
        let request = fork.request_id.clone().unwrap_or_else(request_id);
        let fork = fork.with_lease(config.holder.clone()).with_request_id(request);
        let (from, listener) = (Arc::clone(&inner.store), watch.clone());
        let opening = async move {
            let call = || fork_between(from.as_ref(), to.as_ref(), ephemeral, fork.clone());
            let created = config.retry.run(thread_id, call).await?;
            LiveThread::created(
                to.clone(),
                created,
                ThreadOptions::default(),
                config,
                Some(listener),
            )
        };
        let live = LiveThreadInitGuard::open(thread_id, opening).await?.commit();
        inner.begin(live, watch, ephemeral).await
    }
}

/// Forks within a store, which may have its own way, or into another.
async fn fork_between(
    from: &dyn ThreadStore,
    to: &dyn ThreadStore,
    elsewhere: bool,
    fork: ForkThread,
) -> Result<CreatedThread> {
    if elsewhere {
        to.create_thread(derived::creation_of_fork(from, fork).await?).await
    } else {
        from.fork_thread(fork).await
    }
}

impl Inner {
    fn check_new(&self, thread_id: ThreadId) -> Result<()> {
        self.note_runtime();
        self.check_open()?;
        match self.loaded.get(thread_id) {
            Some(_) => Err(Error::conflict(thread_id, Conflict::AlreadyExists)),
            None => Ok(()),
        }
    }

    fn store_for(&self, ephemeral: bool) -> Result<Arc<dyn ThreadStore>> {
        let store = if ephemeral { self.config.ephemeral.as_ref() } else { Some(&self.store) };
        let missing = || Error::invalid("ephemeral", "there is no store for ephemeral threads");
        store.cloned().ok_or_else(missing)
    }

    /// Whether a loaded thread is still this process's. One that is not is forgotten.
    pub(super) async fn has(&self, loaded: &Loaded) -> Result<bool> {
        match loaded.live.check().await {
            Ok(()) => Ok(true),
            Err(error) if outcome(&error).is_some() => Err(error),
            Err(error) => {
                loaded.watch.over(ClosedReason::lost(&error));
                Ok(false)
            }
        }
    }

    fn watch(self: &Arc<Self>, thread_id: ThreadId) -> Arc<Watch> {
        self.note_runtime();
        Arc::new(Watch::new(thread_id, Arc::clone(&self.hub), Arc::downgrade(self)))
    }

    /// Tells of a thread that is new, and keeps it loaded.
    async fn begin(
        &self,
        live: LiveThread,
        watch: Arc<Watch>,
        ephemeral: bool,
    ) -> Result<LoadedThread> {
        let thread = live.thread().await?;
        let loaded = self.insert(live, watch, ephemeral);
        let view = ThreadView::new(thread, loaded.watch.status()).with_ephemeral(ephemeral);
        self.hub.send(ThreadEvent::Started { thread: Arc::new(view) });
        Ok(LoadedThread(loaded))
    }

    fn insert(&self, live: LiveThread, watch: Arc<Watch>, ephemeral: bool) -> Arc<Loaded> {
        watch.open();
        let loaded = Arc::new(Loaded { live, watch, ephemeral, abandoned: false.into() });
        self.loaded.insert(Arc::clone(&loaded));
        loaded
    }

    fn tell_status(&self, loaded: &Loaded) {
        let (thread_id, status) = (loaded.live.thread_id(), loaded.watch.status());
        self.hub.send(ThreadEvent::StatusChanged { thread_id, status });
    }
}
