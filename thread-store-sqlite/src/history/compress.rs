//! Compression: what is cold takes less room.
//!
//! Compressing takes many times as long as storing, so it is done beside the writer: chunks are read
//! and compressed first, and then exchanged, if they still are what they were.

use bytes::Bytes;
use sqlx::SqliteConnection;

use super::chunk::{self, Chunk};
use super::row::{Run, form};
use super::run::{Open, Packed, Table};
use crate::error::{Result, SqliteError};

/// So much is compressed together: more finds more that is alike, less costs less to read a part of.
const TOGETHER: u64 = 512 << 10;
/// The level of zstd. Higher ones take longer and save next to nothing.
const LEVEL: i32 = 7;
/// What was compressed was rows before, which were not larger than rows can be.
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

/// The run as it was before it was compressed, if it can be read and has at most so many bytes.
pub(super) fn plain(run: Run, most: usize) -> Option<Run> {
    let table = run.table().filter(|table| table.data_len() <= most)?;
    let data = opened(&run, table)?;
    Some(Run { form: form::RAW, data, ..run })
}

/// What is to take the place of some chunks.
#[derive(Debug)]
pub(crate) struct Compressed {
    key: i64,
    /// The first ordinals and the checksums of those chunks.
    chunks: Vec<(u64, i64)>,
    /// `None` if they stay as they are.
    compressed: Option<Chunk>,
}

/// Compresses the next chunks of a thread that nobody tried to compress, so many as are compressed
/// together. Changes nothing yet; `None` if there are no more.
pub(crate) async fn compress(
    connection: &mut SqliteConnection,
    key: i64,
) -> Result<Option<Compressed>> {
    let places = chunk::next_raw(connection, key, TOGETHER).await?;
    let (Some(first), Some(last)) = (places.first(), places.last()) else {
        return Ok(None);
    };
    let runs = chunk::load(connection, key, *first, *last).await?;
    if runs.is_empty() {
        // They were deleted in between.
        return Ok(None);
    }
    let task = tokio::task::spawn_blocking(move || Compressed::of(key, &runs));
    task.await.map_err(|_| SqliteError::Aborted)?.map(Some)
}

impl Compressed {
    fn of(key: i64, runs: &[Run]) -> Result<Self> {
        let (open, together) = joined(runs);
        // What is damaged stays as it is, on its own.
        let chunks =
            runs.iter().take(together.max(1)).map(|run| (run.first, run.checksum)).collect();
        let data = zstd::bulk::compress(open.data(), LEVEL).map_err(SqliteError::Compression)?;
        let smaller = runs.first().filter(|_| data.len() < open.data().len());
        let compressed = smaller.map(|Run { first, .. }| {
            let packed = Packed { data, ..open.pack(key, *first) };
            Chunk { first: *first, form: form::ZSTD, packed }
        });
        Ok(Self { key, chunks, compressed })
    }

    /// Exchanges the chunks for what they were compressed to. Where they are not what they were any
    /// more, nothing is done, and they are found again.
    ///
    /// To be called in a transaction.
    pub(crate) async fn store(self, connection: &mut SqliteConnection) -> Result<()> {
        let Self { key, chunks, compressed } = self;
        let (Some((first, _)), Some((last, _))) = (chunks.first(), chunks.last()) else {
            return Ok(());
        };
        if chunk::raw_between(connection, key, *first, *last).await? != chunks {
            return Ok(());
        }
        match compressed {
            Some(chunk) => {
                chunk::remove(connection, key, *first, *last).await?;
                chunk.insert(connection, key).await
            }
            None => chunk::keep(connection, key, *first, *last).await,
        }
    }
}

/// The first of the runs together, as many as are intact and follow each other, and how many.
fn joined(runs: &[Run]) -> (Open, usize) {
    let (mut open, mut together, mut next) = (Open::default(), 0, None);
    for run in runs {
        let Some(table) = run.intact().filter(|_| next.is_none_or(|next| next == run.first)) else {
            break;
        };
        for (place, entry) in table.places() {
            open.push(entry, &run.data[place]);
        }
        together += 1;
        next = Some(run.first + table.len() as u64);
    }
    (open, together)
}
