//! Archiving, unarchiving and deleting: a thread with all that it spawned, in one step.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::TryStreamExt as _;
use tracing::instrument;

use super::events::{ClosedReason, ThreadEvent};
use super::gates::Gate;
use super::loaded::Loaded;
use super::{Inner, ThreadManager};
use crate::error::{ErrorKind, Outcome, Result};
use crate::ext::ThreadStoreExt as _;
use crate::id::ThreadId;
use crate::list::{ListFilter, Relation};
use crate::live::outcome;
use crate::params::{ChangedThreads, DeleteThread, ListThreads, SetArchived};

impl ThreadManager {
    /// Archives a thread and all that it spawned. Those that are loaded are stored as far as they are
    /// known before, and closed.
    ///
    /// # Errors
    ///
    /// As [`set_archived`](crate::ThreadStore::set_archived), after which nothing has changed and all
    /// that was loaded still is, unless it is *unavailable* with an unknown outcome: then repeating it
    /// settles that; *not found* for a thread that is not stored yet; *invalid request* (field
    /// `thread_id`) for an ephemeral one.
    #[instrument(skip_all, fields(%thread_id))]
    pub async fn archive(&self, thread_id: ThreadId) -> Result<ChangedThreads> {
        self.0.finish(move |inner| async move { inner.archive(thread_id).await }).await
    }

    /// Takes a thread and all that it spawned out of the archive.
    ///
    /// # Errors
    ///
    /// As [`set_archived`](crate::ThreadStore::set_archived); *invalid request* (field `thread_id`) for an
    /// ephemeral thread.
    #[instrument(skip_all, fields(%thread_id))]
    pub async fn unarchive(&self, thread_id: ThreadId) -> Result<ChangedThreads> {
        self.0.finish(move |inner| async move { inner.unarchive(thread_id).await }).await
    }

    /// Deletes a thread and all that it spawned. Those that are loaded are closed. Of those that are not
    /// stored yet nothing is left; if the thread itself is not, what it spawned and is stored stays.
    ///
    /// # Errors
    ///
    /// As [`delete_thread`](crate::ThreadStore::delete_thread), after which nothing has changed and all
    /// that was loaded still is, unless it is *unavailable* with an unknown outcome: then repeating it
    /// settles that; *invalid request* (field `thread_id`) for an ephemeral one.
    #[instrument(skip_all, fields(%thread_id))]
    pub async fn delete(&self, thread_id: ThreadId) -> Result<ChangedThreads> {
        self.0.finish(move |inner| async move { inner.delete(thread_id).await }).await
    }
}

impl Inner {
    async fn archive(&self, thread_id: ThreadId) -> Result<ChangedThreads> {
        let tree = self.pass_subtree(thread_id).await?;
        self.stored(thread_id)?;
        for thread in &tree.loaded {
            self.store_known(thread).await?;
        }
        let params =
            SetArchived::new(thread_id, true).with_descendants(self.covers(thread_id).await?);
        let call = || self.store.set_archived(params.clone());
        let change = async {
            let changed = self.make(thread_id, call, |made| made.map(|_| tree.with(false))).await?;
            for &thread_id in &changed.thread_ids {
                let told = ThreadEvent::Archived { thread_id };
                self.tell_gone(thread_id, told, ClosedReason::Archived).await;
            }
            Ok(changed)
        };
        taking(&tree.loaded, change).await
    }

    async fn unarchive(&self, thread_id: ThreadId) -> Result<ChangedThreads> {
        let tree = self.pass_subtree(thread_id).await?;
        self.stored(thread_id)?;
        let params =
            SetArchived::new(thread_id, false).with_descendants(self.covers(thread_id).await?);
        let call = || self.store.set_archived(params.clone());
        let changed = self.make(thread_id, call, |made| made.map(|_| tree.with(true))).await?;
        for &thread_id in &changed.thread_ids {
            self.hub.send(ThreadEvent::Unarchived { thread_id });
        }
        Ok(changed)
    }

    async fn delete(&self, thread_id: ThreadId) -> Result<ChangedThreads> {
        let tree = self.pass_subtree(thread_id).await?;
        if let Some(loaded) = self.stored(thread_id)? {
            let _expected = loaded.watch.expect_end();
            if loaded.live.discard_unstarted().await {
                self.discard_drafts(BTreeSet::from([thread_id])).await;
                let told = ThreadEvent::Deleted { thread_id };
                self.tell_closed(&loaded, told, ClosedReason::Deleted);
                return Ok(ChangedThreads::new(vec![thread_id]));
            }
        }
        let params = DeleteThread::new(thread_id).with_descendants(self.covers(thread_id).await?);
        let call = || self.store.delete_thread(params.clone());
        let change = async {
            let gone = |made: Result<_>| match made {
                Err(error) if *error.kind() == ErrorKind::NotFound => Ok(tree.all()),
                made => made,
            };
            let changed = self.make(thread_id, call, gone).await?;
            self.discard_drafts(changed.thread_ids.iter().copied().collect()).await;
            // Children first: who hears of a parent's end has heard of theirs.
            for &thread_id in changed.thread_ids.iter().rev() {
                let told = ThreadEvent::Deleted { thread_id };
                self.tell_gone(thread_id, told, ClosedReason::Deleted).await;
            }
            Ok(changed)
        };
        taking(&tree.loaded, change).await
    }

    /// Closes what deleted threads spawned and what is not stored yet.
    async fn discard_drafts(&self, mut deleted: BTreeSet<ThreadId>) {
        let is_draft = |thread: &Arc<Loaded>| !thread.live.is_started();
        let mut drafts: Vec<_> = self.loaded.all().into_iter().filter(is_draft).collect();
        let is_child = |draft: &Loaded, deleted: &BTreeSet<_>| {
            draft.spawn_parent.is_some_and(|parent| deleted.contains(&parent))
        };
        while let Some(at) = drafts.iter().position(|draft| is_child(draft, &deleted)) {
            let draft = drafts.swap_remove(at);
            let thread_id = draft.live.thread_id();
            let _expected = draft.watch.expect_end();
            if draft.live.discard_unstarted().await {
                let told = ThreadEvent::Deleted { thread_id };
                self.tell_closed(&draft, told, ClosedReason::Deleted);
                deleted.insert(thread_id);
            }
        }
    }

    /// Passes the gates of a spawn subtree, and finds what of it is loaded.
    async fn pass_subtree(&self, root: ThreadId) -> Result<Subtree> {
        let mut members = Vec::new();
        let read = || self.store.thread(root);
        match self.retry().run(root, read).await {
            Ok(thread) => members.push((root, thread.is_archived())),
            Err(error) if *error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let filter = ListFilter::default().with_relation(Relation::DescendantsOf(root));
        let mut threads = self.store.all_threads(ListThreads::new().with_filter(filter));
        while let Some(thread) = threads.try_next().await? {
            members.push((thread.thread_id, thread.is_archived()));
        }
        let in_order: BTreeSet<_> = members.iter().map(|(id, _)| *id).chain([root]).collect();
        let mut gates = Vec::with_capacity(in_order.len());
        for &thread_id in &in_order {
            gates.push(self.gates.pass(thread_id).await);
        }
        let loaded = in_order.into_iter().filter_map(|thread_id| self.loaded.get(thread_id));
        Ok(Subtree { members, loaded: loaded.collect(), _gates: gates })
    }

    /// Makes a change, more than once if the store is unavailable. If an answer was lost, what the next
    /// one says is not all that was changed.
    async fn make<F>(
        &self,
        root: ThreadId,
        call: impl Fn() -> F,
        after_a_loss: impl FnOnce(Result<ChangedThreads>) -> Result<ChangedThreads>,
    ) -> Result<ChangedThreads>
    where
        F: Future<Output = Result<ChangedThreads>>,
    {
        let lost = AtomicBool::new(false);
        let attempt = || async {
            let made = call().await;
            let unknown = made.as_ref().err().and_then(outcome) == Some(Outcome::Unknown);
            lost.fetch_or(unknown, Ordering::SeqCst);
            made
        };
        let made = self.retry().run(root, attempt).await;
        if lost.load(Ordering::SeqCst) { after_a_loss(made) } else { made }
    }

    /// Whether a change is to cover what the thread spawned. A store that cannot do that in one step does
    /// it for a thread that spawned nothing.
    async fn covers(&self, thread_id: ThreadId) -> Result<bool> {
        if self.store.capabilities().descendants {
            return Ok(true);
        }
        let filter = ListFilter::default().with_relation(Relation::ChildrenOf(thread_id));
        let children = self.store.list_threads(ListThreads::from(filter).with_page_size(1)).await?;
        Ok(!children.threads.is_empty())
    }

    /// Tells that a thread was taken away, and closes it if it is loaded.
    async fn tell_gone(&self, thread_id: ThreadId, told: ThreadEvent, reason: ClosedReason) {
        let Some(loaded) = self.loaded.get(thread_id) else {
            self.hub.send(told);
            return;
        };
        // The store knows whether it is the thread that was taken away, or one that was loaded since.
        if loaded.live.check().await.is_ok() {
            self.hub.send(told);
        } else {
            self.tell_closed(&loaded, told, reason);
        }
    }

    fn tell_closed(&self, loaded: &Loaded, told: ThreadEvent, reason: ClosedReason) {
        self.loaded.remove(loaded.live.thread_id(), &loaded.watch);
        loaded.watch.close();
        self.hub.send(told);
        loaded.watch.say_closed(reason);
    }
}

/// A thread and all that it spawned, which nobody else in this process loads or changes meanwhile.
struct Subtree {
    /// Those that are stored, the root first, and whether they were archived.
    members: Vec<(ThreadId, bool)>,
    loaded: Vec<Arc<Loaded>>,
    _gates: Vec<Gate>,
}

impl Subtree {
    fn all(&self) -> ChangedThreads {
        self.of(|_| true)
    }

    /// What was archived, or what was not.
    fn with(&self, archived: bool) -> ChangedThreads {
        self.of(|was_archived| was_archived == archived)
    }

    fn of(&self, is_in: impl Fn(bool) -> bool) -> ChangedThreads {
        let members = self.members.iter().filter(|(_, archived)| is_in(*archived));
        ChangedThreads::new(members.map(|(id, _)| *id).collect())
    }
}

/// Makes a change that takes threads away from this process, which is told by who makes it. Those that
/// were not taken away may be lost meanwhile all the same.
async fn taking(
    loaded: &[Arc<Loaded>],
    change: impl Future<Output = Result<ChangedThreads>>,
) -> Result<ChangedThreads> {
    let expected: Vec<_> = loaded.iter().map(|thread| thread.watch.expect_end()).collect();
    let changed = change.await;
    drop(expected);
    for thread in loaded {
        if let Some(error) = thread.live.lost().await {
            thread.watch.over(ClosedReason::lost(&error));
        }
    }
    changed
}
