//! What tells whether the end of a file is still what it was.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

/// How much text is looked at, if there is as much.
pub(super) const REACH: usize = 4096;
/// How many stretches there are at most.
const MAX_STRETCHES: usize = 8;

/// How much text is kept for a hash that nobody has asked for.
const MAX_PENDING: usize = 4 * REACH;

/// Hashes of neighbouring stretches of text, of which the last ends where the last line ends.
/// There are several where text was appended that was never read back.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Stretch>", into = "Vec<Stretch>")]
pub(super) struct Fingerprint {
    stretches: Vec<Stretch>,
    /// What was appended behind them. To hash each append takes half as long as to write it.
    pending: Vec<u8>,
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
        new.settle();
        new
    }

    pub(super) fn is_empty(&self) -> bool {
        self.stretches.is_empty() && self.pending.is_empty()
    }

    /// How much text before the place it is made of.
    pub(super) fn len(&self) -> usize {
        self.stretches.iter().map(|stretch| stretch.len).sum::<usize>() + self.pending.len()
    }

    /// Whether it is that of this text.
    pub(super) fn is_of(&self, mut text: &[u8]) -> bool {
        self.stretches.iter().all(|stretch| {
            let part = text.split_off(..stretch.len);
            part.is_some_and(|part| hash(part) == stretch.hash)
        }) && text == self.pending
    }

    /// Takes in text that was appended.
    pub(super) fn append(&mut self, text: &[u8]) {
        let kept = last_of(text);
        // What comes before text that is left out is no neighbour of what is kept.
        if kept.len() < text.len() {
            self.pending.clear();
        } else if self.pending.len() + kept.len() > MAX_PENDING {
            let old = (self.pending.len() + kept.len()).saturating_sub(REACH);
            self.pending.drain(..old.min(self.pending.len()));
        }
        self.pending.extend_from_slice(kept);
        if self.pending.len() >= REACH {
            self.stretches.clear();
        }
    }

    /// Takes in text with this hash, which was read before.
    pub(super) fn append_hashed(&mut self, len: u64, hash: u64) {
        self.settle();
        match usize::try_from(len) {
            Ok(len) if len <= REACH => self.stretches.push(Stretch { len, hash }),
            _ => self.stretches.clear(),
        }
        self.forget_old();
    }

    /// Hashes what was appended: nothing comes soon.
    pub(super) fn settle(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let text = last_of(&pending);
        if !text.is_empty() {
            self.stretches.push(Stretch { len: text.len(), hash: hash(text) });
            self.forget_old();
        }
    }

    fn forget_old(&mut self) {
        if self.stretches.last().is_some_and(|last| last.len >= REACH) {
            self.stretches.drain(..self.stretches.len() - 1);
        }
        let too_many = self.stretches.len().saturating_sub(MAX_STRETCHES);
        self.stretches.drain(..too_many);
    }
}

impl From<Vec<Stretch>> for Fingerprint {
    fn from(stretches: Vec<Stretch>) -> Self {
        Self { stretches, pending: Vec::new() }
    }
}

impl From<Fingerprint> for Vec<Stretch> {
    fn from(mut fingerprint: Fingerprint) -> Self {
        fingerprint.settle();
        fingerprint.stretches
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        let settled = |it: &Self| Vec::<Stretch>::from(it.clone());
        settled(self) == settled(other)
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
