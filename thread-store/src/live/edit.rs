//! One edit of the record: with what was derived before it, recognised when it is repeated, and never
//! over what others edited.

use super::metadata::nothing_more;
use super::open::{Open, is_lost};
use super::retry::outcome;
use super::start::request_id;
use super::{Heard, Retry, Shared};
use crate::error::{Conflict, Error, Outcome, Result};
use crate::ext::ThreadStoreExt as _;
use crate::metadata::{Edit, ThreadMetadataPatch};
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

impl Open {
    /// Stores what was derived, and then what is edited, in one step. What was derived gives way to
    /// what anybody edited since the record was read.
    pub(super) async fn edit(
        &mut self,
        shared: &Shared,
        retry: &Retry,
        mut edit: UpdateThreadMetadata,
    ) -> Result<()> {
        let settled = self.settle_edit(shared, retry).await?;
        if !edit.patch.is_empty() {
            // Another edit makes the same one later a new one.
            let before = settled.or(self.unanswered_edit.take());
            edit = before
                .filter(|before| is_same(before, &edit))
                .map_or(edit, |_| nothing_more(shared));
        } else if let Some(settled) = settled {
            // One without a version is made again, over what others edited since.
            self.unanswered_edit = Some(settled).filter(|edit| edit.expected_version.is_some());
        }
        if edit.expected_version.is_some_and(|version| version != self.record.metadata_version) {
            self.read_again(shared, retry).await?;
        }
        for _ in 0..MOST_REBASES {
            let update = self.with_derived(edit.clone());
            if update.patch.is_empty() {
                self.edit_failed = false;
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

    /// Makes the call of the edit in doubt. Where others edited as well, it is in doubt still.
    async fn attempt_edit(
        &mut self,
        shared: &Shared,
        retry: &Retry,
    ) -> Result<Option<UpdateThreadMetadata>> {
        let Some(doubt) = &mut self.edit_in_doubt else { return Ok(None) };
        let was_in_doubt = std::mem::replace(&mut doubt.maybe_done, true);
        let call = || shared.store.update_thread_metadata(doubt.sent.clone());
        match retry.attempt(shared.thread_id, call).await {
            Ok(thread) => Ok(self.edited(shared, thread)),
            Err(failure) => {
                let failure = failure.or_done_before(was_in_doubt);
                // Others edited, after this edit was stored or before.
                let open = failure.is_open() || failure.maybe_done && is_moved(&failure.error);
                self.edit_in_doubt = self.edit_in_doubt.take().filter(|_| open);
                Err(failure.into_error())
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
        self.rebase(shared, thread);
        Ok(())
    }

    /// The record as others edited it: what was edited is not derived any more.
    pub(super) fn rebase(&mut self, shared: &Shared, thread: StoredThread) {
        let doubt = self.edit_in_doubt.take();
        let (ours, learned) =
            doubt.map(|doubt| (doubt.sent.patch, doubt.learned)).unwrap_or_default();
        let (before, after) = (&self.record.metadata, &thread.metadata);
        self.derivation.observer.rebase(before, after, &ours, &learned);
        self.record = thread;
        let stored = ours.standing_in(&self.record.metadata);
        if !stored.is_empty() {
            shared.hear(Heard::Edited(&stored, &self.record));
        }
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
