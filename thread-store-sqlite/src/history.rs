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
            .bind(checksum(key, first.get(), run.len() as u64, &data))
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
    let runs = rows.iter().map(|row| Run::read(row, key)).collect::<Result<Vec<_>>>()?;
    report_gaps(&runs, take, &mut damage);
    let ascending = direction == Direction::Ascending;
    let ordered: Box<dyn Iterator<Item = &Run>> =
        if ascending { Box::new(runs.iter()) } else { Box::new(runs.iter().rev()) };
    for run in ordered {
        run.push_into(&mut items, take, &mut damage);
    }
    Ok((items, damage))
}

/// Covers the place of a run as well as its bytes.
fn checksum(key: i64, first: u64, count: u64, data: &[u8]) -> i64 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&key.to_le_bytes());
    hasher.update(&first.to_le_bytes());
    hasher.update(&count.to_le_bytes());
    hasher.update(data);
    i64::from(hasher.finalize())
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
    fn read(row: &SqliteRow, key: i64) -> Result<Self> {
        let data: Vec<u8> = row.try_get("data")?;
        let first = ordinal(row.try_get("first")?)?;
        let count = ordinal(row.try_get("count")?)?;
        let intact = row.try_get::<i64, _>("checksum")? == checksum(key, first, count, &data);
        Ok(Self { id: row.try_get("id")?, first, count, data: data.into(), intact })
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
        let readable = self.readable();
        self.report_lost(&readable, wanted, damage);
        let found = readable.into_iter().filter(|(n, _)| wanted.contains(n));
        let ordered: Box<dyn Iterator<Item = (u64, RolloutItem)>> = match items.direction() {
            Direction::Ascending => Box::new(found),
            Direction::Descending => Box::new(found.rev()),
        };
        for (n, item) in ordered {
            items.push_run(Ordinal::new(n), Arc::from([item]), 0..1);
        }
    }

    /// The items of a damaged run that can be read, each in its place. Where the damage added or took
    /// away line feeds, places are counted from both ends, up to the first damaged piece.
    fn readable(&self) -> Vec<(u64, RolloutItem)> {
        let pieces: Vec<_> =
            unpack(&self.data).map(|piece| RolloutItem::from_bytes(piece).ok()).collect();
        if pieces.len() as u64 == self.count {
            return (self.first..).zip(pieces).filter_map(|(n, item)| Some((n, item?))).collect();
        }
        let whole = |piece: &Option<RolloutItem>| piece.is_some();
        let front = pieces.iter().take_while(|it| whole(it)).count().min(self.count as usize);
        let most = (pieces.len() - front).min(self.count as usize - front);
        let back = pieces.iter().rev().take(most).take_while(|it| whole(it)).count();
        let mut kept: Vec<_> = (self.first..).zip(pieces[..front].iter().cloned()).collect();
        kept.extend(
            (self.end() - back as u64..).zip(pieces[pieces.len() - back..].iter().cloned()),
        );
        kept.into_iter().filter_map(|(n, item)| Some((n, item?))).collect()
    }

    /// Reports each stretch of wanted ordinals between readable items.
    fn report_lost(
        &self,
        readable: &[(u64, RolloutItem)],
        wanted: &Range<u64>,
        damage: &mut DamageReport,
    ) {
        let mut next = self.first;
        for n in readable.iter().map(|(n, _)| *n).chain([self.end()]) {
            let lost = next.max(wanted.start)..n.min(wanted.end);
            report(
                damage,
                lost,
                next,
                &format!("runs row {}", self.id),
                "the checksum does not fit",
            );
            next = n.saturating_add(1);
        }
    }
}

/// Ordinals that no run has.
fn report_gaps(runs: &[Run], take: &Range<u64>, damage: &mut DamageReport) {
    let mut next = take.start;
    let edges = runs.iter().map(|run| (run.first, run.end())).chain([(take.end, take.end)]);
    for (first, end) in edges {
        let lost = next..first.min(take.end);
        report(damage, lost, next, &format!("runs before ordinal {first}"), "no such row");
        next = next.max(end);
    }
}

/// Reports lost ordinals; `readable_end` is where the readable items before them end.
fn report(
    damage: &mut DamageReport,
    lost: Range<u64>,
    readable_end: u64,
    location: &str,
    reason: &str,
) {
    if !lost.is_empty() {
        let after = readable_end.checked_sub(1).map(Ordinal::new);
        damage.push_many(DamagedRecord::new(location, after, reason), lost.end - lost.start);
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
        sizes.iter().map(|size| RolloutItem::try_from(text(size).as_str()).unwrap()).collect()
    }

    #[test]
    fn runs_are_small_and_together_they_are_everything() {
        for sizes in
            [vec![], vec![10], vec![10; 20_000], vec![RUN_BYTES * 2, 10, RUN_BYTES - 1, 10, 10]]
        {
            let items = items(&sizes);
            let runs: Vec<_> = split(&items).collect();
            assert!(runs.iter().all(|run| run.len() == 1 || pack(run).len() <= RUN_BYTES));
            let back: Vec<_> = runs
                .iter()
                .flat_map(|run| unpack(&pack(run)).collect::<Vec<_>>())
                .map(RolloutItem::from_stored)
                .collect();
            assert_eq!(back, items);
        }
    }
}
