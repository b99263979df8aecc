//! Which records of a session are kept.

use serde::{Deserialize, Serialize};

use crate::item::{Members, Record, RolloutItem};

/// How a session records its turns: the `history_mode` of its header.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HistoryMode {
    /// By what the model saw and said, and by events for the rest.
    Legacy,
    /// By events that tell of every item, so that turns are read in pages.
    Paginated,
}

impl HistoryMode {
    /// Its name in a header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Paginated => "paginated",
        }
    }

    /// The mode of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Legacy, Self::Paginated].into_iter().find(|mode| mode.as_str() == name)
    }
}

/// Which records of a session are kept: those that a history is read from later, and none of those
/// that only told a client what went on.
///
/// # What is kept
///
/// | Record | Legacy | Paginated |
/// | --- | --- | --- |
/// | a line of any kind other than those below, or without an envelope | yes | yes |
/// | `response_item`: `compaction_trigger`, `additional_tools`, `other` | no | no |
/// | `response_item`: any other | yes | yes |
/// | `item_completed`: `Plan`, `Sleep`, `Extension` that is a sleep | yes | yes |
/// | `item_completed`: any other item | no | yes |
/// | `user_message`, `agent_message`, `agent_reasoning`, `agent_reasoning_raw_content`, `entered_review_mode`, `exited_review_mode`, `patch_apply_end`, `context_compacted`, `mcp_tool_call_end`, `web_search_end`, `image_generation_end`, `sub_agent_activity` | yes | no |
/// | other events that only tell of progress: errors and warnings, whatever ends in `_delta` or `_begin`, requests and their answers, commands, hooks, `collab_*`, `guardian_*`, `realtime_*`, … | no | no |
/// | any other event: `task_started`, `task_complete`, `turn_aborted`, `token_count`, `thread_*`, … | yes | yes |
///
/// What is dropped is named; the rest is kept. So an unknown record is kept, and so is one of an odd
/// shape, save that an unknown event which ends in `_begin` or `_delta`, or starts as a family does
/// that is dropped, is taken for one of these.
///
/// The table is that of Codex, `rollout/src/policy.rs`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PersistencePolicy(Extent);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Extent {
    Mode(HistoryMode),
    EitherMode,
    Everything,
}

impl PersistencePolicy {
    /// What a session of this mode keeps. If it did not say how it records its turns: what either
    /// mode keeps.
    #[must_use]
    pub const fn of(mode: Option<HistoryMode>) -> Self {
        match mode {
            Some(mode) => Self(Extent::Mode(mode)),
            None => Self(Extent::EitherMode),
        }
    }

    /// Every record.
    #[must_use]
    pub const fn everything() -> Self {
        Self(Extent::Everything)
    }

    /// Whether this item is kept.
    #[must_use]
    pub fn keeps(self, item: &RolloutItem) -> bool {
        self.0 == Extent::Everything || self.keeps_record(&item.record())
    }

    /// Those of the items that are kept.
    pub(super) fn kept(self, mut items: Vec<RolloutItem>) -> Vec<RolloutItem> {
        items.retain(|item| self.keeps(item));
        items
    }

    /// The same, of an item that was taken apart already.
    pub(crate) fn keeps_record(self, record: &Record<'_>) -> bool {
        match self.0 {
            Extent::Everything => true,
            Extent::EitherMode => KeptIn::of(record) != KeptIn::Neither,
            Extent::Mode(mode) => match KeptIn::of(record) {
                KeptIn::Both => true,
                KeptIn::Only(only) => only == mode,
                KeptIn::Neither => false,
            },
        }
    }
}

/// Events of which `item_completed` tells as well.
const LEGACY_EVENTS: &[&str] = &[
    "user_message",
    "agent_message",
    "agent_reasoning",
    "agent_reasoning_raw_content",
    "entered_review_mode",
    "exited_review_mode",
    "patch_apply_end",
    "context_compacted",
    "mcp_tool_call_end",
    "web_search_end",
    "image_generation_end",
    "sub_agent_activity",
];

/// Events that no mode keeps, by name.
#[rustfmt::skip] // A row is a family.
const DROPPED_EVENTS: &[&str] = &[
    // What went wrong; a turn that failed says so at its end.
    "error", "warning", "stream_error", "deprecation_notice",
    // What a person or a program is asked.
    "exec_approval_request", "apply_patch_approval_request", "request_permissions",
    "request_user_input", "elicitation_request",
    // What the model's own records tell.
    "raw_response_item", "item_started", "exec_command_end", "view_image_tool_call",
    "dynamic_tool_call_request", "dynamic_tool_call_response",
    // Progress.
    "agent_reasoning_section_break", "terminal_interaction", "patch_apply_updated", "turn_diff",
    "plan_update", "background_event", "undo_started", "hook_started", "hook_completed",
    // The session and its servers.
    "session_configured", "shutdown_complete", "mcp_startup_update", "mcp_startup_complete",
    "model_reroute", "model_verification", "safety_buffering", "turn_moderation_metadata",
    "skills_update_available", "remote_skill_downloaded",
    // Answers to a client.
    "get_history_entry_response", "mcp_list_tools_response", "list_custom_prompts_response",
    "list_skills_response", "list_remote_skills_response",
];

/// Events that no mode keeps, by how their names start.
const DROPPED_FAMILIES: &[&str] = &["collab_", "guardian_", "realtime_"];

/// Events that no mode keeps, by how their names end: an `_end` or a whole text follows.
const DROPPED_STAGES: &[&str] = &["_begin", "_delta"];

/// What the model is sent that no mode keeps.
const DROPPED_RESPONSE_ITEMS: &[&str] = &["additional_tools", "compaction_trigger", "other"];

/// The modes that keep a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum KeptIn {
    Both,
    Only(HistoryMode),
    Neither,
}

impl KeptIn {
    fn of(record: &Record<'_>) -> Self {
        match record {
            Record::Event(kind, event) => Self::of_event(kind, event),
            Record::ResponseItem(item) => Self::of_response_item(item),
            _ => Self::Both,
        }
    }

    fn of_response_item(item: &Members<'_>) -> Self {
        match item.string("type") {
            Some(kind) if DROPPED_RESPONSE_ITEMS.contains(&kind.as_str()) => Self::Neither,
            _ => Self::Both,
        }
    }

    fn of_event(kind: &str, event: &Members<'_>) -> Self {
        if kind == "item_completed" {
            Self::of_completed_item(event)
        } else if LEGACY_EVENTS.contains(&kind) {
            Self::Only(HistoryMode::Legacy)
        } else if is_dropped_event(kind) {
            Self::Neither
        } else {
            Self::Both
        }
    }

    /// Of most items a legacy history tells otherwise.
    fn of_completed_item(event: &Members<'_>) -> Self {
        let item = event.object("item").unwrap_or_default();
        match item.string("type").as_deref() {
            None | Some("Plan" | "Sleep") => Self::Both,
            Some("Extension") => Self::of_extension(&item),
            Some(_) => Self::Only(HistoryMode::Paginated),
        }
    }

    fn of_extension(item: &Members<'_>) -> Self {
        match item.string("kind").as_deref() {
            None | Some("clock.sleep") => Self::Both,
            Some(_) => Self::Only(HistoryMode::Paginated),
        }
    }
}

fn is_dropped_event(kind: &str) -> bool {
    DROPPED_EVENTS.contains(&kind)
        || DROPPED_FAMILIES.iter().any(|family| kind.starts_with(family))
        || DROPPED_STAGES.iter().any(|stage| kind.ends_with(stage))
}

#[cfg(test)]
mod tests;
