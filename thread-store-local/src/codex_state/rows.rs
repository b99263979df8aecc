//! The rows of the table of threads, whose columns grew over time.

use std::collections::HashSet;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use thread_store::{ThreadId, Timestamp};

use super::{CodexFacts, Found};

/// What is read of a row, in this order; what a database does not have is null.
const COLUMNS: [&str; 9] = [
    "id",
    "name",
    "git_sha",
    "git_branch",
    "git_origin_url",
    "memory_mode",
    "archived",
    "archived_at",
    "history_mode",
];

/// Smaller numbers are seconds: so many milliseconds are in the year 1973, so many seconds far ahead.
const FIRST_MILLIS: i64 = 100_000_000_000;

/// Reads a database that nobody changes meanwhile: without locks, and without its log.
pub(super) async fn read_unchanging(path: &Path) -> sqlx::Result<Found> {
    read_with(&options(path).read_only(true).immutable(true)).await
}

/// Reads a copy of our own, with its log, which SQLite puts into it. It is deleted afterwards: nothing
/// of it needs to reach the disk.
pub(super) async fn read(path: &Path) -> sqlx::Result<Found> {
    read_with(&options(path).pragma("synchronous", "OFF")).await
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // What another program's schema calls is not run.
        .pragma("trusted_schema", "OFF")
        .thread_name(|n| format!("thread-store-codex-{n}"))
}

async fn read_with(options: &SqliteConnectOptions) -> sqlx::Result<Found> {
    let mut connection = SqliteConnection::connect_with(options).await?;
    let found = threads(&mut connection).await;
    connection.close().await?;
    found
}

async fn threads(connection: &mut SqliteConnection) -> sqlx::Result<Found> {
    let present = present_columns(connection).await?;
    if !present.contains("id") {
        return Ok(Found::new());
    }
    let columns = COLUMNS.map(|name| if present.contains(name) { name } else { "NULL" });
    // Names of our own only.
    let select = format!("SELECT {} FROM threads", columns.join(", "));
    let rows = sqlx::query(sqlx::AssertSqlSafe(select)).fetch_all(connection).await?;
    Ok(rows.iter().filter_map(|row| Some((thread_id(row)?, facts(row)))).collect())
}

async fn present_columns(connection: &mut SqliteConnection) -> sqlx::Result<HashSet<String>> {
    let rows = sqlx::query("PRAGMA table_info(threads)").fetch_all(connection).await?;
    rows.iter().map(|row| row.try_get("name")).collect()
}

fn thread_id(row: &SqliteRow) -> Option<ThreadId> {
    ThreadId::parse(&text(row, 0)?).ok()
}

fn facts(row: &SqliteRow) -> CodexFacts {
    CodexFacts {
        name: text(row, 1),
        git_sha: text(row, 2),
        git_branch: text(row, 3),
        git_origin_url: text(row, 4),
        memory_mode: text(row, 5),
        archived_at: number(row, 7).filter(|_| number(row, 6) != Some(0)).map(time),
        paginated: text(row, 8).as_deref() == Some("paginated"),
    }
}

/// A value of another type, or one that is no text, costs itself only.
fn text(row: &SqliteRow, column: usize) -> Option<String> {
    let text: Option<String> = row.try_get(column).ok()?;
    text.filter(|text| !text.trim().is_empty())
}

fn number(row: &SqliteRow, column: usize) -> Option<i64> {
    row.try_get(column).ok()?
}

fn time(number: i64) -> Timestamp {
    let is_millis = number.unsigned_abs() >= FIRST_MILLIS.unsigned_abs();
    Timestamp::from_millis(if is_millis { number } else { number * 1000 })
}
