//! Records of a conversation, as Codex writes them.

use serde_json::{Value, json};
use thread_store::RolloutItem;

const TIME: &str = "2026-01-01T00:00:00.000Z";

/// An item with this JSON.
pub(crate) fn item(json: &Value) -> RolloutItem {
    match RolloutItem::try_from(json.to_string().as_str()) {
        Ok(item) => item,
        Err(error) => unreachable!("a case made no item of its JSON: {error}"),
    }
}

fn enveloped(kind: &str, payload: &Value) -> RolloutItem {
    item(&json!({ "timestamp": TIME, "type": kind, "payload": payload }))
}

/// An event with these members.
pub(crate) fn event(payload: &Value) -> RolloutItem {
    enveloped("event_msg", payload)
}

/// What the model saw or said.
pub(crate) fn response(payload: &Value) -> RolloutItem {
    enveloped("response_item", payload)
}

/// The header of a history, with these members beside its id.
pub(crate) fn header(members: &Value) -> RolloutItem {
    let mut payload = json!({ "id": "00000000-0000-7000-8000-000000000000", "timestamp": TIME });
    for (name, value) in members.as_object().into_iter().flatten() {
        payload[name] = value.clone();
    }
    enveloped("session_meta", &payload)
}

/// The header of a history of which every item has an event.
pub(crate) fn paginated() -> RolloutItem {
    header(&json!({ "history_mode": "paginated" }))
}

/// A turn begins.
pub(crate) fn started(turn: &str) -> RolloutItem {
    event(&json!({ "type": "task_started", "turn_id": turn }))
}

/// A turn comes to its end.
pub(crate) fn completed(turn: &str) -> RolloutItem {
    event(&json!({ "type": "task_complete", "turn_id": turn }))
}

/// A turn is stopped.
pub(crate) fn aborted(turn: &str) -> RolloutItem {
    event(&json!({ "type": "turn_aborted", "turn_id": turn, "reason": "interrupted" }))
}

/// A person says something, in the legacy format.
pub(crate) fn asks(text: &str) -> RolloutItem {
    event(&json!({ "type": "user_message", "message": text }))
}

/// The agent says something, in the legacy format.
pub(crate) fn answers(text: &str) -> RolloutItem {
    event(&json!({ "type": "agent_message", "message": text }))
}

/// An item of a turn, in the paginated format.
pub(crate) fn done(turn: &str, item: &Value) -> RolloutItem {
    event(&json!({ "type": "item_completed", "turn_id": turn, "item": item }))
}

/// A person says something in a turn, in the paginated format.
pub(crate) fn asks_in(turn: &str, id: &str, text: &str) -> RolloutItem {
    let content = json!([{ "type": "text", "text": text }]);
    done(turn, &json!({ "type": "UserMessage", "id": id, "content": content }))
}

/// The agent says something in a turn, in the paginated format.
pub(crate) fn answers_in(turn: &str, id: &str, text: &str) -> RolloutItem {
    let content = json!([{ "type": "Text", "text": text }]);
    done(turn, &json!({ "type": "AgentMessage", "id": id, "content": content }))
}

/// A message without an envelope.
pub(crate) fn bare(role: &str, text: &str) -> RolloutItem {
    let kind = if role == "assistant" { "output_text" } else { "input_text" };
    let content = json!([{ "type": kind, "text": text }]);
    item(&json!({ "type": "message", "role": role, "content": content }))
}

/// A call of a command, its words apart, in the model's own record.
pub(crate) fn calls(call: &str, command: &str) -> RolloutItem {
    let words: Vec<_> = command.split(' ').collect();
    let arguments = json!({ "command": words }).to_string();
    response(&json!({
        "type": "function_call", "name": "shell", "call_id": call, "arguments": arguments,
    }))
}

/// What came of a call.
pub(crate) fn gives(call: &str, output: &str) -> RolloutItem {
    response(&json!({ "type": "function_call_output", "call_id": call, "output": output }))
}

/// A compaction with what stands in the place of all before it.
pub(crate) fn compacted(summary: &str) -> RolloutItem {
    let message = json!({ "type": "message", "role": "user", "content": [
        { "type": "input_text", "text": summary },
    ] });
    enveloped("compacted", &json!({ "message": "", "replacement_history": [message] }))
}

/// A compaction of the older kind, which tells nothing but its summary.
pub(crate) fn summarised(summary: &str) -> RolloutItem {
    enveloped("compacted", &json!({ "message": summary }))
}

/// The last turns are taken back, as Codex says it.
pub(crate) fn rolled_back(turns: u64) -> RolloutItem {
    event(&json!({ "type": "thread_rolled_back", "num_turns": turns }))
}

/// So many tokens were used so far.
pub(crate) fn used(total: u64) -> RolloutItem {
    let usage = json!({
        "input_tokens": total, "cached_input_tokens": 0, "output_tokens": 0,
        "reasoning_output_tokens": 0, "total_tokens": total,
    });
    event(&json!({ "type": "token_count", "info": { "total_token_usage": usage } }))
}

/// The settings of a turn: the model.
pub(crate) fn run_by(model: &str) -> RolloutItem {
    item(&json!({ "type": "turn_context", "payload": { "model": model } }))
}

/// A whole turn of the legacy format: four records.
pub(crate) fn turn(id: &str) -> Vec<RolloutItem> {
    vec![started(id), asks(&format!("ask {id}")), answers(&format!("answer {id}")), completed(id)]
}

/// So many whole turns: `t1`, `t2`, …
pub(crate) fn turns(numbers: std::ops::RangeInclusive<u64>) -> Vec<RolloutItem> {
    numbers.flat_map(|n| turn(&format!("t{n}"))).collect()
}
