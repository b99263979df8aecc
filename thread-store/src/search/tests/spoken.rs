//! What an index is told of records is enough.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::super::{Message, Speaker, searchable_message};
use crate::history::DamageReport;
use crate::id::ThreadId;
use crate::item::{RolloutItem, StoredItem};
use crate::metadata::ThreadMetadata;
use crate::ordinal::Ordinal;
use crate::thread::{ForkedFrom, Identity, StoredThread};
use crate::time::Timestamp;
use crate::turn::Replay;

fn event(payload: Value) -> Value {
    json!({"timestamp": "2026-11-20T16:33:40Z", "type": "event_msg", "payload": payload})
}

fn response(payload: Value) -> Value {
    json!({"timestamp": "2026-11-20T16:33:40Z", "type": "response_item", "payload": payload})
}

fn completed(turn: &str, kind: &str, id: &str, text: &str) -> Value {
    let parts = json!([{"type": "text", "text": text}, {"type": "image", "url": "x"}]);
    let item = json!({"type": kind, "id": id, "text": text, "content": parts});
    event(json!({"type": "item_completed", "turn_id": turn, "item": item}))
}

/// A record of each kind that says something of messages, or of which stand; ids repeat, so that
/// records speak of the same turns and items.
fn record() -> impl Strategy<Value = Value> {
    let (turn, id) = (select(&["t", "u", "v"][..]), select(&["i", "j", "k"][..]));
    let text = select(&["one", "## My request for Codex:\n two ", "", " ", "<skill>x"][..]);
    let kinds = select(&["UserMessage", "AgentMessage", "Plan", "OfTheFuture"][..]);
    (0..16, turn, id, text, kinds, 0..6).prop_map(|(which, turn, id, text, kind, n)| match which {
        0 => event(json!({"type": "task_started", "turn_id": turn})),
        1 => event(json!({"type": "task_complete", "turn_id": turn})),
        2 => event(json!({"type": "user_message", "message": text})),
        3 => {
            event(json!({"type": "user_message", "message": text, "turn_id": turn, "call_id": id}))
        }
        4 => event(json!({"type": "agent_message", "message": text, "call_id": id})),
        5 => event(json!({"type": "agent_message", "message": text, "turn_id": turn})),
        6 | 7 => completed(turn, kind, id, text),
        8 => event(json!({"type": "thread_rolled_back", "num_turns": n % 3})),
        9 => event(json!({"type": "thread_rolled_back", "num_turns": 1, "num_items": n})),
        10 => response(json!({"type": "message", "role": "user", "content": text})),
        11 => response(
            json!({"type": "function_call", "name": "shell", "call_id": id, "arguments": text}),
        ),
        12 => response(json!({"type": "function_call_output", "call_id": id, "output": text})),
        13 => json!({"role": "user", "content": text, "id": id}),
        14 => {
            json!({"type": "message", "role": "assistant", "content": [{"text": text}], "id": id})
        }
        _ => json!({"role": "tool", "tool_call_id": id, "content": text}),
    })
}

/// A history as of a session, of an older version, of a part of one; some of it lost.
fn history() -> impl Strategy<Value = Vec<StoredItem>> {
    let header = select(vec![
        None,
        Some(json!({"id": "x"})),
        Some(json!({"id": "x", "history_mode": "paginated"})),
        Some(json!({"id": "x", "subagent_history_start_ordinal": 3})),
    ]);
    let record = (record(), any::<bool>(), prop::bool::weighted(0.05));
    (header, prop::collection::vec(record, 0..40)).prop_map(|(header, records)| {
        let meta = |it| json!({"timestamp": "t", "type": "session_meta", "payload": it});
        let header = header.map(meta).into_iter().map(|it| (it, false, false));
        let numbered = |(at, (mut record, number, lost)): (usize, (Value, bool, bool))| {
            if number {
                record["ordinal"] = at.into();
            }
            let item = RolloutItem::from_bytes(record.to_string()).unwrap();
            (!lost).then_some(StoredItem { ordinal: Ordinal::ZERO.plus(at), item })
        };
        header.chain(records).enumerate().filter_map(numbered).collect()
    })
}

fn thread(fork: Option<u64>, paginated: bool) -> StoredThread {
    let created = Timestamp::from_millis(0);
    let mut identity = Identity::new(created);
    let id = ThreadId::from_parts(created, 1);
    identity.forked_from =
        fork.map(|at| ForkedFrom { thread_id: id, ordinal: Some(Ordinal::new(at)) });
    let mut metadata = ThreadMetadata::new(created);
    metadata.history_mode = paginated.then(|| "paginated".to_owned());
    StoredThread::new(id, identity, metadata)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn each_message_of_a_replay_is_what_a_record_of_its_own_says(
        history in history(),
        fork in proptest::option::of(0_u64..20),
        paginated in any::<bool>(),
    ) {
        let mut told: Vec<(Speaker, String)> =
            history.iter().filter_map(|stored| searchable_message(&stored.item)).collect();
        let replay = Replay::of(&thread(fork, paginated), history, DamageReport::default());
        for item in &replay.into_items() {
            let Some(message) = Message::of(item) else { continue };
            let said = (message.speaker, message.text.into_owned());
            let of_record = told.iter().position(|it| *it == said);
            prop_assert!(of_record.is_some(), "{said:?} is of no record");
            told.swap_remove(of_record.unwrap());
        }
    }
}
