//! Reading: one statement for one page.

use futures::TryStreamExt as _;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row as _, Sqlite, SqliteConnection};
use thread_store::{Direction, Error, HistoryPage, LoadHistory, Ordinal};

use super::page::Page;
use super::row::{Run, column, form};
use crate::error::{Result, SqliteError};
use crate::head::unsigned;

/// One row for the head of the thread, then the rows that have items of the page, by their ordinals.
/// What the page takes follows from where the history ends, so the database is asked once, and
/// answers from one snapshot.
///
/// Runs reach from their first ordinal to the next run: the page starts in the last one that begins
/// at or before it. The first column is a [`form`]; of the head the checksum is its key. SQLite computes `page` where it is used, which is sooner done than keeping it.
pub(super) const STATEMENT: &str = "
WITH
clipped (key, starts_at, ends_at) AS NOT MATERIALIZED (
    SELECT key, min(?2, ?3, next_ordinal), min(?3, next_ordinal, 1 << 32)
    FROM threads JOIN heads USING (key) WHERE thread_id = ?1
),
page (key, starts_at, ends_at) AS NOT MATERIALIZED (
    SELECT key,
        iif(?5, max(starts_at, ends_at - ?4), starts_at),
        iif(?5, ends_at, min(ends_at, starts_at + ?4))
    FROM clipped WHERE starts_at < ends_at
)
SELECT iif(archived_at IS NULL, 4, 5), next_ordinal, key, NULL, NULL
FROM threads JOIN heads USING (key) WHERE thread_id = ?1
UNION ALL
SELECT form, id & 0xffffffff, checksum, entries, data
FROM page CROSS JOIN chunks
WHERE id < (key << 32) + ends_at AND id >= coalesce(
    (SELECT max(id) FROM chunks WHERE id BETWEEN key << 32 AND (key << 32) + starts_at), key << 32)
UNION ALL
SELECT 3, first, checksum, entries, data
FROM page CROSS JOIN tail ON tail.key = page.key
WHERE first < ends_at AND first >= coalesce(
    (SELECT max(first) FROM tail WHERE key = page.key AND first <= starts_at), 0)";

/// Reads a page of history, and reports damage beside it.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    params: &LoadHistory,
) -> Result<HistoryPage> {
    let mut rows = question(params).fetch(connection);
    let head = rows.try_next().await?.ok_or_else(|| Error::not_found(params.thread_id))?;
    let head = Head::read(&head)?;
    // The rest of the answer is dropped with the error, row by row as it comes.
    if head.archived && !params.include_archived {
        return Err(Error::archived(params.thread_id).into());
    }
    let plan = params.plan(head.end)?;
    let mut page = Page::new(plan.take);
    while let Some(row) = rows.try_next().await? {
        page.push(&Run::read(row, head.key)?);
    }
    let (items, damage) = page.finish(params.direction);
    if params.strict {
        damage.strict()?;
    }
    Ok(HistoryPage::new(items, head.end, plan.rest).with_damage(damage))
}

struct Head {
    key: i64,
    end: Ordinal,
    archived: bool,
}

impl Head {
    fn read(row: &SqliteRow) -> Result<Self> {
        let archived = match row.try_get(column::FORM)? {
            form::HEAD => false,
            form::ARCHIVED => true,
            // SQLite answers the parts of a union one after the other, and this is the first.
            _ => return Err(SqliteError::Damaged("the order of an answer".to_owned())),
        };
        let end = Ordinal::new(unsigned(row.try_get(column::FIRST)?)?);
        Ok(Self { key: row.try_get(column::CHECKSUM)?, end, archived })
    }
}

pub(super) fn question(params: &LoadHistory) -> sqlx::query::Query<'_, Sqlite, SqliteArguments> {
    // What is beyond SQLite's integers is beyond the end of every history.
    let number = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
    let limit = params.limit.map_or(u64::from(u32::MAX), |limit| limit as u64);
    sqlx::query(STATEMENT)
        .bind(&params.thread_id.as_bytes()[..])
        .bind(number(params.range.from.get()))
        .bind(params.range.to.map_or(i64::MAX, |to| number(to.get())))
        .bind(number(limit.min(u64::from(u32::MAX))))
        .bind(params.direction == Direction::Descending)
}
