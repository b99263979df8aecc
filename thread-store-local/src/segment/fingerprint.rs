//! What tells whether the end of a file is still what it was.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

/// How much text is looked at, if there is as much.
pub(super) const REACH: usize = 4096;
/// How many stretches there are at most.
const MAX_STRETCHES: usize = 8;

/// Hashes of neighbouring stretches of text, of which the last ends where the last line ends.
/// There are several where text was appended that was never read back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Fingerprint {
    stretches: Vec<Stretch>,
    /// The hash of the last stretch, which more text can be added to.
    #[serde(skip)]
    open: Option<SipHasher13>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "(usize, u64)", into = "(usize, u64)")]
struct Stretch {
    len: usize,
    hash: u64,
}

impl Fingerprint {
    /// Of the text before a place, as much of it as counts.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut new = Self::default();
        new.append(text);
        Self { open: None, ..new }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// How much text before the place it is made of.
    pub(super) fn len(&self) -> usize {
        self.stretches.iter().map(|stretch| stretch.len).sum()
    }

    /// Whether it is that of this text.
    pub(super) fn is_of(&self, mut text: &[u8]) -> bool {
        self.stretches.iter().all(|stretch| {
            let part = text.split_off(..stretch.len);
            part.is_some_and(|part| hash(part) == stretch.hash)
        }) && text.is_empty()
    }

    /// Takes in text that was appended.
    pub(super) fn append(&mut self, text: &[u8]) {
        if text.len() >= REACH {
            self.stretches.clear();
            self.open = None;
        }
        let text = last_of(text);
        if text.is_empty() {
            return;
        }
        let (mut hasher, len) = match (self.open.take(), self.stretches.pop()) {
            (Some(hasher), Some(last)) => (hasher, last.len),
            (_, last) => {
                self.stretches.extend(last);
                (SipHasher13::new(), 0)
            }
        };
        hasher.write(text);
        self.stretches.push(Stretch { len: len + text.len(), hash: hasher.finish() });
        self.open = Some(hasher);
        self.forget_old();
    }

    /// Takes in text with this hash, which was read before.
    pub(super) fn append_hashed(&mut self, len: u64, hash: u64) {
        self.open = None;
        match usize::try_from(len) {
            Ok(len) if len <= REACH => self.stretches.push(Stretch { len, hash }),
            _ => self.stretches.clear(),
        }
        self.forget_old();
    }

    fn forget_old(&mut self) {
        if self.stretches.last().is_some_and(|last| last.len >= REACH) {
            self.stretches.drain(..self.stretches.len() - 1);
            self.open = None;
        }
        let too_many = self.stretches.len().saturating_sub(MAX_STRETCHES);
        self.stretches.drain(..too_many);
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.stretches == other.stretches
    }
}

/// As much of the end of a text as counts.
pub(super) fn last_of(text: &[u8]) -> &[u8] {
    &text[text.len().saturating_sub(REACH)..]
}

pub(super) fn hash(text: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(text);
    hasher.finish()
}

impl From<(usize, u64)> for Stretch {
    fn from((len, hash): (usize, u64)) -> Self {
        Self { len, hash }
    }
}

impl From<Stretch> for (usize, u64) {
    fn from(it: Stretch) -> Self {
        (it.len, it.hash)
    }
}
