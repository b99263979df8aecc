//! Every short history, damaged in every way: a marker reaches the record that it reached.

use super::{Counted, Reach, Unplaced};
use crate::history::{DamageReport, DamagedRecord};
use crate::ordinal::Ordinal;

/// A history of which these records are damaged, and have lost their ordinals or not.
struct History {
    /// The ordinals of those that can be read, by their number.
    ordinals: Vec<Option<u64>>,
    end: Ordinal,
    damage: DamageReport,
}

impl History {
    fn new(records: usize, damaged: u32, is_kept: u32) -> Self {
        let (mut ordinals, mut damage) = (Vec::new(), DamageReport::default());
        let (mut next, mut after) = (0, None);
        for record in 0..records {
            if damaged >> record & 1 == 1 {
                damage.push(DamagedRecord::new("here", after, "damaged"));
                ordinals.push(None);
                next += u64::from(is_kept >> record & 1);
            } else {
                after = Some(Ordinal::new(next));
                ordinals.push(Some(next));
                next += 1;
            }
        }
        Self { ordinals, end: Ordinal::new(next), damage }
    }

    fn readable(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.ordinals.iter().copied().flatten()
    }

    /// The records that a marker at the end takes back, of those that can be read.
    fn taken(&self, items: u64) -> Vec<u64> {
        let mut reach = Reach::of(Counted { at: self.end, items });
        reach.unplaced.meet(&self.damage);
        let found = self.readable().rev().find_map(|at| reach.take(Ordinal::new(at)));
        let from = found.unwrap_or_else(|| reach.end()).get();
        self.readable().filter(|at| *at >= from).collect()
    }

    /// What a marker that takes back the records from this one on counts.
    fn count(&self, from: usize) -> Option<u64> {
        let from = Ordinal::new((*self.ordinals.get(from)?)?);
        let mut unplaced = Unplaced::before(self.end);
        unplaced.meet(&self.damage);
        let taken = self.readable().rev().map(Ordinal::new).take_while(|at| *at >= from);
        let lost: u64 = taken.map(|at| unplaced.behind(at)).sum();
        Some(self.end.since(from) + lost)
    }
}

const RECORDS: usize = 7;
const ALL: u32 = 1 << RECORDS;

/// Expects what is taken back to be the records from this one on.
fn expect_taken(history: &History, from: usize, items: u64) {
    let expected: Vec<u64> = history.ordinals[from..].iter().copied().flatten().collect();
    assert_eq!(history.taken(items), expected, "{items} items of {:?}", history.ordinals);
}

#[test]
fn damage_after_a_marker_does_not_move_where_it_reaches() {
    for damaged in 0..ALL {
        for is_kept in [0, ALL - 1] {
            let history = History::new(RECORDS, damaged, is_kept);
            for from in 0..RECORDS {
                expect_taken(&history, from, (RECORDS - from) as u64);
            }
        }
    }
}

#[test]
fn a_marker_that_counts_what_is_damaged_reaches_the_same_record_then_and_later() {
    for before in 0..ALL {
        let then = History::new(RECORDS, before, 0);
        for from in 0..RECORDS {
            let Some(items) = then.count(from) else { continue };
            expect_taken(&then, from, items);
            for later in (0..ALL).filter(|later| later & before == 0) {
                expect_taken(&History::new(RECORDS, before | later, 0), from, items);
            }
        }
    }
}

#[test]
fn what_kept_its_ordinal_is_not_counted_twice() {
    for damaged in 0..ALL {
        let history = History::new(RECORDS, damaged, ALL - 1);
        for from in 0..RECORDS {
            let expected = (RECORDS - from) as u64;
            assert!(history.count(from).is_none_or(|count| count == expected));
        }
    }
}

#[test]
fn a_marker_of_more_items_than_there_are_takes_back_all() {
    for damaged in 0..ALL {
        let history = History::new(RECORDS, damaged, 0);
        for items in [RECORDS as u64, 100, u64::MAX] {
            expect_taken(&history, 0, items);
        }
    }
}
