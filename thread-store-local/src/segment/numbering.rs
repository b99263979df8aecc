//! How line ordinals run through a file.

use serde::{Deserialize, Serialize};

/// What is known of all line ordinals together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) enum Numbering {
    /// No record has one.
    #[default]
    #[serde(rename = "n")]
    None,
    /// Every record has one: that of the first record, plus the position.
    #[serde(rename = "d")]
    Dense(u64),
    /// Anything else.
    #[serde(rename = "m")]
    Mixed,
}

impl Numbering {
    #[allow(clippy::trivially_copy_pass_by_ref)] // The form that serde asks for.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// Takes in the record at a position. A record may be told again.
    pub(super) fn record(&mut self, position: u64, line_ordinal: Option<u64>) {
        *self = match (*self, line_ordinal) {
            (Self::None, None) => Self::None,
            (Self::None, Some(ordinal)) if position == 0 => Self::Dense(ordinal),
            (Self::Dense(first), Some(ordinal)) if first.checked_add(position) == Some(ordinal) => {
                Self::Dense(first)
            }
            _ => Self::Mixed,
        };
    }

    /// Takes in so many records, after which there are `records`: without line ordinals, or with
    /// line ordinals that run up to this one.
    pub(super) fn appended(&mut self, records: u64, count: u64, last: Option<u64>) {
        let before = records.saturating_sub(count);
        match last.map(|last| last.checked_sub(count.saturating_sub(1))) {
            Some(None) => *self = Self::Mixed,
            first => self.record(before, first.flatten()),
        }
    }
}
