//! A page as one row of one column.
//!
//! Records are JSON texts that we wrote, in which control characters are escaped; so raw ones can
//! stand between them. A page that cannot be taken apart is damaged somewhere: then its rows are
//! read one by one.

use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};
use thread_store::{DamageReport, Ordinal, StoredThread, ThreadId, Timestamp};

use super::Found;
use super::question::Question;
use crate::error::{Result, is_too_big};
use crate::record::json;

const BETWEEN_FIELDS: u8 = 0x1f;
const BETWEEN_ROWS: u8 = 0x1e;

/// Of each row the fields that [`thread`] reads.
const SELECT: &str = "count(*) AS count, group_concat(concat_ws(char(31), hex(page.thread_id),
    t.metadata_version, ifnull(t.archived_at, ''), h.next_ordinal, t.identity, t.metadata), char(30)) AS packed";
const JOINS: &str = "CROSS JOIN heads h ON h.key = page.key";

/// The answer; `None` if a row of it is damaged or all of it together is more than SQLite can hold.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    question: &Question<'_>,
) -> Result<Option<Found>> {
    let mut query = QueryBuilder::new("");
    push(&mut query, question);
    let row = match query.build().fetch_one(connection).await {
        Ok(row) => row,
        Err(error) if is_too_big(&error) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let count: i64 = row.try_get("count")?;
    let packed = row.try_get_unchecked::<Option<&[u8]>, _>("packed")?.unwrap_or_default();
    let followed = row.try_get("followed")?;
    let threads = unpack(packed).filter(|threads| i64::try_from(threads.len()) == Ok(count));
    Ok(threads.map(|threads| Found { threads, followed, damage: DamageReport::default() }))
}

pub(super) fn push(query: &mut QueryBuilder<Sqlite>, question: &Question<'_>) {
    question.push(query, SELECT, JOINS);
}

fn unpack(packed: &[u8]) -> Option<Vec<StoredThread>> {
    if packed.is_empty() {
        return Some(vec![]);
    }
    packed.split(|byte| *byte == BETWEEN_ROWS).map(thread).collect()
}

fn thread(row: &[u8]) -> Option<StoredThread> {
    let mut fields = row.split(|byte| *byte == BETWEEN_FIELDS);
    let id = thread_id(fields.next()?)?;
    let version = number(fields.next()?)?;
    let archived = fields.next()?;
    let next_ordinal = number(fields.next()?)?;
    let (identity, metadata) = (json(fields.next()?)?, json(fields.next()?)?);
    if fields.next().is_some() {
        return None;
    }
    let mut thread = StoredThread::new(id, identity, metadata);
    thread.metadata_version = version;
    if !archived.is_empty() {
        thread.archived_at = Some(Timestamp::from_millis(number(archived)?));
    }
    thread.next_ordinal = Ordinal::new(next_ordinal);
    Some(thread)
}

fn thread_id(hex: &[u8]) -> Option<ThreadId> {
    let number = std::str::from_utf8(hex).ok().filter(|hex| hex.len() == 32)?;
    let number = u128::from_str_radix(number, 16).ok()?;
    Some(ThreadId::from_bytes(number.to_be_bytes()))
}

fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
