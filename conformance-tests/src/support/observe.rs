//! What cases look at: whole histories, whole stores.

use std::fmt::Debug;
use std::future::Future;

use futures::TryStreamExt as _;
use thread_store::{
    Conflict, Error, ListThreads, Ordinal, RolloutItem, StoredItem, StoredThread, ThreadId,
    ThreadMetadataPatch, ThreadStore, ThreadStoreExt as _, UpdateThreadMetadata,
};

use crate::case::{CaseResult, expect_eq, expect_error, fail, skip};
use crate::support::context::Cx;

/// The largest item that a case makes to see it refused.
const LARGEST_TRIED: usize = 128 << 20;

impl Cx {
    /// The operation is refused with this code, and nothing that a reader sees is changed by it.
    pub(crate) async fn refused<T: Debug>(
        &self,
        code: &str,
        operation: impl Future<Output = thread_store::Result<T>>,
    ) -> CaseResult<Error> {
        let before = everything(self.store().as_ref()).await?;
        let error = expect_error("the answer", code, operation.await)?;
        let after = everything(self.store().as_ref()).await?;
        expect_eq("the store after a refusal", before, after)?;
        Ok(error)
    }

    /// The same, with exactly this conflict.
    pub(crate) async fn conflicts<T: Debug>(
        &self,
        conflict: Conflict,
        operation: impl Future<Output = thread_store::Result<T>>,
    ) -> CaseResult {
        let code = Error::conflict(self.unknown_id(), conflict.clone()).code();
        let error = self.refused(code, operation).await?;
        expect_eq("the conflict", Some(&conflict), error.as_conflict())
    }

    /// The history is exactly these items, with ordinals from 0.
    pub(crate) async fn expect_history(
        &self,
        thread_id: ThreadId,
        items: &[RolloutItem],
    ) -> CaseResult {
        expect_same_items(items, &self.store().history(thread_id).await?)
    }

    /// Edits metadata of an active thread.
    pub(crate) async fn patch(
        &self,
        thread_id: ThreadId,
        patch: ThreadMetadataPatch,
    ) -> thread_store::Result<StoredThread> {
        let update = UpdateThreadMetadata::new(thread_id, patch);
        self.store().update_thread_metadata(update).await
    }

    /// An item of exactly so many bytes, at least 8.
    pub(crate) fn sized(&self, bytes: usize) -> RolloutItem {
        self.raw(&format!("{{\"x\":\"{}\"}}", "x".repeat(bytes - 8)))
    }

    /// An item that is one byte larger than this store takes.
    pub(crate) fn oversized(&self) -> CaseResult<RolloutItem> {
        let most = self.capabilities().limits.max_item_bytes;
        if most > LARGEST_TRIED {
            return skip("the largest item of this store is too large to be tried");
        }
        Ok(self.sized(most + 1))
    }
}

/// Items came back as they were sent, with ordinals from 0. A file format may have added its own
/// `ordinal` member to those that had none.
fn expect_same_items(sent: &[RolloutItem], got: &[StoredItem]) -> CaseResult {
    expect_eq("the length of the history", sent.len(), got.len())?;
    for (at, (sent, got)) in sent.iter().zip(got).enumerate() {
        expect_eq("the ordinal", Ordinal::new(at as u64), got.ordinal)?;
        let numbered = || !sent.members().has("ordinal") && sent.same_record(&got.item);
        if *sent != got.item && !numbered() {
            return fail(&format!("item {at}"), sent.text(), got.item.text());
        }
    }
    Ok(())
}

/// All that a reader can see of a store: every thread, active or archived, with its history.
pub(crate) async fn everything(
    store: &dyn ThreadStore,
) -> CaseResult<Vec<(StoredThread, Vec<StoredItem>)>> {
    let threads: Vec<_> = store.all_threads(ListThreads::new()).try_collect().await?;
    let mut all = Vec::new();
    for listed in threads {
        let read = store.thread(listed.thread_id).await?;
        expect_eq("the thread as listed and as read", &listed, &read)?;
        let history = store.history(read.thread_id).await?;
        all.push((read, history));
    }
    Ok(all)
}

/// A batch is seen whole or not at all: the history is a whole number of batches of this size.
pub(crate) async fn expect_whole_batches(
    store: &dyn ThreadStore,
    thread_id: ThreadId,
    size: usize,
) -> CaseResult {
    let page = store.load_history(thread_id.into()).await?;
    let end = page.next_ordinal.get();
    if page.rest.is_none() {
        expect_eq("the items of the whole", end, page.items.len() as u64)?;
    }
    expect_eq("items of an unfinished batch", 0, end % size as u64)
}
