//! Connections: one that writes, a few that read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection as _, Row as _, Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::Mutex;

use crate::error::{Result, SqliteError, is_busy};
use crate::readers::{Reader, Readers};
use crate::{location, projection, schema};

/// How long an operation waits for another process to finish its write.
const BUSY_BUDGET: Duration = Duration::from_secs(10);
/// Connections that read, each with a thread of its own.
const READERS: u32 = 4;
/// Pages of 8 KiB hold several appends of usual size.
pub(crate) const PAGE_BYTES: u32 = 8192;
/// A checkpoint every 16 MiB of log.
const CHECKPOINT_PAGES: u32 = (16 << 20) / PAGE_BYTES;
/// Readers map so much of the file instead of reading it page by page.
const MMAP_BYTES: u64 = 1 << 30;

/// One database file, open.
#[derive(Debug)]
pub(crate) struct Database {
    path: PathBuf,
    writer: Arc<Mutex<Writer>>,
    /// Whether a write may be under way that its caller has left.
    left: Arc<AtomicBool>,
    readers: Readers,
    snapshots: SqlitePool,
}

/// The connection that writes.
#[derive(Debug)]
enum Writer {
    Open(SqliteConnection),
    /// A failure left the connection in doubt; the next write opens it anew.
    InDoubt,
    Closed,
}

/// What a write does inside its transaction.
pub(crate) type Work<T> =
    Box<dyn for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T>> + Send>;

impl Database {
    pub(crate) async fn open(path: &Path) -> Result<Self> {
        let path = location::prepare(path)?;
        let mut writer = SqliteConnection::connect_with(&options(&path)).await?;
        schema::check(&mut writer).await?;
        use_wal(&mut writer, &path).await?;
        schema::migrate(&mut writer).await?;
        projection::reproject(&mut writer).await?;
        let reading = options(&path).pragma("query_only", "ON");
        let readers = Readers::new(reading.clone(), READERS as usize);
        let snapshots = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .connect_with(reading)
            .await?;
        let writer = Arc::new(Mutex::new(Writer::Open(writer)));
        Ok(Self { path, writer, left: Arc::default(), readers, snapshots })
    }

    /// Waits for the write under way and closes the file. Later operations are *unavailable*.
    pub(crate) async fn close(&self) {
        let writer = std::mem::replace(&mut *self.writer.lock().await, Writer::Closed);
        self.readers.close().await;
        self.snapshots.close().await;
        if let Writer::Open(connection) = writer
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "closing the writing connection failed");
        }
    }

    /// A connection for a read that is one statement.
    pub(crate) async fn reader(&self) -> Result<Reader> {
        self.settled().await;
        self.readers.get().await
    }

    /// A consistent view of the data for one operation.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>> {
        self.settled().await;
        Ok(self.snapshots.begin().await?)
    }

    /// A write that its caller left is waited for, so that it is done or not for whoever looks.
    async fn settled(&self) {
        if self.left.load(Ordering::SeqCst) {
            let writer = self.writer.lock().await;
            // Nothing is under way while the writer is held; before, others have to wait too.
            self.left.store(false, Ordering::SeqCst);
            drop(writer);
        }
    }

    /// Does the work in one transaction, which is committed if it succeeds and rolled back if not.
    ///
    /// A caller who is dropped before it is their turn has done nothing. After that the work runs in
    /// a task of its own, to its end, and keeps the writer until then.
    pub(crate) async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        let path = self.path.clone();
        let leaving = Leaving(Some(Arc::clone(&self.left)));
        let task = tokio::spawn(async move {
            let mut connection = match std::mem::replace(&mut *writer, Writer::InDoubt) {
                Writer::Open(connection) => connection,
                Writer::InDoubt => reopen(&path).await?,
                Writer::Closed => {
                    *writer = Writer::Closed;
                    return Err(sqlx::Error::PoolClosed.into());
                }
            };
            let (result, sound) = transact(&mut connection, work).await;
            if sound {
                *writer = Writer::Open(connection);
            }
            result
        });
        let result = task.await;
        leaving.stayed();
        result.map_err(SqliteError::Aborted)?
    }
}

/// A new connection to a file that may have been changed since it was opened first.
async fn reopen(path: &Path) -> Result<SqliteConnection> {
    let mut connection = SqliteConnection::connect_with(&options(path)).await?;
    schema::check(&mut connection).await?;
    Ok(connection)
}

/// Dropped by a caller who does not wait for their write.
struct Leaving(Option<Arc<AtomicBool>>);

impl Leaving {
    fn stayed(mut self) {
        self.0 = None;
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(left) = &self.0 {
            left.store(true, Ordering::SeqCst);
        }
    }
}

/// Answers the result, and whether the connection can be used again.
async fn transact<T>(connection: &mut SqliteConnection, work: Work<T>) -> (Result<T>, bool) {
    let mut transaction = match connection.begin_with("BEGIN IMMEDIATE").await {
        Ok(transaction) => transaction,
        Err(error) => {
            let sound = is_busy(&error);
            return (Err(error.into()), sound);
        }
    };
    match work(&mut transaction).await {
        Ok(answer) => match transaction.commit().await {
            Ok(()) => (Ok(answer), true),
            Err(error) => (Err(SqliteError::Commit(error)), false),
        },
        Err(error) => {
            let rolled_back = transaction.rollback().await.is_ok();
            (Err(error), rolled_back)
        }
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
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
async fn use_wal(connection: &mut SqliteConnection, path: &Path) -> Result<()> {
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
