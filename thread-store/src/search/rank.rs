//! The order of hits, and cursors: places in it.

use std::cmp::Ordering;

use super::{Query, SearchHit, Tally};
use crate::error::Error;
use crate::id::ThreadId;
use crate::list::{Cursor, ListFilter, canonical, digest, seal, unseal};
use crate::time::Timestamp;

/// The place of a hit. The better, the less: the larger score, then the newer
/// `recency_at`, then the larger id, as in a list by recency.
#[derive(Clone, Copy, Debug)]
pub struct Rank {
    score: f64,
    recency: Timestamp,
    thread_id: ThreadId,
}

/// score, time, id.
const LENGTH: usize = 8 + 8 + 16;

impl Rank {
    /// The place of a thread that has of the text what the tally says: the best that it can have, if
    /// that is the most it may have.
    #[must_use]
    pub fn new(tally: &Tally, recency_at: Timestamp, thread_id: ThreadId) -> Self {
        Self { score: tally.score(), recency: recency_at, thread_id }
    }

    pub(super) fn of(hit: &SearchHit) -> Self {
        Self {
            score: hit.score,
            recency: hit.thread.metadata.recency_at,
            thread_id: hit.thread.thread_id,
        }
    }

    /// The cursor after this place.
    pub(super) fn encode(&self, binding: u64) -> Cursor {
        let mut body = Vec::with_capacity(LENGTH);
        body.extend(self.score.to_bits().to_be_bytes());
        body.extend(self.recency.as_millis().to_be_bytes());
        body.extend(self.thread_id.as_bytes());
        seal(&body, binding)
    }

    pub(super) fn decode(cursor: &Cursor, binding: u64) -> Result<Self, Error> {
        let body: [u8; LENGTH] = unseal(cursor, binding)?;
        let (mut score, mut millis, mut id) = ([0; 8], [0; 8], [0; 16]);
        score.copy_from_slice(&body[..8]);
        millis.copy_from_slice(&body[8..16]);
        id.copy_from_slice(&body[16..]);
        Ok(Self {
            score: f64::from_bits(u64::from_be_bytes(score)),
            recency: Timestamp::from_millis(i64::from_be_bytes(millis)),
            thread_id: ThreadId::from_bytes(id),
        })
    }
}

/// What a cursor is bound to: a search for the same text in the same threads.
pub(super) fn binding(query: &Query, filter: &ListFilter) -> u64 {
    let key = ("search", query.folded(), canonical(filter));
    // Writing these types as JSON cannot fail: all map keys are strings.
    digest(&serde_json::to_vec(&key).unwrap_or_default())
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        let better = self.score.total_cmp(&other.score);
        let better = better.then(self.recency.cmp(&other.recency));
        better.then(self.thread_id.cmp(&other.thread_id)).reverse()
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rank {}
