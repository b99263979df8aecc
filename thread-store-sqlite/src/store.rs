//! The trait, over the database.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::Connection as _;
use thread_store::{
    AppendItems, AppendReceipt, Capabilities, ChangedThreads, Clock, CreateThread, CreatedThread,
    DeleteThread, Durability, Error, HistoryPage, HolderLiveness, ListPlan, ListThreads,
    LoadHistory, Operation, Persistence, ReadThread, ReleaseLease, ResumeThread, ResumedThread,
    Search, SearchPage, SearchThreads, SetArchived, Sharing, StoredThread, ThreadPage, ThreadStore,
    UpdateThreadMetadata, WriterLease,
};
use tracing::instrument;

use crate::database::Database;
use crate::error::Result;
use crate::head::{self, pending};
use crate::options::SqliteOptions;
use crate::writer::Work;
use crate::{history, list, operations, process, record, search};

/// A store in one SQLite file. Clones share its connections.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    database: Arc<Database>,
    clock: Arc<dyn Clock>,
    capabilities: Capabilities,
}

impl SqliteStore {
    /// Opens the file, and creates it and its folder if there is none, for its owner alone.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `path`) for a folder, a file that is no SQLite database or another
    /// program's, a place that cannot be written, and a network file system; *unsupported* for a
    /// schema that is newer than this program; *unavailable* if other processes keep it busy.
    pub async fn open(path: impl AsRef<Path>) -> thread_store::Result<Self> {
        Self::open_with(path, SqliteOptions::default()).await
    }

    /// As [`open`](Self::open), with these options.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with(
        path: impl AsRef<Path>,
        options: SqliteOptions,
    ) -> thread_store::Result<Self> {
        let capabilities = capabilities();
        let opened = Database::open(path.as_ref(), capabilities.limits.clone(), &options);
        let database = opened.await.map_err(|error| Error::from(error).during(Operation::Open))?;
        Ok(Self { database: Arc::new(database), clock: options.clock, capabilities })
    }

    /// Does now what else is done while threads rest: indexes what can be searched of each, and
    /// makes its small rows large ones. What is read is the same before and after; a search is
    /// faster after it, the file smaller.
    ///
    /// # Errors
    ///
    /// *Unavailable* if the store is closed or the file cannot be written.
    pub async fn settle(&self) -> thread_store::Result<()> {
        Ok(self.database.settle().await?)
    }

    /// Threads that are not settled now.
    ///
    /// # Errors
    ///
    /// *Unavailable* if the store is closed or the file cannot be read.
    pub async fn unsettled(&self) -> thread_store::Result<usize> {
        Ok(self.database.unsettled().await?)
    }

    /// Waits for writes under way, settles threads for two seconds at most, and closes the file, for
    /// all clones. What was acknowledged is stored with or without it.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// Runs a write to its end, whether or not the caller waits for it.
    async fn write<T: Send + 'static>(
        &self,
        operation: Operation,
        work: Work<T>,
    ) -> thread_store::Result<T> {
        let result = self.database.write(work).await;
        result.map_err(|error| Error::from(error).during(operation))
    }
}

#[cfg(test)]
use crate::readers::Reader;

#[cfg(test)]
impl SqliteStore {
    /// Does what the background would do some time.
    pub(crate) async fn write_now<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        self.database.write(work).await
    }

    /// What an operation reads from.
    pub(crate) async fn view(&self) -> Result<Reader> {
        self.database.reader().await
    }
}

fn capabilities() -> Capabilities {
    let mut capabilities = Capabilities::volatile();
    capabilities.persistence = Persistence::Persistent;
    capabilities.durability = Durability::Append;
    capabilities.holder_liveness =
        if process::can_tell() { HolderLiveness::ByHost } else { HolderLiveness::Unknown };
    capabilities.sharing = Sharing::Host;
    capabilities.search = Search::Index;
    capabilities
}

/// Names the operation in its errors.
fn during<T>(operation: Operation, result: Result<T>) -> thread_store::Result<T> {
    result.map_err(|error| Error::from(error).during(operation))
}

impl SqliteStore {
    async fn load(&self, params: LoadHistory) -> Result<HistoryPage> {
        let mut reader = self.database.reader().await?;
        history::read(&mut reader, &params).await
    }

    async fn read(&self, params: ReadThread) -> Result<StoredThread> {
        let mut view = self.database.reader().await?;
        let stored = record::get(&mut view, params.thread_id).await?;
        stored.head.checked(params.include_archived)?;
        Ok(stored.intact()?.thread)
    }

    async fn flush(&self, lease: &WriterLease) -> Result<()> {
        let mut view = self.database.reader().await?;
        let head = head::head(&mut view, lease.thread_id).await?;
        drop(view);
        head.lease.check(lease, head.next_ordinal)?;
        if head.pending & pending::ITEMS != 0
            && let Err(error) = self.database.index(head.key).await
        {
            // The items are on the disk, and a search reads what no index has.
            tracing::warn!(error = %Error::from(error), "a thread could not be indexed");
        }
        Ok(())
    }

    async fn list(&self, params: ListThreads) -> Result<ThreadPage> {
        let plan = ListPlan::new(&params, &self.capabilities.limits)?;
        let mut reader = self.database.reader().await?;
        list::page(&mut reader, &params, &plan).await
    }

    async fn search(&self, params: SearchThreads) -> Result<SearchPage> {
        let mut reader = self.database.reader().await?;
        let mut view = reader.begin().await?;
        let page = search::search(&mut view, &params, &self.capabilities.limits).await?;
        view.rollback().await?;
        Ok(page)
    }
}

#[async_trait]
impl ThreadStore for SqliteStore {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id, items = params.items.len()))]
    async fn create_thread(&self, params: CreateThread) -> thread_store::Result<CreatedThread> {
        let (now, limits) = (self.clock.now(), self.capabilities.limits.clone());
        let work: Work<_> = Box::new(move |connection| {
            Box::pin(async move { operations::create(connection, params, now, &limits).await })
        });
        self.write(Operation::CreateThread, work).await
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn resume_thread(&self, params: ResumeThread) -> thread_store::Result<ResumedThread> {
        self.write(Operation::ResumeThread, Box::new(|it| Box::pin(operations::resume(it, params))))
            .await
    }

    #[instrument(skip_all, fields(thread_id = %params.lease.thread_id, items = params.items.len()))]
    async fn append_items(&self, params: AppendItems) -> thread_store::Result<AppendReceipt> {
        during(Operation::AppendItems, self.database.append(params).await)
    }

    /// Every append is on the disk when it returns; what is left to do is to index what can be
    /// searched of it.
    #[instrument(skip_all, fields(thread_id = %lease.thread_id))]
    async fn flush_thread(&self, lease: WriterLease) -> thread_store::Result<()> {
        during(Operation::FlushThread, self.flush(&lease).await)
    }

    #[instrument(skip_all, fields(thread_id = %params.lease.thread_id))]
    async fn release_lease(&self, params: ReleaseLease) -> thread_store::Result<()> {
        self.write(
            Operation::ReleaseLease,
            Box::new(|it| Box::pin(operations::release(it, params))),
        )
        .await
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn load_history(&self, params: LoadHistory) -> thread_store::Result<HistoryPage> {
        during(Operation::LoadHistory, self.load(params).await)
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn read_thread(&self, params: ReadThread) -> thread_store::Result<StoredThread> {
        during(Operation::ReadThread, self.read(params).await)
    }

    #[instrument(skip_all, fields(page_size = params.page_size))]
    async fn list_threads(&self, params: ListThreads) -> thread_store::Result<ThreadPage> {
        during(Operation::ListThreads, self.list(params).await)
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn update_thread_metadata(
        &self,
        params: UpdateThreadMetadata,
    ) -> thread_store::Result<StoredThread> {
        self.write(
            Operation::UpdateThreadMetadata,
            Box::new(|it| Box::pin(operations::update(it, params))),
        )
        .await
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id, archived = params.archived))]
    async fn set_archived(&self, params: SetArchived) -> thread_store::Result<ChangedThreads> {
        let now = self.clock.now();
        let work: Work<_> = Box::new(move |it| Box::pin(operations::set_archived(it, params, now)));
        self.write(Operation::SetArchived, work).await
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn delete_thread(&self, params: DeleteThread) -> thread_store::Result<ChangedThreads> {
        self.write(Operation::DeleteThread, Box::new(|it| Box::pin(operations::delete(it, params))))
            .await
    }

    /// As good as reading all, and as fresh: an index names the threads that are worth reading.
    #[instrument(skip_all, fields(page_size = params.page_size))]
    async fn search_threads(&self, params: SearchThreads) -> thread_store::Result<SearchPage> {
        during(Operation::SearchThreads, self.search(params).await)
    }
}
