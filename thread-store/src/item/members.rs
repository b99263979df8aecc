//! The members of one JSON object, unparsed.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::metadata::size;
use crate::time::Timestamp;

/// The members of one JSON object: names, and values as they stand in the text.
///
/// A view for reading what is known of a record without building a tree. It is tolerant: of a name
/// that repeats the last one counts, a member of an unexpected type is as good as absent, and an
/// object that cannot be taken apart has no members.
#[derive(Clone, Default)]
pub struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The deepest value that is read as a tree. It leaves room for what it becomes a part of; see
    /// [`MAX_METADATA_DEPTH`](crate::MAX_METADATA_DEPTH).
    pub const MAX_VALUE_DEPTH: usize = 48;

    /// Takes the text of an object apart, one level deep.
    #[must_use]
    pub fn of(json: &'a [u8]) -> Self {
        // As text: a reader of bytes would check every value that it passes over once more.
        str::from_utf8(json)
            .ok()
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// Takes a value apart, if it is an object.
    #[must_use]
    pub fn of_value(value: &'a RawValue) -> Self {
        serde_json::from_str(value.get()).unwrap_or_default()
    }

    /// The value of a member, as it stands.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// Whether there is such a member, `null` included.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Names and values, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), *value))
    }

    /// A member that is a string. Lone surrogates, which no text can carry, become U+FFFD.
    #[must_use]
    pub fn string(&self, name: &str) -> Option<String> {
        text_of(self.get(name)?)
    }

    /// A member that is a string with at least one character.
    #[must_use]
    pub fn non_empty(&self, name: &str) -> Option<String> {
        self.string(name).filter(|text| !text.is_empty())
    }

    /// A member that is an object.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<Members<'a>> {
        let value = self.get(name)?;
        value.get().starts_with('{').then(|| Self::of_value(value))
    }

    /// The elements of a member that is an array.
    #[must_use]
    pub fn array(&self, name: &str) -> Option<Vec<&'a RawValue>> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// A member of any type that can be read from JSON. One that is nested deeper than
    /// [`MAX_VALUE_DEPTH`](Self::MAX_VALUE_DEPTH) is as good as absent.
    #[must_use]
    pub fn parse<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        let json = self.get(name)?.get();
        if size::depth(json) > Self::MAX_VALUE_DEPTH {
            return None;
        }
        serde_json::from_str(json).ok()
    }

    /// A member that is an RFC 3339 time.
    #[must_use]
    pub fn timestamp(&self, name: &str) -> Option<Timestamp> {
        Timestamp::parse(&self.string(name)?).ok()
    }
}

impl fmt::Debug for Members<'_> {
    /// Names only: contents stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(key, _)| key)).finish()
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(4);
                while let Some(key) = map.next_key_seed(Name)? {
                    members.push((key, map.next_value()?));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// The text of a JSON string. Lone surrogates become U+FFFD.
pub(crate) fn text_of(json: &RawValue) -> Option<String> {
    let json = json.get();
    serde_json::from_str(json).ok().or_else(|| {
        let bytes: LossyString = serde_json::from_str(json).ok()?;
        Some(bytes.0)
    })
}

/// A member name, borrowed where it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// A string whose lone surrogates were replaced.
struct LossyString(String);

impl<'de> Deserialize<'de> for LossyString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = LossyString;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
                Ok(LossyString(String::from_utf8_lossy(bytes).into_owned()))
            }
        }

        deserializer.deserialize_bytes(Text)
    }
}
