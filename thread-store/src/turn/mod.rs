//! Turns and their items: what people read of a thread, derived from its records.
//!
//! A record is a [`Signal`], if it means anything to turns; [`Backward`] goes through a history from
//! its end and lets through what stands; [`Reducer`] makes turns of that, in order, with what each
//! record [`said`] of their items. [`Head`] is what the start of a history says about the whole.
//! All of it is pure; `derived/` reads the records.

mod content;
mod cursor;
mod head;
mod marker;
mod model_context;
mod page;
mod reach;
mod reducer;
mod replay;
mod revert;
mod said;
mod signal;
mod standing;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ordinal::Ordinal;

pub use content::{FileUpdateChange, ItemContent, PatchChangeKind};
pub(crate) use cursor::{Place, Rows};
pub(crate) use head::Head;
pub(crate) use marker::TakenBack;
pub use model_context::{LoadModelContext, ModelContext};
pub use page::{ItemPage, ListItems, ListTurns, Replay, TurnPage};
pub(crate) use reach::{Counted, Reach, Unplaced};
pub(crate) use reducer::{REACH, Reducer};
pub use revert::{RevertThread, RevertTo, RevertedThread};
pub(crate) use said::spoken;
pub(crate) use signal::Signal;
pub(crate) use standing::{Backward, Standing};

/// One piece of the agent's work: what stands between its start and its end.
///
/// Derived from history, never stored. In JSON it has the form of the app-server protocol (`Turn`),
/// with one member more, `inherited`, where that is true.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Turn {
    /// The id that its records give it, else `rollout-` and the ordinal at which it starts.
    pub id: String,
    /// The first turn in the chain of work that led to this one, where it was recorded.
    pub root_turn_id: Option<String>,
    /// Its items, in the order of their first records, as far as [`items_view`](Self::items_view)
    /// says.
    pub items: Vec<ThreadItem>,
    /// How much of the items is there.
    pub items_view: ItemsView,
    /// How it ended, or that it did not.
    pub status: TurnStatus,
    /// Why it failed.
    pub error: Option<TurnError>,
    /// When it started, in Unix seconds, where it was recorded.
    pub started_at: Option<i64>,
    /// When it ended, in Unix seconds, where it was recorded.
    pub completed_at: Option<i64>,
    /// How long it took, in milliseconds, where it was recorded.
    pub duration_ms: Option<i64>,
    /// Where it stands: the ordinal of the first record that belongs to it.
    #[serde(skip)]
    pub ordinal: Ordinal,
    /// Whether it began in the thread that this one was forked from.
    #[serde(skip_serializing_if = "is_false")]
    pub inherited: bool,
    /// Where its end record stands, if it has one.
    #[serde(skip)]
    pub(crate) end: Option<Ordinal>,
}

impl Turn {
    /// The turn with as much of its items as a view shows, out of those that it has.
    #[must_use]
    pub fn with_view(mut self, view: ItemsView) -> Self {
        match view {
            ItemsView::NotLoaded => self.items.clear(),
            ItemsView::Summary => self.summarise(),
            ItemsView::Full => return self,
        }
        self.items_view = view;
        self
    }

    /// Keeps the first user message and, of a turn that came to an end, the last message of the
    /// agent.
    fn summarise(&mut self) {
        let ended = self.end.is_some() || self.status == TurnStatus::Completed;
        let is_user = |item: &ThreadItem| matches!(item.content, ItemContent::UserMessage { .. });
        let is_agent = |item: &ThreadItem| matches!(item.content, ItemContent::AgentMessage { .. });
        let first = self.items.iter().position(is_user);
        let last = self.items.iter().rposition(is_agent).filter(|_| ended);
        let mut index = 0;
        self.items.retain(|_| {
            index += 1;
            Some(index - 1) == first || Some(index - 1) == last
        });
    }
}

/// How a turn ended, or that it did not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum TurnStatus {
    /// It came to its end.
    Completed,
    /// It was stopped, or another turn began before it ended.
    Interrupted,
    /// It ended with an error.
    Failed,
    /// It has begun and not ended, and nothing began after it.
    InProgress,
}

/// Why a turn failed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TurnError {
    /// For people.
    pub message: String,
    /// For machines: a name, or an object with one.
    pub codex_error_info: Option<Value>,
    /// More for people.
    pub additional_details: Option<String>,
    /// What Codex says of a block for misalignment. Opaque.
    pub misalignment: Option<Value>,
}

impl fmt::Debug for TurnError {
    /// What machines read only: messages may quote contents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnError")
            .field("codex_error_info", &self.codex_error_info)
            .finish_non_exhaustive()
    }
}

/// How much of the items of a turn is wanted, or there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ItemsView {
    /// None.
    NotLoaded,
    /// The first user message and, if the turn came to an end, the last message of the agent.
    Summary,
    /// All.
    #[default]
    Full,
}

/// One thing that was said or done in a turn.
///
/// In JSON it has the form of the app-server protocol (`ThreadItem`), with the times beside the
/// content, and one member more, `inherited`, where that is true.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ThreadItem {
    /// The id that its records give it, else `item-` and the ordinal of its first record.
    pub id: String,
    /// What it is.
    #[serde(flatten)]
    pub content: ItemContent,
    /// When it started, in Unix milliseconds, where it was recorded.
    pub started_at_ms: Option<i64>,
    /// When it was done, in Unix milliseconds, where it was recorded.
    pub completed_at_ms: Option<i64>,
    /// The turn it belongs to.
    #[serde(skip)]
    pub turn_id: String,
    /// Where it stands: the ordinal of its first record.
    #[serde(skip)]
    pub ordinal: Ordinal,
    /// Whether it comes from the thread that this one was forked from.
    #[serde(skip_serializing_if = "is_false")]
    pub inherited: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // The form that serde calls.
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests;
