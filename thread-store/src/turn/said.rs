//! What one record says about one item of a turn.

use super::ItemContent;
use crate::item::Record;

/// What one record says about one item of a turn.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
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

/// What came of a call.
#[derive(Clone, Debug)]
pub(crate) struct CallOutput {
    pub(crate) call_id: String,
}

/// What a record says about an item. `paginated`: the history has events for every item, so the
/// model's own records add nothing.
pub(crate) fn said(_record: &Record<'_>, _paginated: bool) -> Option<Said> {
    None
}

/// Whether an event of this kind may say something of an item.
pub(crate) fn speaks(_kind: &str) -> bool {
    true
}

impl SaidItem {
    /// What an event says that gives no times.
    pub(crate) fn event(id: Option<String>, content: ItemContent) -> Self {
        Self { id, content, started_at_ms: None, completed_at_ms: None, by: By::Event }
    }
}

/// Whether a record is a message of a person.
pub(crate) fn is_user_message(record: &Record<'_>) -> bool {
    match said(record, true) {
        Some(Said::Item(item)) => matches!(item.content, ItemContent::UserMessage { .. }),
        _ => false,
    }
}

impl ItemContent {
    /// Takes over what came of the call.
    pub(crate) fn finish(&mut self, _output: &CallOutput) {}
}
