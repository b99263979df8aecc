//! Histories: runs of neighbouring items.
//!
//! A run is the bytes of its items, joined by line feeds, which no item contains.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use thread_store::{DamageReport, DamagedRecord, Direction, Items, Ordinal, RolloutItem};

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
        let data = pack(run);
        sqlx::query("INSERT INTO runs (key, first, count, checksum, data) VALUES (?, ?, ?, ?, ?)")
            .bind(key)
            .bind(number(first.get())?)
            .bind(number(run.len() as u64)?)
            .bind(i64::from(crc32fast::hash(&data)))
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
    let mut items = Items::new(direction);
    let mut damage = DamageReport::default();
    if take.is_empty() {
        return Ok((items, damage));
    }
    let rows = sqlx::query(
        "SELECT id, first, count, checksum, data FROM runs WHERE key = ?1 AND first < ?3
            AND first >= coalesce((SELECT max(first) FROM runs WHERE key = ?1 AND first <= ?2), 0)
         ORDER BY first",
    )
    .bind(key)
    .bind(number(take.start)?)
    .bind(number(take.end)?)
    .fetch_all(connection)
    .await?;
    let runs = rows.iter().map(Run::read).collect::<Result<Vec<_>>>()?;
    report_gaps(&runs, take, &mut damage);
    let ascending = direction == Direction::Ascending;
    let ordered: Box<dyn Iterator<Item = &Run>> = if ascending {
        Box::new(runs.iter())
    } else {
        Box::new(runs.iter().rev())
    };
    for run in ordered {
        run.push_into(&mut items, take, &mut damage);
    }
    Ok((items, damage))
}

/// One row.
struct Run {
    id: i64,
    first: u64,
    count: u64,
    data: Bytes,
    intact: bool,
}

impl Run {
    fn read(row: &SqliteRow) -> Result<Self> {
        let data: Vec<u8> = row.try_get("data")?;
        let intact = row.try_get::<i64, _>("checksum")? == i64::from(crc32fast::hash(&data));
        Ok(Self {
            id: row.try_get("id")?,
            first: ordinal(row.try_get("first")?)?,
            count: ordinal(row.try_get("count")?)?,
            data: data.into(),
            intact,
        })
    }

    fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }

    /// Adds what of it was asked for. An intact run was checked when it was written; of a damaged
    /// one each item is checked by itself.
    fn push_into(&self, items: &mut Items, take: &Range<u64>, damage: &mut DamageReport) {
        let wanted = take.start.max(self.first)..take.end.min(self.end());
        if wanted.is_empty() {
            return;
        }
        if self.intact {
            let run: Arc<[RolloutItem]> =
                unpack(&self.data).map(RolloutItem::from_stored).collect();
            let part = (wanted.start - self.first) as usize..(wanted.end - self.first) as usize;
            items.push_run(Ordinal::new(wanted.start), run, part);
        } else {
            self.push_readable(items, &wanted, damage);
        }
    }

    fn push_readable(&self, items: &mut Items, wanted: &Range<u64>, damage: &mut DamageReport) {
        let mut found: Vec<(Ordinal, Option<RolloutItem>)> = (self.first..self.end())
            .zip(unpack(&self.data).map(Some).chain(std::iter::repeat(None)))
            .map(|(n, bytes)| {
                (
                    Ordinal::new(n),
                    bytes.and_then(|it| RolloutItem::from_bytes(it).ok()),
                )
            })
            .filter(|(n, _)| wanted.contains(&n.get()))
            .collect();
        for (ordinal, _) in found.iter().filter(|(_, item)| item.is_none()) {
            damage.push(damaged(
                ordinal.get(),
                format!("runs row {}", self.id),
                "the checksum does not fit",
            ));
        }
        if items.direction() == Direction::Descending {
            found.reverse();
        }
        for (ordinal, item) in found {
            if let Some(item) = item {
                items.push_run(ordinal, Arc::from([item]), 0..1);
            }
        }
    }
}

/// Ordinals that no run has.
fn report_gaps(runs: &[Run], take: &Range<u64>, damage: &mut DamageReport) {
    let mut next = take.start;
    let edges = runs
        .iter()
        .map(|run| (run.first, run.end()))
        .chain([(take.end, take.end)]);
    for (first, end) in edges {
        for ordinal in next..first.min(take.end) {
            damage.push(damaged(
                ordinal,
                format!("runs before ordinal {first}"),
                "no such row",
            ));
        }
        next = next.max(end);
    }
}

fn damaged(ordinal: u64, location: String, reason: &str) -> DamagedRecord {
    DamagedRecord::new(location, ordinal.checked_sub(1).map(Ordinal::new), reason)
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

/// The items of a run, as slices of it.
fn unpack(data: &Bytes) -> impl Iterator<Item = Bytes> + '_ {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', data).chain([data.len()]);
    ends.map(move |end| {
        let item = data.slice(start..end);
        start = end + 1;
        item
    })
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
        sizes
            .iter()
            .map(|size| RolloutItem::try_from(text(size).as_str()).unwrap())
            .collect()
    }

    #[test]
    fn runs_are_small_and_together_they_are_everything() {
        for sizes in [
            vec![],
            vec![10],
            vec![10; 20_000],
            vec![RUN_BYTES * 2, 10, RUN_BYTES - 1, 10, 10],
        ] {
            let items = items(&sizes);
            let runs: Vec<_> = split(&items).collect();
            assert!(
                runs.iter()
                    .all(|run| run.len() == 1 || pack(run).len() <= RUN_BYTES)
            );
            let back: Vec<_> = runs
                .iter()
                .flat_map(|run| unpack(&pack(run)).collect::<Vec<_>>())
                .map(RolloutItem::from_stored)
                .collect();
            assert_eq!(back, items);
        }
    }
}
