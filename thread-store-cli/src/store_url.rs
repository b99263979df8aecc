//! Which store: `memory:`, `sqlite:PATH`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etcetera::BaseStrategy as _;
use thread_store::{Error, Result, ThreadStore};
use thread_store_memory::MemoryStore;
use thread_store_sqlite::SqliteStore;

use crate::output::{Output, Progress};

/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(200);

/// A store, and what it needs before the program ends.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn ThreadStore>,
    sqlite: Option<SqliteStore>,
}

/// Opens the store that a URL names. `sqlite:` without a path is a file in the user's data folder.
pub(crate) async fn open(url: &str) -> Result<Opened> {
    let (scheme, rest) = url.split_once(':').ok_or_else(|| invalid(url))?;
    match scheme {
        "memory" if rest.is_empty() => {
            Ok(Opened { store: Arc::new(MemoryStore::new()), sqlite: None })
        }
        "sqlite" => {
            let sqlite = SqliteStore::open(sqlite_path(rest)?).await?;
            Ok(Opened { store: Arc::new(sqlite.clone()), sqlite: Some(sqlite) })
        }
        _ => Err(invalid(url)),
    }
}

impl Opened {
    /// Makes what was written easy to search and to read, which a program that goes on leaves to the
    /// background.
    pub(crate) async fn settle(&self, out: &Output) -> Result<()> {
        let Some(sqlite) = &self.sqlite else { return Ok(()) };
        let progress = Progress::new(out, sqlite.unsettled().await?);
        let mut settling = std::pin::pin!(sqlite.settle());
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                done = &mut settling => return done,
                _ = tick.tick() => progress.left(sqlite.unsettled().await?),
            }
        }
    }

    pub(crate) async fn close(self) {
        if let Some(sqlite) = self.sqlite {
            sqlite.close().await;
        }
    }
}

fn invalid(url: &str) -> Error {
    let shown: String = url.chars().take(40).collect();
    Error::invalid("store", format!("{shown:?} is neither memory: nor sqlite:PATH"))
}

/// `sqlite:threads.db`, `sqlite:/folder/threads.db` and `sqlite:///folder/threads.db`.
fn sqlite_path(rest: &str) -> Result<PathBuf> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() { default_path() } else { Ok(path.into()) }
}

fn default_path() -> Result<PathBuf> {
    let folders = etcetera::choose_base_strategy()
        .map_err(|error| Error::invalid("store", "the user has no home folder").because(error))?;
    Ok(folders.data_dir().join("thread-store").join("threads.db"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_be_written_with_and_without_slashes() {
        for (rest, path) in
            [("a.db", "a.db"), ("/x/a.db", "/x/a.db"), ("///x/a.db", "/x/a.db"), ("//a.db", "a.db")]
        {
            assert_eq!(sqlite_path(rest).unwrap(), PathBuf::from(path));
        }
        assert!(sqlite_path("").unwrap().ends_with("thread-store/threads.db"));
    }
}
