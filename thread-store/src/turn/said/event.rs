//! Events of the legacy format: each says one thing that people see.

use super::fields::Fields;
use super::{By, Said, changes, collab, command, message, path, review, status, tool};
use crate::item::Members;
use crate::turn::ItemContent;

/// What an event other than `item_completed` says of an item.
pub(super) fn said(kind: &str, event: &Members<'_>) -> Option<Said> {
    let event = Fields::of(event);
    match kind {
        "agent_reasoning" => {
            Some(Said::Reasoning { summary: Some(non_empty(event, "text")?), content: None })
        }
        "agent_reasoning_raw_content" => {
            Some(Said::Reasoning { summary: None, content: Some(non_empty(event, "text")?) })
        }
        _ => {
            // First: most events say nothing of items.
            let content = content(kind, event)?;
            Some(Said::item(By::Event, id(event), content))
        }
    }
}

fn content(kind: &str, event: Fields<'_, '_>) -> Option<ItemContent> {
    Some(match kind {
        "user_message" => message::legacy_user(event)?,
        "agent_message" => message::agent(non_empty(event, "message")?, event),
        "plan" => ItemContent::Plan { text: non_empty(event, "text")? },
        "patch_apply_end" => file_change(event),
        "context_compacted" => ItemContent::ContextCompaction,
        "entered_review_mode" => ItemContent::EnteredReviewMode { review: review::request(event) },
        "exited_review_mode" => ItemContent::ExitedReviewMode { review: review::outcome(event) },
        "mcp_tool_call_end" => tool::mcp_ended(event),
        "web_search_end" => tool::web_search(event),
        "image_generation_end" => tool::image_generation(event),
        "view_image_tool_call" => {
            ItemContent::ImageView { path: path::local(&event.text_or_empty("path")) }
        }
        "exec_command_end" => command::of(event),
        "dynamic_tool_call_response" => tool::dynamic(event),
        "collab_agent_spawn_end" => collab::ended(event, "spawnAgent"),
        "collab_agent_interaction_end" => collab::ended(event, "sendInput"),
        "collab_waiting_end" => collab::ended(event, "wait"),
        "collab_close_end" => collab::ended(event, "closeAgent"),
        "collab_resume_end" => collab::ended(event, "resumeAgent"),
        "sub_agent_activity" => collab::activity(event),
        _ => return None,
    })
}

/// The id of the call, or of the activity.
fn id(event: Fields<'_, '_>) -> Option<String> {
    event.text("call_id").or_else(|| event.text("event_id"))
}

fn non_empty(event: Fields<'_, '_>, name: &str) -> Option<String> {
    event.text(name).filter(|text| !text.is_empty())
}

fn file_change(event: Fields<'_, '_>) -> ItemContent {
    let success = || event.scalar("success").unwrap_or(true);
    ItemContent::FileChange {
        changes: changes::of(event),
        status: event.word("status").unwrap_or_else(|| status::of(success())),
    }
}
