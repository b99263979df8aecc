//! sqlx as one would write it first: a pool, and one statement, which is one commit, for each item.

use std::path::Path;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use thread_store::RolloutItem;

use crate::Failure;
use crate::workload::append::Appender;

pub(crate) struct Naive(SqlitePool);

impl Naive {
    pub(crate) async fn create(path: &Path) -> Result<Self, Failure> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().connect_with(options).await?;
        sqlx::query(
            "CREATE TABLE items (thread INTEGER NOT NULL, ordinal INTEGER NOT NULL, item TEXT NOT NULL,
                PRIMARY KEY (thread, ordinal))",
        )
        .execute(&pool)
        .await?;
        Ok(Self(pool))
    }
}

impl Appender for Naive {
    async fn append(
        &self,
        thread: usize,
        first: u64,
        items: Vec<RolloutItem>,
    ) -> Result<(), Failure> {
        for (ordinal, item) in (first..).zip(&items) {
            sqlx::query("INSERT INTO items VALUES (?, ?, ?)")
                .bind(thread as i64)
                .bind(i64::try_from(ordinal)?)
                .bind(item.text().as_ref())
                .execute(&self.0)
                .await?;
        }
        Ok(())
    }
}
