//! One database file, open: a queue for what is written, connections that read.

use std::path::Path;
use std::time::Duration;

use sqlx::{Connection as _, SqliteConnection};
use thread_store::{AppendItems, AppendReceipt, Limits};

use crate::connection::{opening, options, use_wal};
use crate::error::{Result, SqliteError, is_foreign};
use crate::options::SqliteOptions;
use crate::readers::{Reader, Readers};
use crate::settle::{self, Settler};
use crate::writer::{Work, Writer};
use crate::{location, projection, schema};

/// Connections that read, each with a thread of its own.
const READERS: usize = 4;
/// Threads are settled so long, at most, before the file is closed.
const CLOSING: Duration = Duration::from_secs(2);

/// One database file, open.
#[derive(Debug)]
pub(crate) struct Database {
    writer: Writer,
    readers: Readers,
    settler: Settler,
}

impl Database {
    pub(crate) async fn open(path: &Path, limits: Limits, with: &SqliteOptions) -> Result<Self> {
        let path = location::prepare(path)?;
        let connection = match prepared(&path).await {
            Err(SqliteError::Statement(error)) if is_foreign(&error) => {
                return Err(location::wrong(&path, "is not a SQLite database", None));
            }
            connection => connection?,
        };
        let readers = Readers::new(options(&path).pragma("query_only", "ON"), READERS);
        let (writer, background) = Writer::start(connection, path, limits);
        let settler = Settler::start(readers.clone(), background, with);
        Ok(Self { writer, readers, settler })
    }

    /// Waits for the writes under way and closes the file. Later operations are *unavailable*.
    pub(crate) async fn close(&self) {
        self.settler.stop(CLOSING).await;
        self.writer.close().await;
        self.readers.close().await;
    }

    /// A connection to read with. One statement is a consistent view by itself; several need a
    /// transaction.
    ///
    /// A write that its caller left is waited for, so that it is done or not for whoever looks.
    pub(crate) async fn reader(&self) -> Result<Reader> {
        self.writer.settle_left().await?;
        self.readers.get().await
    }

    /// Threads that are not settled.
    pub(crate) async fn unsettled(&self) -> Result<usize> {
        Ok(settle::unsettled(&mut *self.readers.get().await?).await?.len())
    }

    /// As [`Settler::settle`].
    pub(crate) async fn settle(&self) -> Result<()> {
        self.settler.settle().await
    }

    /// Indexes what can be searched of a thread's history.
    pub(crate) async fn index(&self, key: i64) -> Result<()> {
        settle::index(&self.readers, &self.writer, key).await
    }

    /// As [`Writer::append`].
    pub(crate) async fn append(&self, params: AppendItems) -> Result<AppendReceipt> {
        self.writer.append(params).await
    }

    /// As [`Writer::run`].
    pub(crate) async fn write<T: Send + 'static>(&self, work: Work<T>) -> Result<T> {
        self.writer.run(work).await
    }
}

/// A connection to a file with our schema.
async fn prepared(path: &Path) -> Result<SqliteConnection> {
    let mut connection = SqliteConnection::connect_with(&opening(path)).await?;
    schema::check(&mut connection).await?;
    use_wal(&mut connection, path).await?;
    schema::migrate(&mut connection).await?;
    projection::reproject(&mut connection).await?;
    Ok(connection)
}
