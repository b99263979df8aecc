//! Connections, and how each is set up.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions};
use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::error::{Result, is_busy};
use crate::{location, schema};

/// How long an operation waits for another process to finish its write.
const BUSY_BUDGET: Duration = Duration::from_secs(10);
/// Pages of 8 KiB hold several appends of usual size.
pub(crate) const PAGE_BYTES: u32 = 8192;
/// A checkpoint every 16 MiB of log.
const CHECKPOINT_PAGES: u32 = (16 << 20) / PAGE_BYTES;
/// Readers map so much of the file instead of reading it page by page.
const MMAP_BYTES: u64 = 1 << 30;

/// A new connection to a file that may have been changed since it was opened first.
pub(crate) async fn reopen(path: &Path) -> Result<SqliteConnection> {
    let mut connection = SqliteConnection::connect_with(&options(path)).await?;
    schema::check(&mut connection).await?;
    Ok(connection)
}

/// A new file is made so that pages that are free can be given back, some at a time. Asked of a file
/// that exists, that would be a write, which waits for others.
pub(crate) fn opening(path: &Path) -> SqliteConnectOptions {
    let is_new = path.metadata().is_ok_and(|meta| meta.len() == 0);
    let options = options(path);
    if is_new { options.auto_vacuum(SqliteAutoVacuum::Incremental) } else { options }
}

pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_BUDGET)
        .page_size(PAGE_BYTES)
        .foreign_keys(false)
        // Each commit is on the disk when it returns.
        .pragma("synchronous", "FULL")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        .pragma("mmap_size", MMAP_BYTES.to_string())
        .thread_name(|n| format!("thread-store-sqlite-{n}"))
}

/// The mode is kept in the file. Changing it needs the file alone, and SQLite does not wait for that
/// as it does for other locks: so this waits.
pub(crate) async fn use_wal(connection: &mut SqliteConnection, path: &Path) -> Result<()> {
    let start = Instant::now();
    loop {
        let answer = sqlx::query("PRAGMA journal_mode = WAL").fetch_one(&mut *connection).await;
        match answer {
            Ok(row) if row.try_get::<&str, _>(0)? == "wal" => return Ok(()),
            Ok(_) => {
                return Err(location::wrong(
                    path,
                    "is where SQLite cannot keep a write-ahead log",
                    None,
                ));
            }
            Err(error) if is_busy(&error) && start.elapsed() < BUSY_BUDGET => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}
