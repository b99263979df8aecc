//! Points in time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;

/// A point in time: whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Finer input is truncated on entry. The range is what RFC 3339 can write, the years 0000 to
/// 9999; beyond it values are held at the edge. As text and in JSON it is RFC 3339 in UTC with
/// three digits of milliseconds: `2026-11-20T16:33:14.367Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest time: 0000-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// The latest time: 9999-12-30T21:59:59.999Z, the end of what the calendar library carries.
    pub const MAX: Self = Self(253_402_207_199_999);

    /// The time so many milliseconds after the start of 1970 (before it, if negative), held
    /// between [`Timestamp::MIN`] and [`Timestamp::MAX`].
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since the start of 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 text with any offset and any number of decimals; what is finer than a
    /// millisecond is cut off.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `timestamp`) for other text.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| {
            let shown: String = text.chars().take(48).collect();
            Error::invalid("timestamp", format!("{shown:?} is not an RFC 3339 time"))
        })?;
        // Floor, so that times before 1970 are truncated in the same direction as later ones.
        let millis = instant.as_nanosecond().div_euclid(1_000_000);
        Ok(Self::from_millis(i64::try_from(millis).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|_| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_rfc_3339_with_milliseconds_and_finer_input_is_truncated() {
        for (input, printed) in [
            ("2026-11-20T16:33:14.367999999Z", "2026-11-20T16:33:14.367Z"),
            ("2026-11-20T16:33:14Z", "2026-11-20T16:33:14.000Z"),
            ("2026-11-21T06:33:14.5+14:00", "2026-11-20T16:33:14.500Z"),
            ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp::parse(input).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn the_ends_of_the_range_can_be_printed_and_read() {
        for edge in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(Timestamp::parse(&edge.to_string()).unwrap(), edge);
        }
        assert_eq!(Timestamp::from_millis(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::from_millis(i64::MIN), Timestamp::MIN);
    }

    #[test]
    fn other_text_is_an_invalid_request() {
        for text in ["", "yesterday", "2026-11-20", "1795192394", "2026-13-01T00:00:00Z"] {
            assert_eq!(Timestamp::parse(text).unwrap_err().code(), "invalid_request", "{text}");
        }
    }
}
