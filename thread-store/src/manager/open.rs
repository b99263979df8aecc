//! Loading threads: new ones, stored ones, forks.

use std::sync::Arc;

use tracing::instrument;

use super::events::{ClosedReason, ThreadEvent};
use super::loaded::{Loaded, Watch};
use super::{Inner, LoadedThread, ThreadManager, ThreadStatus, ThreadView};
use crate::derived;
use crate::error::{Conflict, Error, Result};
use crate::id::ThreadId;
use crate::live::{LiveThread, ResumeLive, StartThread, as_unknown, outcome, request_id};
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
        self.0.finish(move |inner| async move { inner.start(start).await }).await
    }

    /// Goes on with a thread: the running one if it is loaded, else it is loaded. It is loaded also if
    /// this future is dropped, and stays so until somebody has followed it and left.
    ///
    /// # Errors
    ///
    /// As [`LiveThread::resume`]; *unavailable* after the shutdown.
    #[instrument(skip_all, fields(thread_id = %resume.thread_id))]
    pub async fn resume(&self, resume: ResumeLive) -> Result<LoadedThread> {
        self.0.finish(move |inner| async move { inner.resume(resume).await }).await
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
        self.0.finish(move |inner| async move { inner.fork(fork, ephemeral).await }).await
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
    async fn start(self: &Arc<Self>, start: StartThread) -> Result<LoadedThread> {
        let (thread_id, ephemeral) = (start.thread_id, start.ephemeral);
        let _gate = self.gates.pass(thread_id).await;
        self.check_new(thread_id)?;
        let store = self.store_for(ephemeral)?;
        let watch = self.watch(thread_id);
        let config = self.config.live.clone();
        let live = LiveThread::start_heard(store, start, config, Some(watch.clone()));
        self.begin(live, watch, ephemeral).await
    }

    async fn resume(self: &Arc<Self>, resume: ResumeLive) -> Result<LoadedThread> {
        let thread_id = resume.thread_id;
        let _gate = self.gates.pass(thread_id).await;
        self.check_open()?;
        if let Some(loaded) = self.loaded.get(thread_id)
            && self.has(&loaded).await?
        {
            if !resume.include_archived {
                self.check_archived(&loaded).await?;
            }
            loaded.live.check_expectation(&resume.expectation()).await?;
            if !resume.options.is_empty() {
                loaded.live.set_options(resume.options).await?;
            }
            loaded.stay();
            return Ok(LoadedThread(loaded));
        }
        let watch = self.watch(thread_id);
        let (store, config) = (Arc::clone(&self.store), self.config.live.clone());
        let live = LiveThread::resume_heard(store, resume, config, Some(watch.clone())).await?;
        let told = |status| ThreadEvent::StatusChanged { thread_id, status };
        self.keep(Loaded::new(live, watch, false), told).await
    }

    async fn fork(self: &Arc<Self>, fork: ForkThread, ephemeral: bool) -> Result<LoadedThread> {
        let thread_id = fork.new_thread_id;
        let _gate = self.gates.pass(thread_id).await;
        self.check_new(thread_id)?;
        if let Some(source) = self.stored(fork.thread_id)? {
            self.store_known(&source).await?;
        }
        let (from, to) = (&self.store, self.store_for(ephemeral)?);
        let watch = self.watch(thread_id);
        let config = self.config.live.clone();
        let request = fork.request_id.clone().unwrap_or_else(request_id);
        let fork = fork.with_lease(config.holder.clone()).with_request_id(request);
        let call = || fork_between(from.as_ref(), to.as_ref(), ephemeral, fork.clone());
        let created = config.retry.run(thread_id, call).await?;
        let live = LiveThread::created(to.clone(), created, config, Some(watch.clone()))?;
        // The fork is stored, whatever comes now.
        self.begin(live, watch, ephemeral).await.map_err(as_unknown)
    }

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

    /// Stores what is known of a loaded thread, unless it is no longer this process's.
    pub(super) async fn store_known(&self, loaded: &Loaded) -> Result<()> {
        match loaded.live.flush().await {
            Err(error) if loaded.live.is_held().await => Err(error),
            _ => Ok(()),
        }
    }

    /// Tells of a thread that is new, and keeps it loaded.
    async fn begin(
        &self,
        live: LiveThread,
        watch: Arc<Watch>,
        ephemeral: bool,
    ) -> Result<LoadedThread> {
        let thread = live.thread().await?;
        let spawn_parent = thread.spawn_parent();
        let told = |status| {
            let view = ThreadView::new(thread, status).with_ephemeral(ephemeral);
            ThreadEvent::Started { thread: Arc::new(view) }
        };
        self.keep(Loaded::new(live, watch, ephemeral).spawned_by(spawn_parent), told).await
    }

    /// Keeps a thread loaded and tells of it. If all are being closed meanwhile it is closed too.
    async fn keep(
        &self,
        loaded: Loaded,
        told: impl FnOnce(ThreadStatus) -> ThreadEvent,
    ) -> Result<LoadedThread> {
        let loaded = Arc::new(loaded);
        self.loaded.insert(Arc::clone(&loaded));
        loaded.watch.open(told);
        if let Err(error) = self.check_open() {
            self.close(&loaded, ClosedReason::Shutdown).await?;
            return Err(error);
        }
        Ok(LoadedThread(loaded))
    }
}
