//! Where an append stands against what is stored.

use std::ops::Range;

use crate::error::{Conflict, Error};
use crate::id::ThreadId;
use crate::item::RolloutItem;
use crate::ordinal::Ordinal;
use crate::params::AppendReceipt;

/// What an append comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AppendStep {
    /// Write the whole batch at the end.
    Write,
    /// The batch reaches into what is stored: read these ordinals and ask
    /// [`reconcile_append`] again with them.
    Compare(Range<u64>),
}

impl AppendStep {
    /// The step (A4, A5) for a batch of `count` items expected at `expected`, of a history that ends at `end`.
    ///
    /// # Errors
    ///
    /// *Conflict* (ordinal) if the batch is expected to start beyond the end.
    pub fn new(
        thread_id: ThreadId,
        expected: Option<Ordinal>,
        count: usize,
        end: Ordinal,
    ) -> Result<Self, Error> {
        match expected {
            Some(expected) if expected > end => Err(mismatch(thread_id, expected, end)),
            Some(expected) if expected < end => {
                Ok(Self::Compare(expected.get()..expected.plus(count).min(end).get()))
            }
            _ => Ok(Self::Write),
        }
    }
}

/// Compares a batch with what stands from its expected ordinal on, and answers how many items of it
/// stand already; the rest is to be written at the end.
///
/// # Errors
///
/// *Conflict* (ordinal) if other items stand there.
pub fn reconcile_append(
    thread_id: ThreadId,
    expected: Ordinal,
    batch: &[RolloutItem],
    stored: impl IntoIterator<Item = RolloutItem>,
    end: Ordinal,
) -> Result<usize, Error> {
    let mut standing = 0;
    for (new, old) in batch.iter().zip(stored) {
        if !new.same_record(&old) {
            return Err(mismatch(thread_id, expected, end));
        }
        standing += 1;
    }
    Ok(standing)
}

/// Both steps at once, for a store that can read what it has without waiting: answers the receipt of
/// the append, and how many of its items stand already.
///
/// # Errors
///
/// *Conflict* (ordinal), and what `stored` fails with.
pub fn plan_append<I: IntoIterator<Item = RolloutItem>>(
    thread_id: ThreadId,
    expected: Option<Ordinal>,
    batch: &[RolloutItem],
    end: Ordinal,
    stored: impl FnOnce(Range<u64>) -> Result<I, Error>,
) -> Result<(AppendReceipt, usize), Error> {
    let first = expected.unwrap_or(end);
    let standing = match AppendStep::new(thread_id, expected, batch.len(), end)? {
        AppendStep::Write => 0,
        AppendStep::Compare(range) => {
            reconcile_append(thread_id, first, batch, stored(range)?, end)?
        }
    };
    Ok((AppendReceipt::new(first, batch.len()), standing))
}

fn mismatch(thread_id: ThreadId, expected: Ordinal, actual: Ordinal) -> Error {
    Error::conflict(thread_id, Conflict::Ordinal { expected, actual })
}
