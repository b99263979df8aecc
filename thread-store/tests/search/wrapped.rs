//! The core of the memory store, with a mishap here and there.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use thread_store::{
    AppendItems, AppendReceipt, Capabilities, ChangedThreads, CreateThread, CreatedThread,
    DamageReport, DamagedRecord, DeleteThread, Direction, Error, HistoryPage, ListThreads,
    LoadHistory, ReadThread, ReleaseLease, Result, ResumeThread, ResumedThread, Search,
    SetArchived, StoredThread, ThreadId, ThreadPage, ThreadStore, UpdateThreadMetadata,
    WriterLease,
};
use thread_store_memory::MemoryStore;

/// The core of the memory store, with a mishap here and there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wrapped {
    store: MemoryStore,
    search: Option<Search>,
    mishaps: Arc<Mutex<Mishaps>>,
}

#[derive(Debug, Default)]
struct Mishaps {
    deleted: HashSet<ThreadId>,
    damaged: HashSet<ThreadId>,
    corrupt: HashSet<ThreadId>,
}

impl Wrapped {
    pub(crate) fn claiming(search: Search) -> Self {
        Self { search: Some(search), ..Self::default() }
    }

    /// The thread goes right after it was on a list.
    pub(crate) fn delete_when_listed(&self, id: ThreadId) {
        self.mishaps().deleted.insert(id);
    }

    /// One record of its history cannot be read.
    pub(crate) fn damage_a_record(&self, id: ThreadId) {
        self.mishaps().damaged.insert(id);
    }

    /// Nothing of its history can be read.
    pub(crate) fn corrupt(&self, id: ThreadId) {
        self.mishaps().corrupt.insert(id);
    }

    fn mishaps(&self) -> MutexGuard<'_, Mishaps> {
        self.mishaps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ThreadStore for Wrapped {
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = self.store.capabilities();
        capabilities.search = self.search.unwrap_or(capabilities.search);
        capabilities
    }

    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        let (id, descending) = (params.thread_id, params.direction == Direction::Descending);
        if self.mishaps().corrupt.contains(&id) {
            return Err(Error::corrupt(format!("history of {id}")));
        }
        let page = self.store.load_history(params).await?;
        let mut damage = DamageReport::default();
        // Once, however often the start of the history is looked at.
        if descending && self.mishaps().damaged.contains(&id) {
            damage.push(DamagedRecord::new(format!("record of {id}"), None, "torn"));
        }
        Ok(page.with_damage(damage))
    }

    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        let page = self.store.list_threads(params).await?;
        let deleted = std::mem::take(&mut self.mishaps().deleted);
        for id in deleted {
            self.store.delete_thread(id.into()).await?;
        }
        Ok(page)
    }

    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        self.store.create_thread(params).await
    }

    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread> {
        self.store.resume_thread(params).await
    }

    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        self.store.append_items(params).await
    }

    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        self.store.flush_thread(lease).await
    }

    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        self.store.release_lease(params).await
    }

    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        self.store.read_thread(params).await
    }

    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        self.store.update_thread_metadata(params).await
    }

    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        self.store.set_archived(params).await
    }

    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        self.store.delete_thread(params).await
    }
}
