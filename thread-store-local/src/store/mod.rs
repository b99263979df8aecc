//! The trait, over a home.

mod arrange;
mod catalog;
mod codex_header;
pub(crate) mod compact;
mod create;
mod edit;
mod epoch;
mod expand;
pub(crate) mod faults;
pub(crate) mod file;
mod flush;
mod fold;
mod header_line;
pub(crate) mod journal;
pub(crate) mod keeping;
pub(crate) mod layout;
mod learn;
mod lease;
pub(crate) mod leases;
pub(crate) mod line;
pub(crate) mod load;
mod log;
pub(crate) mod look;
mod open;
pub(crate) mod open_home;
mod options;
mod outside;
pub(crate) mod progress;
pub(crate) mod quarantine;
mod reading;
mod registry;
mod shared_log;
mod subtree;
mod syncs;
mod told;
mod unsynced;
mod writer;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use thread_store::{
    AppendItems, AppendReceipt, Capabilities, ChangedThreads, CreateThread, CreatedThread,
    DeleteThread, Error, HistoryPage, ListThreads, LoadHistory, Operation, ReadThread,
    ReleaseLease, ReleaseMode, Result, ResumeThread, ResumedThread, SetArchived, StoredThread,
    ThreadPage, ThreadStore, UpdateThreadMetadata, WriterLease,
};
use tracing::instrument;

pub use faults::Faults;
use open_home::OpenHome;
pub use options::{Flushing, LocalOptions};
pub use progress::Progress;

/// A store in a Codex home. Clones, and handles that are opened on the same home, share what is known
/// of it.
#[derive(Clone, Debug)]
pub struct LocalStore(Arc<OpenHome>);

impl LocalStore {
    /// Opens the home, and creates it if there is none, for its owner alone.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `path`) if it is no folder and cannot be made one; *unavailable* if
    /// it cannot be read.
    pub async fn open(home: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(home, LocalOptions::default()).await
    }

    /// As [`open`](Self::open), with these options. A home that is open in this process already is
    /// answered as it is, with the options that it was opened with.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with(home: impl AsRef<Path>, options: LocalOptions) -> Result<Self> {
        let opened = open::open(home.as_ref(), options).await;
        during(Operation::Open, opened.map(Self))
    }

    /// Looks at the files now, instead of at most half a second after they were looked at last: what
    /// other programs did is seen then.
    ///
    /// # Errors
    ///
    /// *Unavailable* if the home cannot be read.
    pub async fn refresh(&self) -> Result<()> {
        during(Operation::ListThreads, self.0.look_now().await)
    }

    /// Keeps in the index what is not in it, and closes that, for all clones; so with a
    /// [shared log](Flushing::SharedLog). What was acknowledged is
    /// stored with or without it; leases stay as they are.
    pub async fn close(&self) {
        registry::forget(self.0.layout.home());
        if let Some(shared_log) = &self.0.shared_log {
            shared_log.close().await;
        }
        self.0.keeper.close(&self.0).await;
    }

    /// How much of each rollout is sure to survive loss of power in its own file.
    #[doc(hidden)]
    #[must_use]
    pub fn synced_lengths(&self) -> Vec<(PathBuf, u64)> {
        let files = self.0.read().files.clone();
        files.into_iter().map(|(path, file)| (path, file.lock().synced_len())).collect()
    }
}

/// The stretches of rollouts that the shared logs of a home have.
#[doc(hidden)]
#[must_use]
pub fn logged_stretches(home: &Path) -> Vec<(PathBuf, Range<u64>)> {
    shared_log::logged(&layout::Layout::new(home.to_owned()))
}

impl LocalStore {
    pub(crate) fn home(&self) -> &Arc<OpenHome> {
        &self.0
    }
}

/// Names the operation in its errors.
fn during<T>(operation: Operation, result: Result<T>) -> Result<T> {
    result.map_err(|error: Error| error.during(operation))
}

/// What changes anything is done in one go, without waiting for other tasks: a future that is dropped
/// has not begun or is done.
#[async_trait]
impl ThreadStore for LocalStore {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities.clone()
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id, items = params.items.len()))]
    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        during(Operation::CreateThread, self.0.create(params).await)
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread> {
        let fresh = self.0.look_if_due().await;
        during(Operation::ResumeThread, fresh.and_then(|()| self.0.resume(params)))
    }

    #[instrument(skip_all, fields(thread_id = %params.lease.thread_id, items = params.items.len()))]
    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        during(Operation::AppendItems, self.0.append(&params))
    }

    #[instrument(skip_all, fields(thread_id = %lease.thread_id))]
    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        during(Operation::FlushThread, self.0.flush(&lease).await)
    }

    #[instrument(skip_all, fields(thread_id = %params.lease.thread_id))]
    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        let flushed = match (self.0.check_release(&params), params.mode) {
            (Ok(true), ReleaseMode::Shutdown) => self.0.flush(&params.lease).await,
            (checked, _) => checked.map(drop),
        };
        during(Operation::ReleaseLease, flushed.and_then(|()| self.0.release(&params)))
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        let fresh = self.0.look_if_due().await;
        let page = match fresh {
            Ok(()) => self.0.load(params).await,
            Err(error) => Err(error),
        };
        during(Operation::LoadHistory, page)
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        let fresh = self.0.look_if_due().await;
        during(Operation::ReadThread, fresh.and_then(|()| self.0.read_thread(&params)))
    }

    #[instrument(skip_all, fields(page_size = params.page_size))]
    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        let fresh = self.0.look_if_due().await;
        during(Operation::ListThreads, fresh.and_then(|()| self.0.list(&params)))
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        let fresh = self.0.look_if_due().await;
        during(Operation::UpdateThreadMetadata, fresh.and_then(|()| self.0.update(&params)))
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id, archived = params.archived))]
    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        let fresh = self.0.look_if_due().await;
        during(Operation::SetArchived, fresh.and_then(|()| self.0.set_archived(&params)))
    }

    #[instrument(skip_all, fields(thread_id = %params.thread_id))]
    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        let fresh = self.0.look_if_due().await;
        during(Operation::DeleteThread, fresh.and_then(|()| self.0.delete(&params)))
    }
}
