//! Which records stand: those that no later marker took back.

use std::collections::VecDeque;

use super::head::Head;
use super::marker::TakenBack;
use super::signal::Signal;
use crate::item::StoredItem;
use crate::ordinal::Ordinal;

/// A record that stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) item: StoredItem,
    /// What it means for turns, if anything.
    pub(crate) signal: Option<Signal>,
    /// Whether a turn begins here, whatever stands before.
    pub(crate) begins: bool,
}

/// Goes back through a history, record by record, and lets through what stands.
///
/// A marker takes back what is before it, and nothing after it can bring that back: so all that
/// must be known of the later part of a history are its markers, and going back meets them first.
#[derive(Debug, Default)]
pub(crate) struct Backward {
    /// Records from here on are done with, or taken back.
    below: Option<Ordinal>,
    /// How many turns are still to be taken back.
    turns: u64,
    /// Records of which it is not known yet whether a turn begins with them, the latest first: the
    /// first is a person's message, and what is before it decides.
    waiting: VecDeque<Standing>,
    marked: bool,
}

impl Backward {
    /// Whether a marker was met.
    pub(crate) fn is_marked(&self) -> bool {
        self.marked
    }

    /// Takes the next record going back. Hands out, latest first, those that are known to stand.
    pub(crate) fn take(&mut self, item: StoredItem, head: &Head, out: &mut Vec<Standing>) {
        let at = item.ordinal;
        if self.below.is_some_and(|below| at >= below) {
            return;
        }
        let signal = Signal::of(&item.item, head);
        let begins = matches!(signal, Some(Signal::Start(_)));
        if signal.as_ref().is_some_and(Signal::is_boundary) {
            self.decide(!begins, out);
        }
        self.marked |= matches!(signal, Some(Signal::TakenBack(_)));
        match signal {
            Some(Signal::TakenBack(TakenBack::Items(items))) => {
                self.below = Some(Ordinal::new(at.get().saturating_sub(items)));
            }
            Some(Signal::TakenBack(TakenBack::Turns(turns))) => {
                self.turns = self.turns.saturating_add(turns);
            }
            Some(Signal::UserMessage) if head.turns_by_message => {
                self.waiting.push_back(Standing { item, signal, begins });
            }
            signal => self.hand_on(Standing { item, signal, begins }, out),
        }
    }

    /// The start of the history was reached.
    pub(crate) fn finish(&mut self, out: &mut Vec<Standing>) {
        self.decide(true, out);
    }

    /// Records from this ordinal on need not be read any more, if any need not.
    pub(crate) fn skips_to(&self) -> Option<Ordinal> {
        self.below
    }

    /// Settles whether the message that waits begins a turn.
    fn decide(&mut self, begins: bool, out: &mut Vec<Standing>) {
        let mut waiting = std::mem::take(&mut self.waiting);
        if let Some(first) = waiting.front_mut() {
            first.begins = begins;
        }
        for record in waiting {
            self.pass(record, out);
        }
    }

    fn hand_on(&mut self, record: Standing, out: &mut Vec<Standing>) {
        if self.waiting.is_empty() {
            self.pass(record, out);
        } else {
            self.waiting.push_back(record);
        }
    }

    /// Hands a record out, unless its turn is taken back.
    fn pass(&mut self, record: Standing, out: &mut Vec<Standing>) {
        if self.turns == 0 {
            out.push(record);
        } else if record.begins {
            self.turns -= 1;
        }
    }
}
