//! The stores that are measured.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use thread_store::{CreateThread, Holder, RolloutItem, ThreadStore, WriterLease};
use thread_store_memory::MemoryStore;
use thread_store_sqlite::SqliteStore;

use crate::Failure;

/// So many calls are under way at once where many threads are made.
const AT_ONCE: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Kind {
    Memory,
    Sqlite,
}

/// A store, and what it lives in.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn ThreadStore>,
    sqlite: Option<SqliteStore>,
    dir: TempDir,
}

impl Kind {
    pub(crate) const ALL: &'static [Self] = &[Self::Memory, Self::Sqlite];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
        }
    }

    /// An empty store.
    pub(crate) async fn open(self) -> Result<Opened, Failure> {
        let dir = tempfile::tempdir()?;
        match self {
            Self::Memory => Ok(Opened { store: Arc::new(MemoryStore::new()), sqlite: None, dir }),
            Self::Sqlite => {
                let store = SqliteStore::open(file(dir.path())).await?;
                Ok(Opened { store: Arc::new(store.clone()), sqlite: Some(store), dir })
            }
        }
    }
}

fn file(dir: &Path) -> PathBuf {
    dir.join("threads.sqlite")
}

impl Opened {
    /// The database file, for a store that has one.
    pub(crate) fn path(&self) -> PathBuf {
        file(self.dir.path())
    }

    /// Closes the file, as the end of a program does; what is in it stays as long as this does.
    pub(crate) async fn close(&self) {
        if let Some(store) = &self.sqlite {
            store.close().await;
        }
    }

    /// The same file, opened again.
    pub(crate) async fn reopen(self) -> Result<Self, Failure> {
        let Some(store) = &self.sqlite else { return Ok(self) };
        store.close().await;
        let store = SqliteStore::open(self.path()).await?;
        Ok(Self { store: Arc::new(store.clone()), sqlite: Some(store), dir: self.dir })
    }

    /// Makes threads, many at a time.
    pub(crate) async fn create_all(
        &self,
        threads: impl Iterator<Item = CreateThread>,
    ) -> Result<(), Failure> {
        let made = stream::iter(threads).map(|thread| self.store.create_thread(thread));
        made.buffer_unordered(AT_ONCE).try_for_each(async |_| Ok(())).await?;
        Ok(())
    }

    /// Makes a thread to be appended to.
    pub(crate) async fn live(
        &self,
        thread: CreateThread,
        items: Vec<RolloutItem>,
    ) -> Result<WriterLease, Failure> {
        let thread = thread.with_archived_at(None).with_items(items);
        let thread = thread.with_lease(Holder::new("benchmark"));
        let created = self.store.create_thread(thread).await?;
        created.lease.ok_or_else(|| "the store granted no lease".into())
    }
}

impl Opened {
    /// Waits until the background has merged and indexed what it was left.
    pub(crate) async fn settled(&self) -> Result<(), Failure> {
        if self.sqlite.is_none() {
            return Ok(());
        }
        let connection =
            Connection::open_with_flags(self.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut patience = Patience::new(Instant::now());
        while patience.lasts(pending(&connection)?) {
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

/// Threads that the background has yet to look at.
fn pending(connection: &Connection) -> Result<u64, Failure> {
    let sql = "SELECT count(*) FROM heads WHERE pending <> 0";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Waits for a number to fall to nothing, as long as it falls.
struct Patience {
    least: u64,
    since: Instant,
}

impl Patience {
    const LONGEST: Duration = Duration::from_secs(5);

    fn new(since: Instant) -> Self {
        Self { least: u64::MAX, since }
    }

    fn lasts(&mut self, left: u64) -> bool {
        if left < self.least {
            *self = Self { least: left, since: Instant::now() };
        }
        left > 0 && self.since.elapsed() < Self::LONGEST
    }
}
