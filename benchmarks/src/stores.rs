//! The stores that are measured.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tempfile::TempDir;
use thread_store::{CreateThread, Holder, RolloutItem, ThreadStore, WriterLease};
use thread_store_local::{LocalOptions, LocalStore};
use thread_store_memory::MemoryStore;
use thread_store_sqlite::{SqliteOptions, SqliteStore};

use crate::Failure;

/// So many calls are under way at once where many threads are made.
const AT_ONCE: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Kind {
    Memory,
    Sqlite,
    Local,
}

/// A store, and what it lives in.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn ThreadStore>,
    sqlite: Option<SqliteStore>,
    local: Option<LocalStore>,
    dir: TempDir,
}

impl Kind {
    pub(crate) const ALL: &'static [Self] = &[Self::Memory, Self::Sqlite, Self::Local];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
            Self::Local => "local",
        }
    }

    /// An empty store.
    pub(crate) async fn open(self) -> Result<Opened, Failure> {
        let dir = tempfile::tempdir()?;
        match self {
            Self::Memory => {
                Ok(Opened { store: Arc::new(MemoryStore::new()), sqlite: None, local: None, dir })
            }
            Self::Sqlite => Opened::sqlite(dir, SqliteOptions::default()).await,
            Self::Local => Opened::local(dir, LocalOptions::default()).await,
        }
    }
}

fn file(dir: &Path) -> PathBuf {
    dir.join("threads.sqlite")
}

fn home(dir: &Path) -> PathBuf {
    dir.join("home")
}

impl Opened {
    /// A SQLite store in this folder.
    pub(crate) async fn sqlite(dir: TempDir, options: SqliteOptions) -> Result<Self, Failure> {
        let store = SqliteStore::open_with(file(dir.path()), options).await?;
        Ok(Self { store: Arc::new(store.clone()), sqlite: Some(store), local: None, dir })
    }

    /// A home of rollouts in this folder.
    pub(crate) async fn local(dir: TempDir, options: LocalOptions) -> Result<Self, Failure> {
        let store = LocalStore::open_with(home(dir.path()), options).await?;
        Ok(Self { store: Arc::new(store.clone()), sqlite: None, local: Some(store), dir })
    }

    /// The store, if it is one of SQLite.
    pub(crate) fn as_sqlite(&self) -> Option<SqliteStore> {
        self.sqlite.clone()
    }

    /// The store, if it is a home.
    pub(crate) fn as_local(&self) -> Option<LocalStore> {
        self.local.clone()
    }

    /// Does what is else done in the background while threads rest.
    pub(crate) async fn settled(&self) -> Result<(), Failure> {
        match &self.sqlite {
            Some(store) => Ok(store.settle().await?),
            None => Ok(()),
        }
    }

    /// The database file, for a store that has one.
    pub(crate) fn path(&self) -> PathBuf {
        file(self.dir.path())
    }

    /// Closes the file or home, as the end of a program does; what is in it stays as long as this does.
    pub(crate) async fn close(&self) {
        if let Some(store) = &self.sqlite {
            store.close().await;
        }
        if let Some(store) = &self.local {
            store.close().await;
        }
    }

    /// The same file or home, opened again.
    pub(crate) async fn reopen(self) -> Result<Self, Failure> {
        self.close().await;
        match (&self.sqlite, &self.local) {
            (Some(_), _) => Self::sqlite(self.dir, SqliteOptions::default()).await,
            (_, Some(_)) => Self::local(self.dir, LocalOptions::default()).await,
            _ => Ok(self),
        }
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
