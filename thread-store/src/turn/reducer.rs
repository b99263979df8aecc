//! From records to turns.

use std::collections::HashMap;

use super::head::Head;
use super::said::{By, CallOutput, Said, SaidItem, said};
use super::signal::{Signal, TurnEnd, TurnStart};
use super::standing::Standing;
use super::{ItemContent, ItemsView, ThreadItem, Turn, TurnError, TurnStatus};
use crate::ordinal::Ordinal;

/// A record that names a turn belongs to the turn of that name if it is open, or began within this
/// many turns before; a later one begins the turn anew. So what stands far apart need not be read
/// together. (Background commands outlive their turn; none is known to outlive 32.)
pub(crate) const REACH: u64 = 32;

/// Takes the standing records of a history, in order, and makes turns of them.
///
/// A turn runs from its start record to its end record. What names a turn belongs to it, wherever it
/// stands; what names none belongs to the turn that is open, or makes one of its own.
#[derive(Debug)]
pub(crate) struct Reducer<'a> {
    head: &'a Head,
    turns: Vec<Draft>,
    open: Option<usize>,
    /// The latest turn of each name, and where it began.
    named: HashMap<String, Named>,
    /// How many turns have begun so far.
    begun: u64,
}

#[derive(Clone, Copy, Debug)]
struct Named {
    turn: usize,
    begun: u64,
}

/// A turn that may still change.
#[derive(Debug)]
struct Draft {
    turn: Turn,
    /// The id that its records give it.
    own_id: Option<String>,
    /// How it ended, once it did.
    end: Option<TurnStatus>,
    /// Whether records say when it starts and ends.
    recorded: bool,
    /// Who last said what each item is.
    by: Vec<By>,
    /// The items that have an id of their own.
    own: HashMap<String, usize>,
}

impl<'a> Reducer<'a> {
    pub(crate) fn new(head: &'a Head) -> Self {
        Self { head, turns: Vec::new(), open: None, named: HashMap::new(), begun: 0 }
    }

    /// Takes the next standing record.
    pub(crate) fn push(&mut self, record: &Standing) {
        let Some(signal) = &record.signal else { return };
        let at = record.item.ordinal;
        self.begun += u64::from(record.begins);
        match signal {
            Signal::Start(start) => self.start(start, at),
            Signal::End(end) => self.end(end, at),
            Signal::Failed(id, error) => self.fail(id.as_deref(), error),
            Signal::In(id) => {
                if let Some(said) = self.said(record) {
                    let turn = self.turn_named(id, at);
                    self.turns[turn].take(said, at, self.head);
                }
            }
            Signal::UserMessage | Signal::Item => self.take(record),
            Signal::TakenBack(_) => {}
        }
    }

    fn said(&self, record: &Standing) -> Option<Said> {
        said(&record.item.item.record(), self.head.paginated)
    }

    fn start(&mut self, start: &TurnStart, at: Ordinal) {
        let turn = self.place(start.id.clone(), at, true);
        self.turns[turn].turn.started_at = start.started_at;
        self.turns[turn].turn.root_turn_id.clone_from(&start.root_turn_id);
        self.open = Some(turn);
    }

    /// Ends the turn that it names. Where not every record names its turn, a name that no turn has
    /// is that of the open one.
    fn end(&mut self, end: &TurnEnd, at: Ordinal) {
        let known = end.id.as_deref().and_then(|id| self.known(id));
        let names_count = self.head.paginated && end.id.is_some();
        let open = self.open.filter(|_| !names_count);
        let turn = match (known.or(open), &end.id) {
            (Some(turn), _) => turn,
            (None, Some(id)) => self.place(Some(id.clone()), at, true),
            (None, None) => return,
        };
        self.turns[turn].end(end, at);
        if self.open.is_some_and(|open| self.turns[open].ends_with(end.id.as_deref())) {
            self.open = None;
        }
    }

    fn fail(&mut self, id: Option<&str>, error: &TurnError) {
        if let Some(turn) = id.and_then(|id| self.known(id)).or(self.open) {
            self.turns[turn].turn.error = Some(error.clone());
        }
    }

    /// Something that names no turn: it begins one, or belongs to the open one.
    fn take(&mut self, record: &Standing) {
        let Some(said) = self.said(record) else { return };
        let at = record.item.ordinal;
        let turn = match (self.open.filter(|_| !record.begins), &said) {
            (Some(turn), _) => turn,
            // What came of a call belongs to the call, also when the turn is over.
            (None, Said::Output(_)) => match self.turns.len().checked_sub(1) {
                Some(last) => last,
                None => return,
            },
            (None, _) => {
                let turn = self.place(None, at, false);
                self.open = Some(turn);
                turn
            }
        };
        self.turns[turn].take(said, at, self.head);
    }

    /// The turn of this name, or a new one: it does not open, since nothing says that it started.
    fn turn_named(&mut self, id: &str, at: Ordinal) -> usize {
        self.known(id).unwrap_or_else(|| self.place(Some(id.to_owned()), at, true))
    }

    fn known(&self, id: &str) -> Option<usize> {
        let named = self.named.get(id)?;
        let near = self.begun - named.begun <= REACH;
        (near || self.open == Some(named.turn)).then_some(named.turn)
    }

    fn place(&mut self, id: Option<String>, at: Ordinal, recorded: bool) -> usize {
        let turn = self.turns.len();
        if let Some(id) = &id {
            self.named.insert(id.clone(), Named { turn, begun: self.begun });
        }
        self.turns.push(Draft::new(id, at, recorded, self.head));
        turn
    }

    /// The turns, in the order in which they stand.
    pub(crate) fn finish(self) -> Vec<Turn> {
        // Where nothing is open, the last one may have lost its start.
        let open = self.open.or(self.turns.len().checked_sub(1));
        let finish = |(index, draft): (usize, Draft)| draft.finish(open == Some(index));
        self.turns.into_iter().enumerate().map(finish).collect()
    }
}

impl Draft {
    fn new(id: Option<String>, at: Ordinal, recorded: bool, head: &Head) -> Self {
        let turn = Turn {
            id: id.clone().unwrap_or_else(|| format!("rollout-{at}")),
            root_turn_id: None,
            items: Vec::new(),
            items_view: ItemsView::Full,
            status: TurnStatus::InProgress,
            error: None,
            started_at: None,
            completed_at: None,
            duration_ms: None,
            ordinal: at,
            inherited: at < head.inherited_to,
            end: None,
        };
        Self { turn, own_id: id, end: None, recorded, by: Vec::new(), own: HashMap::new() }
    }

    /// Whether an end record of this name ends it, if it is open.
    fn ends_with(&self, name: Option<&str>) -> bool {
        match (&self.own_id, name) {
            (Some(id), Some(name)) => id == name,
            _ => true,
        }
    }

    /// The first end counts.
    fn end(&mut self, end: &TurnEnd, at: Ordinal) {
        if self.end.is_some() {
            return;
        }
        let turn = &mut self.turn;
        turn.error = end.error.clone().or(turn.error.take());
        turn.started_at = turn.started_at.or(end.started_at);
        turn.completed_at = end.completed_at;
        turn.duration_ms = end.duration_ms;
        turn.root_turn_id = turn.root_turn_id.take().or_else(|| end.root_turn_id.clone());
        turn.end = Some(at);
        self.end = Some(end.status);
    }

    fn take(&mut self, said: Said, at: Ordinal, head: &Head) {
        match said {
            Said::Item(item) => self.take_item(item, at, head),
            Said::Reasoning { summary, content } => self.take_reasoning(summary, content, at, head),
            Said::Output(output) => self.take_output(&output),
        }
    }

    fn take_item(&mut self, said: SaidItem, at: Ordinal, head: &Head) {
        let known = said.id.as_ref().and_then(|id| self.own.get(id).copied());
        let Some(index) = known else {
            if let Some(id) = &said.id {
                self.own.insert(id.clone(), self.turn.items.len());
            }
            return self.push_item(said, at, head);
        };
        if said.by < self.by[index] {
            return;
        }
        let item = &mut self.turn.items[index];
        item.content = said.content;
        item.started_at_ms = said.started_at_ms.or(item.started_at_ms);
        item.completed_at_ms = said.completed_at_ms.or(item.completed_at_ms);
        self.by[index] = said.by;
    }

    fn push_item(&mut self, said: SaidItem, at: Ordinal, head: &Head) {
        self.by.push(said.by);
        self.turn.items.push(ThreadItem {
            id: said.id.unwrap_or_else(|| format!("item-{at}")),
            content: said.content,
            started_at_ms: said.started_at_ms,
            completed_at_ms: said.completed_at_ms,
            turn_id: self.turn.id.clone(),
            ordinal: at,
            inherited: at < head.inherited_to,
        });
    }

    /// Codex records each part of one piece of reasoning on its own.
    fn take_reasoning(
        &mut self,
        summary: Option<String>,
        content: Option<String>,
        at: Ordinal,
        head: &Head,
    ) {
        let last = self.turn.items.last_mut().map(|item| &mut item.content);
        if let Some(ItemContent::Reasoning { summary: summaries, content: contents }) = last {
            summaries.extend(summary);
            contents.extend(content);
            return;
        }
        let content = ItemContent::Reasoning {
            summary: summary.into_iter().collect(),
            content: content.into_iter().collect(),
        };
        self.push_item(SaidItem::event(None, content), at, head);
    }

    fn take_output(&mut self, output: &CallOutput) {
        let Some(&index) = self.own.get(&output.call_id) else { return };
        if self.by[index] == By::Call {
            self.turn.items[index].content.finish(output);
        }
    }

    fn finish(self, open: bool) -> Turn {
        let unended = match (self.recorded, open) {
            // Where turns are not recorded, all that is known of the last one is that it was said.
            (false, _) => TurnStatus::Completed,
            (true, true) => TurnStatus::InProgress,
            (true, false) => TurnStatus::Interrupted,
        };
        let mut turn = self.turn;
        turn.status = match self.end.unwrap_or(unended) {
            TurnStatus::Completed if turn.error.is_some() => TurnStatus::Failed,
            status => status,
        };
        turn
    }
}
