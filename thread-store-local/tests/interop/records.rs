//! The records of a turn, as an agent hands them to a live thread.

use serde_json::{Value, json};
use thread_store::{
    BeginTurn, Clock as _, EndTurn, HistoryMode, LiveThread, RolloutItem, SystemClock, ThreadId,
    TurnOutcome,
};

/// One turn: a question and its answer.
pub(crate) async fn turn(live: &LiveThread, mode: HistoryMode, question: &str, answer: &str) {
    let turn_id = ThreadId::generate().to_string();
    let said = |who, text| said(live.thread_id(), mode, &turn_id, who, text);
    let begin = BeginTurn::new().with_turn_id(turn_id.clone());
    live.begin_turn(begin.with_items(said(Who::User, question))).await.unwrap();
    let end = EndTurn::new(TurnOutcome::Completed).with_items(said(Who::Agent, answer));
    live.end_turn(end).await.unwrap();
}

#[derive(Clone, Copy)]
enum Who {
    User,
    Agent,
}

/// The model's record, and the event that tells of it.
fn said(id: ThreadId, mode: HistoryMode, turn_id: &str, who: Who, text: &str) -> Vec<RolloutItem> {
    let (role, content) = match who {
        Who::User => ("user", "input_text"),
        Who::Agent => ("assistant", "output_text"),
    };
    let message =
        json!({"type": "message", "role": role, "content": [{"type": content, "text": text}]});
    let event = match mode {
        HistoryMode::Paginated => completed(id, turn_id, who, text),
        _ => event(who, text),
    };
    vec![item("response_item", &message), item("event_msg", &event)]
}

fn event(who: Who, text: &str) -> Value {
    match who {
        Who::User => json!({"type": "user_message", "message": text, "images": []}),
        Who::Agent => json!({"type": "agent_message", "message": text}),
    }
}

fn completed(id: ThreadId, turn_id: &str, who: Who, text: &str) -> Value {
    let item_id = ThreadId::generate();
    let item = match who {
        Who::User => json!({"type": "UserMessage", "id": item_id,
            "content": [{"type": "text", "text": text, "text_elements": []}]}),
        Who::Agent => json!({"type": "AgentMessage", "id": item_id,
            "content": [{"type": "Text", "text": text}]}),
    };
    let at = SystemClock.now().as_millis();
    json!({"type": "item_completed", "thread_id": id, "turn_id": turn_id, "item": item,
        "started_at_ms": at, "completed_at_ms": at})
}

pub(crate) fn item(kind: &str, payload: &Value) -> RolloutItem {
    RolloutItem::new(kind, payload, SystemClock.now()).unwrap()
}
