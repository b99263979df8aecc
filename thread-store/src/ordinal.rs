//! Positions in a history.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The position of an item in its thread's history: 0, 1, 2, … without gaps.
///
/// It is given by the store and independent of any `ordinal` member inside a record. As the *next*
/// ordinal it is the length of the history.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Ordinal(u64);

impl Ordinal {
    /// The first position.
    pub const ZERO: Self = Self(0);

    /// The position with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The position so many items later, held at the largest number.
    #[must_use]
    pub const fn plus(self, items: usize) -> Self {
        Self(self.0.saturating_add(items as u64))
    }

    /// How many items lie from `earlier` to here; 0 if `earlier` is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u64> for Ordinal {
    fn from(number: u64) -> Self {
        Self(number)
    }
}
