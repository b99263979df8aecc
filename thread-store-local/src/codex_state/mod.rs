//! What Codex keeps in a database of its own only: names, git, memory mode of *paginated* threads.
//!
//! Nothing of Codex is written or locked. While it has no log, its database is read in place, as a
//! file that does not change; otherwise it and its log are copied, and the copy is read. Either way
//! it is looked at again afterwards, and read again if what was read may be no state it ever had.
//!
//! Reading opens and closes the database past SQLite. So a program that has it open with SQLite
//! itself, in the same process, loses its locks on it (`fcntl(2)`).

mod files;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thread_store::{ThreadId, Timestamp};

pub(crate) use files::StateStamp;
use files::{Files, Look};

/// File name of the database, at the root of a home. It has kept its number through all versions of
/// its schema.
const FILE: &str = "state_5.sqlite";
/// How often it is tried while Codex puts its log into the database at that moment.
const ATTEMPTS: u32 = 8;

type Found = HashMap<ThreadId, CodexFacts>;

/// What the database says of one thread. Where it has no such column, nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CodexFacts {
    pub(crate) name: Option<String>,
    pub(crate) git_sha: Option<String>,
    pub(crate) git_branch: Option<String>,
    pub(crate) git_origin_url: Option<String>,
    pub(crate) memory_mode: Option<String>,
    pub(crate) archived_at: Option<Timestamp>,
    /// Of other threads the rollouts say more than the database.
    pub(crate) paginated: bool,
}

/// Why the database cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    #[error("{}: reading failed", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the database of Codex changes faster than it can be read")]
    Changing,
    #[error("the database of Codex cannot be read")]
    Statement(#[from] sqlx::Error),
}

/// What tells whether the database changed since it was read; nothing where there is none. To be
/// taken before reading.
pub(crate) fn state_stamp(home: &Path) -> Option<StateStamp> {
    Files::of(home).stamp()
}

/// What the database of a home says of each thread; nothing where there is none, or an empty one.
///
/// # Errors
///
/// When it is damaged, cannot be read, or changes all the time.
pub(crate) async fn read_state(home: &Path) -> Result<Found, StateError> {
    let files = Files::of(home);
    for attempt in 0..ATTEMPTS {
        let Some(before) = files.look()? else { return Ok(Found::new()) };
        let read = read_once(&files, &before).await;
        if files.look()?.is_some_and(|after| before.holds_in(&after)) {
            return read;
        }
        tokio::time::sleep(Duration::from_millis(1 << attempt)).await;
    }
    Err(StateError::Changing)
}

async fn read_once(files: &Files, state: &Look) -> Result<Found, StateError> {
    if state.can_be_read_in_place() {
        return Ok(rows::read_unchanging(files.database()).await?);
    }
    let copy = files.copy().await?;
    Ok(rows::read(&copy.database()).await?)
}
