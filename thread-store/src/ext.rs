//! The ergonomic ring: short calls for common wishes.

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};

use crate::derived;
use crate::error::Result;
use crate::history::{Direction, OrdinalRange};
use crate::id::ThreadId;
use crate::item::StoredItem;
use crate::lease::WriterLease;
use crate::metadata::ThreadMetadataPatch;
use crate::ordinal::Ordinal;
use crate::params::{
    ChangedThreads, ListThreads, LoadHistory, ReadThread, ReleaseLease, ReleaseMode, SetArchived,
    UpdateThreadMetadata,
};
use crate::store::ThreadStore;
use crate::thread::StoredThread;
use crate::turn::Replay;

/// Short calls that every store has.
#[async_trait]
pub trait ThreadStoreExt: ThreadStore {
    /// Archives a thread alone.
    ///
    /// # Errors
    ///
    /// As [`ThreadStore::set_archived`].
    async fn archive_thread(&self, thread_id: ThreadId) -> Result<ChangedThreads> {
        self.set_archived(SetArchived::new(thread_id, true)).await
    }

    /// Unarchives a thread alone.
    ///
    /// # Errors
    ///
    /// As [`ThreadStore::set_archived`].
    async fn unarchive_thread(&self, thread_id: ThreadId) -> Result<ChangedThreads> {
        self.set_archived(SetArchived::new(thread_id, false)).await
    }

    /// Flushes, then gives the lease back.
    ///
    /// # Errors
    ///
    /// As [`ThreadStore::release_lease`].
    async fn shutdown_thread(&self, lease: WriterLease) -> Result<()> {
        self.release_lease(ReleaseLease::new(lease, ReleaseMode::Shutdown)).await
    }

    /// Gives the lease back at once.
    ///
    /// # Errors
    ///
    /// As [`ThreadStore::release_lease`].
    async fn discard_thread(&self, lease: WriterLease) -> Result<()> {
        self.release_lease(ReleaseLease::new(lease, ReleaseMode::Discard)).await
    }

    /// Gives the thread a name, or takes it away. Archived threads too.
    ///
    /// # Errors
    ///
    /// As [`ThreadStore::update_thread_metadata`].
    async fn rename(&self, thread_id: ThreadId, name: Option<String>) -> Result<StoredThread> {
        let patch = ThreadMetadataPatch::default().name(name);
        self.update_thread_metadata(
            UpdateThreadMetadata::new(thread_id, patch).with_include_archived(true),
        )
        .await
    }

    /// The record of a thread, active or archived.
    ///
    /// # Errors
    ///
    /// As [`ThreadStore::read_thread`].
    async fn thread(&self, thread_id: ThreadId) -> Result<StoredThread> {
        self.read_thread(ReadThread::new(thread_id).with_include_archived(true)).await
    }

    /// The whole history of a thread, active or archived, oldest first.
    ///
    /// # Errors
    ///
    /// As a strict [`ThreadStore::load_history`]: *corrupt* if a record cannot be read.
    async fn history(&self, thread_id: ThreadId) -> Result<Vec<StoredItem>> {
        let mut items = Vec::new();
        let mut next = Some(OrdinalRange::ALL);
        while let Some(range) = next {
            let load = LoadHistory::new(thread_id)
                .with_include_archived(true)
                .with_strict(true)
                .with_range(range);
            let page = self.load_history(load).await?;
            items.extend(page.items.iter());
            next = page.rest;
        }
        Ok(items)
    }

    /// The last `count` items of a thread, active or archived, oldest first.
    ///
    /// # Errors
    ///
    /// As a strict [`ThreadStore::load_history`]: *corrupt* if one of them cannot be read.
    async fn last_items(&self, thread_id: ThreadId, count: usize) -> Result<Vec<StoredItem>> {
        if count == 0 {
            return self.thread(thread_id).await.map(|_| Vec::new());
        }
        let load = LoadHistory::new(thread_id)
            .with_include_archived(true)
            .with_strict(true)
            .with_direction(Direction::Descending)
            .with_limit(count);
        Ok(self.load_history(load).await?.items.into_ascending())
    }

    /// All turns of a thread, active or archived, derived in one pass over its history.
    ///
    /// # Errors
    ///
    /// As [`ThreadStore::list_turns`].
    async fn replay(&self, thread_id: ThreadId) -> Result<Replay> {
        derived::replay(self, thread_id).await
    }

    /// Where the history of a thread ends, active or archived.
    ///
    /// # Errors
    ///
    /// As [`ThreadStore::read_thread`].
    async fn next_ordinal(&self, thread_id: ThreadId) -> Result<Ordinal> {
        self.thread(thread_id).await.map(|thread| thread.next_ordinal)
    }

    /// Every thread of a list, page by page as the stream is read.
    fn all_threads(&self, list: ListThreads) -> BoxStream<'_, Result<StoredThread>> {
        let pages = stream::try_unfold(Some(list), move |next| async move {
            let Some(list) = next else { return Ok(None) };
            let page = self.list_threads(list.clone()).await?;
            let rows = stream::iter(page.threads.into_iter().map(Ok));
            Ok(Some((rows, page.next_cursor.map(|cursor| list.with_cursor(cursor)))))
        });
        futures::TryStreamExt::try_flatten(pages).boxed()
    }
}

impl<S: ThreadStore + ?Sized> ThreadStoreExt for S {}
