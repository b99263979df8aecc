//! The tail: one row for each append, in the order in which all threads append.

use std::ops::Range;

use sqlx::{Row as _, SqliteConnection};

use super::row::{Run, form};
use super::run::Packed;
use crate::error::Result;
use crate::head::{signed, unsigned};

/// A row of the tail without what is in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) first: u64,
    pub(super) bytes: u64,
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    key: i64,
    first: u64,
    packed: Packed,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO tail (key, first, checksum, entries, data) VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(key)
    .bind(signed(first)?)
    .bind(packed.checksum)
    .bind(packed.entries)
    .bind(packed.data)
    .execute(connection)
    .await?;
    Ok(())
}

/// Bytes of items in the tail.
pub(crate) async fn bytes(connection: &mut SqliteConnection, key: i64) -> Result<usize> {
    let bytes = sqlx::query_scalar("SELECT coalesce(sum(length(data)), 0) FROM tail WHERE key = ?");
    let bytes: i64 = bytes.bind(key).fetch_one(connection).await?;
    Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// The first rows of the tail, so many of them.
pub(super) async fn places(
    connection: &mut SqliteConnection,
    key: i64,
    from: u64,
    limit: usize,
) -> Result<Vec<Place>> {
    let rows = sqlx::query(
        "SELECT first, length(data) FROM tail WHERE key = ?1 AND first >= ?2 ORDER BY first LIMIT ?3",
    )
    .bind(key)
    .bind(signed(from)?)
    .bind(signed(limit as u64)?)
    .fetch_all(connection)
    .await?;
    let place = |row: &sqlx::sqlite::SqliteRow| {
        Ok(Place { first: unsigned(row.try_get(0)?)?, bytes: unsigned(row.try_get(1)?)? })
    };
    rows.iter().map(place).collect()
}

/// The rows that start at these ordinals.
pub(super) async fn load(
    connection: &mut SqliteConnection,
    key: i64,
    range: &Range<u64>,
) -> Result<Vec<Run>> {
    let rows = sqlx::query(
        "SELECT ?4, first, checksum, entries, data FROM tail
         WHERE key = ?1 AND first >= ?2 AND first < ?3 ORDER BY first",
    )
    .bind(key)
    .bind(signed(range.start)?)
    .bind(signed(range.end)?)
    .bind(form::TAIL)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| Run::read(row, key)).collect()
}

pub(super) async fn remove(
    connection: &mut SqliteConnection,
    key: i64,
    range: &Range<u64>,
) -> Result<()> {
    sqlx::query("DELETE FROM tail WHERE key = ?1 AND first >= ?2 AND first < ?3")
        .bind(key)
        .bind(signed(range.start)?)
        .bind(signed(range.end)?)
        .execute(connection)
        .await?;
    Ok(())
}
