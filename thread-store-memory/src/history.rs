//! A history in sealed chunks.

use std::ops::Range;
use std::sync::Arc;

use thread_store::{Direction, Items, Ordinal, RolloutItem};

/// Items in one sealed chunk.
const CHUNK: usize = 256;

/// The items of one thread. Full chunks are never touched again, so a reader takes them as they
/// are; only the open tail, shorter than a chunk, is copied (as handles on the bytes).
#[derive(Debug, Default)]
pub(crate) struct History {
    sealed: Vec<Arc<[RolloutItem]>>,
    tail: Vec<RolloutItem>,
}

impl History {
    pub(crate) fn new(items: Vec<RolloutItem>) -> Self {
        let mut history = Self::default();
        history.extend(items);
        history
    }

    pub(crate) fn end(&self) -> Ordinal {
        Ordinal::ZERO.plus(self.sealed.len() * CHUNK + self.tail.len())
    }

    pub(crate) fn extend(&mut self, items: impl IntoIterator<Item = RolloutItem>) {
        for item in items {
            self.tail.push(item);
            if self.tail.len() == CHUNK {
                self.sealed.push(self.tail.drain(..).collect());
            }
        }
    }

    /// The items with these ordinals, all of which exist, as a page in this direction.
    pub(crate) fn page(&self, take: &Range<u64>, direction: Direction) -> Items {
        let mut page = Items::new(direction);
        if take.is_empty() {
            return page;
        }
        let (first, last) = (take.start / CHUNK as u64, (take.end - 1) / CHUNK as u64);
        let mut push = |chunk: u64| {
            let start = chunk * CHUNK as u64;
            let items = self.chunk(chunk);
            let from = take.start.saturating_sub(start) as usize;
            let to = ((take.end - start) as usize).min(items.len());
            page.push_run(Ordinal::new(start + from as u64), items, from..to);
        };
        match direction {
            Direction::Ascending => (first..=last).for_each(&mut push),
            Direction::Descending => (first..=last).rev().for_each(&mut push),
        }
        page
    }

    fn chunk(&self, index: u64) -> Arc<[RolloutItem]> {
        match self.sealed.get(index as usize) {
            Some(chunk) => Arc::clone(chunk),
            None => self.tail.as_slice().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(len: u64) -> History {
        History::new(
            (0..len)
                .map(|n| RolloutItem::try_from(format!("{{\"n\":{n}}}").as_str()).unwrap())
                .collect(),
        )
    }

    #[test]
    fn any_part_comes_back_from_any_length() {
        for len in [0, 1, 255, 256, 257, 600] {
            let history = history(len);
            assert_eq!(history.end(), Ordinal::new(len));
            for take in [0..len, 0..len.min(3), len.saturating_sub(3)..len, len / 2..len] {
                for direction in [Direction::Ascending, Direction::Descending] {
                    let mut expected: Vec<u64> = take.clone().collect();
                    if direction == Direction::Descending {
                        expected.reverse();
                    }
                    let page = history.page(&take, direction);
                    let seen: Vec<u64> = page.iter().map(|item| item.ordinal.get()).collect();
                    assert_eq!(seen, expected);
                    assert!(
                        page.iter().all(|it| it.item.text() == format!("{{\"n\":{}}}", it.ordinal))
                    );
                }
            }
        }
    }

    #[test]
    fn reading_a_long_history_shares_its_chunks() {
        let history = history(1024);
        let before = Arc::strong_count(&history.sealed[0]);
        let page = history.page(&(0..1024), Direction::Ascending);
        assert_eq!(Arc::strong_count(&history.sealed[0]), before + 1);
        assert_eq!(page.len(), 1024);
    }
}
