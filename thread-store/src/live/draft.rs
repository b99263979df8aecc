//! A thread that is not started: what it is to be created with.

use super::derivation::Derivation;
use super::open::Open;
use super::resume::derive;
use super::{Heard, Shared};
use crate::error::Result;
use crate::item::RolloutItem;
use crate::metadata::ThreadMetadataPatch;
use crate::options::ThreadOptions;
use crate::ordinal::Ordinal;
use crate::params::{CreateThread, CreatedThread};
use crate::thread::StoredThread;
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Draft {
    /// What was set so far.
    pub(super) create: CreateThread,
    /// A creation that may have been done.
    doubt: Option<CreateThread>,
    /// Whether its caller was told so, and may make the same call again.
    told: bool,
    /// What the turn of this id, which is about to begin, differs in.
    pub(super) begun: Option<(String, ThreadOptions)>,
}

impl Draft {
    pub(super) fn new(create: CreateThread) -> Self {
        Self { create, doubt: None, told: false, begun: None }
    }

    pub(super) fn thread(&self, shared: &Shared) -> StoredThread {
        self.create.to_thread(shared.now())
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.doubt.is_some()
    }

    /// Whether a creation with exactly these first items may have been done.
    pub(super) fn is_in_doubt_about(&self, items: &[RolloutItem]) -> bool {
        self.doubt.as_ref().is_some_and(|doubt| doubt.items == items)
    }

    /// Creates the thread with these first items and this edit of what was set so far; or, if an
    /// earlier creation may have been done, makes sure that that one is.
    pub(super) async fn create(
        &mut self,
        shared: &Shared,
        items: &[RolloutItem],
        edit: ThreadMetadataPatch,
    ) -> Result<Open> {
        let was_in_doubt = self.doubt.is_some();
        let create = match &self.doubt {
            Some(doubt) => doubt.clone(),
            None => self.creation(shared, items, edit),
        };
        // From here on the call may be dropped at any moment.
        self.doubt = Some(create.clone());
        let call = || shared.store.create_thread(create.clone());
        let created = shared.config.retry.attempt(shared.thread_id, call).await;
        let created = created.map_err(|failure| {
            let failure = failure.or_done_before(was_in_doubt);
            self.doubt = self.doubt.take().filter(|_| failure.is_open());
            self.told = self.doubt.is_some();
            failure.into_error()
        })?;
        self.created(shared, create, created).await
    }

    /// The thread that was created, with all that is known of it.
    async fn created(
        &self,
        shared: &Shared,
        create: CreateThread,
        created: CreatedThread,
    ) -> Result<Open> {
        let (thread, lease) = created.granted()?;
        let created_to = Ordinal::ZERO.plus(create.items.len());
        let derivation = if lease.next_ordinal == created_to {
            let mut derivation = self.derivation();
            derivation.take(&create.items, shared.now());
            derivation.observer.know(&thread.metadata);
            derivation
        } else {
            // The answer came late, and others had the thread before.
            let (store, config) = (shared.store.as_ref(), &shared.config);
            derive(store, config, &thread, lease.next_ordinal).await?
        };
        let mut open = Open::created(thread, lease, derivation, shared.now());
        if !create.items.is_empty() {
            open = open.with_first(create.items, self.told);
        }
        shared.hear(Heard::Edited(&create.metadata, &open.record));
        if open.turn().is_some() {
            shared.hear(Heard::TurnInProgress(true));
        }
        Ok(open)
    }

    /// The creation with these first items: with what they say, and then what is edited.
    fn creation(
        &self,
        shared: &Shared,
        items: &[RolloutItem],
        edit: ThreadMetadataPatch,
    ) -> CreateThread {
        let mut derivation = self.derivation();
        derivation.take(items, shared.now());
        let observed = derivation.observer.take_patch();
        let observed = observed.observed_to(Ordinal::ZERO.plus(items.len()));
        let mut create = self.create.clone();
        create.metadata = create.metadata.merge(observed).merge(edit);
        create.items = items.to_vec();
        create
    }

    fn derivation(&self) -> Derivation {
        let created_at = self.create.created_at.unwrap_or(Timestamp::MIN);
        let derivation = Derivation::resuming(&self.create.to_thread(created_at));
        Derivation { begun: self.begun.clone(), ..derivation }
    }
}
