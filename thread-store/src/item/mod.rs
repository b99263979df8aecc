//! Items: the records of a history, kept verbatim.

mod glance;
mod members;
mod ordinal_member;
mod record;
pub(crate) mod user_text;

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use memchr::memchr;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::ordinal::Ordinal;
use crate::time::Timestamp;

pub(crate) use glance::{glance, places, word};
pub use members::Members;
pub(crate) use members::text_of;
pub(crate) use record::Seen;
pub use record::{Record, SessionMeta};

/// One record of a history: the text of one JSON object, kept byte for byte.
///
/// It is checked once, where it enters: valid UTF-8, one JSON object from `{` to `}`, nothing
/// around it, no raw line feed inside. Beyond that nothing is limited: any kind, known or not, any
/// nesting, lone surrogate escapes, `\u0000`, huge numbers, repeated keys. No value tree is ever
/// built; views ([`kind`](Self::kind), [`record`](Self::record), …) are parsed when asked for.
///
/// Cloning shares the bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RolloutItem(Bytes);

impl RolloutItem {
    /// Checks and takes the text of one JSON object.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `item`) if it is not UTF-8, not one JSON object, has anything around
    /// the object, or a raw line feed inside it. The reason gives the place, never the contents.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self, Error> {
        let bytes = bytes.into();
        check(&bytes).map_err(|reason| Error::invalid("item", reason))?;
        Ok(Self(bytes))
    }

    /// The item with these bytes, which a store read back from where it had written the bytes of an
    /// item. Nothing is checked again: a store that cannot vouch for them uses
    /// [`from_bytes`](Self::from_bytes).
    #[must_use]
    pub fn from_stored(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// A new item in Codex's envelope: `{"timestamp":…,"type":…,"payload":…}`.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `payload`) if the payload cannot be written as JSON.
    pub fn new(kind: &str, payload: &impl Serialize, timestamp: Timestamp) -> Result<Self, Error> {
        #[derive(Serialize)]
        struct Envelope<'a, P> {
            timestamp: Timestamp,
            r#type: &'a str,
            payload: &'a P,
        }
        let bytes = serde_json::to_vec(&Envelope { timestamp, r#type: kind, payload }).map_err(
            |error| Error::invalid("payload", "cannot be written as JSON").because(error),
        )?;
        Self::from_bytes(bytes)
    }

    /// The bytes, as they were appended.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, shared.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.0.clone()
    }

    /// The text of the object. Borrowed, unless a store gave bytes that are not UTF-8.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Length in bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // An item is never empty: it is at least `{}`.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The members of the object, each as it stands.
    #[must_use]
    pub fn members(&self) -> Members<'_> {
        Members::of(&self.0)
    }

    /// Its `type` member: the kind of line in an envelope, the kind of response item in the bare
    /// format, nothing in the oldest.
    #[must_use]
    pub fn kind(&self) -> Option<String> {
        self.members().string("type")
    }

    /// Its `timestamp` member, if it is an RFC 3339 time.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.members().timestamp("timestamp")
    }

    /// What kind of record it is, with the members that matter for it.
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        Record::of(self.members())
    }

    /// Whether both are the same record: equal byte for byte, save that either may carry an
    /// `ordinal` member that a file format added when it wrote the line.
    #[must_use]
    pub fn same_record(&self, other: &Self) -> bool {
        self == other || ordinal_member::equal_without(&self.0, &other.0)
    }

    /// Its top-level `ordinal` member, if that is a whole number: where a file format says that the
    /// record stands. A glance: most records cost a search at the speed of memory.
    #[doc(hidden)]
    #[must_use]
    pub fn line_ordinal(&self) -> Option<u64> {
        ordinal_member::line_ordinal(&self.0)
    }

    /// The [same record](Self::same_record) with this number as its `ordinal` member: where its
    /// first one stands if it has one, else behind a `timestamp` that comes first, as Codex writes
    /// it, else in front.
    #[doc(hidden)]
    #[must_use]
    pub fn with_line_ordinal(&self, ordinal: u64) -> Self {
        ordinal_member::with_line_ordinal(&self.0, ordinal)
            .map_or_else(|| self.clone(), |text| Self(text.into()))
    }

    /// A stable number for the record: of the same record it is the same.
    pub(crate) fn record_digest(&self) -> u64 {
        ordinal_member::digest_without(&self.0)
    }
}

/// The rules of [`RolloutItem::from_bytes`], as a reason on failure.
fn check(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("not UTF-8 from byte {} on", error.valid_up_to()))?;
    if !text.starts_with('{') || !text.ends_with('}') {
        return Err("not a JSON object from its first byte to its last".into());
    }
    // `IgnoredAny` is skipped by a loop, not by recursion: nesting has no limit.
    serde_json::from_str::<IgnoredAny>(text)
        .map_err(|error| format!("not JSON at line {} column {}", error.line(), error.column()))?;
    match memchr(b'\n', bytes) {
        Some(at) => Err(format!("a line feed at byte {at}")),
        None => Ok(()),
    }
}

impl fmt::Debug for RolloutItem {
    /// Contents stay out of logs: only kind and length are shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RolloutItem").field("kind", &self.kind()).field("len", &self.len()).finish()
    }
}

impl TryFrom<&str> for RolloutItem {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        Self::from_bytes(Bytes::copy_from_slice(text.as_bytes()))
    }
}

/// As JSON an item is its object, as it stands (with `serde_json`).
impl Serialize for RolloutItem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw =
            serde_json::from_slice::<&RawValue>(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RolloutItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        // Line feeds can only stand between tokens, where they mean nothing.
        let line =
            if text.contains('\n') { text.replace(['\n', '\r'], " ") } else { text.to_owned() };
        Self::from_bytes(line).map_err(|_| serde::de::Error::custom("not a JSON object"))
    }
}

/// An item with its position.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoredItem {
    /// Its position in the history.
    pub ordinal: Ordinal,
    /// The record.
    pub item: RolloutItem,
}

#[cfg(test)]
mod tests;
