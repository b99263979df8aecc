//! SQLite as the suite needs it: opened twice, stopped, full, damaged.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use thread_store::{ManualClock, Ordinal, Result, ThreadId, ThreadStore, Timestamp};
use thread_store_conformance::{Harness, NotOffered};
use thread_store_sqlite::{SqliteOptions, SqliteStore};

pub(crate) struct Sqlite {
    /// Where the database is now; the last of all.
    folders: Mutex<Vec<TempDir>>,
    clock: ManualClock,
    options: SqliteOptions,
    /// Whether the background is busy with whatever was written.
    settling: bool,
    /// Whether a record was damaged: its thread never comes to rest.
    damaged: AtomicBool,
}

impl Sqlite {
    pub(crate) fn new(options: SqliteOptions) -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
        let options = options.with_clock(Arc::new(clock.clone()));
        Self {
            folders: Mutex::new(vec![tempfile::tempdir().unwrap()]),
            clock,
            options,
            settling: false,
            damaged: AtomicBool::new(false),
        }
    }

    /// Waits until threads are settled before they are damaged: what the background has read by then
    /// takes the place of what was damaged meanwhile.
    #[allow(dead_code)] // Each suite has its own copy of this.
    pub(crate) fn settling(self) -> Self {
        Self { settling: true, ..self }
    }

    fn path(&self) -> PathBuf {
        self.folders.lock().unwrap().last().unwrap().path().join("threads.db")
    }

    async fn handle(&self) -> Result<Arc<dyn ThreadStore>> {
        Ok(Arc::new(SqliteStore::open_with(self.path(), self.options.clone()).await?))
    }
}

impl Sqlite {
    async fn connect(&self) -> SqliteConnection {
        let url = format!("sqlite:{}", self.path().display());
        SqliteConnection::connect(&url).await.unwrap()
    }
}

#[async_trait]
impl Harness for Sqlite {
    async fn open(&self) -> Result<Arc<dyn ThreadStore>> {
        self.handle().await
    }

    fn clock(&self) -> Option<ManualClock> {
        Some(self.clock.clone())
    }

    /// Every handle has its own connections, as another process would; the real thing is in
    /// `processes.rs`.
    async fn open_elsewhere(&self) -> Result<Arc<dyn ThreadStore>, NotOffered> {
        self.handle().await.map_err(|_| NotOffered)
    }

    /// What the next process finds after this one was killed: the files as they are, without the
    /// shared memory of the log. The real thing is in `processes.rs`.
    async fn crash(&self) -> Result<(), NotOffered> {
        let from = self.path();
        let folder = tempfile::tempdir().unwrap();
        for name in ["threads.db", "threads.db-wal"] {
            let file = from.with_file_name(name);
            if file.exists() {
                std::fs::copy(file, folder.path().join(name)).unwrap();
            }
        }
        self.folders.lock().unwrap().push(folder);
        Ok(())
    }

    /// A trigger refuses every change of the tables that all writes touch.
    async fn fail_writes(&self, failing: bool) -> Result<(), NotOffered> {
        let mut connection = self.connect().await;
        for table in ["threads", "heads", "tail", "chunks", "counters"] {
            for change in ["INSERT", "UPDATE", "DELETE"] {
                let name = format!("fail_{table}_{change}");
                let statement = if failing {
                    format!(
                        "CREATE TRIGGER {name} BEFORE {change} ON {table}
                         BEGIN SELECT RAISE(ABORT, 'injected'); END"
                    )
                } else {
                    format!("DROP TRIGGER {name}")
                };
                sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
                    .execute(&mut connection)
                    .await
                    .unwrap();
            }
        }
        connection.close().await.unwrap();
        Ok(())
    }

    /// The first character of the record becomes another one, wherever the record is; the checksum
    /// stays.
    async fn damage(&self, thread_id: ThreadId, ordinal: Ordinal) -> Result<(), NotOffered> {
        let mut connection = self.connect().await;
        if self.settling {
            let tries = if self.damaged.swap(true, Ordering::SeqCst) { 10 } else { 200 };
            settled(&mut connection, tries).await;
        }
        let (table, id, first, form, data): (String, i64, i64, i64, Vec<u8>) = sqlx::query_as(
            "SELECT 'tail' AS place, id, first, 0, data
             FROM tail JOIN threads USING (key) WHERE thread_id = ?1 AND first <= ?2
             UNION ALL
             SELECT 'chunks', id, id & 0xffffffff AS first, form, data
             FROM threads JOIN chunks ON id >= key << 32 AND id <= (key << 32) + ?2 WHERE thread_id = ?1
             ORDER BY first DESC LIMIT 1",
        )
        .bind(&thread_id.as_bytes()[..])
        .bind(ordinal.get() as i64)
        .fetch_one(&mut connection)
        .await
        .unwrap();
        let at = (ordinal.get() as i64 - first) as usize;
        let data = match form {
            COMPRESSED => compressed(&damaged(&zstd::decode_all(&data[..]).unwrap(), at)),
            _ => damaged(&data, at),
        };
        sqlx::query(sqlx::AssertSqlSafe(format!("UPDATE {table} SET data = ? WHERE id = ?")))
            .bind(data)
            .bind(id)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        Ok(())
    }
}

/// Waits for the background, unless it was stopped or has met damage.
async fn settled(connection: &mut SqliteConnection, tries: usize) {
    for _ in 0..tries {
        let pending = sqlx::query("SELECT 1 FROM heads WHERE pending <> 0 LIMIT 1");
        if pending.fetch_optional(&mut *connection).await.unwrap().is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What `form` is for compressed chunks.
const COMPRESSED: i64 = 1;

fn damaged(data: &[u8], at: usize) -> Vec<u8> {
    let mut records: Vec<Vec<u8>> = data.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    records[at][0] = b'#';
    records.join(&b'\n')
}

fn compressed(data: &[u8]) -> Vec<u8> {
    zstd::encode_all(data, 1).unwrap()
}
