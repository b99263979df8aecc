//! The stores that are measured.

use std::sync::Arc;

use clap::ValueEnum;
use tempfile::TempDir;
use thread_store::ThreadStore;
use thread_store_memory::MemoryStore;
use thread_store_sqlite::SqliteStore;

use crate::Failure;

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Kind {
    Memory,
    Sqlite,
}

/// An empty store, and what it lives in.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn ThreadStore>,
    _dir: TempDir,
}

impl Kind {
    pub(crate) const ALL: &'static [Self] = &[Self::Memory, Self::Sqlite];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Sqlite => "sqlite",
        }
    }

    pub(crate) async fn open(self) -> Result<Opened, Failure> {
        let dir = tempfile::tempdir()?;
        let store: Arc<dyn ThreadStore> = match self {
            Self::Memory => Arc::new(MemoryStore::new()),
            Self::Sqlite => Arc::new(SqliteStore::open(dir.path().join("threads.sqlite")).await?),
        };
        Ok(Opened { store, _dir: dir })
    }
}
