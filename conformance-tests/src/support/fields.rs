//! The fields of metadata, without a list of them.

use serde_json::{Value, json};
use thread_store::{StoredThread, ThreadMetadata, ThreadMetadataPatch, Timestamp};

use crate::case::{CaseResult, fail};
use crate::support::context::EPOCH_MILLIS;

/// The patch that this JSON says.
pub(crate) fn patch(json: &Value) -> CaseResult<ThreadMetadataPatch> {
    Ok(ThreadMetadataPatch::from_json(json)?)
}

/// A value that the field takes, the n-th of a row of different ones.
pub(crate) fn sample(field: &str, n: u32) -> CaseResult<Value> {
    let candidates = [
        json!(format!("{field} {n}")),
        json!(Timestamp::from_millis(EPOCH_MILLIS + 1000 + i64::from(n))),
        json!({
            "input_tokens": n, "cached_input_tokens": 1, "output_tokens": 2,
            "reasoning_output_tokens": 3, "total_tokens": 4, "of_the_future": 5,
        }),
        json!(n),
    ];
    for candidate in candidates {
        if takes(field, &candidate) {
            return Ok(candidate);
        }
    }
    fail("a sample", format!("a value that {field} takes"), "none")
}

/// Whether the field takes this value.
pub(crate) fn takes(field: &str, value: &Value) -> bool {
    ThreadMetadataPatch::from_json(&json!({ field: value })).is_ok()
}

/// The names of the fields that take this value: `null` for those that can be empty.
pub(crate) fn that_take(value: &Value) -> impl Iterator<Item = &'static str> {
    let names = ThreadMetadata::FIELD_NAMES.iter().copied();
    names.filter(move |field| takes(field, value))
}

/// The JSON of the n-th sample of every field.
pub(crate) fn samples(n: u32) -> CaseResult<Value> {
    let mut all = serde_json::Map::new();
    for field in ThreadMetadata::FIELD_NAMES {
        all.insert((*field).to_owned(), sample(field, n)?);
    }
    Ok(Value::Object(all))
}

/// The thread as JSON. A field without a value is `null` by name.
pub(crate) fn as_json(thread: &StoredThread) -> Value {
    serde_json::to_value(thread).unwrap_or_default()
}

/// The JSON of a thread with this member changed, or taken out if it is `null`.
pub(crate) fn with_member(mut thread: Value, name: &str, value: Value) -> Value {
    if let Some(members) = thread.as_object_mut() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.to_owned(), value);
        }
    }
    thread
}
