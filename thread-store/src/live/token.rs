//! Continuation tokens: where a thread was left.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::id::ThreadId;
use crate::item::RolloutItem;
use crate::list::{SealKind, digest, seal_text, unseal_text};
use crate::ordinal::Ordinal;

/// Where a thread was left, to go on writing it. Opaque text; it outlives the process and is bound
/// to its thread.
///
/// It names the ordinal of the next item and knows the last items before it by a digest, so whoever
/// goes on learns whether they still stand there. An `ordinal` member that a file format added to
/// its lines makes no difference.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContinuationToken(String);

impl ContinuationToken {
    /// Takes a token as text. It is checked when it is used.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ContinuationToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

const KIND: SealKind = SealKind {
    field: "continuation_token",
    malformed: "not a continuation token",
    foreign: "made for another thread",
};

/// next ordinal, digest.
const LENGTH: usize = 8 + 8;

impl ContinuationToken {
    /// How many items before the next ordinal it knows, at most.
    pub(crate) const DIGESTED: usize = 8;

    /// The token of a thread whose next item gets this ordinal, after these: the last
    /// [`DIGESTED`](Self::DIGESTED) in the order of the history, or all if there are fewer. What is
    /// given before these does not count.
    pub(crate) fn of<'a>(
        thread_id: ThreadId,
        next: Ordinal,
        last: impl IntoIterator<Item = &'a RolloutItem>,
    ) -> Self {
        let mut body = Vec::with_capacity(LENGTH);
        body.extend(next.get().to_be_bytes());
        body.extend(tail_digest(last).to_be_bytes());
        Self(seal_text(&body, binding(thread_id)))
    }

    /// The next ordinal, and the digest of the items before it for [`matches`](Self::matches).
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `continuation_token`) if it is damaged, of another version, or of
    /// another thread.
    pub(crate) fn position(&self, thread_id: ThreadId) -> Result<(Ordinal, u64)> {
        let body: [u8; LENGTH] = unseal_text(&self.0, binding(thread_id), &KIND)?;
        let number = |from: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&body[from..from + 8]);
            u64::from_be_bytes(number)
        };
        Ok((Ordinal::new(number(0)), number(8)))
    }

    /// Whether these items, read back from before its ordinal, are those that it was made after.
    pub(crate) fn matches<'a>(
        digest: u64,
        last: impl IntoIterator<Item = &'a RolloutItem>,
    ) -> bool {
        tail_digest(last) == digest
    }
}

/// A stable number for the last items of these, in their order.
fn tail_digest<'a>(items: impl IntoIterator<Item = &'a RolloutItem>) -> u64 {
    let items: Vec<_> = items.into_iter().collect();
    let tail = &items[items.len().saturating_sub(ContinuationToken::DIGESTED)..];
    let digests: Vec<_> = tail.iter().flat_map(|item| item.record_digest().to_be_bytes()).collect();
    digest(&digests)
}

/// A number that stands for the thread, and for nothing that a cursor is bound to.
fn binding(thread_id: ThreadId) -> u64 {
    digest(&[b"continuation", thread_id.as_bytes().as_slice()].concat())
}

#[cfg(test)]
mod tests;
