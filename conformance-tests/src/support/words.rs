//! More short words for cases: lists, subtrees, and many things at once.

use std::sync::Arc;

use thread_store::{
    AppendItems, AppendReceipt, Conflict, CreateThread, CreatedThread, DeleteThread, ForkThread,
    IfHeld, ListThreads, Ordinal, Result, ResumeThread, RolloutItem, SetArchived, StoredThread,
    ThreadId, ThreadMetadataPatch, ThreadPage, ThreadStore, UpdateThreadMetadata, WriterLease,
};

use crate::case::{CaseResult, fail, skip};
use crate::support::context::{Cx, ENDLESS};

impl Cx {
    pub(crate) async fn make(&self, create: CreateThread) -> CaseResult<ThreadId> {
        Ok(self.store().create_thread(create).await?.thread.thread_id)
    }

    /// So many threads without history; the n-th is created at `time(n)`.
    pub(crate) async fn row(&self, count: i64) -> CaseResult<Vec<ThreadId>> {
        let mut ids = Vec::new();
        for n in 0..count {
            ids.push(self.made_at(n).await?);
        }
        Ok(ids)
    }

    /// A thread created at `time(millis)`.
    pub(crate) async fn made_at(&self, millis: i64) -> CaseResult<ThreadId> {
        self.make(self.create().with_created_at(self.time(millis))).await
    }

    /// A thread with these metadata.
    pub(crate) async fn with(&self, metadata: ThreadMetadataPatch) -> CaseResult<ThreadId> {
        self.make(self.create().with_metadata(metadata)).await
    }

    pub(crate) async fn update(
        &self,
        thread_id: ThreadId,
        patch: ThreadMetadataPatch,
    ) -> CaseResult<StoredThread> {
        let update = UpdateThreadMetadata::new(thread_id, patch).with_include_archived(true);
        Ok(self.store().update_thread_metadata(update).await?)
    }

    /// Archives or unarchives with all below, and answers what was changed.
    pub(crate) async fn archive_tree(
        &self,
        root: ThreadId,
        archived: bool,
    ) -> CaseResult<Vec<ThreadId>> {
        let set = SetArchived::new(root, archived).with_descendants(true);
        Ok(self.store().set_archived(set).await?.thread_ids)
    }

    pub(crate) async fn delete(&self, thread_id: ThreadId) -> CaseResult<Vec<ThreadId>> {
        let delete = DeleteThread::new(thread_id);
        Ok(self.store().delete_thread(delete).await?.thread_ids)
    }

    /// A fork before this ordinal.
    pub(crate) async fn fork_at(&self, thread_id: ThreadId, at: u64) -> CaseResult<CreatedThread> {
        let fork = ForkThread::new(thread_id, self.id()).with_at(Ordinal::new(at));
        Ok(self.store().fork_thread(fork).await?)
    }

    /// Asks for a lease, but not to take it from anybody.
    pub(crate) async fn resume_if_free(&self, thread_id: ThreadId) -> Result<WriterLease> {
        let resume = ResumeThread::new(thread_id, self.holder())
            .with_include_archived(true)
            .with_if_held(IfHeld::Refuse);
        Ok(self.store().resume_thread(resume).await?.lease)
    }

    pub(crate) async fn page(&self, list: ListThreads) -> CaseResult<ThreadPage> {
        Ok(self.store().list_threads(list).await?)
    }

    /// Every page of a list, by its cursors forward.
    pub(crate) async fn pages(&self, mut list: ListThreads) -> CaseResult<Vec<ThreadPage>> {
        let mut pages = Vec::new();
        while pages.len() < ENDLESS {
            let page = self.page(list.clone()).await?;
            list.cursor.clone_from(&page.next_cursor);
            pages.push(page);
            if list.cursor.is_none() {
                return Ok(pages);
            }
        }
        fail("the pages", "an end", "more and more of them")
    }

    /// Appends as a task of its own can do.
    pub(crate) fn append_task(
        &self,
        lease: &WriterLease,
        items: Vec<RolloutItem>,
    ) -> impl Future<Output = Result<AppendReceipt>> + Send + 'static + use<> {
        let (store, append) = (self.shared(), AppendItems::new(lease.clone(), items));
        async move { store.append_items(append).await }
    }

    /// The handle of the case, for a task of its own.
    pub(crate) fn shared(&self) -> Arc<dyn ThreadStore> {
        Arc::clone(self.store())
    }

    /// Goes on only on a store that deletes.
    pub(crate) fn needs_delete(&self) -> CaseResult {
        if self.capabilities().delete {
            return Ok(());
        }
        skip("the store does not delete")
    }

    /// Goes on only on a store that covers whole subtrees.
    pub(crate) fn needs_descendants(&self) -> CaseResult {
        if self.capabilities().descendants {
            return Ok(());
        }
        skip("the store covers no subtrees")
    }
}

/// The conflict of a lease that was superseded by another.
pub(crate) fn fenced_by(old: &WriterLease, new: &WriterLease, next_ordinal: u64) -> Conflict {
    Conflict::Fenced {
        epoch: old.epoch,
        current: new.epoch,
        holder: Some(new.holder.clone()),
        next_ordinal: Ordinal::new(next_ordinal),
    }
}

/// The conflict of a lease that was released.
pub(crate) fn closed(lease: &WriterLease, next_ordinal: u64) -> Conflict {
    Conflict::Closed { epoch: lease.epoch, next_ordinal: Ordinal::new(next_ordinal) }
}

pub(crate) fn ids(page: &ThreadPage) -> Vec<ThreadId> {
    page.threads.iter().map(|thread| thread.thread_id).collect()
}

/// Metadata with a name and nothing else.
pub(crate) fn named(name: &str) -> ThreadMetadataPatch {
    ThreadMetadataPatch::default().name(name.to_owned())
}
