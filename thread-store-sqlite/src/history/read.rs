//! Reading: one statement for one page.

use futures::TryStreamExt as _;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row as _, Sqlite, SqliteConnection};
use thread_store::{Direction, Error, HistoryPage, LoadHistory, Ordinal};

use super::page::Page;
use super::row::{Run, column};
use crate::error::Result;
use crate::head::unsigned;

/// One row for the head of the thread, then the rows that have items of the page. What the page takes
/// follows from where the history ends, so the database is asked once, and answers from one snapshot.
///
/// Runs reach from their first ordinal to the next run: the page starts in the last one that begins
/// at or before it.
const STATEMENT: &str = "
WITH
head (key, archived, ends) AS MATERIALIZED (
    SELECT key, archived_at IS NOT NULL, next_ordinal
    FROM threads JOIN heads USING (key) WHERE thread_id = ?1
),
clipped (key, ends_at, starts_at) AS (
    SELECT key, min(?3, ends), min(?2, ?3, ends) FROM head WHERE ?6 OR NOT archived
),
page (key, base, starts_at, ends_at) AS MATERIALIZED (
    SELECT key, key << 32,
        iif(?5, max(starts_at, ends_at - ?4), starts_at),
        min(iif(?5, ends_at, min(ends_at, starts_at + ?4)), 1 << 32)
    FROM clipped WHERE starts_at < ends_at
)
SELECT 'heads', key, ends, archived, 0, x'', x'' FROM head
UNION ALL
SELECT 'chunks', id >> 32, id & 0xffffffff, form, checksum, entries, data
FROM page CROSS JOIN chunks
WHERE id < base + ends_at
    AND id >= coalesce((SELECT max(id) FROM chunks WHERE id BETWEEN base AND base + starts_at), base)
UNION ALL
SELECT 'tail', tail.key, first, 0, checksum, entries, data
FROM page CROSS JOIN tail ON tail.key = page.key
WHERE first < ends_at
    AND first >= coalesce((SELECT max(first) FROM tail WHERE key = page.key AND first <= starts_at), 0)";

/// Reads a page of history, and reports damage beside it.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    params: &LoadHistory,
) -> Result<HistoryPage> {
    let mut head = None;
    let mut runs = Vec::new();
    let mut rows = question(params).fetch(connection);
    while let Some(row) = rows.try_next().await? {
        match row.try_get::<&str, _>(column::TABLE)? {
            "heads" => head = Some(Head::read(&row)?),
            _ => runs.push(Run::read(row)?),
        }
    }
    let head = head.ok_or_else(|| Error::not_found(params.thread_id))?;
    if head.archived && !params.include_archived {
        return Err(Error::archived(params.thread_id).into());
    }
    page(params, head.end, runs)
}

struct Head {
    end: Ordinal,
    archived: bool,
}

impl Head {
    fn read(row: &SqliteRow) -> Result<Self> {
        let end = Ordinal::new(unsigned(row.try_get(column::FIRST)?)?);
        Ok(Self { end, archived: row.try_get(column::FORM)? })
    }
}

fn question(params: &LoadHistory) -> sqlx::query::Query<'_, Sqlite, SqliteArguments> {
    // What is beyond SQLite's integers is beyond the end of every history.
    let number = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
    let limit = params.limit.map_or(u64::from(u32::MAX), |limit| limit as u64);
    sqlx::query(STATEMENT)
        .bind(&params.thread_id.as_bytes()[..])
        .bind(number(params.range.from.get()))
        .bind(params.range.to.map_or(i64::MAX, |to| number(to.get())))
        .bind(number(limit.min(u64::from(u32::MAX))))
        .bind(params.direction == Direction::Descending)
        .bind(params.include_archived)
}

fn page(params: &LoadHistory, end: Ordinal, mut runs: Vec<Run>) -> Result<HistoryPage> {
    let plan = params.plan(end)?;
    // SQL promises no order between the parts of the answer.
    runs.sort_unstable_by_key(|run| run.first);
    let mut page = Page::new(plan.take);
    for run in &runs {
        page.push(run);
    }
    let (items, damage) = page.finish(params.direction);
    if params.strict {
        damage.strict()?;
    }
    Ok(HistoryPage::new(items, end, plan.rest).with_damage(damage))
}
