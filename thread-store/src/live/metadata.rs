//! Storing what is derived, and what is edited.

use super::open::Open;
use super::retry::{as_nothing_done, outcome};
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

/// Edits of unknown outcome that are remembered.
const MOST_IN_DOUBT: usize = 8;

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
        self.check(shared).await.map_err(as_nothing_done)?;
        self.written = true;
        self.edit(shared, &shared.config.retry, params).await?;
        Ok(self.thread())
    }

    /// At a barrier: stores what was derived, if this session wrote anything. An edit needs no lease:
    /// the caller made sure of it.
    pub(super) async fn edit_derived(&mut self, shared: &Shared) -> Result<()> {
        if !self.written {
            return Ok(());
        }
        let nothing = UpdateThreadMetadata::new(shared.thread_id, ThreadMetadataPatch::default());
        self.edit(shared, &shared.config.retry, nothing).await
    }

    /// The same, for a caller that made sure of nothing.
    pub(super) async fn check_and_edit_derived(&mut self, shared: &Shared) -> Result<()> {
        if self.written && !self.derivation.observer.patch().is_empty() {
            self.check(shared).await?;
        }
        self.edit_derived(shared).await
    }

    /// After an append: stores facts at once, and touches now and then. A failure is kept for the next
    /// barrier.
    pub(super) async fn edit_after_append(&mut self, shared: &Shared) {
        if !self.is_edit_due(shared) {
            return;
        }
        let nothing = UpdateThreadMetadata::new(shared.thread_id, ThreadMetadataPatch::default());
        if let Err(error) = self.edit(shared, &Retry::never(), nothing).await {
            (self.edited_at, self.edit_failed) = (Some(shared.now()), true);
            let (thread_id, code) = (shared.thread_id, error.code());
            tracing::warn!(%thread_id, code, "metadata are kept for later");
        }
    }

    fn is_edit_due(&self, shared: &Shared) -> bool {
        let patch = self.derivation.observer.patch();
        let touch = ThreadMetadataPatch { updated_at: Edit::Keep, ..patch.clone() }.is_empty();
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
        edit: UpdateThreadMetadata,
    ) -> Result<()> {
        for _ in 0..MOST_REBASES {
            let update = self.with_derived(edit.clone());
            if update.patch.is_empty() {
                return Ok(());
            }
            let call = || shared.store.update_thread_metadata(update.clone());
            self.may_edit();
            match retry.run(shared.thread_id, call).await {
                Ok(thread) => {
                    self.edited(shared, &update.patch, thread);
                    return Ok(());
                }
                Err(error) if edit.expected_version.is_none() && is_moved(&error) => {
                    let read = || shared.store.thread(shared.thread_id);
                    self.rebase(retry.run(shared.thread_id, read).await?);
                }
                Err(error) => {
                    if outcome(&error) == Some(Outcome::NothingDone) {
                        self.maybe_edited.pop();
                    }
                    return Err(error);
                }
            }
        }
        Err(Error::unavailable(Outcome::NothingDone).about(shared.thread_id))
    }

    fn with_derived(&self, edit: UpdateThreadMetadata) -> UpdateThreadMetadata {
        let derived = self.derivation.observer.patch();
        let touch = derived.is_empty() || derived.is_touch();
        let version = (!touch).then_some(self.record.metadata_version);
        let mut patch = derived.clone().merge(edit.patch);
        if !derived.is_empty() {
            patch.observed_to = Edit::Set(Some(self.next));
        }
        UpdateThreadMetadata {
            patch,
            include_archived: true,
            expected_version: edit.expected_version.or(version),
            request_id: edit.request_id.or_else(|| Some(request_id())),
            ..edit
        }
    }

    fn edited(&mut self, shared: &Shared, patch: &ThreadMetadataPatch, thread: StoredThread) {
        self.record = thread;
        self.maybe_edited.clear();
        self.know();
        (self.edited_at, self.edit_failed) = (Some(shared.now()), false);
        shared.hear(Heard::Edited(patch, &self.record));
    }

    /// Before the first append to a thread that no live thread wrote before: says from where on metadata
    /// may be missing, should this session die between an append and its edit. Without it the append is
    /// as good.
    pub(super) async fn begin_observing(&mut self, shared: &Shared) {
        if self.record.metadata.observed_to.is_some() || self.edit_failed {
            return;
        }
        if let Err(error) = self.mark_observed(shared).await {
            self.edit_failed = true;
            tracing::warn!(thread_id = %shared.thread_id, code = error.code(), "not observed");
        }
    }

    async fn mark_observed(&mut self, shared: &Shared) -> Result<()> {
        self.check(shared).await?;
        let mark = ThreadMetadataPatch::default().observed_to(self.next);
        let update = UpdateThreadMetadata::new(shared.thread_id, mark).with_include_archived(true);
        let thread = shared.store.update_thread_metadata(update).await?;
        self.rebase(thread);
        Ok(())
    }

    /// From here on what was derived may be stored, even if the call is dropped.
    fn may_edit(&mut self) {
        if self.maybe_edited.len() == MOST_IN_DOUBT {
            self.maybe_edited.remove(0);
        }
        self.maybe_edited.push(self.derivation.observer.patch().clone());
    }

    fn rebase(&mut self, thread: StoredThread) {
        let own = std::mem::take(&mut self.maybe_edited);
        self.derivation.observer.rebase(&self.record.metadata, &thread.metadata, &own);
        self.record = thread;
    }
}

fn is_moved(error: &Error) -> bool {
    matches!(error.as_conflict(), Some(Conflict::MetadataVersion { .. }))
}
