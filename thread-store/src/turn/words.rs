//! Names as files write them, `snake_case`, and as the protocol does, `camelCase`.

use serde_json::Value;

/// A name in the form of the protocol.
pub(crate) fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut raise = false;
    for letter in name.chars() {
        match letter {
            '_' => raise = !out.is_empty(),
            letter if raise => {
                out.extend(letter.to_uppercase());
                raise = false;
            }
            letter => out.push(letter),
        }
    }
    out
}

/// An enumerated value in the form of the protocol: a name, or an object of which names are the
/// keys, at any depth. Other texts, and texts within, are contents and stay.
pub(crate) fn camel_case(value: Value) -> Value {
    match value {
        Value::String(name) => Value::String(camel(&name)),
        other => camel_keys(other),
    }
}

fn camel_keys(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.into_iter().map(|(key, value)| (camel(&key), camel_keys(value))).collect(),
        ),
        Value::Array(values) => Value::Array(values.into_iter().map(camel_keys).collect()),
        other => other,
    }
}
