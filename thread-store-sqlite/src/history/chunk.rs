//! Chunks: large rows, clustered by thread.

use sqlx::{Row as _, SqliteConnection};

use super::row::{Run, form};
use super::run::Packed;
use crate::error::{Result, SqliteError};
use crate::head::{signed, unsigned};

/// A chunk is closed before it has more than so many bytes, unless one item has: few rows for a long
/// history, and little to read beside what was asked.
pub(super) const BYTES: usize = 64 << 10;

/// A row to be written.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) first: u64,
    /// One of [`form`].
    pub(super) form: i64,
    pub(super) packed: Packed,
}

impl Chunk {
    pub(super) fn raw(first: u64, packed: Packed) -> Self {
        Self { first, form: form::RAW, packed }
    }

    /// A damaged row: what can be read of it can still be read, and no more than that.
    pub(super) fn kept(run: &Run) -> Self {
        let Run { first, checksum, entries, data, .. } = run;
        let packed = Packed { entries: entries.clone(), checksum: *checksum, data: data.to_vec() };
        Self { first: *first, form: form::KEPT, packed }
    }

    pub(super) async fn insert(self, connection: &mut SqliteConnection, key: i64) -> Result<()> {
        let Self { first, form, packed } = self;
        sqlx::query(
            "INSERT INTO chunks (id, form, checksum, entries, data) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .bind(id(key, first)?)
        .bind(form)
        .bind(packed.checksum)
        .bind(packed.entries)
        .bind(packed.data)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Chunks of a thread stand together, by their first ordinals.
fn id(key: i64, first: u64) -> Result<i64> {
    u32::try_from(first)
        .map(|first| key << 32 | i64::from(first))
        .map_err(|_| SqliteError::Damaged(format!("the ordinal {first}")))
}

/// The chunk before this ordinal, if it is a small one as it was written: of at most so many bytes.
pub(super) async fn small_before(
    connection: &mut SqliteConnection,
    key: i64,
    before: u64,
    bytes: usize,
) -> Result<Option<Run>> {
    let row = sqlx::query(
        "SELECT form, id & 0xffffffff, checksum, entries, data FROM chunks
         WHERE id = (SELECT max(id) FROM chunks WHERE id >= ?1 << 32 AND id < (?1 << 32) + ?2)
            AND form = ?3 AND length(data) <= ?4",
    )
    .bind(key)
    .bind(signed(before)?)
    .bind(form::RAW)
    .bind(signed(bytes as u64)?)
    .fetch_optional(connection)
    .await?;
    row.map(|row| Run::read(row, key)).transpose()
}

/// Where the next chunks stand that nobody tried to compress, as many as have so many bytes together.
pub(super) async fn next_raw(
    connection: &mut SqliteConnection,
    key: i64,
    bytes: u64,
) -> Result<Vec<u64>> {
    let rows = sqlx::query(
        "SELECT id & 0xffffffff, form, length(data) FROM chunks
         WHERE id < (?1 + 1) << 32 AND id >= (
            SELECT min(id) FROM chunks WHERE id >= ?1 << 32 AND id < (?1 + 1) << 32 AND form = ?2
         ) ORDER BY id LIMIT ?3",
    )
    .bind(key)
    .bind(form::RAW)
    // Small ones are few: they are filled up first.
    .bind(signed(bytes / BYTES as u64 * 4)?)
    .fetch_all(connection)
    .await?;
    let (mut places, mut sum) = (Vec::new(), 0);
    for row in rows {
        sum += unsigned(row.try_get(2)?)?;
        if row.try_get::<i64, _>(1)? != form::RAW || (sum > bytes && !places.is_empty()) {
            break;
        }
        places.push(unsigned(row.try_get(0)?)?);
    }
    Ok(places)
}

/// The chunks whose first ordinals are these or between them.
pub(super) async fn load(
    connection: &mut SqliteConnection,
    key: i64,
    first: u64,
    last: u64,
) -> Result<Vec<Run>> {
    let rows = sqlx::query(
        "SELECT form, id & 0xffffffff, checksum, entries, data FROM chunks
         WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    )
    .bind(id(key, first)?)
    .bind(id(key, last)?)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(|row| Run::read(row, key)).collect()
}

/// The first ordinals and the checksums of chunks that are as they were written.
pub(super) async fn raw_between(
    connection: &mut SqliteConnection,
    key: i64,
    first: u64,
    last: u64,
) -> Result<Vec<(u64, i64)>> {
    let rows = sqlx::query(
        "SELECT id & 0xffffffff, checksum FROM chunks
         WHERE id BETWEEN ?1 AND ?2 AND form = ?3 ORDER BY id",
    )
    .bind(id(key, first)?)
    .bind(id(key, last)?)
    .bind(form::RAW)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((unsigned(row.try_get(0)?)?, row.try_get(1)?))).collect()
}

/// Leaves these as they are, for good.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    key: i64,
    first: u64,
    last: u64,
) -> Result<()> {
    sqlx::query("UPDATE chunks SET form = ?3 WHERE id BETWEEN ?1 AND ?2")
        .bind(id(key, first)?)
        .bind(id(key, last)?)
        .bind(form::KEPT)
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes the chunks whose first ordinals are these or between them.
pub(super) async fn remove(
    connection: &mut SqliteConnection,
    key: i64,
    first: u64,
    last: u64,
) -> Result<()> {
    sqlx::query("DELETE FROM chunks WHERE id BETWEEN ?1 AND ?2")
        .bind(id(key, first)?)
        .bind(id(key, last)?)
        .execute(connection)
        .await?;
    Ok(())
}
