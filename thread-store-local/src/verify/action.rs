//! What can be done about what is wrong, and what came of it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use thread_store::{Holder, ThreadId};

use super::finding::lossy;

/// One thing that [`repair`](crate::LocalStore::repair) does. As JSON its kind is the member `action`,
/// which is stable. Paths are relative to the home.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Finishes moving or deleting several files.
    FinishChange {
        /// The threads of the files.
        thread_ids: Vec<ThreadId>,
    },
    /// Keeps the torn record that a rollout ends in in `thread-store/quarantine.jsonl`, and cuts it
    /// off.
    CutTail {
        /// The rollout.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its thread.
        thread_id: ThreadId,
        /// Where it is cut off.
        offset: u64,
        /// Length of what is cut off.
        bytes: u64,
    },
    /// Keeps what cannot be read of a rollout beside it, and puts blanks in its place.
    BlankLines {
        /// The rollout.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its thread.
        thread_id: ThreadId,
        /// Length of what is blanked; 0 where an earlier repair is finished.
        bytes: u64,
        /// Where it is kept.
        #[serde(serialize_with = "lossy")]
        kept: PathBuf,
    },
    /// Moves a file that does not count below `thread-store/duplicates`.
    MoveDuplicate {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its thread.
        thread_id: ThreadId,
        /// Where it goes.
        #[serde(serialize_with = "lossy")]
        to: PathBuf,
        /// Whether it is the compressed form of the one that counts.
        compressed: bool,
    },
    /// Keeps names of threads that no file has in `thread-store/quarantine.jsonl`, and takes them out
    /// of the index of names.
    ForgetNames {
        /// The threads.
        thread_ids: Vec<ThreadId>,
    },
    /// Keeps lines of the journal that are damaged, or about threads that no file has, in
    /// `thread-store/quarantine.jsonl`, and writes the journal anew without them.
    CleanJournal {
        /// How many lines are damaged.
        damaged: u64,
        /// The threads.
        thread_ids: Vec<ThreadId>,
    },
    /// Moves a file that nobody goes on writing to `thread-store/quarantine`.
    MoveLeftover {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Where it goes.
        #[serde(serialize_with = "lossy")]
        to: PathBuf,
    },
    /// Removes a lock file that nobody holds.
    RemoveLock {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The thread.
        thread_id: ThreadId,
    },
    /// Reads a rollout anew for the index.
    Reindex {
        /// The rollout.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its thread.
        thread_id: ThreadId,
    },
}

/// An action, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Repair {
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: RepairOutcome,
}

/// What came of an action.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RepairOutcome {
    /// It would be done: this was asked only.
    Planned,
    /// It was done.
    Done,
    /// Somebody writes to the thread: it is left alone.
    Held {
        /// Who, as far as that can be known.
        #[serde(skip_serializing_if = "Option::is_none")]
        holder: Option<Holder>,
    },
    /// It is left alone for another reason.
    Skipped {
        /// Why.
        reason: String,
    },
    /// It could not be done. What was to be changed is as it was, or kept.
    Failed {
        /// Why.
        reason: String,
    },
}

impl Action {
    /// The thread that must not be written to meanwhile.
    pub(super) fn thread(&self) -> Option<ThreadId> {
        match self {
            Self::CutTail { thread_id, .. }
            | Self::BlankLines { thread_id, .. }
            | Self::MoveDuplicate { thread_id, .. }
            | Self::RemoveLock { thread_id, .. } => Some(*thread_id),
            _ => None,
        }
    }
}

/// What it does, in one line, so that it can stand behind "would" and behind "did".
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moved = |path: &Path, to: &Path| format!("move {} to {}", path.display(), to.display());
        match self {
            Self::FinishChange { thread_ids } => {
                write!(f, "finish a change of the files of {} threads", thread_ids.len())
            }
            Self::CutTail { path, bytes, offset, .. } => {
                write!(f, "cut {}: keep {bytes} bytes from byte {offset} on", path.display())
            }
            Self::BlankLines { path, bytes: 0, .. } => {
                write!(f, "finish blanking {}", path.display())
            }
            Self::BlankLines { path, bytes, kept, .. } => {
                write!(
                    f,
                    "blank {bytes} bytes of {}: keep them in {}",
                    path.display(),
                    kept.display()
                )
            }
            Self::MoveDuplicate { path, to, .. } | Self::MoveLeftover { path, to } => {
                f.write_str(&moved(path, to))
            }
            Self::ForgetNames { thread_ids } => {
                write!(f, "forget the names of {} threads", thread_ids.len())
            }
            Self::CleanJournal { damaged, thread_ids } => {
                let threads = thread_ids.len();
                write!(f, "write the journal anew: without {damaged} lines and {threads} threads")
            }
            Self::RemoveLock { path, .. } => write!(f, "remove {}", path.display()),
            Self::Reindex { path, .. } => write!(f, "read {} anew for the index", path.display()),
        }
    }
}

impl fmt::Display for RepairOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Planned => f.write_str("planned"),
            Self::Done => f.write_str("done"),
            Self::Held { .. } => f.write_str("left alone: somebody writes to the thread"),
            Self::Skipped { reason } => write!(f, "left alone: {reason}"),
            Self::Failed { reason } => write!(f, "failed: {reason}"),
        }
    }
}
