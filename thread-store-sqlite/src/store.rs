//! The trait, over the database.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::SqliteConnection;
use thread_store::{
    AppendItems, AppendReceipt, AppendStep, Capabilities, ChangedThreads, Clock, Conflict,
    CreateThread, CreatedThread, DeleteThread, Direction, Durability, Error, HistoryPage, Holder,
    HolderLiveness, IfHeld, LeaseState, Limits, ListPlan, ListThreads, LoadHistory, Operation,
    Ordinal, Persistence, ReadThread, ReleaseLease, ResumeThread, ResumedThread, SetArchived,
    Sharing, StoredThread, SystemClock, ThreadId, ThreadPage, ThreadStore, Timestamp,
    UpdateThreadMetadata, WriterLease, edit_metadata, reconcile_append,
};
use tracing::instrument;

use crate::database::{Database, Work};
use crate::error::Result;
use crate::record::Head;
use crate::{history, list, process, record};

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
        Self::open_with_clock(path, Arc::new(SystemClock)).await
    }

    /// As [`open`](Self::open), with this clock.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with_clock(
        path: impl AsRef<Path>,
        clock: Arc<dyn Clock>,
    ) -> thread_store::Result<Self> {
        let opened = Database::open(path.as_ref()).await;
        let database = opened.map_err(|error| Error::from(error).during(Operation::Open))?;
        Ok(Self { database: Arc::new(database), clock, capabilities: capabilities() })
    }

    /// Waits for writes under way and closes the file, for all clones. What was acknowledged is
    /// stored with or without it.
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

fn capabilities() -> Capabilities {
    let mut capabilities = Capabilities::volatile();
    capabilities.persistence = Persistence::Persistent;
    capabilities.durability = Durability::Append;
    capabilities.holder_liveness =
        if process::can_tell() { HolderLiveness::ByHost } else { HolderLiveness::Unknown };
    capabilities.sharing = Sharing::Host;
    capabilities
}

/// Names the operation in its errors.
fn during<T>(operation: Operation, result: Result<T>) -> thread_store::Result<T> {
    result.map_err(|error| Error::from(error).during(operation))
}

async fn grant(
    connection: &mut SqliteConnection,
    head: &Head,
    holder: Holder,
) -> Result<WriterLease> {
    let epoch = record::next_epoch(connection).await?;
    record::set_lease(connection, head.key, &LeaseState::granted(epoch, holder.clone())).await?;
    Ok(WriterLease::new(head.thread_id, epoch, holder, head.next_ordinal))
}

async fn create(
    connection: &mut SqliteConnection,
    params: CreateThread,
    now: Timestamp,
    limits: &Limits,
) -> Result<CreatedThread> {
    params.validate(limits)?;
    let stored = match record::find(connection, params.thread_id).await? {
        Some(stored)
            if params.request_id.is_some() && stored.create_request == params.request_id =>
        {
            stored.intact()?
        }
        Some(_) => return Err(Error::conflict(params.thread_id, Conflict::AlreadyExists).into()),
        None => {
            let thread = params.to_thread(now);
            let key = record::insert(connection, &thread, params.request_id.as_deref()).await?;
            history::insert(connection, key, Ordinal::ZERO, &params.items).await?;
            record::get(connection, params.thread_id).await?.intact()?
        }
    };
    let lease = match params.lease {
        Some(holder) => Some(grant(connection, &stored.head, holder).await?),
        None => None,
    };
    Ok(CreatedThread::new(stored.thread, lease))
}

async fn resume(connection: &mut SqliteConnection, params: ResumeThread) -> Result<ResumedThread> {
    let stored = record::get(connection, params.thread_id).await?;
    stored.head.checked(params.include_archived)?;
    let in_the_way = stored.head.lease.blocking().is_some_and(|holder| !process::is_dead(holder));
    if params.if_held == IfHeld::Refuse && in_the_way {
        return Err(stored.head.lease.held_error(params.thread_id).into());
    }
    let stored = stored.intact()?;
    let lease = grant(connection, &stored.head, params.holder).await?;
    Ok(ResumedThread::new(stored.thread, lease))
}

async fn append(
    connection: &mut SqliteConnection,
    params: AppendItems,
    limits: &Limits,
) -> Result<AppendReceipt> {
    let AppendItems { lease, items, expected_ordinal, .. } = params;
    let head = record::head(connection, lease.thread_id).await?;
    let end = head.next_ordinal;
    head.lease.check(&lease, end)?;
    limits.check_items(&items)?;
    let first = expected_ordinal.unwrap_or(end);
    let standing = match AppendStep::new(lease.thread_id, expected_ordinal, items.len(), end)? {
        AppendStep::Write => 0,
        AppendStep::Compare(range) => {
            let (there, damage) =
                history::load(connection, head.key, &range, Direction::Ascending).await?;
            damage.strict()?;
            reconcile_append(lease.thread_id, first, &items, there.records(), end)?
        }
    };
    let missing = &items[standing..];
    if !missing.is_empty() {
        history::insert(connection, head.key, end, missing).await?;
        record::set_end(connection, head.key, end.plus(missing.len())).await?;
    }
    Ok(AppendReceipt::new(first, items.len()))
}

async fn release(connection: &mut SqliteConnection, params: ReleaseLease) -> Result<()> {
    let head = record::head(connection, params.lease.thread_id).await?;
    if head.lease.check_release(&params.lease, params.mode, head.next_ordinal)? {
        let released = LeaseState { released: true, ..head.lease };
        record::set_lease(connection, head.key, &released).await?;
    }
    Ok(())
}

async fn update(
    connection: &mut SqliteConnection,
    params: UpdateThreadMetadata,
) -> Result<StoredThread> {
    let stored = record::get(connection, params.thread_id).await?;
    stored.head.checked(params.include_archived)?;
    let mut stored = stored.intact()?;
    if edit_metadata(&mut stored.thread, &mut stored.update_request, &params)? {
        record::update(connection, &stored, params.patch.is_touch()).await?;
    }
    Ok(stored.thread)
}

/// The thread, and all below it if asked: parents before children.
async fn subtree(
    connection: &mut SqliteConnection,
    root: ThreadId,
    descendants: bool,
) -> Result<Vec<Head>> {
    let mut found = vec![record::head(connection, root).await?];
    if descendants {
        for thread_id in list::descendants(connection, root).await? {
            found.push(record::head(connection, thread_id).await?);
        }
    }
    Ok(found)
}

async fn set_archived(
    connection: &mut SqliteConnection,
    params: SetArchived,
    now: Timestamp,
) -> Result<ChangedThreads> {
    let mut changed = Vec::new();
    for head in subtree(connection, params.thread_id, params.descendants).await? {
        if head.archived == params.archived {
            continue;
        }
        record::set_archived(connection, head.key, params.archived.then_some(now)).await?;
        if params.archived {
            let epoch = record::next_epoch(connection).await?;
            record::set_lease(connection, head.key, &LeaseState::fenced(epoch)).await?;
        }
        changed.push(head.thread_id);
    }
    Ok(ChangedThreads::new(changed))
}

async fn delete(connection: &mut SqliteConnection, params: DeleteThread) -> Result<ChangedThreads> {
    let mut deleted = Vec::new();
    for head in subtree(connection, params.thread_id, params.descendants).await? {
        record::delete(connection, head.key).await?;
        deleted.push(head.thread_id);
    }
    Ok(ChangedThreads::new(deleted))
}

impl SqliteStore {
    async fn load(&self, params: LoadHistory) -> Result<HistoryPage> {
        let mut view = self.database.snapshot().await?;
        let head = record::head(&mut view, params.thread_id).await?;
        head.checked(params.include_archived)?;
        let end = head.next_ordinal;
        let plan = params.plan(end)?;
        let (items, damage) =
            history::load(&mut view, head.key, &plan.take, params.direction).await?;
        if params.strict {
            damage.strict()?;
        }
        Ok(HistoryPage::new(items, end, plan.rest).with_damage(damage))
    }

    async fn read(&self, params: ReadThread) -> Result<StoredThread> {
        let mut view = self.database.snapshot().await?;
        let stored = record::get(&mut view, params.thread_id).await?;
        stored.head.checked(params.include_archived)?;
        Ok(stored.intact()?.thread)
    }

    async fn check(&self, lease: &WriterLease) -> Result<()> {
        let mut view = self.database.snapshot().await?;
        let head = record::head(&mut view, lease.thread_id).await?;
        Ok(head.lease.check(lease, head.next_ordinal)?)
    }

    async fn list(&self, params: ListThreads) -> Result<ThreadPage> {
        let plan = ListPlan::new(&params, &self.capabilities.limits)?;
        let mut view = self.database.snapshot().await?;
        let (rows, damage) = list::scan(&mut view, &params.filter, &plan.scan()).await?;
        let followed = match plan.follow_up(&rows) {
            Some(scan) => !list::scan(&mut view, &params.filter, &scan).await?.0.is_empty(),
            None => false,
        };
        Ok(plan.page(rows, followed).with_damage(damage))
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
            Box::pin(async move { create(connection, params, now, &limits).await })
        });
        self.write(Operation::CreateThread, work).await
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn resume_thread(&self, params: ResumeThread) -> thread_store::Result<ResumedThread> {
        self.write(Operation::ResumeThread, Box::new(|it| Box::pin(resume(it, params)))).await
    }

    #[instrument(skip_all, fields(thread_id = %params.lease.thread_id, items = params.items.len()))]
    async fn append_items(&self, params: AppendItems) -> thread_store::Result<AppendReceipt> {
        let limits = self.capabilities.limits.clone();
        let work: Work<_> = Box::new(move |connection| {
            Box::pin(async move { append(connection, params, &limits).await })
        });
        self.write(Operation::AppendItems, work).await
    }

    /// Every append is on the disk when it returns: there is nothing left to do.
    #[instrument(skip_all, fields(thread_id = %lease.thread_id))]
    async fn flush_thread(&self, lease: WriterLease) -> thread_store::Result<()> {
        during(Operation::FlushThread, self.check(&lease).await)
    }

    #[instrument(skip_all, fields(thread_id = %params.lease.thread_id))]
    async fn release_lease(&self, params: ReleaseLease) -> thread_store::Result<()> {
        self.write(Operation::ReleaseLease, Box::new(|it| Box::pin(release(it, params)))).await
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
        self.write(Operation::UpdateThreadMetadata, Box::new(|it| Box::pin(update(it, params))))
            .await
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id, archived = params.archived))]
    async fn set_archived(&self, params: SetArchived) -> thread_store::Result<ChangedThreads> {
        let now = self.clock.now();
        let work: Work<_> = Box::new(move |it| Box::pin(set_archived(it, params, now)));
        self.write(Operation::SetArchived, work).await
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn delete_thread(&self, params: DeleteThread) -> thread_store::Result<ChangedThreads> {
        self.write(Operation::DeleteThread, Box::new(|it| Box::pin(delete(it, params)))).await
    }
}
