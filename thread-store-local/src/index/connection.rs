//! How the database is opened.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::error::Result;
use super::place::{Alone, Place};
use super::schema;

/// How long a write of another process is waited for. Each is over in some milliseconds.
const BUSY_BUDGET: Duration = Duration::from_secs(2);
/// Packs are some of these long.
const PAGE_BYTES: u32 = 16 << 10;
/// A checkpoint every 8 MiB of log.
const CHECKPOINT_PAGES: u32 = (8 << 20) / PAGE_BYTES;

/// The database, and which file it is.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) connection: SqliteConnection,
    inode: Option<u64>,
}

impl Open {
    /// Whether it is the file that others open, too.
    pub(super) fn is_in(&self, place: &Place) -> bool {
        self.inode.is_some() && self.inode == place.inode()
    }
}

/// Opens the file; one that is missing or damaged is made.
pub(super) async fn open(place: &Place) -> Result<Open> {
    place.make_folder()?;
    open_alone(place, &place.alone().await?).await
}

/// Closes a damaged file and opens a new one: that of another process, if it was faster.
pub(super) async fn open_anew(place: &Place, damaged: Open) -> Result<Open> {
    let alone = place.alone().await?;
    if damaged.is_in(place) {
        place.set_aside(&alone)?;
    }
    drop(damaged.connection.close().await);
    open_alone(place, &alone).await
}

/// Closes it. Alone, or SQLite might clear away the log of a file that another process is making in
/// its stead.
pub(super) async fn close(place: &Place, open: Open) {
    let _alone = place.alone().await;
    drop(open.connection.close().await);
}

async fn open_alone(place: &Place, alone: &Alone) -> Result<Open> {
    match attempt(place, alone).await {
        Err(error) if error.is_damage() => {
            place.set_aside(alone)?;
            attempt(place, alone).await
        }
        result => result,
    }
}

async fn attempt(place: &Place, alone: &Alone) -> Result<Open> {
    place.prepare(alone)?;
    let mut connection = SqliteConnection::connect_with(&options(place.path())).await?;
    match set_up(&mut connection).await {
        Ok(()) => Ok(Open { connection, inode: place.inode() }),
        Err(error) => {
            drop(connection.close().await);
            Err(error)
        }
    }
}

async fn set_up(connection: &mut SqliteConnection) -> Result<()> {
    schema::check(connection).await?;
    // Kept in the file. Changing it needs the file alone, as it is here. Where there can be no such
    // log, the answer is another one, and that works, too.
    sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *connection).await?;
    schema::migrate(connection).await?;
    // Fails where the table is another one.
    sqlx::query("SELECT bucket, entries FROM packs LIMIT 0").execute(connection).await?;
    Ok(())
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_BUDGET)
        .page_size(PAGE_BYTES)
        .foreign_keys(false)
        // Nothing waits for the disk. After a power failure the file may be damaged; but then it is
        // made anew, and what is old in it has an old stamp.
        .pragma("synchronous", "OFF")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        // A file that is cut off while it is mapped would end the process.
        .pragma("mmap_size", "0")
        .thread_name(|n| format!("thread-store-index-{n}"))
}
