mod bare;
mod call;
mod completed_item;
mod event;
mod parts;
mod spoken;

use serde_json::{Value, json};

use super::*;
use crate::item::RolloutItem;

/// What a record says of a legacy history, and of a paginated one.
fn both(record: &Value) -> [Option<Said>; 2] {
    let item = RolloutItem::from_bytes(record.to_string()).unwrap();
    [false, true].map(|paginated| said(&item.record(), paginated))
}

/// What an event says: the same in both histories.
fn event(payload: Value) -> Option<Said> {
    let [legacy, paginated] =
        both(&json!({"timestamp": "t", "type": "event_msg", "payload": payload}));
    assert_eq!(legacy, paginated);
    legacy
}

/// What a response item says: nothing in a paginated history.
fn response_item(payload: Value) -> Option<Said> {
    let [legacy, paginated] =
        both(&json!({"timestamp": "t", "type": "response_item", "payload": payload}));
    assert_eq!(paginated, None);
    legacy
}

/// What a record without an envelope says: the same in both histories.
fn bare(record: Value) -> Option<Said> {
    let [legacy, paginated] = both(&record);
    assert_eq!(legacy, paginated);
    legacy
}

fn item(said: Option<Said>) -> SaidItem {
    match said {
        Some(Said::Item(item)) => item,
        other => panic!("no item: {other:?}"),
    }
}

/// An item in JSON.
fn json(said: Option<Said>) -> Value {
    serde_json::to_value(item(said).content).unwrap()
}
