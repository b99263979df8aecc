//! Histories: runs of neighbouring items.

mod page;
mod run;

use std::ops::Range;

use sqlx::SqliteConnection;
use thread_store::{DamageReport, Direction, Items, Ordinal, RolloutItem};

use crate::error::Result;
use crate::head::signed;
pub(crate) use run::Packed;

use page::Page;
use run::{Entry, Run, checksum, pack, split};

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
            "INSERT INTO tail (key, first, entries, checksum, data) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(key)
        .bind(signed(first.get())?)
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
        "SELECT 'tail row ' || id AS place, first, entries, checksum, data FROM tail
         WHERE key = ?1 AND first < ?3
            AND first >= coalesce((SELECT max(first) FROM tail WHERE key = ?1 AND first <= ?2), 0)
         ORDER BY first",
    )
    .bind(key)
    .bind(signed(take.start)?)
    .bind(signed(take.end)?)
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
