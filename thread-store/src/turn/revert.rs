//! Taking back what was said.

use crate::item::StoredItem;
use crate::lease::WriterLease;
use crate::ordinal::Ordinal;
use crate::params::params;
use crate::time::Timestamp;

/// How far a thread is taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RevertTo {
    /// To what it was when its history ended here, which is before its end; what had been taken back by then is, what was
    /// taken back later is there again.
    Ordinal(Ordinal),
    /// To before the turn of this id began.
    BeforeTurn(String),
    /// To before the last so many turns that stand, at least 1; to before the first one if there
    /// are not so many.
    LastTurns(u64),
}

params! {
    /// Takes back the end of a thread, by a marker that is appended.
    RevertThread(
        /// The right to append.
        lease: WriterLease,
        /// How far.
        to: RevertTo,
    ) {
        /// Where the caller believes that the history ends; where it does unless said. A different
        /// end is a conflict (ordinal), and nothing is taken back.
        with_expected_ordinal(expected_ordinal: Option<Ordinal> = None);
        /// The time of the marker; now, by the clock of the system, unless said. A call that is to be
        /// repeated after *unavailable* gives it.
        with_at(at: Option<Timestamp> = None);
    }
}

/// What [`revert_thread`](crate::ThreadStore::revert_thread) answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RevertedThread {
    /// The marker that was appended.
    pub marker: StoredItem,
    /// The first ordinal that was taken back.
    pub from: Ordinal,
    /// The turns that stood before and begin after it, oldest first.
    pub turn_ids: Vec<String>,
}

impl RevertedThread {
    pub(crate) fn new(marker: StoredItem, from: Ordinal, turn_ids: Vec<String>) -> Self {
        Self { marker, from, turn_ids }
    }
}
