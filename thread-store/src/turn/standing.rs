//! Which records stand: those that no later marker took back.

use super::head::Head;
use super::marker::TakenBack;
use super::reach::Counted;
use super::said::says_an_item;
use super::signal::Signal;
use crate::item::StoredItem;
use crate::ordinal::Ordinal;

/// A record that stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) item: StoredItem,
    /// What it means for turns, if anything.
    pub(crate) signal: Option<Signal>,
    /// Whether a turn begins here.
    pub(crate) begins: bool,
}

/// Goes back through a history, record by record, and lets through what stands.
///
/// A marker takes back what is before it, and only a marker after it can undo that: so all that
/// must be known of the later part of a history are its markers, and going back meets them first.
#[derive(Debug)]
pub(crate) struct Backward {
    /// Records from here on are done with, or taken back.
    below: Option<Ordinal>,
    /// What each marker lets through of what the next one, which stands before it, has let through.
    /// The first is no marker: it lets everything through, and says where turns begin.
    levels: Vec<Level>,
    marked: bool,
}

impl Default for Backward {
    fn default() -> Self {
        Self { below: None, levels: vec![Level::default()], marked: false }
    }
}

impl Backward {
    /// For who only asks what stands, and not where turns begin: nothing is kept back for that.
    pub(crate) fn without_turns() -> Self {
        let first = Level { passes_all: true, ..Level::default() };
        Self { levels: vec![first], ..Self::default() }
    }

    /// Whether a marker was met.
    pub(crate) fn is_marked(&self) -> bool {
        self.marked
    }

    /// Takes the next record going back. Hands out, latest first, those that are known to stand.
    /// Answers a marker that counts items: it is taken to reach as far as if no ordinal were lost.
    pub(crate) fn take(
        &mut self,
        item: StoredItem,
        head: &Head,
        out: &mut Vec<Standing>,
    ) -> Option<Counted> {
        let at = item.ordinal;
        if self.below.is_some_and(|below| at >= below) {
            return None;
        }
        match Signal::of(&item.item, head) {
            Some(Signal::TakenBack(taken)) => self.take_back(taken, at),
            signal => {
                self.take_record(item, signal, head, out);
                None
            }
        }
    }

    /// The marker that was answered last reaches to here.
    pub(crate) fn reaches_to(&mut self, below: Ordinal) {
        self.below = Some(below);
    }

    fn take_record(
        &mut self,
        item: StoredItem,
        signal: Option<Signal>,
        head: &Head,
        out: &mut Vec<Standing>,
    ) {
        let begins = matches!(signal, Some(Signal::Start(_)));
        let record = Standing { item, signal, begins };
        let [only] = self.levels.as_mut_slice() else {
            self.through(self.levels.len(), vec![record], head, out);
            // What has taken back all that it takes lets everything through.
            while self.levels.len() > 1 && self.levels.last().is_some_and(Level::is_done) {
                self.levels.pop();
            }
            return;
        };
        only.take(record, head, out);
    }

    /// The start of the history was reached.
    pub(crate) fn finish(&mut self, head: &Head, out: &mut Vec<Standing>) {
        for index in (0..self.levels.len()).rev() {
            let mut passed = Vec::new();
            self.levels[index].finish(head, &mut passed);
            self.through(index, passed, head, out);
        }
    }

    /// Records from this ordinal on need not be read any more, if any need not.
    pub(crate) fn skips_to(&self) -> Option<Ordinal> {
        self.below
    }

    fn take_back(&mut self, taken: TakenBack, at: Ordinal) -> Option<Counted> {
        self.marked = true;
        match taken {
            TakenBack::Items(items) => {
                let marker = Counted { at, items };
                self.below = Some(marker.reaches_to());
                return Some(marker);
            }
            TakenBack::Turns(0) => {}
            TakenBack::Turns(turns) => match self.levels.last_mut() {
                // Nothing is between the two markers.
                Some(last) if last.turns > 0 && last.is_untouched() => {
                    last.turns = last.turns.saturating_add(turns);
                }
                _ => self.levels.push(Level { turns, ..Level::default() }),
            },
        }
        None
    }

    /// Sends records through the levels before `from`, the innermost first.
    fn through(
        &mut self,
        from: usize,
        mut records: Vec<Standing>,
        head: &Head,
        out: &mut Vec<Standing>,
    ) {
        for level in self.levels[..from].iter_mut().rev() {
            if records.is_empty() {
                return;
            }
            let mut passed = Vec::new();
            for record in records {
                level.take(record, head, &mut passed);
            }
            records = passed;
        }
        out.extend(records);
    }
}

/// The turn that is open between two records, going forward from the last start record.
#[derive(Clone, Debug)]
enum Open {
    /// One that began with a start record; whether a person said something in it.
    Recorded { id: Option<String>, said: bool },
    /// One that began with what was said.
    Unrecorded,
}

impl Open {
    /// What becomes of the open turn with the next record, and whether a turn begins with it.
    fn meets(open: &mut Option<Self>, record: &Standing, head: &Head) -> bool {
        match &record.signal {
            Some(Signal::End(end)) => {
                if open.as_ref().is_some_and(|open| open.ends_with(end.id.as_deref())) {
                    *open = None;
                }
                false
            }
            Some(Signal::UserMessage) => match open {
                Some(Self::Recorded { said, .. }) if !(*said && head.turns_by_message) => {
                    *said = true;
                    false
                }
                _ => {
                    *open = Some(Self::Unrecorded);
                    true
                }
            },
            Some(Signal::Item) if open.is_none() && says_an_item(&record.item.item, head) => {
                *open = Some(Self::Unrecorded);
                true
            }
            _ => false,
        }
    }

    /// Whether an end record of this name ends it.
    fn ends_with(&self, name: Option<&str>) -> bool {
        match (self, name) {
            (Self::Recorded { id: Some(id), .. }, Some(name)) => id == name,
            _ => true,
        }
    }
}

/// One marker that takes back turns, or none.
#[derive(Debug, Default)]
struct Level {
    /// Whether it takes nothing back, and nobody asks where turns begin.
    passes_all: bool,
    /// How many turns are still to be taken back.
    turns: u64,
    /// Records of which it is not known yet whether a turn begins with them, and what is between
    /// them, the latest first. What is before them decides.
    waiting: Vec<Standing>,
    /// Records before the last turn that was taken back: they belong to the next one that is, or
    /// stand, if there is none.
    held: Vec<Standing>,
}

impl Level {
    fn is_done(&self) -> bool {
        self.turns == 0 && self.waiting.is_empty()
    }

    /// Whether it keeps no record back.
    fn is_untouched(&self) -> bool {
        self.waiting.is_empty() && self.held.is_empty()
    }

    fn take(&mut self, record: Standing, head: &Head, passed: &mut Vec<Standing>) {
        if self.passes_all {
            return passed.push(record);
        }
        match &record.signal {
            Some(Signal::Start(start)) => {
                let open = Open::Recorded { id: start.id.clone(), said: false };
                self.settle(Some(open), head, passed);
            }
            Some(Signal::UserMessage) if head.turns_by_message => {
                self.settle_messages(head, passed);
            }
            _ => {}
        }
        let may_begin = matches!(record.signal, Some(Signal::UserMessage | Signal::Item));
        if may_begin || !self.waiting.is_empty() {
            self.waiting.push(record);
        } else {
            self.pass(record, passed);
        }
    }

    fn finish(&mut self, head: &Head, passed: &mut Vec<Standing>) {
        self.settle(None, head, passed);
        passed.append(&mut self.held);
    }

    /// Settles all that waits: this is open before it.
    fn settle(&mut self, mut open: Option<Open>, head: &Head, passed: &mut Vec<Standing>) {
        let mut waiting = std::mem::take(&mut self.waiting);
        for record in waiting.iter_mut().rev() {
            record.begins |= Open::meets(&mut open, record, head);
        }
        for record in waiting {
            self.pass(record, passed);
        }
    }

    /// Settles what waits since its first message, where every message begins a turn: another one
    /// stands before it, and no start between them.
    fn settle_messages(&mut self, head: &Head, passed: &mut Vec<Standing>) {
        let is_message = |record: &Standing| matches!(record.signal, Some(Signal::UserMessage));
        let Some(first) = self.waiting.iter().rposition(is_message) else { return };
        let before = self.waiting.split_off(first + 1);
        self.settle(None, head, passed);
        self.waiting = before;
    }

    /// Lets a record through, unless its turn is taken back.
    fn pass(&mut self, record: Standing, passed: &mut Vec<Standing>) {
        if self.turns == 0 {
            passed.push(record);
        } else if record.begins {
            self.turns -= 1;
            self.held.clear();
        } else {
            self.held.push(record);
        }
    }
}
