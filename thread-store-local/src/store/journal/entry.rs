//! What the journal says, line by line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thread_store::{ObserverState, StoredThread, ThreadId, ThreadMetadataPatch, Timestamp};

use crate::store::told::Told;

/// The version of the journal that this program writes.
pub(crate) const VERSION: u32 = 1;

/// One line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// The first line: which journal it is, and how many bytes it had when it was written anew.
    Journal {
        version: u32,
        generation: ThreadId,
        #[serde(default)]
        base: u64,
    },
    /// All that is known of a thread: when it is created, and when the journal is written anew.
    Thread(Box<Snapshot>),
    /// From here on marked records of the thread are ours, and say nothing new about it.
    Adopt { thread_id: ThreadId, at: u64 },
    /// An edit.
    Edit(Box<Edited>),
    /// Files that are moved, of all these threads together.
    Move { moves: Vec<Move>, archived_at: Option<Timestamp> },
    /// Threads that are deleted together, with these files.
    Delete { thread_ids: Vec<ThreadId>, files: Vec<PathBuf> },
    /// The move or deletion before was carried out.
    Done,
    /// Of an entry of a newer program nothing is known.
    #[serde(other)]
    Unknown,
}

/// A thread as it was when its history had `at` records.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) thread: StoredThread,
    pub(crate) at: u64,
    /// Where its rollout was placed, relative to the home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) create_request: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) update_request: Option<String>,
    /// Absent for a thread that was created here: it starts with this record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) observer: Option<ObserverState>,
    #[serde(default, skip_serializing_if = "Overrides::is_empty")]
    pub(crate) overrides: Overrides,
}

/// One edit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Edited {
    pub(crate) thread_id: ThreadId,
    pub(crate) at: u64,
    pub(crate) time: Timestamp,
    pub(crate) patch: ThreadMetadataPatch,
    pub(crate) version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// What Codex said then of what it sets.
    #[serde(default, skip_serializing_if = "Told::is_empty")]
    pub(crate) codex: Told,
}

/// What edits set that Codex keeps elsewhere too.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Overrides {
    /// When the name was edited last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) named_at: Option<Timestamp>,
    /// What Codex said when each was edited last.
    #[serde(default, skip_serializing_if = "Told::is_empty")]
    pub(crate) codex: Told,
}

impl Overrides {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The files of one thread and where they go, relative to the home.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Move {
    pub(crate) thread_id: ThreadId,
    pub(crate) files: Vec<(PathBuf, PathBuf)>,
}

impl Entry {
    /// How long the history of its thread was, of an entry about one thread.
    pub(crate) fn at(&self) -> Option<u64> {
        match self {
            Self::Thread(snapshot) => Some(snapshot.at),
            Self::Adopt { at, .. } => Some(*at),
            Self::Edit(edited) => Some(edited.at),
            _ => None,
        }
    }

    /// The threads that it is about.
    pub(crate) fn threads(&self) -> Vec<ThreadId> {
        match self {
            Self::Thread(snapshot) => vec![snapshot.thread.thread_id],
            Self::Adopt { thread_id, .. } => vec![*thread_id],
            Self::Edit(edited) => vec![edited.thread_id],
            Self::Move { moves, .. } => moves.iter().map(|it| it.thread_id).collect(),
            Self::Delete { thread_ids, .. } => thread_ids.clone(),
            Self::Journal { .. } | Self::Done | Self::Unknown => Vec::new(),
        }
    }
}
