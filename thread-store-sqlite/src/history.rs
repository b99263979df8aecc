//! Histories: runs of neighbouring items.
//!
//! A run is the bytes of its items, joined by line feeds for whoever looks at the file, and a table
//! with the length and the checksum of each.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use thread_store::{
    DamageReport, DamagedRecord, Direction, Items, Ordinal, RolloutItem, StoredItem,
};

use crate::error::{Result, SqliteError};

/// A run is closed when it has so many bytes: few rows for a long history, and little to read
/// beside what was asked.
const RUN_BYTES: usize = 64 << 10;

/// Adds items at the end of a history.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    key: i64,
    mut first: Ordinal,
    items: &[RolloutItem],
) -> Result<()> {
    for run in split(items) {
        let (data, entries) = (pack(run), Entry::table(run));
        sqlx::query(
            "INSERT INTO runs (key, first, entries, checksum, data) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(key)
        .bind(number(first.get())?)
        .bind(&entries[..])
        .bind(checksum(key, first.get(), &entries))
        .bind(&data[..])
        .execute(&mut *connection)
        .await?;
        first = first.plus(run.len());
    }
    Ok(())
}

/// Reads the items with these ordinals, all of which exist, as a page in this direction; damage is
/// reported beside them.
pub(crate) async fn load(
    connection: &mut SqliteConnection,
    key: i64,
    take: &Range<u64>,
    direction: Direction,
) -> Result<(Items, DamageReport)> {
    if take.is_empty() {
        return Ok((Items::new(direction), DamageReport::default()));
    }
    let rows = sqlx::query(
        "SELECT id, first, entries, checksum, data FROM runs WHERE key = ?1 AND first < ?3
            AND first >= coalesce((SELECT max(first) FROM runs WHERE key = ?1 AND first <= ?2), 0)
         ORDER BY first",
    )
    .bind(key)
    .bind(number(take.start)?)
    .bind(number(take.end)?)
    .fetch_all(connection)
    .await?;
    let mut page = Page::new(take.clone());
    for row in &rows {
        page.push(&Run::read(row, key)?);
    }
    page.lose_until(take.end, "no row has them");
    let Page { mut items, damage, .. } = page;
    if direction == Direction::Descending {
        items.reverse();
    }
    Ok((Items::from_vec(items, direction), damage))
}

/// What is known of one item beside its bytes: where it ends, and whether it is as it was written.
struct Entry {
    len: usize,
    checksum: u32,
}

impl Entry {
    /// Bytes of an entry: length and checksum, each of 32 bits, little end first.
    const BYTES: usize = 8;

    fn table(items: &[RolloutItem]) -> Vec<u8> {
        let entry = |item: &RolloutItem| {
            // No store takes an item of 4 GiB.
            let len = u32::try_from(item.len()).unwrap_or(u32::MAX);
            [len.to_le_bytes(), crc32fast::hash(item.as_bytes()).to_le_bytes()].concat()
        };
        items.iter().flat_map(entry).collect()
    }

    fn read(bytes: &[u8]) -> Self {
        let word = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&bytes[at..at + 4]);
            u32::from_le_bytes(word)
        };
        Self { len: word(0) as usize, checksum: word(4) }
    }
}

/// Covers the place of a run and its table; each item is covered by its own entry.
fn checksum(key: i64, first: u64, entries: &[u8]) -> i64 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&key.to_le_bytes());
    hasher.update(&first.to_le_bytes());
    hasher.update(entries);
    i64::from(hasher.finalize())
}

/// One row.
struct Run {
    id: i64,
    first: u64,
    /// `None` if the table is damaged: then nothing in the row has a place.
    entries: Option<Vec<Entry>>,
    data: Bytes,
}

impl Run {
    fn read(row: &SqliteRow, key: i64) -> Result<Self> {
        let first = ordinal(row.try_get("first")?)?;
        let table: &[u8] = row.try_get("entries")?;
        let whole = table.len().is_multiple_of(Entry::BYTES)
            && row.try_get::<i64, _>("checksum")? == checksum(key, first, table);
        let entries = whole.then(|| table.chunks_exact(Entry::BYTES).map(Entry::read).collect());
        let data: Vec<u8> = row.try_get("data")?;
        Ok(Self { id: row.try_get("id")?, first, entries, data: data.into() })
    }

    /// The item of an entry, if it is as it was written.
    fn item(&self, start: usize, entry: &Entry) -> Option<RolloutItem> {
        let end = start.checked_add(entry.len)?;
        let intact = crc32fast::hash(self.data.get(start..end)?) == entry.checksum;
        intact.then(|| RolloutItem::from_stored(self.data.slice(start..end)))
    }
}

/// A page being read, from its first ordinal to its last.
struct Page {
    take: Range<u64>,
    /// The ordinal that is to be found next.
    next: u64,
    items: Vec<StoredItem>,
    damage: DamageReport,
}

impl Page {
    fn new(take: Range<u64>) -> Self {
        Self { next: take.start, take, items: Vec::new(), damage: DamageReport::default() }
    }

    fn push(&mut self, run: &Run) {
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
                    None => self.lose(
                        ordinal..ordinal + 1,
                        &format!("runs row {}", run.id),
                        "its checksum differs",
                    ),
                }
                self.next = ordinal + 1;
            }
            start = start.saturating_add(entry.len).saturating_add(1);
        }
    }

    /// Everything up to this ordinal that was not found is lost.
    fn lose_until(&mut self, ordinal: u64, reason: &str) {
        let lost = self.next..ordinal.min(self.take.end);
        if !lost.is_empty() {
            self.next = lost.end;
            self.lose(lost, &format!("runs before ordinal {ordinal}"), reason);
        }
    }

    fn lose(&mut self, lost: Range<u64>, location: &str, reason: &str) {
        let before = || self.take.start.checked_sub(1).map(Ordinal::new);
        let after = self.items.last().map(|item| item.ordinal).or_else(before);
        self.damage.push_many(DamagedRecord::new(location, after, reason), lost.end - lost.start);
    }
}

/// Runs of at most `RUN_BYTES`, or of one larger item.
fn split(items: &[RolloutItem]) -> impl Iterator<Item = &[RolloutItem]> {
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

fn pack(items: &[RolloutItem]) -> Bytes {
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

/// SQLite's integers have a sign.
pub(crate) fn number(value: u64) -> Result<i64> {
    i64::try_from(value).map_err(|_| SqliteError::Damaged(format!("the number {value}")))
}

pub(crate) fn ordinal(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| SqliteError::Damaged(format!("the number {value}")))
}

#[cfg(test)]
mod tests {
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
                page.push(&Run { id: 1, first: page.next, entries: Some(entries), data });
            }
            let back: Vec<_> = page.items.into_iter().map(|stored| stored.item).collect();
            assert_eq!(back, items);
            assert!(page.damage.is_empty());
        }
    }
}
