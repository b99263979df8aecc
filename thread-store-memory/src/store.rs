//! The trait, over catalog and logs.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use thread_store::{
    AppendItems, AppendReceipt, Capabilities, ChangedThreads, Clock, CreateThread, CreatedThread,
    DeleteThread, Epoch, Error, HistoryPage, Holder, IfHeld, ListPlan, ListThreads, LoadHistory,
    Operation, ReadThread, ReleaseLease, Result, ResumeThread, ResumedThread, SetArchived,
    StoredThread, SystemClock, ThreadPage, ThreadStore, UpdateThreadMetadata, WriterLease,
};
use tracing::instrument;

use crate::catalog::{Catalog, Entry};
use crate::log::Log;

/// A store in memory. Clones are handles on the same data.
///
/// Locks are taken in one order: the catalog, then a log. Appends hold only the log of their
/// thread, so threads do not wait for each other.
#[derive(Clone, Debug)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Arc<dyn Clock>,
    capabilities: Capabilities,
    /// The last epoch granted, of any thread: so none comes twice, whatever is deleted.
    epochs: AtomicU64,
    catalog: RwLock<Catalog>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// An empty store with this clock.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            clock,
            capabilities: Capabilities::volatile(),
            epochs: AtomicU64::new(0),
            catalog: RwLock::default(),
        }))
    }

    fn read(&self) -> RwLockReadGuard<'_, Catalog> {
        self.0.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Catalog> {
        self.0.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_epoch(&self) -> Epoch {
        Epoch::new(self.0.epochs.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// Grants a lease. The caller holds the catalog, so nothing is archived or deleted meanwhile.
    fn grant(&self, entry: &Entry, holder: Holder) -> WriterLease {
        let thread = entry.thread();
        let epoch = self.next_epoch();
        let next_ordinal = entry.log.grant(epoch, holder.clone());
        WriterLease::new(thread.thread_id, epoch, holder, next_ordinal)
    }

    /// The log behind a lease.
    fn log(&self, lease: &WriterLease) -> Result<Arc<Log>> {
        self.read().any(lease.thread_id).map(|entry| Arc::clone(&entry.log))
    }

    fn create(&self, params: CreateThread) -> Result<CreatedThread> {
        params.validate(&self.0.capabilities.limits)?;
        let record = params.to_thread(self.0.clock.now());
        let entry = Entry::new(record, Log::new(params.items), params.request_id);
        let mut catalog = self.write();
        let entry = catalog.create(entry)?;
        let lease = params.lease.map(|holder| self.grant(entry, holder));
        Ok(CreatedThread::new(entry.thread(), lease))
    }

    fn resume(&self, params: ResumeThread) -> Result<ResumedThread> {
        // The catalog is held for writing, so that nobody is granted a lease in between.
        let catalog = self.write();
        let entry = catalog.get(params.thread_id, params.include_archived)?;
        let current = entry.log.lease();
        if params.if_held == IfHeld::Refuse && current.blocking().is_some() {
            return Err(current.held_error(params.thread_id));
        }
        let lease = self.grant(entry, params.holder);
        Ok(ResumedThread::new(entry.thread(), lease))
    }

    fn list(&self, params: &ListThreads) -> Result<ThreadPage> {
        let plan = ListPlan::new(params, &self.0.capabilities.limits)?;
        let catalog = self.read();
        let rows = catalog.scan(&params.filter, &plan.scan());
        let follow_up = plan.follow_up(&rows);
        let followed =
            follow_up.is_some_and(|scan| !catalog.scan(&params.filter, &scan).is_empty());
        Ok(plan.page(rows, followed))
    }

    fn archive(&self, params: &SetArchived) -> Result<ChangedThreads> {
        let at = params.archived.then(|| self.0.clock.now());
        let mut catalog = self.write();
        let mut changed = Vec::new();
        for thread_id in catalog.subtree(params.thread_id, params.descendants)? {
            if catalog.set_archived(thread_id, at)? {
                changed.push(thread_id);
                if params.archived {
                    catalog.any(thread_id)?.log.fence(self.next_epoch());
                }
            }
        }
        Ok(ChangedThreads::new(changed))
    }

    fn delete(&self, params: &DeleteThread) -> Result<ChangedThreads> {
        let mut catalog = self.write();
        let threads = catalog.subtree(params.thread_id, params.descendants)?;
        threads.iter().try_for_each(|thread_id| catalog.delete(*thread_id))?;
        Ok(ChangedThreads::new(threads))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Names the operation in its errors.
fn during<T>(operation: Operation, result: Result<T>) -> Result<T> {
    result.map_err(|error: Error| error.during(operation))
}

/// No method awaits anything: a future that is dropped has not begun or is done.
#[async_trait]
impl ThreadStore for MemoryStore {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities.clone()
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id, items = params.items.len()))]
    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        during(Operation::CreateThread, self.create(params))
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread> {
        during(Operation::ResumeThread, self.resume(params))
    }

    #[instrument(skip_all, fields(thread_id = %params.lease.thread_id, items = params.items.len()))]
    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        let log = self.log(&params.lease);
        let limits = &self.0.capabilities.limits;
        during(Operation::AppendItems, log.and_then(|log| log.append(params, limits)))
    }

    #[instrument(skip_all, fields(thread_id = %lease.thread_id))]
    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        during(Operation::FlushThread, self.log(&lease).and_then(|log| log.check(&lease)))
    }

    #[instrument(skip_all, fields(thread_id = %params.lease.thread_id))]
    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        let log = self.log(&params.lease);
        during(Operation::ReleaseLease, log.and_then(|log| log.release(&params)))
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        let catalog = self.read();
        let entry = catalog.get(params.thread_id, params.include_archived);
        during(Operation::LoadHistory, entry.and_then(|entry| entry.log.load(&params)))
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        let catalog = self.read();
        let entry = catalog.get(params.thread_id, params.include_archived);
        during(Operation::ReadThread, entry.map(Entry::thread))
    }

    #[instrument(skip_all, fields(page_size = params.page_size))]
    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        during(Operation::ListThreads, self.list(&params))
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        during(Operation::UpdateThreadMetadata, self.write().update(&params))
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id, archived = params.archived))]
    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        during(Operation::SetArchived, self.archive(&params))
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        during(Operation::DeleteThread, self.delete(&params))
    }
}
