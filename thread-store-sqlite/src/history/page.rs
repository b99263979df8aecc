//! A page of history, put together from runs.

use std::ops::Range;

use thread_store::{DamageReport, DamagedRecord, Direction, Items, Ordinal, RolloutItem};

use super::compress;
use super::row::Run;

/// A page being read, from its first ordinal to its last.
pub(super) struct Page {
    take: Range<u64>,
    /// The ordinal that is to be found next.
    next: u64,
    /// Neighbouring items, each with the ordinal of the first.
    found: Vec<(u64, Vec<RolloutItem>)>,
    damage: DamageReport,
}

impl Page {
    pub(super) fn new(take: Range<u64>) -> Self {
        Self { next: take.start, take, found: Vec::new(), damage: DamageReport::default() }
    }

    /// Takes what the page wants of the next run.
    pub(super) fn push(&mut self, run: &Run) {
        self.lose_until(run.first, "no row has them");
        // Where the table is damaged, whatever the next row does not have is lost with this one.
        let Some(table) = run.table() else { return };
        let end = run.first.saturating_add(table.len() as u64).min(self.take.end);
        if end <= self.next {
            return;
        }
        let Some(data) = compress::opened(run, table) else {
            return self.lose_until(end, "what is compressed cannot be read");
        };
        let skipped = usize::try_from(self.next.saturating_sub(run.first)).unwrap_or(usize::MAX);
        let wanted = usize::try_from(end.saturating_sub(self.next)).unwrap_or(usize::MAX);
        let mut items = Vec::with_capacity(wanted.min(table.len()));
        for (place, entry) in table.places().skip(skipped).take(wanted) {
            match data.get(place.clone()) {
                Some(bytes) if entry.fits(bytes) => {
                    items.push(RolloutItem::from_stored(data.slice(place)));
                }
                _ => {
                    self.found(std::mem::take(&mut items));
                    self.lose(self.next + 1, &run.place(), "its checksum differs");
                }
            }
        }
        self.found(items);
    }

    fn found(&mut self, items: Vec<RolloutItem>) {
        let first = self.next;
        self.next += items.len() as u64;
        if !items.is_empty() {
            self.found.push((first, items));
        }
    }

    /// Everything up to this ordinal that was not found is lost.
    fn lose_until(&mut self, ordinal: u64, reason: &str) {
        self.lose(ordinal, &format!("history before ordinal {ordinal}"), reason);
    }

    fn lose(&mut self, end: u64, location: &str, reason: &str) {
        let lost = self.next..end.min(self.take.end);
        if !lost.is_empty() {
            self.next = lost.end;
            let before = || self.take.start.checked_sub(1).map(Ordinal::new);
            let last =
                |(first, items): &(u64, Vec<_>)| Ordinal::new(first + items.len() as u64 - 1);
            let after = self.found.last().map(last).or_else(before);
            let record = DamagedRecord::new(location, after, reason);
            self.damage.push_many(record, lost.end - lost.start);
        }
    }

    pub(super) fn finish(mut self, direction: Direction) -> (Items, DamageReport) {
        self.lose_until(self.take.end, "no row has them");
        let mut items = Items::new(direction);
        if direction == Direction::Descending {
            self.found.reverse();
        }
        for (first, run) in self.found {
            let part = 0..run.len();
            items.push_run(Ordinal::new(first), run.into(), part);
        }
        (items, self.damage)
    }
}
