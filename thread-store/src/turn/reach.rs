//! How far a marker reaches that counts items, where damaged records have lost their ordinals.
//!
//! What is damaged was an item when the marker was written, or was damaged already, and counted as
//! one: so it is counted, with an ordinal or without.

use std::collections::HashMap;

use crate::history::DamageReport;
use crate::item::StoredItem;
use crate::ordinal::Ordinal;

/// A marker that takes back the so many items before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counted {
    pub(crate) at: Ordinal,
    pub(crate) items: u64,
}

impl Counted {
    /// Where it reaches to if every damaged record before it has its ordinal.
    pub(crate) fn reaches_to(self) -> Ordinal {
        Ordinal::new(self.at.get().saturating_sub(self.items))
    }

    /// Where it reaches to in a history of which this stands before it, with the damage of it.
    pub(super) fn reaches_to_in(self, history: &[StoredItem], damage: &DamageReport) -> Ordinal {
        let mut reach = Reach::of(self);
        reach.unplaced.meet(damage);
        let found = history.iter().rev().find_map(|stored| reach.take(stored.ordinal));
        found.unwrap_or_else(|| reach.end())
    }
}

/// Damaged records without an ordinal, by the items that they stand behind. It is told of items
/// from the end of a stretch back, and of damage before the item in front of it.
#[derive(Debug)]
pub(crate) struct Unplaced {
    /// The item after the next one, or where the stretch ends.
    above: Ordinal,
    /// How many damaged records stand behind an item.
    damaged: HashMap<Ordinal, u64>,
}

impl Unplaced {
    pub(crate) fn before(end: Ordinal) -> Self {
        Self { above: end, damaged: HashMap::new() }
    }

    /// Damage that a read met, as far as it is described.
    pub(crate) fn meet(&mut self, damage: &DamageReport) {
        for after in damage.records.iter().filter_map(|record| record.after) {
            *self.damaged.entry(after).or_default() += 1;
        }
    }

    /// Damage that a read of a single item met: what is not described is where the last is that
    /// is.
    pub(crate) fn meet_all(&mut self, damage: &DamageReport) {
        self.meet(damage);
        if let Some(after) = damage.records.last().and_then(|record| record.after) {
            *self.damaged.entry(after).or_default() += damage.undescribed();
        }
    }

    /// How many stand between the next item going back and the one before. A gap in the ordinals has
    /// room for as many that have kept theirs.
    pub(crate) fn behind(&mut self, item: Ordinal) -> u64 {
        let gap = self.above.since(item).saturating_sub(1);
        self.above = item;
        self.damaged.remove(&item).unwrap_or(0).saturating_sub(gap)
    }
}

/// Goes back from a marker to where it reaches.
#[derive(Debug)]
pub(crate) struct Reach {
    /// What it still takes back.
    left: u64,
    /// All from here on is taken back.
    from: Ordinal,
    pub(crate) unplaced: Unplaced,
}

impl Reach {
    pub(crate) fn of(marker: Counted) -> Self {
        Self { left: marker.items, from: marker.at, unplaced: Unplaced::before(marker.at) }
    }

    /// Takes the next item going back. Answers where the marker reaches to, if that is known now.
    pub(crate) fn take(&mut self, item: Ordinal) -> Option<Ordinal> {
        if item >= self.from {
            return None;
        }
        let ordinals = self.from.since(item);
        match self.left.checked_sub(ordinals.saturating_add(self.unplaced.behind(item))) {
            Some(left) => (self.left, self.from) = (left, item),
            None => return Some(item.plus(1).max(self.end())),
        }
        (self.left == 0).then_some(item)
    }

    /// Where it reaches to if no more items are before.
    pub(crate) fn end(&self) -> Ordinal {
        Ordinal::new(self.from.get().saturating_sub(self.left))
    }
}

#[cfg(test)]
mod tests;
