//! A run: neighbouring items as one row has them.
//!
//! A run is the bytes of its items, joined by line feeds for whoever looks at the file, and a table
//! with the length and the checksum of each.

use bytes::{Bytes, BytesMut};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use thread_store::{Ordinal, RolloutItem};

use crate::error::Result;
use crate::head::unsigned;

/// A run is closed when it has so many bytes: few rows for a long history, and little to read
/// beside what was asked.
pub(super) const RUN_BYTES: usize = 64 << 10;

/// What is known of one item beside its bytes: where it ends, and whether it is as it was written.
pub(super) struct Entry {
    pub(super) len: usize,
    checksum: u32,
}

impl Entry {
    /// Bytes of an entry: length and checksum, each of 32 bits, little end first.
    pub(super) const BYTES: usize = 8;

    pub(super) fn table(items: &[RolloutItem]) -> Vec<u8> {
        let entry = |item: &RolloutItem| {
            // No store takes an item of 4 GiB.
            let len = u32::try_from(item.len()).unwrap_or(u32::MAX);
            [len.to_le_bytes(), crc32fast::hash(item.as_bytes()).to_le_bytes()].concat()
        };
        items.iter().flat_map(entry).collect()
    }

    pub(super) fn read(bytes: &[u8]) -> Self {
        let word = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&bytes[at..at + 4]);
            u32::from_le_bytes(word)
        };
        Self { len: word(0) as usize, checksum: word(4) }
    }
}

/// A run as it is written, whatever its place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Packed {
    /// The table of lengths and checksums.
    pub(crate) entries: Vec<u8>,
    /// The items, joined by line feeds.
    pub(crate) data: Vec<u8>,
}

impl Packed {
    pub(crate) fn new(items: &[RolloutItem]) -> Self {
        Self { entries: Entry::table(items), data: pack(items).into() }
    }

    /// The checksum of the run at its place.
    pub(crate) fn checksum(&self, key: i64, first: Ordinal) -> i64 {
        checksum(key, first.get(), &self.entries)
    }
}

/// Covers the place of a run and its table; each item is covered by its own entry.
pub(super) fn checksum(key: i64, first: u64, entries: &[u8]) -> i64 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&key.to_le_bytes());
    hasher.update(&first.to_le_bytes());
    hasher.update(entries);
    i64::from(hasher.finalize())
}

/// One row.
pub(super) struct Run {
    /// Where it stands in the file, for people.
    pub(super) place: String,
    pub(super) first: u64,
    /// `None` if the table is damaged: then nothing in the row has a place.
    pub(super) entries: Option<Vec<Entry>>,
    pub(super) data: Bytes,
}

impl Run {
    pub(super) fn read(row: &SqliteRow, key: i64) -> Result<Self> {
        let first = unsigned(row.try_get("first")?)?;
        let table: &[u8] = row.try_get("entries")?;
        let whole = table.len().is_multiple_of(Entry::BYTES)
            && row.try_get::<i64, _>("checksum")? == checksum(key, first, table);
        let entries = whole.then(|| table.chunks_exact(Entry::BYTES).map(Entry::read).collect());
        let data: Vec<u8> = row.try_get("data")?;
        Ok(Self { place: row.try_get("place")?, first, entries, data: data.into() })
    }

    /// The item of an entry, if it is as it was written.
    pub(super) fn item(&self, start: usize, entry: &Entry) -> Option<RolloutItem> {
        let end = start.checked_add(entry.len)?;
        let intact = crc32fast::hash(self.data.get(start..end)?) == entry.checksum;
        intact.then(|| RolloutItem::from_stored(self.data.slice(start..end)))
    }
}

/// Runs of at most `RUN_BYTES`, or of one larger item.
pub(super) fn split(items: &[RolloutItem]) -> impl Iterator<Item = &[RolloutItem]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|item| {
            bytes += item.len() + 1;
            bytes <= RUN_BYTES
        });
        let count = fits.count().max(1).min(rest.len());
        let (run, later) = rest.split_at(count);
        rest = later;
        (!run.is_empty()).then_some(run)
    })
}

pub(super) fn pack(items: &[RolloutItem]) -> Bytes {
    if let [item] = items {
        return item.to_bytes();
    }
    let mut data = BytesMut::with_capacity(items.iter().map(|item| item.len() + 1).sum());
    for item in items {
        if !data.is_empty() {
            data.extend_from_slice(b"\n");
        }
        data.extend_from_slice(item.as_bytes());
    }
    data.freeze()
}
