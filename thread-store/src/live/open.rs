//! A thread that is stored and held: what was written, and what may have been.

use std::collections::VecDeque;

use super::derivation::{Derivation, OpenTurn};
use super::edit::EditInDoubt;
use super::retry::Failure;
use super::{Heard, Shared};
use crate::error::{Conflict, Error, ErrorKind, Result};
use crate::item::RolloutItem;
use crate::lease::WriterLease;
use crate::ordinal::Ordinal;
use crate::params::{AppendItems, AppendReceipt, UpdateThreadMetadata};
use crate::thread::StoredThread;
use crate::time::Timestamp;
use crate::turn::{RevertThread, RevertedThread};

#[derive(Debug)]
pub(super) struct Open {
    pub(super) lease: WriterLease,
    /// Where the history ends.
    pub(super) next: Ordinal,
    /// The record as it was last answered.
    pub(super) record: StoredThread,
    pub(super) derivation: Derivation,
    /// A write that may have been done, or was done and not answered.
    doubt: Option<Doubt>,
    /// Older appends that were done after their callers had been told that nobody knows.
    unanswered: VecDeque<Doubt>,
    /// Whether this session wrote anything: one that did not stores no metadata either.
    pub(super) written: bool,
    /// When an edit was last stored, or failed.
    pub(super) edited_at: Option<Timestamp>,
    /// Whether the last one failed.
    pub(super) edit_failed: bool,
    /// An edit that may have been stored.
    pub(super) edit_in_doubt: Option<Box<EditInDoubt>>,
    /// What somebody asked for that was stored after the answer was lost.
    pub(super) unanswered_edit: Option<UpdateThreadMetadata>,
}

#[derive(Debug)]
struct Doubt {
    write: Write,
    /// Whether an attempt of unknown outcome was made.
    maybe_done: bool,
    /// Whether the caller was told so, and may make the same call again.
    told: bool,
    /// What it came to, once that is known. It is kept until the caller has the answer: the call may
    /// have been dropped, or have failed before another one settled it.
    written: Option<Written>,
}

/// A write of history. Done again it is recognised.
#[derive(Clone, Debug)]
pub(super) enum Write {
    Append(Vec<RolloutItem>),
    Revert(RevertThread),
}

/// What a write came to.
#[derive(Clone, Debug)]
pub(super) enum Written {
    Appended(AppendReceipt),
    Reverted(RevertedThread),
}

/// How many older appends are remembered that callers may make again.
const MOST_UNANSWERED: usize = 8;

impl Write {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Append(one), Self::Append(other)) => one == other,
            (Self::Revert(one), Self::Revert(other)) => one.to == other.to,
            _ => false,
        }
    }
}

impl Open {
    pub(super) fn created(
        record: StoredThread,
        lease: WriterLease,
        derivation: Derivation,
        now: Timestamp,
    ) -> Self {
        let mut open = Self::new(record, lease, derivation);
        (open.written, open.edited_at) = (true, Some(now));
        open
    }

    /// It was created with these items, which the caller was not answered yet.
    pub(super) fn with_first(mut self, items: Vec<RolloutItem>, told: bool) -> Self {
        let receipt = AppendReceipt::new(Ordinal::ZERO, items.len());
        let (write, written) = (Write::Append(items), Some(Written::Appended(receipt)));
        self.doubt = Some(Doubt { write, maybe_done: true, told, written });
        self
    }

    /// A thread that was resumed; the derivation may have more to be stored.
    pub(super) fn new(record: StoredThread, lease: WriterLease, derivation: Derivation) -> Self {
        Self {
            next: lease.next_ordinal,
            lease,
            record,
            derivation,
            doubt: None,
            unanswered: VecDeque::new(),
            written: false,
            edited_at: None,
            edit_failed: false,
            edit_in_doubt: None,
            unanswered_edit: None,
        }
    }

    pub(super) fn turn(&self) -> Option<&OpenTurn> {
        self.derivation.turn()
    }

    /// The record, with what is still to be stored.
    pub(super) fn thread(&self) -> StoredThread {
        StoredThread {
            metadata: self.derivation.observer.known().clone(),
            next_ordinal: self.next,
            ..self.record.clone()
        }
    }

    /// Whether a write may have been done that appends exactly these items.
    pub(super) fn is_in_doubt_about(&self, items: &[RolloutItem]) -> bool {
        let is_it = |doubt: &Doubt| matches!(&doubt.write, Write::Append(ours) if ours == items);
        self.doubt.iter().chain(&self.unanswered).any(is_it)
    }

    /// Whether this is the last write, which may have been done.
    pub(super) fn is_in_doubt(&self, write: &Write) -> bool {
        self.doubt.as_ref().is_some_and(|doubt| doubt.write.is_same(write))
    }

    /// Makes a write, which may be done even if the call is dropped. The same that was made last and not
    /// answered is not made again.
    pub(super) async fn write(&mut self, shared: &Shared, write: Write) -> Result<Written> {
        let mut before = None;
        if !self.is_in_doubt(&write) {
            self.settle_first(shared).await?;
            let doubt = Doubt { write, maybe_done: false, told: false, written: None };
            before = self.doubt.replace(doubt).and_then(|before| self.remember(before));
        }
        let settled = self.settle(shared).await;
        match &mut self.doubt {
            Some(doubt) => doubt.told |= settled.is_err(),
            // Nothing was written: what was not answered before is still to be recognised.
            None => self.doubt = before,
        }
        let nothing = || Error::internal("nothing was written").about(shared.thread_id);
        settled?.ok_or_else(nothing)
    }

    /// What an older write came to whose caller makes it again.
    pub(super) fn answer_late(&mut self, write: &Write) -> Option<Written> {
        let at = self.unanswered.iter().position(|doubt| doubt.write.is_same(write))?;
        self.unanswered.remove(at)?.written
    }

    /// Keeps an append that its caller may make again, among the last few; answers any other write. To
    /// take turns back after others were appended is another wish than before.
    fn remember(&mut self, doubt: Doubt) -> Option<Doubt> {
        let repeatable = matches!(doubt.write, Write::Append(_));
        if !(repeatable && doubt.told && doubt.written.is_some()) {
            return Some(doubt);
        }
        self.unanswered.push_back(doubt);
        if self.unanswered.len() > MOST_UNANSWERED {
            self.unanswered.pop_front();
        }
        None
    }

    /// The caller has the answer of the last write: the same again is another one.
    pub(super) fn answered(&mut self) {
        self.doubt = None;
    }

    /// Makes sure that a write that may have been done is.
    pub(super) async fn settle(&mut self, shared: &Shared) -> Result<Option<Written>> {
        let Some(doubt) = &mut self.doubt else { return Ok(None) };
        if doubt.written.is_some() {
            return Ok(doubt.written.clone());
        }
        let was_in_doubt = std::mem::replace(&mut doubt.maybe_done, true);
        let result = attempt(shared, &self.lease, self.next, &doubt.write).await;
        match result {
            Ok(written) => {
                self.done(shared, written.clone());
                Ok(Some(written))
            }
            Err(failure) => {
                let failure = failure.or_done_before(was_in_doubt);
                self.doubt = self.doubt.take().filter(|_| failure.is_open());
                Err(failure.into_error())
            }
        }
    }

    fn done(&mut self, shared: &Shared, written: Written) {
        let Some(doubt) = &mut self.doubt else { return };
        self.written = true;
        let turned = match (&doubt.write, &written) {
            (Write::Append(items), Written::Appended(receipt)) => {
                self.next = receipt.next;
                self.derivation.take(items, shared.now())
            }
            (_, Written::Reverted(reverted)) => {
                self.next = reverted.marker.ordinal.plus(1);
                shared.hear(Heard::Reverted(reverted));
                self.derivation.take(std::slice::from_ref(&reverted.marker.item), shared.now())
            }
            (Write::Revert(_), Written::Appended(_)) => false,
        };
        doubt.written = Some(written);
        if turned {
            shared.hear(Heard::TurnInProgress(self.turn().is_some()));
        }
    }
}

async fn attempt(
    shared: &Shared,
    lease: &WriterLease,
    next: Ordinal,
    write: &Write,
) -> Result<Written, Failure> {
    let (thread_id, retry) = (shared.thread_id, &shared.config.retry);
    match write {
        Write::Append(items) => {
            let append = || {
                let append = AppendItems::new(lease.clone(), items.clone());
                shared.store.append_items(append.with_expected_ordinal(next))
            };
            retry.attempt(thread_id, append).await.map(Written::Appended)
        }
        Write::Revert(revert) => {
            let revert = || shared.store.revert_thread(revert.clone());
            retry.attempt(thread_id, revert).await.map(Written::Reverted)
        }
    }
}

/// Whether an error says that the thread is no longer this session's.
pub(super) fn is_lost(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::NotFound => true,
        ErrorKind::Conflict(conflict) => matches!(
            conflict,
            Conflict::Fenced { .. } | Conflict::Closed { .. } | Conflict::Ordinal { .. }
        ),
        _ => false,
    }
}
