//! Compression: what is cold takes less room.

use bytes::Bytes;
use sqlx::SqliteConnection;
use thread_store::Ordinal;

use super::chunk::{self, Chunk};
use super::row::{Run, form};
use super::run::{Open, Table};
use crate::error::{Result, SqliteError};

/// So much is compressed together: more finds more that is alike, less costs less to read a part of.
const TOGETHER: usize = 512 << 10;
const LEVEL: i32 = 3;
/// What was compressed was a row before, so it was not larger than rows can be.
const LARGEST: usize = 1 << 30;

/// The items of a run as they were joined, if they can be read. The table says how many bytes they
/// have, so nothing is made larger than what was written once.
pub(super) fn opened(run: &Run, table: Table<'_>) -> Option<Bytes> {
    if run.form != form::ZSTD {
        return Some(run.data.clone());
    }
    let len = Some(table.data_len()).filter(|len| *len <= LARGEST)?;
    zstd::bulk::decompress(&run.data, len).map(Bytes::from).ok()
}

/// Compresses the next chunks of a thread that are not, so many as are compressed together. Answers
/// whether there may be more.
pub(super) async fn step(connection: &mut SqliteConnection, key: i64) -> Result<bool> {
    let places = chunk::next_raw(connection, key, TOGETHER as u64).await?;
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return Ok(false);
    };
    let runs = chunk::load(connection, key, *first, *last).await?;
    let (open, last) = joined(*first, &runs);
    let compressed = zstd::bulk::compress(open.data(), LEVEL).map_err(SqliteError::Compression)?;
    if compressed.len() >= open.data().len() {
        chunk::keep(connection, key, *first, last).await?;
        return Ok(true);
    }
    let mut packed = open.pack(key, Ordinal::new(*first));
    packed.data = compressed;
    chunk::remove(connection, key, *first, last).await?;
    Chunk { first: *first, form: form::ZSTD, packed }.insert(connection, key).await?;
    Ok(true)
}

/// As many of the runs as follow each other and are intact, and where the last of them starts.
/// Without any it is empty, and gets no smaller.
fn joined(first: u64, runs: &[Run]) -> (Open, u64) {
    let (mut open, mut last) = (Open::default(), first);
    for run in runs {
        match run.intact() {
            Some(table) if run.first == first + open.count() as u64 => {
                for (place, entry) in table.places() {
                    open.push(entry, &run.data[place]);
                }
                last = run.first;
            }
            _ => break,
        }
    }
    (open, last)
}
