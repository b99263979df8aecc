//! A page of history, put together from runs.

use std::ops::Range;

use thread_store::{DamageReport, DamagedRecord, Ordinal, StoredItem};

use super::run::Run;

/// A page being read, from its first ordinal to its last.
pub(super) struct Page {
    take: Range<u64>,
    /// The ordinal that is to be found next.
    next: u64,
    pub(super) items: Vec<StoredItem>,
    pub(super) damage: DamageReport,
}

impl Page {
    pub(super) fn new(take: Range<u64>) -> Self {
        Self { next: take.start, take, items: Vec::new(), damage: DamageReport::default() }
    }

    pub(super) fn push(&mut self, run: &Run) {
        self.lose_until(run.first, "no row has them");
        // Where the table is damaged, whatever the next row does not have is lost with this one.
        let Some(entries) = &run.entries else { return };
        let mut start = 0;
        for (ordinal, entry) in (run.first..).zip(entries) {
            if self.take.contains(&ordinal) && ordinal >= self.next {
                match run.item(start, entry) {
                    Some(item) => {
                        self.items.push(StoredItem { ordinal: Ordinal::new(ordinal), item })
                    }
                    None => self.lose(ordinal..ordinal + 1, &run.place, "its checksum differs"),
                }
                self.next = ordinal + 1;
            }
            start = start.saturating_add(entry.len).saturating_add(1);
        }
    }

    /// Everything up to this ordinal that was not found is lost.
    pub(super) fn lose_until(&mut self, ordinal: u64, reason: &str) {
        let lost = self.next..ordinal.min(self.take.end);
        if !lost.is_empty() {
            self.next = lost.end;
            self.lose(lost, &format!("history before ordinal {ordinal}"), reason);
        }
    }

    fn lose(&mut self, lost: Range<u64>, location: &str, reason: &str) {
        let before = || self.take.start.checked_sub(1).map(Ordinal::new);
        let after = self.items.last().map(|item| item.ordinal).or_else(before);
        self.damage.push_many(DamagedRecord::new(location, after, reason), lost.end - lost.start);
    }
}

#[cfg(test)]
mod tests {
    use thread_store::RolloutItem;

    use super::super::run::{Entry, RUN_BYTES, pack, split};
    use super::*;

    fn items(sizes: &[usize]) -> Vec<RolloutItem> {
        let text = |size: &usize| format!("{{\"a\":\"{}\"}}", "x".repeat(size - 8));
        sizes.iter().map(|size| RolloutItem::try_from(text(size).as_str()).unwrap()).collect()
    }

    #[test]
    fn runs_are_small_and_together_they_are_everything() {
        for sizes in
            [vec![], vec![10], vec![10; 20_000], vec![RUN_BYTES * 2, 10, RUN_BYTES - 1, 10, 10]]
        {
            let items = items(&sizes);
            let mut page = Page::new(0..items.len() as u64);
            for run in split(&items) {
                let data = pack(run);
                assert!(run.len() == 1 || data.len() <= RUN_BYTES);
                let entries =
                    Entry::table(run).chunks_exact(Entry::BYTES).map(Entry::read).collect();
                page.push(&Run {
                    place: "here".into(),
                    first: page.next,
                    entries: Some(entries),
                    data,
                });
            }
            let back: Vec<_> = page.items.into_iter().map(|stored| stored.item).collect();
            assert_eq!(back, items);
            assert!(page.damage.is_empty());
        }
    }
}
