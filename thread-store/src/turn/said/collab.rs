//! Work with other agents.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::spelling::camel;
use super::status;
use crate::item::{Members, text_of};
use crate::turn::ItemContent;

/// A call as a completed item has it.
pub(super) fn of(item: Fields<'_, '_>) -> ItemContent {
    ItemContent::CollabAgentToolCall {
        tool: item.word("tool").unwrap_or_default(),
        status: item.word("status").unwrap_or_else(|| status::COMPLETED.into()),
        sender_thread_id: item.text_or_empty("sender_thread_id"),
        receiver_thread_ids: item.texts("receiver_thread_ids"),
        prompt: item.text("prompt"),
        model: item.text("model"),
        reasoning_effort: item.text("reasoning_effort"),
        agents_states: states(item, "agents_states"),
    }
}

/// A call as a legacy event `collab_…_end` has it.
pub(super) fn ended(event: Fields<'_, '_>, tool: &str) -> ItemContent {
    let receiver = event.text("receiver_thread_id").or_else(|| event.text("new_thread_id"));
    let mut agents_states = states(event, "statuses");
    if let (Some(receiver), Some(state)) = (&receiver, event.raw("status")) {
        agents_states.insert(receiver.clone(), state_of(state));
    }
    let spawned_nothing = tool == "spawnAgent" && receiver.is_none();
    let failed = spawned_nothing || agents_states.values().any(has_failed);
    ItemContent::CollabAgentToolCall {
        tool: tool.into(),
        status: status::of(!failed),
        sender_thread_id: event.text_or_empty("sender_thread_id"),
        // Names of an object come in the order of their letters.
        receiver_thread_ids: agents_states.keys().cloned().collect(),
        prompt: event.text("prompt"),
        model: event.text("model"),
        reasoning_effort: event.text("reasoning_effort"),
        agents_states,
    }
}

/// Something that another agent did.
pub(super) fn activity(item: Fields<'_, '_>) -> ItemContent {
    ItemContent::SubAgentActivity {
        kind: item.word("kind").unwrap_or_default(),
        agent_thread_id: item.text_or_empty("agent_thread_id"),
        agent_path: item.text_or_empty("agent_path"),
        model: item.text("model"),
        reasoning_effort: item.text("reasoning_effort"),
    }
}

fn states(item: Fields<'_, '_>, name: &str) -> Map<String, Value> {
    let states = item.object(name).unwrap_or_default();
    states.iter().map(|(thread, state)| (thread.to_owned(), state_of(state))).collect()
}

/// How an agent is: a word, or `{"completed": its last message}`.
fn state_of(state: &RawValue) -> Value {
    if let Some(word) = text_of(state) {
        return json!({"status": camel(&word), "message": null});
    }
    let members = Members::of_value(state);
    let Some((word, message)) = members.iter().next() else {
        return json!({"status": "unknown", "message": null});
    };
    // In the form of the protocol already.
    if let Some(word) = members.string("status") {
        return json!({"status": camel(&word), "message": members.string("message")});
    }
    json!({"status": camel(word), "message": text_of(message)})
}

fn has_failed(state: &Value) -> bool {
    state["status"] == "errored" || state["status"] == "notFound"
}
