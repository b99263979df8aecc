//! A store stripped to its core.

use async_trait::async_trait;
use thread_store::{
    AppendItems, AppendReceipt, Capabilities, ChangedThreads, CreateThread, CreatedThread,
    DeleteThread, HistoryPage, ListThreads, LoadHistory, ReadThread, ReleaseLease, Result,
    ResumeThread, ResumedThread, SetArchived, StoredThread, ThreadPage, ThreadStore,
    UpdateThreadMetadata, WriterLease,
};

/// Forwards the first ring of the trait alone: through it the default bodies of the second are
/// tried on any backend.
#[derive(Clone, Debug)]
pub struct CoreOnly<S>(pub S);

#[async_trait]
impl<S, T> ThreadStore for CoreOnly<S>
where
    S: std::ops::Deref<Target = T> + Send + Sync + std::fmt::Debug,
    T: ThreadStore + ?Sized,
{
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        self.0.create_thread(params).await
    }

    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread> {
        self.0.resume_thread(params).await
    }

    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        self.0.append_items(params).await
    }

    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        self.0.flush_thread(lease).await
    }

    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        self.0.release_lease(params).await
    }

    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        self.0.load_history(params).await
    }

    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        self.0.read_thread(params).await
    }

    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        self.0.list_threads(params).await
    }

    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        self.0.update_thread_metadata(params).await
    }

    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        self.0.set_archived(params).await
    }

    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        self.0.delete_thread(params).await
    }
}
