//! Faults in archiving and deleting.

use thread_store::*;

use crate::mutant::Mutant as M;
use crate::store::Mutated;

impl Mutated {
    pub(crate) async fn archive(&self, mut params: SetArchived) -> Result<ChangedThreads> {
        let thread_id = params.thread_id;
        let before = self.memory().thread(thread_id).await;
        let again = before.is_ok_and(|it| it.is_archived()) && params.archived;
        match self.mutant {
            Some(M::ArchivesChildren) => params.descendants = true,
            Some(M::ArchivingAgainMovesTime) if again => {
                self.memory().unarchive_thread(thread_id).await?;
                self.memory().set_archived(params).await?;
                return Ok(ChangedThreads::default());
            }
            _ => {}
        }
        let mut changed = match self.mutant {
            Some(M::ArchivesOneLevel) if params.descendants => {
                let below = self.list_ids(Relation::ChildrenOf(thread_id)).await?;
                self.archive_each(&params, below).await?
            }
            Some(M::ArchivesReviews) if params.descendants => {
                let mut below = self.list_ids(Relation::DescendantsOf(thread_id)).await?;
                below.extend(self.reviews_of(thread_id).await?);
                self.archive_each(&params, below).await?
            }
            _ => self.memory().set_archived(params).await?,
        };
        for thread_id in changed.thread_ids.clone() {
            match self.mutant {
                Some(M::ArchivingMovesVersion) => drop(self.move_version(thread_id).await?),
                Some(M::ArchivingMovesUpdatedAt) => drop(self.move_updated_at(thread_id).await?),
                Some(M::ArchivingFencesNobody) => self.renew_newest(thread_id).await?,
                _ => {}
            }
        }
        if self.is(M::ArchivesAgain) && again && changed.thread_ids.is_empty() {
            changed.thread_ids.push(thread_id);
        }
        Ok(changed)
    }

    async fn archive_each(
        &self,
        params: &SetArchived,
        below: Vec<ThreadId>,
    ) -> Result<ChangedThreads> {
        let mut changed = ChangedThreads::default();
        for thread_id in [params.thread_id].into_iter().chain(below) {
            let one = SetArchived::new(thread_id, params.archived);
            changed.thread_ids.extend(self.memory().set_archived(one).await?.thread_ids);
        }
        Ok(changed)
    }

    pub(crate) async fn delete(&self, mut params: DeleteThread) -> Result<ChangedThreads> {
        let thread_id = params.thread_id;
        params.descendants |= self.is(M::DeletesChildren);
        let mut threads = vec![thread_id];
        if params.descendants {
            threads.extend(match self.mutant {
                Some(M::DeletesOneLevel) => self.list_ids(Relation::ChildrenOf(thread_id)).await?,
                _ => self.list_ids(Relation::DescendantsOf(thread_id)).await?,
            });
        }
        if self.is(M::DeletesReviews) && params.descendants {
            threads.extend(self.reviews_of(thread_id).await?);
        }
        for thread_id in &threads {
            self.bury(*thread_id).await;
        }
        if matches!(self.mutant, Some(M::DeletesOneLevel | M::DeletesReviews)) {
            for thread_id in &threads {
                self.memory().delete_thread(DeleteThread::new(*thread_id)).await?;
            }
            return Ok(ChangedThreads::new(threads));
        }
        let deleted = self.memory().delete_thread(params).await?;
        self.delete_forks(thread_id).await;
        Ok(deleted)
    }

    /// Takes note of a thread that is about to be deleted, and forgets what must be.
    async fn bury(&self, thread_id: ThreadId) {
        let history = self.memory().history(thread_id).await;
        let mut memo = self.memo();
        if let Ok(history) = history {
            let items = history.into_iter().map(|stored| stored.item).collect();
            memo.histories_of_deleted.insert(thread_id, items);
        }
        memo.granted.remove(&thread_id);
        memo.damaged.retain(|(id, _)| *id != thread_id);
    }

    async fn delete_forks(&self, origin: ThreadId) {
        let forks = self.memo().forks.clone();
        for (_, fork) in forks.into_iter().filter(|(from, _)| *from == origin) {
            if self.is(M::ForkDiesWithItsOrigin) {
                self.memory().delete_thread(DeleteThread::new(fork)).await.ok();
            }
        }
    }

    async fn list_ids(&self, relation: Relation) -> Result<Vec<ThreadId>> {
        let list = ListThreads::from(ListFilter::default().with_relation(relation));
        let page = self.memory().list_threads(list.with_page_size(1000)).await?;
        Ok(page.threads.iter().map(|it| it.thread_id).collect())
    }

    /// Threads that carry this one as parent without having been spawned by it.
    async fn reviews_of(&self, thread_id: ThreadId) -> Result<Vec<ThreadId>> {
        let all = self.all().await?.into_iter();
        let carries = |it: &StoredThread| it.identity.parent_thread_id == Some(thread_id);
        let reviews = all.filter(|it| carries(it) && it.spawn_parent().is_none());
        Ok(reviews.map(|it| it.thread_id).collect())
    }
}
