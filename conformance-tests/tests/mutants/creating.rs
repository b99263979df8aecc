//! Faults in creating threads.

use thread_store::*;

use crate::mutant::Mutant as M;
use crate::store::Mutated;

impl Mutated {
    pub(crate) async fn create(&self, mut params: CreateThread) -> Result<CreatedThread> {
        let thread_id = params.thread_id;
        params
            .validate(&self.capabilities().limits)
            .map_err(|error| error.during(Operation::CreateThread))?;
        if let Some(from) = params.forked_from {
            self.create_fork(&mut params, from.thread_id).await;
        }
        match self.mutant {
            Some(M::CreateForgetsItsRequest) => params.request_id = None,
            Some(M::CreateLosesAnItem) => drop(params.items.pop()),
            Some(M::CreateLosesTheParent) => params.parent_thread_id = None,
            Some(M::CreateLosesTheSource) => params.source = SessionSource::Unknown,
            Some(M::CreateLosesTheSession) => params.session_id = None,
            Some(M::CreateIgnoresTimesGiven) => {
                (params.metadata.updated_at, params.metadata.recency_at) = (Edit::Keep, Edit::Keep);
            }
            Some(M::CreateCutsTimes) => {
                let cut = |time: Timestamp| Timestamp::from_millis(time.as_millis() / 1000 * 1000);
                params.created_at = params.created_at.map(cut);
            }
            Some(M::CreateGivesNoSecondLease) if self.memory().thread(thread_id).await.is_ok() => {
                params.lease = None;
            }
            Some(M::CreateReplacesAThread) => {
                let delete = DeleteThread::new(thread_id);
                self.memory().delete_thread(delete).await.ok();
            }
            Some(M::UnknownMembersAreDropped) => params.metadata.extra.clear(),
            Some(M::EmptyTextClears) => clear_empty(&mut params.metadata),
            Some(M::DeleteLeavesHistory) => {
                let left = self.memo().histories_of_deleted.remove(&thread_id);
                params.items.splice(0..0, left.unwrap_or_default());
            }
            Some(M::DeletedIdStaysTaken)
                if self.memo().histories_of_deleted.contains_key(&thread_id) =>
            {
                let taken = Error::conflict(thread_id, Conflict::AlreadyExists);
                return Err(taken.during(Operation::CreateThread));
            }
            Some(M::CreateInTwoSteps) => return self.create_in_two_steps(params).await,
            _ => {}
        }
        let mut created = self.memory().create_thread(params).await?;
        created.lease = created.lease.map(|lease| self.granted(lease));
        Ok(created)
    }

    /// A fork is a creation that says so.
    async fn create_fork(&self, params: &mut CreateThread, origin: ThreadId) {
        let Ok(origin) = self.memory().thread(origin).await else {
            return;
        };
        let metadata = &origin.metadata;
        match self.mutant {
            Some(M::ForkKeepsTimes) => {
                let times = ThreadMetadataPatch::default()
                    .updated_at(metadata.updated_at)
                    .recency_at(metadata.recency_at);
                params.metadata = times.merge(params.metadata.clone());
            }
            Some(M::ForkKeepsTheParent) => {
                params.parent_thread_id = origin.identity.parent_thread_id;
                params.source = origin.identity.source.clone();
            }
            Some(M::ForkLosesLabels) => params.metadata.labels = LabelsPatch::default(),
            Some(M::ForkStaysArchived) => params.archived_at = origin.archived_at,
            _ => {}
        }
    }

    async fn create_in_two_steps(&self, mut params: CreateThread) -> Result<CreatedThread> {
        let items = std::mem::take(&mut params.items);
        let holder = params.lease.replace(Holder::new("creation"));
        let created = self.memory().create_thread(params).await?;
        tokio::task::yield_now().await;
        if let Some(lease) = created.lease {
            let append =
                AppendItems::new(lease.clone(), items).with_expected_ordinal(Ordinal::ZERO);
            self.memory().append_items(append).await?;
            self.memory().discard_thread(lease).await?;
        }
        let thread = self.memory().thread(created.thread.thread_id).await?;
        let Some(holder) = holder else {
            return Ok(CreatedThread::new(thread, None));
        };
        let resume = ResumeThread::new(thread.thread_id, holder).with_include_archived(true);
        let lease = self.memory().resume_thread(resume).await?.lease;
        Ok(CreatedThread::new(thread, Some(self.granted(lease))))
    }

    pub(crate) async fn fork(&self, mut params: ForkThread) -> Result<CreatedThread> {
        let (origin, fork) = (params.thread_id, params.new_thread_id);
        let end = self.memory().next_ordinal(origin).await.unwrap_or_default();
        if let ForkPoint::Before(at) = params.at {
            params.at = ForkPoint::Before(match self.mutant {
                Some(M::ForkTakesOneMore) if at < end => at.plus(1),
                Some(M::ForkTakesOneLess) => Ordinal::new(at.get().saturating_sub(1)),
                Some(M::ForkBeyondTheEnd) => at.min(end),
                _ => at,
            });
        }
        if self.is(M::ForkAfterATurnHasAll) && matches!(params.at, ForkPoint::AfterTurn(_)) {
            params.at = ForkPoint::End;
        }
        let forked = thread_store_conformance::CoreOnly(self).fork_thread(params).await?;
        self.memo().forks.push((origin, fork));
        Ok(forked)
    }
}

/// Turns every field that is set to the empty text into one that is cleared.
pub(crate) fn clear_empty(patch: &mut ThreadMetadataPatch) {
    for field in [&mut patch.name, &mut patch.title, &mut patch.preview, &mut patch.cwd] {
        if *field == Edit::Set(Some(String::new())) {
            *field = Edit::Set(None);
        }
    }
}
