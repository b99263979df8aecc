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

const BETWEEN_FIELDS: char = '\u{1f}';
const BETWEEN_ROWS: char = '\u{1e}';

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
    // Checked once, so that the parts need not be.
    std::str::from_utf8(packed).ok()?.split(BETWEEN_ROWS).map(thread).collect()
}

fn thread(row: &str) -> Option<StoredThread> {
    let mut fields = row.splitn(6, BETWEEN_FIELDS);
    let id = thread_id(fields.next()?)?;
    let version = fields.next()?.parse().ok()?;
    let archived = fields.next()?;
    let next_ordinal = fields.next()?.parse().ok()?;
    let identity = serde_json::from_str(fields.next()?).ok()?;
    let metadata = serde_json::from_str(fields.next()?).ok()?;
    let mut thread = StoredThread::new(id, identity, metadata);
    thread.metadata_version = version;
    if !archived.is_empty() {
        thread.archived_at = Some(Timestamp::from_millis(archived.parse().ok()?));
    }
    thread.next_ordinal = Ordinal::new(next_ordinal);
    Some(thread)
}

fn thread_id(hex: &str) -> Option<ThreadId> {
    let number = u128::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 32)?;
    Some(ThreadId::from_bytes(number.to_be_bytes()))
}
