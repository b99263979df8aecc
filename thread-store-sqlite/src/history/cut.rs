//! Chunks in the making: where one ends and the next begins.

use thread_store::RolloutItem;

use super::chunk::{self, Chunk};
use super::row::Run;
use super::run::{Entry, Open};
use crate::connection::PAGE_BYTES;

/// Chunks that are being made of items in their order.
#[derive(Debug)]
pub(super) struct Chunks {
    key: i64,
    closed: Vec<Chunk>,
    /// The first ordinal of what is open.
    first: u64,
    open: Open,
    best: Option<Cut>,
}

/// Where the open chunk may end.
#[derive(Clone, Copy, Debug)]
struct Cut {
    items: usize,
    bytes: usize,
    /// Bytes of the row that do not fill pages of their own.
    beside: usize,
}

impl Chunks {
    /// Chunks of a thread from this ordinal on.
    pub(super) fn new(key: i64, first: u64) -> Self {
        Self { key, closed: Vec::new(), first, open: Open::default(), best: None }
    }

    pub(super) fn push_item(&mut self, item: &RolloutItem) {
        self.push(Entry::of(item.as_bytes()), item.as_bytes());
    }

    /// Takes a row over: its items as they are, or, if it is damaged, itself as it is.
    pub(super) fn push_run(&mut self, run: &Run) {
        if run.first != self.first + self.open.count() as u64 {
            self.close_all(run.first);
        }
        let Some(table) = run.intact() else {
            self.close_all(run.first);
            return self.closed.push(Chunk::kept(run));
        };
        for (place, entry) in table.places() {
            self.push(entry, &run.data[place]);
        }
    }

    fn push(&mut self, entry: Entry, item: &[u8]) {
        if self.open.count() > 0 && self.open.data().len() + 1 + item.len() > chunk::BYTES {
            self.close_best();
        }
        self.open.push(entry, item);
        let (items, bytes) = (self.open.count(), self.open.data().len());
        if bytes >= chunk::BYTES / 4 * 3 {
            let cut = Cut { items, bytes, beside: beside(self.open.row_len()) };
            self.best = Some(self.best.filter(|best| best.beside < cut.beside).unwrap_or(cut));
        }
    }

    /// Closes the open chunk where that leaves the least beside full pages, and goes on with the rest.
    fn close_best(&mut self) {
        let rest = self.best.take().and_then(|cut| self.open.split_off(cut.items, cut.bytes));
        self.close_all(self.first + self.open.count() as u64);
        self.open = rest.unwrap_or_default();
    }

    /// Closes the open chunk; the next one starts at this ordinal.
    fn close_all(&mut self, next: u64) {
        let (first, open) = (self.first, std::mem::take(&mut self.open));
        (self.first, self.best) = (next, None);
        if open.count() > 0 {
            self.closed.push(Chunk::raw(first, open.pack(self.key, first)));
        }
    }

    /// What is closed so far.
    pub(super) fn take_closed(&mut self) -> Vec<Chunk> {
        std::mem::take(&mut self.closed)
    }

    pub(super) fn finish(mut self) -> Vec<Chunk> {
        self.close_all(0);
        self.closed
    }
}

/// How many bytes of a row stand beside other rows, of a row that is so long: the rest fills pages of
/// its own. See <https://www.sqlite.org/fileformat2.html#b_tree_pages>, table b-tree leaf cells.
fn beside(row: usize) -> usize {
    let usable = PAGE_BYTES as usize;
    let (most, least) = (usable - 35, (usable - 12) * 32 / 255 - 23);
    if row <= most {
        return row;
    }
    let beside = least + (row - least) % (usable - 4);
    if beside <= most { beside } else { least }
}
