//! A store that counts what is read of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use thread_store::{
    AppendItems, AppendReceipt, Capabilities, ChangedThreads, CreateThread, CreatedThread,
    DeleteThread, HistoryPage, ListThreads, LoadHistory, ReadThread, ReleaseLease, Result,
    ResumeThread, ResumedThread, SetArchived, StoredThread, ThreadPage, ThreadStore,
    UpdateThreadMetadata, WriterLease,
};

/// Forwards the first ring of the trait alone, like [`CoreOnly`](crate::CoreOnly), and counts the
/// items that reads of history hand out: so it measures the default bodies, on any backend. How much
/// a body of the store's own reads cannot be seen from outside.
#[derive(Debug)]
pub(crate) struct Counting {
    store: Arc<dyn ThreadStore>,
    items: AtomicU64,
}

impl Counting {
    pub(crate) fn new(store: Arc<dyn ThreadStore>) -> Self {
        Self { store, items: AtomicU64::new(0) }
    }

    /// The items handed out since this was last asked.
    pub(crate) fn take(&self) -> u64 {
        self.items.swap(0, Ordering::SeqCst)
    }
}

#[async_trait]
impl ThreadStore for Counting {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
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

    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        let page = self.store.load_history(params).await?;
        self.items.fetch_add(page.items.len() as u64, Ordering::SeqCst);
        Ok(page)
    }

    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        self.store.read_thread(params).await
    }

    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        self.store.list_threads(params).await
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
