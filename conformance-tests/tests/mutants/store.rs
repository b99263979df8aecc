//! The reference backend with one fault.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use thread_store::*;
use thread_store_conformance::{CoreOnly, Harness, NotOffered};
use thread_store_memory::MemoryStore;

use crate::mutant::Mutant;

/// What all handles of one harness share.
#[derive(Debug)]
pub(crate) struct Medium {
    pub(crate) memory: MemoryStore,
    pub(crate) memo: Mutex<Memo>,
}

/// What faults have to remember.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    pub(crate) damaged: BTreeSet<(ThreadId, u64)>,
    /// The leases granted on a thread since it was created.
    pub(crate) granted: HashMap<ThreadId, Vec<WriterLease>>,
    /// A lease that works in the place of another.
    pub(crate) replaced: HashMap<(ThreadId, Epoch), WriterLease>,
    pub(crate) histories_of_deleted: HashMap<ThreadId, Vec<RolloutItem>>,
    pub(crate) forks: Vec<(ThreadId, ThreadId)>,
    /// The list that a cursor was made for, how many rows stand before it, and whether it leads
    /// back.
    pub(crate) cursors: HashMap<String, (ListThreads, usize, bool)>,
}

/// A handle.
#[derive(Debug)]
pub(crate) struct Mutated {
    pub(crate) medium: Arc<Medium>,
    pub(crate) mutant: Option<Mutant>,
    /// What this handle has read.
    pub(crate) seen: Mutex<HashMap<ThreadId, StoredThread>>,
}

impl Mutated {
    pub(crate) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    pub(crate) fn memory(&self) -> &MemoryStore {
        &self.medium.memory
    }

    pub(crate) fn memo(&self) -> MutexGuard<'_, Memo> {
        locked(&self.medium.memo)
    }

    /// Edits a thread as if a caller had.
    pub(crate) async fn edit(
        &self,
        thread_id: ThreadId,
        patch: impl FnOnce(&StoredThread) -> ThreadMetadataPatch,
    ) -> Result<StoredThread> {
        let patch = patch(&self.memory().thread(thread_id).await?);
        let update = UpdateThreadMetadata::new(thread_id, patch).with_include_archived(true);
        self.memory().update_thread_metadata(update).await
    }

    /// An edit that changes nothing but the version.
    pub(crate) async fn move_version(&self, thread_id: ThreadId) -> Result<StoredThread> {
        let same_name = |thread: &StoredThread| {
            ThreadMetadataPatch::default().name(thread.metadata.name.clone())
        };
        self.edit(thread_id, same_name).await
    }

    pub(crate) async fn move_updated_at(&self, thread_id: ThreadId) -> Result<StoredThread> {
        let later = |thread: &StoredThread| {
            let millis = thread.metadata.updated_at.as_millis() + 1;
            ThreadMetadataPatch::default().updated_at(Timestamp::from_millis(millis))
        };
        self.edit(thread_id, later).await
    }

    /// Every thread there is.
    pub(crate) async fn all(&self) -> Result<Vec<StoredThread>> {
        use futures::TryStreamExt as _;
        self.memory().all_threads(ListThreads::new()).try_collect().await
    }

    fn shown(&self, mut thread: StoredThread) -> StoredThread {
        if self.is(Mutant::VersionStands) {
            thread.metadata_version = 1;
        }
        thread
    }

    /// What becomes of every answer.
    fn answered<T>(&self, result: Result<T>) -> Result<T> {
        let error = match result {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let (operation, thread_id) = (error.operation(), error.thread_id());
        let mut changed = Error::new(error.kind().clone());
        if let Some(operation) = operation.filter(|_| !self.is(Mutant::ErrorsNameNoOperation)) {
            changed = changed.during(operation);
        }
        if let Some(thread_id) = thread_id.filter(|_| !self.is(Mutant::ErrorsNameNoThread)) {
            changed = changed.about(thread_id);
        }
        Err(changed)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl ThreadStore for Mutated {
    /// As much as is required and no more: large items cost time.
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.memory().capabilities();
        capabilities.limits.max_item_bytes = Limits::LEAST_MAX_ITEM_BYTES;
        capabilities.limits.max_batch_bytes = Limits::LEAST_MAX_ITEM_BYTES + (1 << 20);
        capabilities
    }

    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        let created = self.answered(self.create(params).await)?;
        Ok(CreatedThread::new(self.shown(created.thread), created.lease))
    }

    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread> {
        let resumed = self.answered(self.resume(params).await)?;
        Ok(ResumedThread::new(self.shown(resumed.thread), resumed.lease))
    }

    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        let result = self.append(params).await;
        self.answered(result)
    }

    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        let result = self.flush(lease).await;
        self.answered(result)
    }

    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        let result = self.release(params).await;
        self.answered(result)
    }

    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        let result = self.load(params).await;
        self.answered(result)
    }

    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        let thread_id = params.thread_id;
        let remembered = locked(&self.seen).get(&thread_id).cloned();
        if let Some(thread) = remembered.filter(|_| self.is(Mutant::RemembersReads)) {
            return Ok(thread);
        }
        let result = self.read(params).await;
        let thread = self.shown(self.answered(result)?);
        locked(&self.seen).insert(thread_id, thread.clone());
        Ok(thread)
    }

    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        tokio::task::yield_now().await;
        let result = self.list(params).await;
        let mut page = self.answered(result)?;
        page.threads = page.threads.into_iter().map(|it| self.shown(it)).collect();
        Ok(page)
    }

    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        locked(&self.seen).clear();
        let result = self.update(params).await;
        self.answered(result).map(|thread| self.shown(thread))
    }

    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        locked(&self.seen).clear();
        let result = self.archive(params).await;
        self.answered(result)
    }

    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        locked(&self.seen).clear();
        let result = self.delete(params).await;
        self.answered(result)
    }

    async fn fork_thread(&self, params: ForkThread) -> Result<CreatedThread> {
        self.fork(params).await
    }

    async fn list_turns(&self, params: ListTurns) -> Result<TurnPage> {
        self.turns(params).await
    }

    async fn list_items(&self, params: ListItems) -> Result<ItemPage> {
        self.turn_items(params).await
    }

    async fn load_model_context(&self, params: LoadModelContext) -> Result<ModelContext> {
        self.model_context(params).await
    }

    async fn revert_thread(&self, params: RevertThread) -> Result<RevertedThread> {
        self.take_back(params).await
    }

    async fn search_threads(&self, params: SearchThreads) -> Result<SearchPage> {
        self.find(params).await
    }

    async fn explain(&self, params: Explain) -> Result<Explanation> {
        let thread_id = params.thread_id;
        match CoreOnly(self).explain(params).await {
            Ok(mut explanation) => {
                if self.is(Mutant::ExplainsOnce) {
                    explanation.mismatches.truncate(1);
                }
                Ok(explanation)
            }
            Err(_) if self.is(Mutant::ExplainsUnknown) => {
                Ok(Explanation::new(thread_id, vec![Mismatch::SearchTerm]))
            }
            Err(error) => Err(error),
        }
    }
}

/// A harness over empty data.
pub(crate) struct Mutation {
    medium: Arc<Medium>,
    clock: ManualClock,
    mutant: Option<Mutant>,
}

impl Mutation {
    pub(crate) fn new(mutant: Option<Mutant>) -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
        let medium = Medium {
            memory: MemoryStore::with_clock(Arc::new(clock.clone())),
            memo: Mutex::default(),
        };
        Self { medium: Arc::new(medium), clock, mutant }
    }
}

#[async_trait]
impl Harness for Mutation {
    async fn open(&self) -> Result<Arc<dyn ThreadStore>> {
        Ok(Arc::new(Mutated {
            medium: Arc::clone(&self.medium),
            mutant: self.mutant,
            seen: Mutex::default(),
        }))
    }

    fn clock(&self) -> Option<ManualClock> {
        Some(self.clock.clone())
    }

    async fn damage(&self, thread_id: ThreadId, ordinal: Ordinal) -> Result<(), NotOffered> {
        locked(&self.medium.memo).damaged.insert((thread_id, ordinal.get()));
        Ok(())
    }
}
