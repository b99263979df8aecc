//! Histories: runs of neighbouring items.
//!
//! What is appended goes to the tail, one row for each append. Later it is merged into chunks, which
//! are large and stand together; what comes in large pieces is written there at once. `chunked_to` in
//! the head of a thread says where its chunks end and its tail begins. A reader takes whatever rows
//! there are.

mod chunk;
mod compress;
mod cut;
mod merge;
mod page;
mod read;
mod row;
mod run;
mod tail;

use sqlx::SqliteConnection;
use thread_store::{Ordinal, RolloutItem};

use crate::error::Result;
use crate::head::signed;
use cut::Chunks;
use run::{joined_len, pack, split};

pub(crate) use compress::{Compressed, compress};
pub(crate) use merge::merge;
pub(crate) use read::read;
pub(crate) use run::{Open, Packed};
pub(crate) use tail::bytes as tail_bytes;

/// The most bytes of a row of the tail, unless one item has more. SQLite allows a billion.
pub(crate) const TAIL_ROW_BYTES: usize = 16 << 20;

/// Writes the items that a thread is created with. They are all in chunks.
pub(crate) async fn create(
    connection: &mut SqliteConnection,
    key: i64,
    items: &[RolloutItem],
) -> Result<()> {
    insert_chunks(connection, key, Ordinal::ZERO, items).await
}

/// Adds items at the end of a history: to the tail, unless they are many and everything before them
/// is in chunks.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    key: i64,
    mut first: Ordinal,
    items: &[RolloutItem],
) -> Result<()> {
    if joined_len(items) >= chunk::BYTES
        && extend_chunks(connection, key, first, items.len()).await?
    {
        return insert_chunks(connection, key, first, items).await;
    }
    for run in split(items, TAIL_ROW_BYTES) {
        tail::insert(connection, key, first.get(), pack(key, first, run)).await?;
        first = first.plus(run.len());
    }
    Ok(())
}

async fn insert_chunks(
    connection: &mut SqliteConnection,
    key: i64,
    first: Ordinal,
    items: &[RolloutItem],
) -> Result<()> {
    let mut chunks = Chunks::new(key, first.get());
    for item in items {
        chunks.push_item(item);
        for chunk in chunks.take_closed() {
            chunk.insert(connection, key).await?;
        }
    }
    for chunk in chunks.finish() {
        chunk.insert(connection, key).await?;
    }
    Ok(())
}

/// Whether the chunks of a thread end here; then they are to reach so many items further.
async fn extend_chunks(
    connection: &mut SqliteConnection,
    key: i64,
    first: Ordinal,
    count: usize,
) -> Result<bool> {
    let moved = sqlx::query("UPDATE heads SET chunked_to = ?3 WHERE key = ?1 AND chunked_to = ?2")
        .bind(key)
        .bind(signed(first.get())?)
        .bind(signed(first.plus(count).get())?)
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() == 1)
}

#[cfg(test)]
mod tests;
