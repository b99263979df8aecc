//! Storing what is derived, and what is edited.

use super::open::{Open, is_lost};
use super::retry::{as_nothing_done, outcome, verdict};
use super::start::request_id;
use super::{Core, Heard, Retry, Shared, State};
use crate::error::{Conflict, Error, Outcome, Result};
use crate::ext::ThreadStoreExt as _;
use crate::metadata::{Edit, ThreadMetadataPatch};
use crate::options::ThreadOptions;
use crate::params::UpdateThreadMetadata;
use crate::thread::StoredThread;

/// How often an edit of derived metadata gives way to somebody else's before it is left for later.
const MOST_REBASES: usize = 8;

/// An edit that may have been stored.
#[derive(Debug)]
pub(super) struct EditInDoubt {
    /// What somebody asked for.
    asked: UpdateThreadMetadata,
    /// That, and before it what had been learned: done again it is recognised.
    sent: UpdateThreadMetadata,
    learned: ThreadMetadataPatch,
    /// Whether an attempt of unknown outcome was made.
    maybe_done: bool,
}

impl Core {
    pub(super) async fn update(
        &mut self,
        shared: &Shared,
        params: UpdateThreadMetadata,
    ) -> Result<StoredThread> {
        if let State::NotStarted(draft) = &self.0
            && !draft.is_in_doubt()
        {
            if let Some(expected) = params.expected_version {
                let moved = Conflict::MetadataVersion { expected, actual: 0 };
                return Err(Error::conflict(shared.thread_id, moved));
            }
            return self.create(shared, &[], params.patch).await.map(Open::thread);
        }
        let open = self.open(shared).await.map_err(as_nothing_done)?;
        let updated = open.update(shared, params).await;
        self.kept(shared, updated)
    }

    pub(super) async fn set_options(
        &mut self,
        shared: &Shared,
        given: ThreadOptions,
    ) -> Result<ThreadOptions> {
        if let State::NotStarted(draft) = &mut self.0
            && !draft.is_in_doubt()
        {
            let options = ThreadOptions::of(&draft.thread(shared));
            let (patch, options) = change_of_options(options, given);
            draft.create.metadata = std::mem::take(&mut draft.create.metadata).merge(patch);
            return Ok(options);
        }
        let open = self.open(shared).await.map_err(as_nothing_done)?;
        let (patch, options) = change_of_options(ThreadOptions::of(&open.thread()), given);
        self.update(shared, UpdateThreadMetadata::new(shared.thread_id, patch)).await?;
        Ok(options)
    }
}

/// The edit that stores options with what is given over them, and what they are then.
pub(super) fn change_of_options(
    options: ThreadOptions,
    given: ThreadOptions,
) -> (ThreadMetadataPatch, ThreadOptions) {
    let changed = options.overridden_by(given.clone());
    (given.to_patch().options(changed.clone()), changed)
}

impl Open {
    async fn update(
        &mut self,
        shared: &Shared,
        params: UpdateThreadMetadata,
    ) -> Result<StoredThread> {
        self.settle_first(shared).await?;
        self.check(shared).await?;
        self.written = true;
        self.edit(shared, &shared.config.retry, params).await?;
        Ok(self.thread())
    }

    /// At a barrier: stores what was derived, if this session wrote anything.
    pub(super) async fn edit_derived(&mut self, shared: &Shared) -> Result<()> {
        if !self.written {
            return Ok(());
        }
        let nothing = UpdateThreadMetadata::new(shared.thread_id, ThreadMetadataPatch::default());
        self.edit(shared, &shared.config.retry, nothing).await
    }

    /// After an append: stores facts at once, and touches now and then. A failure is kept for the next
    /// barrier.
    pub(super) async fn edit_after_append(&mut self, shared: &Shared) {
        if !self.is_edit_due(shared) {
            return;
        }
        // It has failed until it has not: the call may be dropped.
        (self.edited_at, self.edit_failed) = (Some(shared.now()), true);
        let nothing = UpdateThreadMetadata::new(shared.thread_id, ThreadMetadataPatch::default());
        if let Err(error) = self.edit(shared, &Retry::never(), nothing).await {
            let (thread_id, code) = (shared.thread_id, error.code());
            tracing::warn!(%thread_id, code, "metadata are kept for later");
        }
    }

    /// Whether a barrier has metadata to store.
    pub(super) fn has_edits(&self) -> bool {
        let pending = self.edit_in_doubt.is_some() || !self.derivation.observer.patch().is_empty();
        self.written && pending
    }

    fn is_edit_due(&self, shared: &Shared) -> bool {
        let patch = self.derivation.observer.patch();
        let touch = patch.edits_only(&["updated_at"]);
        let interval = i64::try_from(shared.config.touch_interval.as_millis()).unwrap_or(i64::MAX);
        let since =
            self.edited_at.map(|at| shared.now().as_millis().saturating_sub(at.as_millis()));
        // A clock that was put back must not hold back touches for long.
        let waited = since.is_none_or(|since| since < 0 || since >= interval);
        !patch.is_empty() && (waited || !(touch || self.edit_failed))
    }

    /// Stores what was derived, and then what is edited, in one step. What was derived gives way to
    /// what anybody edited since the record was read.
    async fn edit(
        &mut self,
        shared: &Shared,
        retry: &Retry,
        mut edit: UpdateThreadMetadata,
    ) -> Result<()> {
        if self.settle_edit(shared, retry).await?.is_some_and(|stored| is_same(&stored, &edit)) {
            edit = UpdateThreadMetadata::new(shared.thread_id, ThreadMetadataPatch::default());
        }
        if edit.expected_version.is_some_and(|version| version != self.record.metadata_version) {
            self.read_again(shared, retry).await?;
        }
        for _ in 0..MOST_REBASES {
            let update = self.with_derived(edit.clone());
            if update.patch.is_empty() {
                return Ok(());
            }
            match self.store(shared, retry, edit.clone(), update).await {
                Err(error) if edit.expected_version.is_none() && is_moved(&error) => {
                    self.read_again(shared, retry).await?;
                }
                stored => return stored,
            }
        }
        Err(Error::unavailable(Outcome::NothingDone).about(shared.thread_id))
    }

    fn with_derived(&self, edit: UpdateThreadMetadata) -> UpdateThreadMetadata {
        let derived = self.derivation.observer.patch();
        let mut patch = derived.clone().merge(edit.patch);
        if !derived.is_empty() {
            patch.observed_to = Edit::Set(Some(self.next));
        }
        let version = (!patch.is_touch()).then_some(self.record.metadata_version);
        UpdateThreadMetadata {
            patch,
            include_archived: true,
            expected_version: edit.expected_version.or(version),
            request_id: edit.request_id.or_else(|| Some(request_id())),
            ..edit
        }
    }

    /// Stores an edit, which may be stored even if the call is dropped.
    async fn store(
        &mut self,
        shared: &Shared,
        retry: &Retry,
        asked: UpdateThreadMetadata,
        sent: UpdateThreadMetadata,
    ) -> Result<()> {
        let learned = self.derivation.observer.patch().clone();
        let doubt = EditInDoubt { asked, sent, learned, maybe_done: false };
        self.edit_in_doubt = Some(Box::new(doubt));
        let result = self.attempt_edit(shared, retry).await;
        result.map(drop)
    }

    /// Makes sure that an edit that may have been stored is, unless others edited since; answers what
    /// was asked for.
    async fn settle_edit(
        &mut self,
        shared: &Shared,
        retry: &Retry,
    ) -> Result<Option<UpdateThreadMetadata>> {
        // A touch is a part of the edit that comes next.
        self.edit_in_doubt.take_if(|doubt| doubt.sent.patch.is_touch());
        match self.attempt_edit(shared, retry).await {
            Err(error) if is_moved(&error) => {
                self.read_again(shared, retry).await?;
                Ok(None)
            }
            Err(error) if outcome(&error).is_none() && !is_lost(&error) => Ok(None),
            settled => settled,
        }
    }

    /// Makes the call of the edit in doubt. Where others edited before, it is in doubt still.
    async fn attempt_edit(
        &mut self,
        shared: &Shared,
        retry: &Retry,
    ) -> Result<Option<UpdateThreadMetadata>> {
        let Some(doubt) = &mut self.edit_in_doubt else { return Ok(None) };
        let was_in_doubt = std::mem::replace(&mut doubt.maybe_done, true);
        let call = || shared.store.update_thread_metadata(doubt.sent.clone());
        match retry.run(shared.thread_id, call).await {
            Ok(thread) => Ok(self.edited(shared, thread)),
            Err(error) if is_moved(&error) => Err(error),
            Err(error) => {
                let (error, open) = verdict(error, was_in_doubt);
                self.edit_in_doubt = self.edit_in_doubt.take().filter(|_| open);
                Err(error)
            }
        }
    }

    fn edited(&mut self, shared: &Shared, thread: StoredThread) -> Option<UpdateThreadMetadata> {
        let doubt = self.edit_in_doubt.take()?;
        self.derivation.observer.stored(&doubt.learned, &thread.metadata);
        self.record = thread;
        (self.edited_at, self.edit_failed) = (Some(shared.now()), false);
        shared.hear(Heard::Edited(&doubt.sent.patch, &self.record));
        Some(doubt.asked)
    }

    /// Others edited the record: reads it again.
    async fn read_again(&mut self, shared: &Shared, retry: &Retry) -> Result<()> {
        let read = || shared.store.thread(shared.thread_id);
        let thread = retry.run(shared.thread_id, read).await?;
        self.rebase(thread);
        Ok(())
    }

    /// Before the first append to a thread that no live thread wrote before: says from where on metadata
    /// may be missing, should this session die between an append and its edit. Without it the append is
    /// as good.
    pub(super) async fn begin_observing(&mut self, shared: &Shared) {
        if self.record.metadata.observed_to.is_some() || self.edit_failed {
            return;
        }
        let mark = ThreadMetadataPatch::default().observed_to(self.next);
        let update = UpdateThreadMetadata::new(shared.thread_id, mark).with_include_archived(true);
        match shared.store.update_thread_metadata(update).await {
            Ok(thread) => self.rebase(thread),
            Err(error) => {
                self.edit_failed = true;
                tracing::warn!(thread_id = %shared.thread_id, code = error.code(), "not observed");
            }
        }
    }

    fn rebase(&mut self, thread: StoredThread) {
        let doubt = self.edit_in_doubt.take();
        let (ours, learned) =
            doubt.map(|doubt| (doubt.sent.patch, doubt.learned)).unwrap_or_default();
        let (before, after) = (&self.record.metadata, &thread.metadata);
        self.derivation.observer.rebase(before, after, &ours, &learned);
        self.record = thread;
    }
}

/// Whether both ask for the same.
fn is_same(one: &UpdateThreadMetadata, other: &UpdateThreadMetadata) -> bool {
    one.patch == other.patch
        && one.expected_version == other.expected_version
        && one.request_id == other.request_id
}

fn is_moved(error: &Error) -> bool {
    matches!(error.as_conflict(), Some(Conflict::MetadataVersion { .. }))
}
