//! When metadata are stored: what is derived, and what somebody edits.

use super::open::Open;
use super::retry::as_nothing_done;
use super::{Core, Retry, Shared, State};
use crate::error::{Conflict, Error, Result};
use crate::metadata::ThreadMetadataPatch;
use crate::options::ThreadOptions;
use crate::params::UpdateThreadMetadata;
use crate::thread::StoredThread;

impl Core {
    pub(super) async fn update(
        &mut self,
        shared: &Shared,
        params: UpdateThreadMetadata,
    ) -> Result<StoredThread> {
        if self.is_untouched() {
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
            let (patch, options) = options.changed_by(given);
            draft.create.metadata = std::mem::take(&mut draft.create.metadata).merge(patch);
            return Ok(options);
        }
        let open = self.open(shared).await.map_err(as_nothing_done)?;
        let (patch, options) = ThreadOptions::of(&open.thread()).changed_by(given);
        self.update(shared, UpdateThreadMetadata::new(shared.thread_id, patch)).await?;
        Ok(options)
    }
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
        Box::pin(self.edit(shared, &shared.config.retry, params)).await?;
        Ok(self.thread())
    }

    /// At a barrier: stores what was derived, if this session wrote anything.
    pub(super) async fn edit_derived(&mut self, shared: &Shared) -> Result<()> {
        if !self.written {
            return Ok(());
        }
        Box::pin(self.edit(shared, &shared.config.retry, nothing_more(shared))).await
    }

    /// After an append: stores facts at once, and touches now and then. A failure is kept for the next
    /// barrier.
    pub(super) async fn edit_after_append(&mut self, shared: &Shared) {
        if !self.is_edit_due(shared) {
            return;
        }
        // It has failed until it has not: the call may be dropped.
        (self.edited_at, self.edit_failed) = (Some(shared.now()), true);
        let once = Retry::never();
        let edit = Box::pin(self.edit(shared, &once, nothing_more(shared)));
        if let Err(error) = edit.await {
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

    /// Before the first append to a thread that no live thread wrote before: says from where on metadata
    /// may be missing, should this session die between an append and its edit. Without it the append is
    /// as good.
    pub(super) async fn begin_observing(&mut self, shared: &Shared) -> Result<()> {
        if self.record.metadata.observed_to.is_some() || self.edit_failed {
            return Ok(());
        }
        // Whoever lost the thread must not say where another is.
        self.check(shared).await?;
        let mark = ThreadMetadataPatch::default().observed_to(self.next);
        let update = UpdateThreadMetadata::new(shared.thread_id, mark).with_include_archived(true);
        match shared.store.update_thread_metadata(update).await {
            Ok(thread) => self.rebase(shared, thread),
            Err(error) => {
                self.edit_failed = true;
                tracing::warn!(thread_id = %shared.thread_id, code = error.code(), "not observed");
            }
        }
        Ok(())
    }
}

/// The edit of who wants nothing but what was derived.
pub(super) fn nothing_more(shared: &Shared) -> UpdateThreadMetadata {
    UpdateThreadMetadata::new(shared.thread_id, ThreadMetadataPatch::default())
}
