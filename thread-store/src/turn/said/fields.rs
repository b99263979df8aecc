//! The members of a record's item, read tolerantly.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::spelling::camel;
use crate::item::{Members, text_of};

/// Members by the names that records use, `exit_code`. Where there is none, the name counts as the
/// protocol spells it, `exitCode`: items of extensions are written so.
#[derive(Clone, Copy)]
pub(super) struct Fields<'m, 'a>(&'m Members<'a>);

impl<'m, 'a> Fields<'m, 'a> {
    pub(super) fn of(members: &'m Members<'a>) -> Self {
        Self(members)
    }

    /// A member that is not `null`.
    pub(super) fn raw(self, name: &str) -> Option<&'a RawValue> {
        let value = self.0.get(name).or_else(|| {
            let other = name.contains('_').then(|| camel(name))?;
            self.0.get(&other)
        });
        value.filter(|value| value.get() != "null")
    }

    pub(super) fn text(self, name: &str) -> Option<String> {
        text_of(self.raw(name)?)
    }

    /// A text, or none.
    pub(super) fn text_or_empty(self, name: &str) -> String {
        self.text(name).unwrap_or_default()
    }

    /// A word in the spelling of the protocol.
    pub(super) fn word(self, name: &str) -> Option<String> {
        Some(camel(&self.text(name)?))
    }

    pub(super) fn texts(self, name: &str) -> Vec<String> {
        self.list(name).into_iter().filter_map(text_of).collect()
    }

    pub(super) fn list(self, name: &str) -> Vec<&'a RawValue> {
        self.raw(name).and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default()
    }

    pub(super) fn object(self, name: &str) -> Option<Members<'a>> {
        let json = self.raw(name)?.get();
        json.starts_with('{').then(|| Members::of(json.as_bytes()))
    }

    /// A number or a truth value.
    pub(super) fn scalar<T: DeserializeOwned>(self, name: &str) -> Option<T> {
        serde_json::from_str(self.raw(name)?.get()).ok()
    }

    pub(super) fn value(self, name: &str) -> Option<Value> {
        Some(value_of(self.raw(name)?))
    }

    /// A value, or `null`.
    pub(super) fn value_or_null(self, name: &str) -> Value {
        self.value(name).unwrap_or_default()
    }

    pub(super) fn values(self, name: &str) -> Option<Vec<Value>> {
        match self.value(name)? {
            Value::Array(values) => Some(values),
            _ => None,
        }
    }

    /// A duration in milliseconds: `{"secs","nanos"}`.
    pub(super) fn duration_ms(self, name: &str) -> Option<i64> {
        let duration = self.object(name)?;
        let fields = Fields::of(&duration);
        let seconds: i64 = fields.scalar("secs")?;
        let nanos: i64 = fields.scalar("nanos").unwrap_or_default();
        Some(seconds.saturating_mul(1000).saturating_add(nanos / 1_000_000))
    }

    /// All members with their values. Names stay as they are.
    pub(super) fn all(self) -> Map<String, Value> {
        self.0.iter().map(|(name, value)| (name.to_owned(), value_of(value))).collect()
    }
}

/// A value as a tree: `null` if it is nested too deep to become part of another.
pub(super) fn value_of(json: &RawValue) -> Value {
    if crate::metadata::size::depth(json.get()) > Members::MAX_VALUE_DEPTH {
        return Value::Null;
    }
    serde_json::from_str(json.get()).unwrap_or_else(|_| patched(json))
}

/// A value of which some part cannot be read: a lone surrogate becomes U+FFFD, a number beyond all
/// bounds `null`. The caller limits the depth.
fn patched(json: &RawValue) -> Value {
    match json.get().as_bytes().first() {
        Some(b'{') => Members::of_value(json)
            .iter()
            .map(|(name, value)| (name.to_owned(), patched(value)))
            .collect::<Map<_, _>>()
            .into(),
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(json.get())
            .unwrap_or_default()
            .into_iter()
            .map(patched)
            .collect(),
        Some(b'"') => text_of(json).into(),
        _ => serde_json::from_str(json.get()).unwrap_or_default(),
    }
}
