//! Thread ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::error::Error;
use crate::time::Timestamp;

/// The name of one thread: 128 bits, made by the caller and never by a store.
///
/// Ids made here are UUIDv7 (RFC 9562). Any UUID is accepted, of whatever version, in
/// either of the two forms of the RFC (`01890a5d-…` and `urn:uuid:01890a5d-…`) and in any
/// case; it is printed hyphenated and in lower case. Ids order as their printed text does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(Uuid);

/// Length of the hyphenated form.
const HYPHENATED: usize = 36;
const URN_PREFIX: &str = "urn:uuid:";

impl ThreadId {
    /// A new UUIDv7 with the time of the machine. Tests and stores that inject their clock use
    /// [`IdSource`](crate::IdSource) instead.
    #[must_use]
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// A UUIDv7 for the given time and randomness (its low 74 bits are used).
    #[must_use]
    pub fn from_parts(time: Timestamp, random: u128) -> Self {
        let millis = u64::try_from(time.as_millis()).unwrap_or(0);
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&random.to_be_bytes()[6..]);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
    }

    /// Reads an id.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `thread_id`) for anything that is not a UUID in a form of RFC 9562.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let digits = match text.get(..URN_PREFIX.len()) {
            Some(prefix) if prefix.eq_ignore_ascii_case(URN_PREFIX) => &text[URN_PREFIX.len()..],
            _ => text,
        };
        if digits.len() == HYPHENATED
            && let Ok(uuid) = Uuid::try_parse(digits)
        {
            return Ok(Self(uuid));
        }
        let shown: String = text.chars().take(48).collect();
        Err(Error::invalid("thread_id", format!("{shown:?} is not a UUID")))
    }

    /// The 16 bytes, most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id with these 16 bytes, most significant first.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The time inside the id, if it is a UUIDv7.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        if self.0.get_version_num() != 7 {
            return None;
        }
        let (seconds, nanos) = self.0.get_timestamp()?.to_unix();
        let millis = i64::try_from(seconds).ok()?.checked_mul(1000)?;
        Some(Timestamp::from_millis(millis.saturating_add(i64::from(nanos / 1_000_000))))
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ThreadId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl Serialize for ThreadId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ThreadId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|_| serde::de::Error::custom("not a UUID"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01a1f9ce-78de-7c20-8e0b-1825d888a9cb";

    #[test]
    fn both_rfc_forms_are_accepted_in_any_case_and_printed_in_lower_case() {
        for text in
            [ID.to_owned(), ID.to_uppercase(), format!("urn:uuid:{ID}"), format!("URN:UUID:{ID}")]
        {
            assert_eq!(ThreadId::parse(&text).unwrap().to_string(), ID);
        }
    }

    #[test]
    fn other_text_is_an_invalid_request() {
        let plain = ID.replace('-', "");
        for text in [
            "",
            "thr_123",
            &plain,
            &format!("{{{ID}}}"),
            &ID[1..],
            &format!("{ID}0"),
            &format!(" {ID}"),
            "é",
        ] {
            assert_eq!(ThreadId::parse(text).unwrap_err().code(), "invalid_request", "{text}");
        }
    }

    #[test]
    fn an_id_carries_the_time_it_was_made_at() {
        let time = Timestamp::from_millis(1_795_192_394_123);
        let id = ThreadId::from_parts(time, u128::MAX);
        assert_eq!(id.created_at(), Some(time));
        assert!(ThreadId::from_parts(Timestamp::from_millis(1_795_192_394_124), 0) > id);
    }
}
