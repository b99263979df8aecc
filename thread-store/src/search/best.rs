//! The best of many hits.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::rank::Rank;
use super::{SearchHit, SearchPage};
use crate::history::DamageReport;

/// Keeps the best of the hits that it is offered, in any order: as many as a page has, and one more,
/// however many there are.
#[derive(Clone, Debug)]
pub struct BestHits {
    /// The worst of them on top.
    kept: BinaryHeap<Ranked>,
    after: Option<Rank>,
    binding: u64,
    page_size: usize,
    clamped: bool,
}

impl BestHits {
    pub(super) fn new(after: Option<Rank>, binding: u64, page_size: usize, clamped: bool) -> Self {
        Self { kept: BinaryHeap::new(), after, binding, page_size, clamped }
    }

    /// Takes a hit, if it is among the best that come after the cursor. Each thread once.
    pub fn offer(&mut self, hit: SearchHit) {
        let rank = Rank::of(&hit);
        if self.after.is_some_and(|after| rank <= after) {
            return;
        }
        self.kept.push(Ranked { rank, hit });
        if self.kept.len() > self.page_size.saturating_add(1) {
            self.kept.pop();
        }
    }

    /// Whether a thread could still come on the page, or be the one that shows that another page
    /// follows, if this is the best place that it can have. Once this says no, it says no of every
    /// worse place: so an index that offers threads by the best place that each can have, the best
    /// first, is done then.
    #[must_use]
    pub fn has_room_for(&self, best: &Rank) -> bool {
        let is_full = self.kept.len() > self.page_size;
        !is_full || self.kept.peek().is_none_or(|worst| *best < worst.rank)
    }

    /// The page, with what damage was met.
    #[must_use]
    pub fn into_page(self, damage: DamageReport) -> SearchPage {
        let mut kept = self.kept.into_sorted_vec();
        let more = kept.len() > self.page_size;
        kept.truncate(self.page_size);
        let last = kept.last().filter(|_| more);
        SearchPage {
            next_cursor: last.map(|last| last.rank.encode(self.binding)),
            hits: kept.into_iter().map(|ranked| ranked.hit).collect(),
            page_size: self.page_size,
            clamped: self.clamped,
            damage,
        }
    }
}

/// A hit, compared by its rank alone.
#[derive(Clone, Debug)]
struct Ranked {
    rank: Rank,
    hit: SearchHit,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Ranked {}
