//! A run: neighbouring items as one row has them.
//!
//! A run is the bytes of its items, joined by line feeds for whoever looks at the file, and a table
//! with the length and the checksum of each. The checksum of the row covers the table and its place,
//! so an item that is damaged costs itself only, and a table that is damaged is never believed.

use std::ops::Range;

use thread_store::{Ordinal, RolloutItem};

/// What is known of one item beside its bytes: how long it is, and what its checksum was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) len: usize,
    checksum: u32,
}

impl Entry {
    /// Bytes of an entry: length and checksum, each of 32 bits, little end first.
    pub(super) const BYTES: usize = 8;

    pub(super) fn of(item: &[u8]) -> Self {
        Self { len: item.len(), checksum: crc32fast::hash(item) }
    }

    fn read(bytes: [u8; Self::BYTES]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        let len = u32::from_le_bytes([a, b, c, d]) as usize;
        Self { len, checksum: u32::from_le_bytes([e, f, g, h]) }
    }

    fn bytes(self) -> [u8; Self::BYTES] {
        // No store takes an item of 4 GiB.
        let [a, b, c, d] = u32::try_from(self.len).unwrap_or(u32::MAX).to_le_bytes();
        let [e, f, g, h] = self.checksum.to_le_bytes();
        [a, b, c, d, e, f, g, h]
    }

    /// Whether the item is as it was written.
    pub(super) fn fits(self, item: &[u8]) -> bool {
        crc32fast::hash(item) == self.checksum
    }
}

/// The table of a run that is as it was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a>(&'a [[u8; Entry::BYTES]]);

impl<'a> Table<'a> {
    /// The table of the row at this place, unless it is damaged: then nothing in the row has a place.
    pub(super) fn checked(key: i64, first: u64, table: &'a [u8], expected: i64) -> Option<Self> {
        let (entries, rest) = table.as_chunks();
        let intact = rest.is_empty() && checksum(key, first, table) == expected;
        intact.then_some(Self(entries))
    }

    pub(super) fn len(self) -> usize {
        self.0.len()
    }

    fn entries(self) -> impl Iterator<Item = Entry> + 'a {
        self.0.iter().map(|bytes| Entry::read(*bytes))
    }

    /// Each entry with where its item is.
    pub(super) fn places(self) -> impl Iterator<Item = (Range<usize>, Entry)> + 'a {
        self.entries().scan(0_usize, |next, entry| {
            let end = next.saturating_add(entry.len);
            let start = std::mem::replace(next, end.saturating_add(1));
            Some((start..end, entry))
        })
    }

    /// How many bytes the items have together, with the line feeds between them.
    pub(super) fn data_len(self) -> usize {
        let bytes = |sum: usize, entry: Entry| sum.saturating_add(entry.len).saturating_add(1);
        self.entries().fold(0, bytes).saturating_sub(1)
    }
}

/// Covers the place of a run and its table; each item is covered by its own entry.
fn checksum(key: i64, first: u64, table: &[u8]) -> i64 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&key.to_le_bytes());
    hasher.update(&first.to_le_bytes());
    hasher.update(table);
    i64::from(hasher.finalize())
}

/// A run as it is written.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) entries: Vec<u8>,
    pub(crate) checksum: i64,
    pub(crate) data: Vec<u8>,
}

/// Items as one row, of which the first has this ordinal.
pub(super) fn pack(key: i64, first: Ordinal, items: &[RolloutItem]) -> Packed {
    Open::of(items).pack(key, first.get())
}

/// How many bytes items have together, with the line feeds between them.
pub(super) fn joined_len(items: &[RolloutItem]) -> usize {
    items.iter().map(|item| item.len() + 1).sum::<usize>().saturating_sub(1)
}

/// A run that is being put together, wherever it will stand.
#[derive(Debug, Default)]
pub(crate) struct Open {
    entries: Vec<u8>,
    data: Vec<u8>,
}

impl Open {
    pub(crate) fn of(items: &[RolloutItem]) -> Self {
        let mut open = Self::with_capacity(items.len(), joined_len(items));
        for item in items {
            open.push(Entry::of(item.as_bytes()), item.as_bytes());
        }
        open
    }

    pub(super) fn with_capacity(items: usize, bytes: usize) -> Self {
        let entries = Vec::with_capacity(items * Entry::BYTES);
        Self { entries, data: Vec::with_capacity(bytes) }
    }

    /// Adds an item with the entry that it has, whether or not the two fit: what was damaged stays so.
    pub(super) fn push(&mut self, entry: Entry, item: &[u8]) {
        if !self.entries.is_empty() {
            self.data.push(b'\n');
        }
        self.entries.extend_from_slice(&entry.bytes());
        self.data.extend_from_slice(item);
    }

    pub(super) fn count(&self) -> usize {
        self.entries.len() / Entry::BYTES
    }

    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    /// About how long a row of it is: the numbers beside take so much.
    pub(super) fn row_len(&self) -> usize {
        16 + self.entries.len() + self.data.len()
    }

    /// Keeps the first items, which have so many bytes, and answers the rest if there is any.
    pub(super) fn split_off(&mut self, items: usize, bytes: usize) -> Option<Self> {
        if items >= self.count() {
            return None;
        }
        let entries = self.entries.split_off(items * Entry::BYTES);
        let data = self.data.split_off(bytes + 1);
        self.data.truncate(bytes);
        Some(Self { entries, data })
    }

    /// The run at its place.
    pub(crate) fn pack(self, key: i64, first: u64) -> Packed {
        let Self { entries, data } = self;
        Packed { checksum: checksum(key, first, &entries), entries, data }
    }
}

/// Stretches of items that have at most so many bytes, or are one larger item.
pub(super) fn split(items: &[RolloutItem], bytes: usize) -> impl Iterator<Item = &[RolloutItem]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let mut room = bytes;
        let fits = rest.iter().take_while(|item| {
            let fits = item.len() <= room;
            room = room.saturating_sub(item.len() + 1);
            fits
        });
        let count = fits.count().max(1).min(rest.len());
        let (run, later) = rest.split_at(count);
        rest = later;
        (!run.is_empty()).then_some(run)
    })
}
