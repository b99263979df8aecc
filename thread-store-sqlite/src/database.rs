//! One database file, open: a queue for what is written, connections that read.

use std::path::Path;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction};
use thread_store::{AppendItems, AppendReceipt, Limits};

use crate::connection::{options, use_wal};
use crate::error::Result;
use crate::writer::{Work, Writer};
use crate::{location, projection, schema};

/// Connections that read, each with a thread of its own.
const READERS: u32 = 4;

/// One database file, open.
#[derive(Debug)]
pub(crate) struct Database {
    writer: Writer,
    readers: SqlitePool,
}

impl Database {
    pub(crate) async fn open(path: &Path, limits: Limits) -> Result<Self> {
        let path = location::prepare(path)?;
        let mut connection = SqliteConnection::connect_with(&options(&path)).await?;
        schema::check(&mut connection).await?;
        use_wal(&mut connection, &path).await?;
        schema::migrate(&mut connection).await?;
        projection::reproject(&mut connection).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .connect_with(options(&path).pragma("query_only", "ON"))
            .await?;
        let (writer, _idle, _long_tails) = Writer::start(connection, path, limits);
        Ok(Self { writer, readers })
    }

    /// Waits for the writes under way and closes the file. Later operations are *unavailable*.
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }

    /// A consistent view of the data for one operation.
    ///
    /// A write that its caller left is waited for, so that it is done or not for whoever looks.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>> {
        self.writer.settle_left().await?;
        Ok(self.readers.begin().await?)
    }

    /// A connection that reads, for an operation of one statement: that is a view of its own.
    ///
    /// A write that its caller left is waited for, as for a [`snapshot`](Self::snapshot).
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Sqlite>> {
        self.writer.settle_left().await?;
        Ok(self.readers.acquire().await?)
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
