//! Merging: rows of the tail become chunks, a bounded step at a time, in the background.
//!
//! Entries go over as they are, with the bytes that they are for, and nothing is hashed: what was
//! damaged in the tail is damaged in the chunk. A row whose table cannot be believed, or does not
//! match its bytes, becomes a chunk of its own, as it is.
//!
//! Small chunks at the end are filled up if what comes is about as long as they are. So an item is
//! written again only into a chunk that is nearly twice as long, and chunks at the end are nearly half
//! as long, each, as the one before: of a thread that gets 1 KB a day and is merged each day, a byte is
//! written six times more at most, and a reader of its end meets as many small rows.

use std::ops::Range;

use sqlx::{Row as _, SqliteConnection};
use thread_store::Ordinal;

use super::chunk;
use super::compress;
use super::cut::Chunks;
use super::row::Run;
use super::tail::{self, Place};
use crate::error::Result;
use crate::head::{signed, unsigned};

/// One step moves so many bytes, or one row.
const STEP_BYTES: u64 = 256 << 10;
/// One step moves so many rows.
const STEP_ROWS: usize = 256;
/// Chunks that have so much are not filled up any more.
const FILLED: usize = chunk::BYTES / 2;

/// Moves items before `upto` from the tail to chunks, a bounded number of them. Answers whether there
/// are more.
///
/// To be called in a transaction.
pub(crate) async fn merge(
    connection: &mut SqliteConnection,
    key: i64,
    upto: Ordinal,
) -> Result<bool> {
    let step = Step::next(connection, key, upto.get()).await?;
    let Some(step) = step else { return Ok(false) };
    step.take(connection, key).await?;
    Ok(true)
}

/// The items that one step puts into chunks, and how many bytes they have.
#[derive(PartialEq, Eq, Debug)]
struct Step {
    range: Range<u64>,
    bytes: u64,
}

impl Step {
    async fn next(connection: &mut SqliteConnection, key: i64, upto: u64) -> Result<Option<Self>> {
        let head = sqlx::query("SELECT chunked_to, next_ordinal FROM heads WHERE key = ?1")
            .bind(key)
            .fetch_one(&mut *connection)
            .await?;
        let start = unsigned(head.try_get(0)?)?;
        let end = unsigned(head.try_get(1)?)?;
        let upto = upto.min(end);
        if start >= upto {
            return Ok(None);
        }
        let places = tail::places(connection, key, start, STEP_ROWS + 1).await?;
        Ok(Self::of(&places, start..end, upto))
    }

    /// As many whole rows as one step moves. A row reaches to the next, the last one to the end.
    fn of(places: &[Place], history: Range<u64>, upto: u64) -> Option<Self> {
        let Some(first) = places.first().filter(|place| place.first < upto) else {
            // All of them are lost, and found to be when they are read.
            return Some(Self { range: history.start..upto, bytes: 0 });
        };
        let last = (places.len() <= STEP_ROWS).then_some(history.end);
        let ends = places.iter().skip(1).map(|place| place.first).chain(last);
        let mut step = Self { range: history.start..history.start, bytes: 0 };
        for (place, end) in places.iter().zip(ends) {
            let bytes = step.bytes + place.bytes;
            if end > upto || (place.first > first.first && bytes > STEP_BYTES) {
                break;
            }
            step = Self { range: history.start..end, bytes };
        }
        (!step.range.is_empty()).then_some(step)
    }

    async fn take(self, connection: &mut SqliteConnection, key: i64) -> Result<()> {
        let rows = tail::load(connection, key, &self.range).await?;
        let mut chunks = Chunks::new(key, self.range.start);
        if let Some(row) = rows.first() {
            let filled_up = filled_up(connection, key, row.first, self.bytes).await?;
            if let Some(first) = filled_up.last() {
                chunk::remove(connection, key, first.first, row.first - 1).await?;
            }
            filled_up.iter().rev().for_each(|run| chunks.push_run(run));
        }
        rows.iter().for_each(|run| chunks.push_run(run));
        for chunk in chunks.finish() {
            chunk.insert(connection, key).await?;
        }
        tail::remove(connection, key, &self.range).await?;
        set_chunked_to(connection, key, self.range.end).await
    }
}

/// The small chunks before an ordinal that are filled up with what comes, from the last one back.
async fn filled_up(
    connection: &mut SqliteConnection,
    key: i64,
    before: u64,
    bytes: u64,
) -> Result<Vec<Run>> {
    let (mut before, mut bytes) = (before, usize::try_from(bytes).unwrap_or(usize::MAX));
    let mut runs = Vec::new();
    loop {
        let small = bytes.saturating_add(bytes / 4).min(FILLED);
        let run = chunk::small_before(connection, key, before, small).await?;
        let Some(run) = run.and_then(|run| compress::plain(run, small)) else { break };
        let count = run.intact().map_or(0, |table| table.len() as u64);
        if count == 0 || run.first + count != before {
            break;
        }
        before = run.first;
        bytes = bytes.saturating_add(run.data.len());
        runs.push(run);
    }
    Ok(runs)
}

async fn set_chunked_to(connection: &mut SqliteConnection, key: i64, to: u64) -> Result<()> {
    sqlx::query("UPDATE heads SET chunked_to = ?2 WHERE key = ?1")
        .bind(key)
        .bind(signed(to)?)
        .execute(connection)
        .await?;
    Ok(())
}
