//! What one record means for the turns of its thread.

use serde_json::Value;

use super::head::Head;
use super::marker::TakenBack;
use super::said::is_user_message;
use super::said::spelling::{camel, camel_names};
use super::{TurnError, TurnStatus};
use crate::item::{Members, Record, RolloutItem};

/// What one record means for the turns of its thread.
#[derive(Clone, Debug)]
pub(crate) enum Signal {
    /// A turn begins.
    Start(TurnStart),
    /// A turn ends.
    End(TurnEnd),
    /// A person says something, in no turn that the record names.
    UserMessage,
    /// The turn goes wrong, in one that the record names or the open one.
    Failed(Option<String>, TurnError),
    /// Something is said or done, in the turn that the record names.
    In(String),
    /// Something may be said or done, in no turn that the record names.
    Item,
    /// What stands before is taken back.
    TakenBack(TakenBack),
}

/// The start record of a turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct TurnStart {
    pub(crate) id: Option<String>,
    pub(crate) root_turn_id: Option<String>,
    pub(crate) started_at: Option<i64>,
}

/// The end record of a turn.
#[derive(Clone, Debug)]
pub(crate) struct TurnEnd {
    pub(crate) id: Option<String>,
    pub(crate) root_turn_id: Option<String>,
    pub(crate) status: TurnStatus,
    pub(crate) error: Option<TurnError>,
    pub(crate) started_at: Option<i64>,
    pub(crate) completed_at: Option<i64>,
    pub(crate) duration_ms: Option<i64>,
}

impl Signal {
    /// What a record means; `None` for the many that mean nothing to turns.
    pub(crate) fn of(item: &RolloutItem, head: &Head) -> Option<Self> {
        let members = item.members();
        if head.hides(&members) {
            return None;
        }
        // The model's own records are the longest, and what is in them says nothing here.
        if members.string("type").as_deref() == Some("response_item") {
            return (!head.paginated).then_some(Self::Item);
        }
        match Record::of(members) {
            Record::Event(kind, event) => Self::of_event(&kind, event),
            record @ Record::BareItem(_) if is_user_message(&record) => Some(Self::UserMessage),
            Record::BareItem(_) => Some(Self::Item),
            _ => None,
        }
    }

    /// Whether this record, standing or taken back, is none of the turn before it.
    pub(crate) fn leaves_the_turn(&self) -> bool {
        matches!(self, Self::Start(_) | Self::TakenBack(_))
    }

    /// The turn that the record names.
    pub(crate) fn turn_id(&self) -> Option<&str> {
        match self {
            Self::Start(start) => start.id.as_deref(),
            Self::End(end) => end.id.as_deref(),
            Self::Failed(id, _) => id.as_deref(),
            Self::In(id) => Some(id),
            Self::UserMessage | Self::Item | Self::TakenBack(_) => None,
        }
    }

    fn of_event(kind: &str, event: Members<'_>) -> Option<Self> {
        Some(match kind {
            "task_started" | "turn_started" => Self::Start(TurnStart::of(&event)),
            "task_complete" | "turn_complete" => Self::End(TurnEnd::completed(&event)),
            "turn_aborted" => Self::End(TurnEnd::aborted(&event)),
            "thread_rolled_back" => Self::TakenBack(TakenBack::of(&event)?),
            "error" if is_no_failure(&event) => return None,
            "error" => Self::Failed(event.non_empty("turn_id"), TurnError::of(&event)),
            "token_count" | "thread_settings_applied" | "thread_goal_updated" => return None,
            _ => match event.non_empty("turn_id") {
                Some(id) => Self::In(id),
                None if kind == "user_message" => {
                    is_user_message(&Record::Event(kind.to_owned(), event))
                        .then_some(Self::UserMessage)?
                }
                None => Self::Item,
            },
        })
    }
}

impl TurnStart {
    fn of(event: &Members<'_>) -> Self {
        Self {
            id: event.non_empty("turn_id"),
            root_turn_id: event.non_empty("root_turn_id"),
            started_at: event.parse("started_at"),
        }
    }
}

impl TurnEnd {
    fn completed(event: &Members<'_>) -> Self {
        let error = event.object("error").map(|error| TurnError::of(&error));
        let status = if error.is_some() { TurnStatus::Failed } else { TurnStatus::Completed };
        Self::of(event, status, error)
    }

    fn aborted(event: &Members<'_>) -> Self {
        Self::of(event, TurnStatus::Interrupted, None)
    }

    fn of(event: &Members<'_>, status: TurnStatus, error: Option<TurnError>) -> Self {
        Self {
            id: event.non_empty("turn_id"),
            root_turn_id: event.non_empty("root_turn_id"),
            status,
            error,
            started_at: event.parse("started_at"),
            completed_at: event.parse("completed_at"),
            duration_ms: event.parse("duration_ms"),
        }
    }
}

impl TurnError {
    fn of(error: &Members<'_>) -> Self {
        Self {
            message: error.string("message").unwrap_or_default(),
            codex_error_info: error.parse::<Value>("codex_error_info").map(spelt),
            additional_details: error.non_empty("additional_details"),
            misalignment: error.parse::<Value>("misalignment").map(camel_names),
        }
    }
}

/// Whether an error is about a request beside the turn: Codex refuses it, and the turn goes on.
fn is_no_failure(error: &Members<'_>) -> bool {
    let Some(info) = error.get("codex_error_info") else { return false };
    ["thread_rollback_failed", "active_turn_not_steerable"].iter().any(|name| {
        error.string("codex_error_info").as_deref() == Some(name)
            || Members::of_value(info).has(name)
    })
}

/// A name, or an object of which names are the keys, in the spelling of the protocol.
fn spelt(info: Value) -> Value {
    match info {
        Value::String(name) => camel(&name).into(),
        info => camel_names(info),
    }
}
