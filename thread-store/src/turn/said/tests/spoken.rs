//! Which records are messages, told at a glance.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::super::spoken::{is_message, spoken};
use super::*;

fn item(text: &str) -> RolloutItem {
    RolloutItem::try_from(text).unwrap()
}

/// What is told by taking everything apart, in either kind of history.
fn told(item: &RolloutItem) -> Option<ItemContent> {
    let [legacy, paginated] =
        [false, true].map(|paginated| match said(&item.record(), paginated) {
            Some(Said::Item(said)) if is_message(&said.content) => Some(said.content),
            _ => None,
        });
    assert_eq!(legacy, paginated);
    legacy
}

#[test]
fn messages_in_every_format_are_spoken() {
    let event = |payload: Value| json!({"timestamp": "t", "type": "event_msg", "payload": payload});
    let done = |item: Value| event(json!({"type": "item_completed", "item": item}));
    let text = json!([{"type": "text", "text": "hi"}]);
    for record in [
        event(json!({"type": "user_message", "message": "hi"})),
        event(json!({"type": "agent_message", "message": "hi"})),
        done(json!({"type": "UserMessage", "content": text})),
        done(json!({"type": "AgentMessage", "content": text})),
        json!({"type": "message", "role": "user", "content": text}),
        json!({"role": "assistant", "content": "hi"}),
    ] {
        let spoken = spoken(&item(&record.to_string())).unwrap();
        assert_eq!(spoken.searchable_text().unwrap(), "hi", "{record}");
    }
}

#[test]
fn escapes_hide_no_message() {
    let record =
        r#"{"t\u0079pe":"event\u005fmsg","payload":{"type":"user_messag\u0065","message":"hi"}}"#;
    assert!(spoken(&item(record)).is_some());
    let record = r#"{"type":"response_item","type":"event_msg","payload":{"type":"agent_message","message":"hi"}}"#;
    assert!(spoken(&item(record)).is_some());
}

#[test]
fn what_is_no_message_is_not_spoken() {
    for record in [
        json!({}),
        json!({"type": "event_msg"}),
        json!({"type": "event_msg", "payload": "user_message"}),
        json!({"type": "event_msg", "payload": {"type": "item_completed", "item": {"type": "Plan"}}}),
        json!({"type": "response_item", "payload": {"type": "message", "role": "user", "content": "hi"}}),
        json!({"type": "event_msg", "payload": {"type": "user_message", "message": "hi", "kind": "x"}}),
        json!({"role": "developer", "content": "hi"}),
    ] {
        assert_eq!(spoken(&item(&record.to_string())), None, "{record}");
    }
}

/// Members of records, with names and kinds in all the places where they are looked at.
fn object(depth: u32) -> BoxedStrategy<String> {
    let kinds = [
        r#""event_msg""#,
        r#""response_item""#,
        r#""message""#,
        r#""item_completed""#,
        r#""user_message""#,
        r#""agent_message""#,
        r#""UserMessage""#,
        r#""AgentMessage""#,
        r#""Plan""#,
        r#""event\u005fmsg""#,
        "null",
        "1",
    ];
    let role = [r#""user""#, r#""assistant""#, r#""tool""#];
    let texts = [r#""hi""#, r#"[{"type":"text","text":"hi"}]"#, r#""""#];
    let member = |name: &'static str, values: &[&'static str]| {
        select(values.to_vec()).prop_map(move |value| format!(r#""{name}":{value}"#)).boxed()
    };
    let mut members = vec![
        member("type", &kinds),
        member("type", &kinds),
        member(r"t\u0079pe", &kinds),
        member("role", &role),
        member("content", &texts),
        member("message", &texts),
        member("timestamp", &[r#""t""#]),
        member("ordinal", &["1"]),
    ];
    if depth > 0 {
        for name in ["payload", "item"] {
            members.push(object(depth - 1).prop_map(move |it| format!(r#""{name}":{it}"#)).boxed());
        }
    }
    let members = prop::collection::vec(proptest::strategy::Union::new(members), 0..5);
    members.prop_map(|members| format!("{{{}}}", members.join(","))).boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn a_glance_overlooks_no_message(record in object(2)) {
        let item = item(&record);
        prop_assert_eq!(spoken(&item), told(&item));
    }
}
