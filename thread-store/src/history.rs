//! Pages of history.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::item::{RolloutItem, StoredItem};
use crate::ordinal::Ordinal;

/// Which way rows come: from small keys to large, or from large to small.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Oldest first.
    #[default]
    Ascending,
    /// Newest first.
    Descending,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// A stretch of a history: from an ordinal, to before another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OrdinalRange {
    /// The first ordinal.
    pub from: Ordinal,
    /// The first ordinal that is not in it; `None` for the end of the history.
    pub to: Option<Ordinal>,
}

impl OrdinalRange {
    /// The whole history.
    pub const ALL: Self = Self { from: Ordinal::ZERO, to: None };

    /// From this ordinal to the end.
    #[must_use]
    pub const fn from(from: Ordinal) -> Self {
        Self { from, to: None }
    }

    /// From `from` to before `to`.
    #[must_use]
    pub const fn between(from: Ordinal, to: Ordinal) -> Self {
        Self { from, to: Some(to) }
    }

    /// What of it exists in a history that ends at `end`.
    #[must_use]
    pub fn clip(&self, end: Ordinal) -> Range<u64> {
        let to = self.to.map_or(end, |to| to.min(end)).get();
        self.from.get().min(to)..to
    }
}

/// What a store reads for one page: decided here, so that every store pages alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryPlan {
    /// The ordinals of the page.
    pub take: Range<u64>,
    /// What is left for later pages.
    pub rest: Option<OrdinalRange>,
}

impl HistoryPlan {
    /// Plans a page of at most `limit` items out of `range`, of a history that ends at `end`.
    ///
    /// # Errors
    ///
    /// *Invalid request*: a limit of 0, or a range that ends before it starts.
    pub fn new(
        range: OrdinalRange,
        direction: Direction,
        limit: Option<usize>,
        end: Ordinal,
    ) -> Result<Self, Error> {
        if limit == Some(0) {
            return Err(Error::invalid("limit", "must be at least 1"));
        }
        if range.to.is_some_and(|to| to < range.from) {
            return Err(Error::invalid("range", "ends before it starts"));
        }
        let all = range.clip(end);
        let limit = limit.map_or(u64::MAX, |limit| limit as u64);
        if all.end - all.start <= limit {
            return Ok(Self { take: all, rest: None });
        }
        let (take, rest) = match direction {
            Direction::Ascending => {
                let middle = all.start + limit;
                (all.start..middle, middle..all.end)
            }
            Direction::Descending => {
                let middle = all.end - limit;
                (middle..all.end, all.start..middle)
            }
        };
        let rest = OrdinalRange::between(Ordinal::new(rest.start), Ordinal::new(rest.end));
        Ok(Self { take, rest: Some(rest) })
    }
}

/// Items in the order of a page, sharing the memory of the store they came from.
#[derive(Clone, Debug, Default)]
pub struct Items {
    runs: Vec<Run>,
    direction: Direction,
    len: usize,
}

/// Neighbouring items, by ascending ordinal.
#[derive(Clone, Debug)]
struct Run {
    first: Ordinal,
    items: Arc<[RolloutItem]>,
    part: Range<usize>,
}

impl Run {
    fn get(&self, index: usize) -> Option<StoredItem> {
        let item = self.items.get(self.part.start + index)?;
        Some(StoredItem { ordinal: self.first.plus(index), item: item.clone() })
    }
}

impl Items {
    /// No items yet, of a page in this direction.
    #[must_use]
    pub fn new(direction: Direction) -> Self {
        Self { runs: Vec::new(), direction, len: 0 }
    }

    /// Items of a page, already in its direction.
    #[must_use]
    pub fn from_vec(items: Vec<StoredItem>, direction: Direction) -> Self {
        let mut out = Self::new(direction);
        let mut run: Vec<StoredItem> = Vec::new();
        for item in items {
            if run.last().is_some_and(|last| !follows(last.ordinal, item.ordinal, direction)) {
                out.push_collected(std::mem::take(&mut run));
            }
            run.push(item);
        }
        out.push_collected(run);
        out
    }

    fn push_collected(&mut self, mut run: Vec<StoredItem>) {
        if self.direction == Direction::Descending {
            run.reverse();
        }
        if let Some(first) = run.first().map(|item| item.ordinal) {
            let items: Arc<[RolloutItem]> = run.into_iter().map(|stored| stored.item).collect();
            let part = 0..items.len();
            self.push_run(first, items, part);
        }
    }

    /// Adds the next run of the page: `items[part]`, in ascending order whatever the direction of
    /// the page, of which the first has this ordinal. Runs are added in the direction of the page.
    pub fn push_run(&mut self, first: Ordinal, items: Arc<[RolloutItem]>, part: Range<usize>) {
        if !part.is_empty() {
            self.len += part.len();
            self.runs.push(Run { first, items, part });
        }
    }

    /// The direction of the page.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The items in the order of the page. Each is a handle on shared bytes.
    pub fn iter(&self) -> impl Iterator<Item = StoredItem> + '_ {
        let direction = self.direction;
        self.runs.iter().flat_map(move |run| {
            let len = run.part.len();
            (0..len).filter_map(move |step| match direction {
                Direction::Ascending => run.get(step),
                Direction::Descending => run.get(len - 1 - step),
            })
        })
    }

    /// The first of the page.
    #[must_use]
    pub fn first(&self) -> Option<StoredItem> {
        self.iter().next()
    }

    /// The items by ascending ordinal, whatever the direction of the page.
    #[must_use]
    pub fn into_ascending(self) -> Vec<StoredItem> {
        let mut items: Vec<_> = self.iter().collect();
        if self.direction == Direction::Descending {
            items.reverse();
        }
        items
    }

    /// The records alone, in the order of the page.
    pub fn records(&self) -> impl Iterator<Item = RolloutItem> + '_ {
        self.iter().map(|stored| stored.item)
    }
}

fn follows(last: Ordinal, next: Ordinal, direction: Direction) -> bool {
    match direction {
        Direction::Ascending => next == last.plus(1),
        Direction::Descending => last == next.plus(1),
    }
}

/// What [`load_history`](crate::ThreadStore::load_history) answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HistoryPage {
    /// The items, in the direction asked.
    pub items: Items,
    /// Where the history ends: the ordinal that the next item gets.
    pub next_ordinal: Ordinal,
    /// What of the range asked for is left for later pages; `None` on the last one.
    pub rest: Option<OrdinalRange>,
    /// Records that could not be read.
    pub damage: DamageReport,
    /// How many damaged records of the whole history, not of the page alone, have no ordinal, or
    /// more: nobody looks for them where it is 0. It is 0 for a store that keeps the ordinal of a
    /// damaged record, as a gap in those of the page. Else a page reports them with the item that
    /// they stand before or behind, each on one page.
    pub unplaced: u64,
}

impl HistoryPage {
    /// A page without damage.
    #[must_use]
    pub fn new(items: Items, next_ordinal: Ordinal, rest: Option<OrdinalRange>) -> Self {
        Self { items, next_ordinal, rest, damage: DamageReport::default(), unplaced: 0 }
    }

    /// The page with what damage was met.
    #[must_use]
    pub fn with_damage(mut self, damage: DamageReport) -> Self {
        self.damage = damage;
        self
    }

    /// The page of a history in which so many damaged records have no ordinal.
    #[must_use]
    pub fn with_unplaced(mut self, unplaced: u64) -> Self {
        self.unplaced = unplaced;
        self
    }
}

/// Records that could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DamageReport {
    /// How many.
    pub count: u64,
    /// The first of them, at most [`DamageReport::MAX_RECORDS`].
    pub records: Vec<DamagedRecord>,
}

impl DamageReport {
    /// How many damaged records are described one by one.
    pub const MAX_RECORDS: usize = 100;

    /// Adds one.
    pub fn push(&mut self, record: DamagedRecord) {
        self.push_many(record, 1);
    }

    /// Adds neighbouring ones that have the same description.
    pub fn push_many(&mut self, record: DamagedRecord, count: u64) {
        self.count = self.count.saturating_add(count);
        let room = Self::MAX_RECORDS.saturating_sub(self.records.len());
        let described = usize::try_from(count).map_or(room, |count| count.min(room));
        self.records.extend(std::iter::repeat_n(record, described));
    }

    /// Adds what another report says.
    pub fn absorb(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        let room = Self::MAX_RECORDS.saturating_sub(self.records.len());
        self.records.extend(other.records.into_iter().take(room));
    }

    /// What stands after the item of this ordinal, and what is not described and may.
    #[must_use]
    pub fn after(self, ordinal: Ordinal) -> Self {
        let mut after = Self { count: self.undescribed(), records: Vec::new() };
        let is_after = |record: &DamagedRecord| record.after.is_some_and(|at| at >= ordinal);
        self.records.into_iter().filter(is_after).for_each(|record| after.push(record));
        after
    }

    /// How many are not described.
    pub(crate) fn undescribed(&self) -> u64 {
        self.count.saturating_sub(self.records.len() as u64)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The error of a strict read, if there is damage.
    ///
    /// # Errors
    ///
    /// *Corrupt*, with the place of the first damaged record.
    pub fn strict(&self) -> Result<(), Error> {
        if self.is_empty() {
            return Ok(());
        }
        let location =
            self.records.first().map_or_else(String::new, |record| record.location.clone());
        Err(Error::corrupt(location))
    }
}

/// A record that could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DamagedRecord {
    /// Where: a file and byte offset, a table and row. For people.
    pub location: String,
    /// The ordinal of the last readable item before it; `None` if there is none.
    pub after: Option<Ordinal>,
    /// What is wrong with it, without its contents.
    pub reason: String,
}

impl DamagedRecord {
    /// A damaged record at a place, after an item.
    #[must_use]
    pub fn new(
        location: impl Into<String>,
        after: Option<Ordinal>,
        reason: impl Into<String>,
    ) -> Self {
        Self { location: location.into(), after, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests;
