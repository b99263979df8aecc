//! Which store: `memory:`, `sqlite:PATH`, `local:HOME`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etcetera::BaseStrategy as _;
use thread_store::{Error, Result, ThreadStore};
use thread_store_local::{LocalOptions, LocalStore};
use thread_store_memory::MemoryStore;
use thread_store_sqlite::SqliteStore;

use crate::output::{Output, Progress};

/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(200);

/// A store, and what it needs before the program ends.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn ThreadStore>,
    kind: Kind,
}

/// What can be done with a store beside what every store can.
enum Kind {
    Memory,
    Sqlite(SqliteStore),
    Local(LocalStore),
}

/// Opens the store that a URL names. `sqlite:` without a path is a file in the user's data folder,
/// `local:` without one the home of the user's Codex. Who only looks leaves nothing behind in a home.
pub(crate) async fn open(url: &str, out: &Output, is_look: bool) -> Result<Opened> {
    let (scheme, rest) = url.split_once(':').ok_or_else(|| invalid(url))?;
    match scheme {
        "memory" if rest.is_empty() => {
            Ok(Opened { store: Arc::new(MemoryStore::new()), kind: Kind::Memory })
        }
        "sqlite" => {
            let sqlite = SqliteStore::open(path(rest, default_database)?).await?;
            Ok(Opened { store: Arc::new(sqlite.clone()), kind: Kind::Sqlite(sqlite) })
        }
        "local" => {
            let local = open_home(path(rest, default_home)?, out, is_look).await?;
            Ok(Opened { store: Arc::new(local.clone()), kind: Kind::Local(local) })
        }
        _ => Err(invalid(url)),
    }
}

/// Opens a home that is there. To begin one by a slip of the pen would help nobody.
async fn open_home(home: PathBuf, out: &Output, is_look: bool) -> Result<LocalStore> {
    if !home.is_dir() {
        return Err(Error::invalid(
            "store",
            format!("{}: there is no such folder", home.display()),
        ));
    }
    let options = LocalOptions::default().with_progress(Progress::of_home(out));
    let options = if is_look { options.without_new_index() } else { options };
    LocalStore::open_with(home, options).await
}

impl Opened {
    /// Makes what was written easy to search and to read, which a program that goes on leaves to the
    /// background.
    pub(crate) async fn settle(&self, out: &Output) -> Result<()> {
        let Kind::Sqlite(sqlite) = &self.kind else { return Ok(()) };
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

    /// The home, for what only homes have.
    pub(crate) fn home(&self, command: &'static str) -> Result<&LocalStore> {
        match &self.kind {
            Kind::Local(local) => Ok(local),
            Kind::Memory | Kind::Sqlite(_) => {
                Err(Error::unsupported(format!("{command} of a store that is no `local:` home")))
            }
        }
    }

    pub(crate) async fn close(self) {
        match self.kind {
            Kind::Memory => {}
            Kind::Sqlite(sqlite) => sqlite.close().await,
            Kind::Local(local) => local.close().await,
        }
    }
}

fn invalid(url: &str) -> Error {
    let shown: String = url.chars().take(40).collect();
    Error::invalid("store", format!("{shown:?} is none of sqlite:PATH, local:HOME, memory:"))
}

/// `sqlite:threads.db`, `sqlite:/folder/threads.db` and `sqlite:///folder/threads.db`, and the same of
/// homes.
fn path(rest: &str, default: impl FnOnce() -> Result<PathBuf>) -> Result<PathBuf> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() { default() } else { Ok(path.into()) }
}

fn default_database() -> Result<PathBuf> {
    Ok(user_folders()?.data_dir().join("thread-store").join("threads.db"))
}

fn default_home() -> Result<PathBuf> {
    match std::env::var_os("CODEX_HOME").filter(|home| !home.is_empty()) {
        Some(home) => Ok(home.into()),
        None => Ok(user_folders()?.home_dir().join(".codex")),
    }
}

fn user_folders() -> Result<impl etcetera::BaseStrategy> {
    etcetera::choose_base_strategy()
        .map_err(|error| Error::invalid("store", "the user has no home folder").because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_be_written_with_and_without_slashes() {
        for (rest, path) in
            [("a.db", "a.db"), ("/x/a.db", "/x/a.db"), ("///x/a.db", "/x/a.db"), ("//a.db", "a.db")]
        {
            assert_eq!(super::path(rest, default_database).unwrap(), PathBuf::from(path));
        }
        let default = super::path("", default_database).unwrap();
        assert!(default.ends_with("thread-store/threads.db"));
    }
}
