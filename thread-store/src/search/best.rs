//! The best of many hits.

use std::collections::BTreeMap;

use super::rank::Rank;
use super::{SearchHit, SearchPage};
use crate::history::DamageReport;

/// Keeps the best of the hits that it is offered, in any order: as many as a page has, and one more,
/// however many there are.
#[derive(Clone, Debug)]
pub struct BestHits {
    /// The best first.
    kept: BTreeMap<Rank, SearchHit>,
    after: Option<Rank>,
    binding: u64,
    page_size: usize,
    clamped: bool,
}

impl BestHits {
    pub(super) fn new(after: Option<Rank>, binding: u64, page_size: usize, clamped: bool) -> Self {
        Self { kept: BTreeMap::new(), after, binding, page_size, clamped }
    }

    /// Takes a hit, if it is among the best that come after the cursor. Each thread once.
    pub fn offer(&mut self, hit: SearchHit) {
        let rank = Rank::of(&hit);
        if self.after.is_some_and(|after| rank <= after) {
            return;
        }
        self.kept.insert(rank, hit);
        if self.kept.len() > self.page_size.saturating_add(1) {
            self.kept.pop_last();
        }
    }

    /// Whether a thread could still change the page, if this is the best place that it can have.
    /// Once this says no, it says no of every worse place: so an index that offers threads by the
    /// best place that each can have, the best first, is done then.
    #[must_use]
    pub fn has_room_for(&self, best: &Rank) -> bool {
        // One more than the page has is kept to know that another page follows: any will do.
        let last_of_page = self.kept.keys().nth_back(1);
        self.kept.len() <= self.page_size || last_of_page.is_none_or(|last| best < last)
    }

    /// The page, with what damage was met.
    #[must_use]
    pub fn into_page(self, damage: DamageReport) -> SearchPage {
        let mut kept = self.kept;
        let more = kept.len() > self.page_size;
        if more {
            kept.pop_last();
        }
        let last = kept.keys().next_back().filter(|_| more);
        SearchPage {
            next_cursor: last.map(|last| last.encode(self.binding)),
            hits: kept.into_values().collect(),
            page_size: self.page_size,
            clamped: self.clamped,
            damage,
        }
    }
}
