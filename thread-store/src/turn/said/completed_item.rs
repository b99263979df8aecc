//! Events `item_completed`: items as the agent itself had them.

use super::fields::{Fields, value_of};
use super::spelling::{camel, camel_names};
use super::{By, Said, SaidItem, changes, collab, command, message, path, review, status, tool};
use crate::item::Members;
use crate::turn::ItemContent;

/// The item of an event `item_completed`.
pub(super) fn said(event: &Members<'_>) -> Option<Said> {
    let members = event.object("item")?;
    let item = Fields::of(&members);
    let kind = item.text("type")?;
    let content = content(&kind, item).unwrap_or_else(|| unknown(&kind, &members));
    let event = Fields::of(event);
    Some(Said::Item(SaidItem {
        id: item.text("id"),
        content,
        started_at_ms: event.scalar("started_at_ms"),
        completed_at_ms: event.scalar("completed_at_ms"),
        by: By::Event,
    }))
}

/// What an item of a known kind is.
fn content(kind: &str, item: Fields<'_, '_>) -> Option<ItemContent> {
    Some(match kind {
        "UserMessage" => user_message(item),
        "HookPrompt" => hook_prompt(item),
        "AgentMessage" => message::agent(agent_text(item), item),
        "FunctionCallOutput" => function_call_output(item),
        "Plan" => ItemContent::Plan { text: item.text_or_empty("text") },
        "Reasoning" => ItemContent::Reasoning {
            summary: item.texts("summary_text"),
            content: item.texts("raw_content"),
        },
        "CommandExecution" => command::of(item),
        "FileChange" => file_change(item),
        "McpToolCall" => tool::mcp(item),
        "DynamicToolCall" => tool::dynamic(item),
        "CollabAgentToolCall" => collab::of(item),
        "SubAgentActivity" => collab::activity(item),
        "WebSearch" => tool::web_search(item),
        "ImageView" => ItemContent::ImageView { path: path::local(&item.text_or_empty("path")) },
        "Sleep" => ItemContent::Sleep { duration_ms: item.scalar("duration_ms")? },
        "ImageGeneration" => tool::image_generation(item),
        "EnteredReviewMode" => ItemContent::EnteredReviewMode { review: review::request(item) },
        "ExitedReviewMode" => ItemContent::ExitedReviewMode { review: review::outcome(item) },
        "ContextCompaction" => ItemContent::ContextCompaction,
        "Extension" => return extension(item),
        _ => return None,
    })
}

/// An item that an extension of the agent made: the kind says which of the others it is.
fn extension(item: Fields<'_, '_>) -> Option<ItemContent> {
    match item.text("kind")?.as_str() {
        "clock.sleep" => content("Sleep", item),
        "web.search" => content("WebSearch", item),
        "image_gen.generation" => content("ImageGeneration", item),
        _ => None,
    }
}

fn user_message(item: Fields<'_, '_>) -> ItemContent {
    ItemContent::UserMessage {
        client_id: item.text("client_id"),
        content: item.list("content").into_iter().map(message::user_part).collect(),
    }
}

fn hook_prompt(item: Fields<'_, '_>) -> ItemContent {
    let fragments = item.values("fragments").unwrap_or_default();
    ItemContent::HookPrompt { fragments: fragments.into_iter().map(camel_names).collect() }
}

/// The text of a message: that of its parts.
fn agent_text(item: Fields<'_, '_>) -> String {
    item.text("text").unwrap_or_else(|| message::text_of_parts(&item.list("content")))
}

fn function_call_output(item: Fields<'_, '_>) -> ItemContent {
    ItemContent::FunctionCallOutput {
        name: item.text_or_empty("name"),
        namespace: item.text("namespace"),
        output: item.value_or_null("output"),
    }
}

fn file_change(item: Fields<'_, '_>) -> ItemContent {
    ItemContent::FileChange {
        changes: changes::of(item),
        status: item.word("status").unwrap_or_else(|| status::COMPLETED.into()),
    }
}

/// An item of a kind that is not known. Its id and its times stand beside the content.
fn unknown(kind: &str, item: &Members<'_>) -> ItemContent {
    let mut members: serde_json::Map<_, _> =
        item.iter().map(|(name, value)| (camel(name), value_of(value))).collect();
    for name in ["id", "startedAtMs", "completedAtMs", "inherited"] {
        members.remove(name);
    }
    members.insert("type".into(), camel(kind).into());
    ItemContent::Unknown(members)
}
