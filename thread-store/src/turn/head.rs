//! What the start of a history says about the whole of it.

use super::signal::Signal;
use crate::item::{Members, Record, RolloutItem};
use crate::ordinal::Ordinal;

/// What the start of a history says about the whole of it.
///
/// It is read from the first records and never changes once a turn has begun, so that a page read
/// from the end is told the same as a replay from the start.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// Events tell of every item, so the model's own records add nothing (`history_mode` of the
    /// header).
    pub(crate) paginated: bool,
    /// A person's message came before any record of a turn: every such message begins a turn, save
    /// the first one after a start record. (Histories from before turns were recorded.)
    pub(crate) turns_by_message: bool,
    /// Records numbered lower in their file are what a sub-agent was given of its parent
    /// (`subagent_history_start_ordinal` of the header).
    own_from: Option<u64>,
    /// Items before this one come from the thread that was forked.
    pub(crate) inherited_to: Ordinal,
    /// How far the start has been read.
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Header,
    FirstTurn,
    Done,
}

impl Head {
    /// The most items that are read for the head: a history without any sign of a turn among them
    /// is one that records its turns.
    pub(crate) const MAX_ITEMS: usize = 1024;

    /// Of a history of which nothing was read yet; `paginated` is what the record of the thread says
    /// of one that has no header.
    pub(crate) fn new(inherited_to: Option<Ordinal>, paginated: bool) -> Self {
        Self {
            paginated,
            turns_by_message: false,
            own_from: None,
            inherited_to: inherited_to.unwrap_or(Ordinal::ZERO),
            stage: Stage::Header,
        }
    }

    /// Takes notice of the next record; answers whether all is known now.
    pub(crate) fn read(&mut self, item: &RolloutItem) -> bool {
        if self.stage == Stage::Header {
            // A header stands first or nowhere.
            match item.record() {
                Record::SessionMeta(header) => self.read_header(header.members()),
                // Only paginated files number their records.
                _ => self.paginated |= item.members().has("ordinal"),
            }
            self.stage = Stage::FirstTurn;
        }
        if self.stage == Stage::FirstTurn {
            match Signal::of(item, self) {
                Some(Signal::UserMessage) => {
                    self.turns_by_message = true;
                    self.stage = Stage::Done;
                }
                Some(Signal::Start(_) | Signal::End(_) | Signal::In(_)) => self.stage = Stage::Done,
                _ => {}
            }
        }
        self.stage == Stage::Done
    }

    fn read_header(&mut self, header: &Members<'_>) {
        self.paginated = header.string("history_mode").as_deref() == Some("paginated");
        self.own_from = header.parse("subagent_history_start_ordinal");
        if header.parse("attached_thread") == Some(true) {
            // It names what it goes on from, and has none of it.
            self.inherited_to = Ordinal::ZERO;
        }
    }

    /// Whether a record is none of the thread's own.
    pub(super) fn hides(&self, members: &Members<'_>) -> bool {
        let Some(own_from) = self.own_from else {
            return false;
        };
        members.parse::<u64>("ordinal").is_some_and(|ordinal| ordinal < own_from)
    }
}
