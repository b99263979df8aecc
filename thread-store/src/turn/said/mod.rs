//! What one record says about one item of a turn.

mod bare;
mod call;
mod changes;
mod collab;
mod command;
mod completed_item;
mod event;
mod fields;
mod finish;
mod message;
mod output;
mod patch;
mod path;
mod review;
pub(super) mod spelling;
mod spoken;
mod tool;

use super::ItemContent;
use super::head::Head;
use crate::item::{Record, RolloutItem};

pub(crate) use output::CallOutput;
pub(crate) use spoken::spoken;

/// What one record says about one item of a turn.
#[derive(Clone, PartialEq, Debug)]
#[allow(clippy::large_enum_variant)] // It is taken apart at once, never kept in numbers.
pub(crate) enum Said {
    /// What the item is. It stands where it is first said, and becomes what is said of it last.
    Item(SaidItem),
    /// A part of the reasoning that ends the turn so far, or begins one.
    Reasoning {
        /// A part of its summary.
        summary: Option<String>,
        /// A part of its text.
        content: Option<String>,
    },
    /// What came of a call that stands before it in the turn.
    Output(CallOutput),
}

/// An item as one record has it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SaidItem {
    /// Its own id, if it has one.
    pub(crate) id: Option<String>,
    pub(crate) content: ItemContent,
    pub(crate) started_at_ms: Option<i64>,
    pub(crate) completed_at_ms: Option<i64>,
    pub(crate) by: By,
}

/// Who says so. What an event says of an item, no call can change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum By {
    /// The model's own record of a tool call.
    Call,
    /// An event for people.
    Event,
}

/// What a record says about an item. `paginated`: the history has events for every item, so the
/// model's own records add nothing.
pub(crate) fn said(record: &Record<'_>, paginated: bool) -> Option<Said> {
    match record {
        Record::Event(kind, event) if kind == "item_completed" => completed_item::said(event),
        Record::Event(kind, event) => event::said(kind, event),
        Record::ResponseItem(item) if !paginated => call::said(item),
        Record::BareItem(item) => bare::said(item),
        _ => None,
    }
}

/// Whether a record is a message of a person.
pub(crate) fn is_user_message(record: &Record<'_>) -> bool {
    match said(record, true) {
        Some(Said::Item(item)) => matches!(item.content, ItemContent::UserMessage { .. }),
        _ => false,
    }
}

/// Whether a record alone says that there is an item.
pub(super) fn says_an_item(item: &RolloutItem, head: &Head) -> bool {
    let said = said(&item.record(), head.paginated);
    matches!(said, Some(Said::Item(_) | Said::Reasoning { .. }))
}

impl SaidItem {
    /// What an event says that gives no times.
    pub(crate) fn event(id: Option<String>, content: ItemContent) -> Self {
        Self { id, content, started_at_ms: None, completed_at_ms: None, by: By::Event }
    }
}

impl Said {
    /// An item without times.
    fn item(by: By, id: Option<String>, content: ItemContent) -> Self {
        Self::Item(SaidItem { id, content, started_at_ms: None, completed_at_ms: None, by })
    }
}

/// The words for how work went that are computed with.
mod status {
    pub(super) const IN_PROGRESS: &str = "inProgress";
    pub(super) const COMPLETED: &str = "completed";
    pub(super) const FAILED: &str = "failed";
    pub(super) const DECLINED: &str = "declined";

    /// How work went that succeeded or did not.
    pub(super) fn of(success: bool) -> String {
        if success { COMPLETED } else { FAILED }.into()
    }
}

#[cfg(test)]
mod tests;
