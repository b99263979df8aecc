//! A thread that is stored and held: what was written, and what may have been.

use super::derivation::{Derivation, OpenTurn};
use super::edit::EditInDoubt;
use super::retry::verdict;
use super::{Heard, Shared};
use crate::error::{Conflict, Error, ErrorKind, Result};
use crate::item::RolloutItem;
use crate::lease::WriterLease;
use crate::ordinal::Ordinal;
use crate::params::{AppendItems, AppendReceipt};
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
    /// Whether this session wrote anything: one that did not stores no metadata either.
    pub(super) written: bool,
    /// When an edit was last stored, or failed.
    pub(super) edited_at: Option<Timestamp>,
    /// Whether the last one failed.
    pub(super) edit_failed: bool,
    /// An edit that may have been stored.
    pub(super) edit_in_doubt: Option<Box<EditInDoubt>>,
}

#[derive(Debug)]
struct Doubt {
    write: Write,
    /// Whether an attempt of unknown outcome was made.
    maybe_done: bool,
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
    pub(super) fn with_first(mut self, items: Vec<RolloutItem>) -> Self {
        let receipt = AppendReceipt::new(Ordinal::ZERO, items.len());
        let (write, written) = (Write::Append(items), Some(Written::Appended(receipt)));
        self.doubt = Some(Doubt { write, maybe_done: true, written });
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
            written: false,
            edited_at: None,
            edit_failed: false,
            edit_in_doubt: None,
        }
    }

    pub(super) fn record(&self) -> &StoredThread {
        &self.record
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
        let write = self.doubt.as_ref().map(|doubt| &doubt.write);
        matches!(write, Some(Write::Append(doubtful)) if doubtful == items)
    }

    /// Whether a revert like this may have been done.
    pub(super) fn is_in_doubt_about_revert(&self, revert: &RevertThread) -> bool {
        let write = self.doubt.as_ref().map(|doubt| &doubt.write);
        matches!(write, Some(Write::Revert(doubtful)) if doubtful.to == revert.to)
    }

    /// Makes a write, which may be done even if the call is dropped.
    pub(super) async fn write(&mut self, shared: &Shared, write: Write) -> Result<Written> {
        let before = self.doubt.replace(Doubt { write, maybe_done: false, written: None });
        let settled = self.settle(shared).await;
        if self.doubt.is_none() {
            // Nothing was written: what was not answered before is still to be recognised.
            self.doubt = before;
        }
        let nothing = || Error::internal("nothing was written").about(shared.thread_id);
        settled?.ok_or_else(nothing)
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
            Err(error) => {
                let (error, open) = verdict(error, was_in_doubt);
                if !open {
                    self.doubt = None;
                }
                Err(error)
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
) -> Result<Written> {
    let (thread_id, retry) = (shared.thread_id, &shared.config.retry);
    match write {
        Write::Append(items) => {
            let append = || {
                let append = AppendItems::new(lease.clone(), items.clone());
                shared.store.append_items(append.with_expected_ordinal(next))
            };
            retry.run(thread_id, append).await.map(Written::Appended)
        }
        Write::Revert(revert) => {
            let revert = || shared.store.revert_thread(revert.clone());
            retry.run(thread_id, revert).await.map(Written::Reverted)
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
