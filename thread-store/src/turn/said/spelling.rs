//! Names and words of records in the spelling of the protocol.

use serde_json::Value;

/// `in_progress` and `InProgress` as `inProgress`. What is spelt so already stays as it is.
pub(in crate::turn) fn camel(word: &str) -> String {
    let mut spelt = String::with_capacity(word.len());
    let mut raise = false;
    for letter in word.chars() {
        match letter {
            // An underscore at the start belongs to the name: `_meta`.
            '_' if !spelt.is_empty() => raise = true,
            letter if spelt.is_empty() => spelt.extend(letter.to_lowercase()),
            letter if raise => {
                spelt.extend(letter.to_uppercase());
                raise = false;
            }
            letter => spelt.push(letter),
        }
    }
    spelt
}

/// A value with all names in it, at any depth, in the spelling of the protocol. For values whose
/// names are all known; those of arguments and results are nobody's to change.
pub(in crate::turn) fn camel_names(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (camel(&name), camel_names(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(values) => values.into_iter().map(camel_names).collect(),
        value => value,
    }
}
