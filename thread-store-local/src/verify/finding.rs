//! What is wrong with a home.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use thread_store::ThreadId;

/// Something that is wrong with a home. As JSON its kind is the member `code`, which is stable.
///
/// Paths are relative to the home, offsets and lengths in bytes; nothing of what threads hold is told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// A rollout ends inside a record.
    TornTail {
        /// The rollout.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its thread.
        thread_id: ThreadId,
        /// Where the record starts.
        offset: u64,
        /// Length of what is there of it.
        bytes: u64,
    },
    /// Lines of a rollout cannot be read.
    UnreadableLines {
        /// The rollout.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its thread.
        thread_id: ThreadId,
        /// How many places there are.
        count: u64,
        /// Length of what cannot be read, together.
        bytes: u64,
        /// The first places.
        places: Vec<Place>,
    },
    /// The header of a rollout cannot be read, and without the damaged line the file would be taken
    /// for another thread's. It is left as it is.
    UnreadableHeader {
        /// The rollout.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The thread that its name tells.
        thread_id: ThreadId,
        /// The first places.
        places: Vec<Place>,
    },
    /// A compressed rollout, or one that is a JSON document, is damaged. What can be read of it is
    /// read; it is left as it is.
    DamagedFile {
        /// The rollout.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its thread.
        thread_id: ThreadId,
        /// How many places there are.
        count: u64,
        /// The first places, in the expanded text.
        places: Vec<Place>,
    },
    /// A repair of a rollout was begun and not finished.
    UnfinishedRepair {
        /// The rollout.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its thread.
        thread_id: ThreadId,
    },
    /// A file of which nothing can be read, or a folder that cannot be listed.
    NoRollout {
        /// The file or folder.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Several files are the same part of the same thread. One of them counts.
    DuplicateFiles {
        /// The thread.
        thread_id: ThreadId,
        /// The file that counts.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// How many records it has.
        records: u64,
        /// A file that does not.
        #[serde(serialize_with = "lossy")]
        other: PathBuf,
        /// How many records that has.
        other_records: u64,
    },
    /// A rollout is there plain and compressed. The plain file counts.
    PlainAndCompressed {
        /// The thread.
        thread_id: ThreadId,
        /// The plain file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The compressed one.
        #[serde(serialize_with = "lossy")]
        other: PathBuf,
    },
    /// A rollout continues history that is missing, or not all there.
    BrokenHistory {
        /// The thread.
        thread_id: ThreadId,
        /// The file where it shows.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// The name of a file tells another thread than its header, which is right.
    NameDiffers {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The thread of its header.
        thread_id: ThreadId,
        /// The thread of its name.
        named: ThreadId,
    },
    /// The index of names has a name of a thread that no file has.
    OrphanedName {
        /// The thread.
        thread_id: ThreadId,
        /// How many lines are about it.
        lines: u64,
    },
    /// Lines of the journal cannot be read.
    DamagedJournal {
        /// How many.
        count: u64,
        /// The first places.
        places: Vec<Place>,
    },
    /// The journal has entries about a thread that no file has.
    OrphanedEntries {
        /// The thread.
        thread_id: ThreadId,
        /// How many.
        entries: u64,
    },
    /// Moving or deleting several files was begun and not finished.
    UnfinishedChange {
        /// The threads of the files.
        thread_ids: Vec<ThreadId>,
    },
    /// A file that was being written when its process ended.
    Leftover {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// The lock file of a thread that nobody holds.
    StaleLock {
        /// The file.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// The thread.
        thread_id: ThreadId,
    },
    /// What is known of a rollout, in the index or in this process, is not what is in it.
    IndexDrift {
        /// The rollout.
        #[serde(serialize_with = "lossy")]
        path: PathBuf,
        /// Its thread.
        thread_id: ThreadId,
    },
}

/// A place that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// In bytes from the start of the file, expanded if it is compressed.
    pub offset: u64,
    /// What is wrong there.
    pub reason: String,
}

/// So many places of a file are told.
pub(crate) const PLACES: usize = 8;

impl Place {
    pub(crate) fn new(offset: u64, reason: impl Into<String>) -> Self {
        Self { offset, reason: reason.into() }
    }
}

impl Finding {
    /// Whether [`repair`](crate::LocalStore::repair) mends it.
    #[must_use]
    pub fn is_mendable(&self) -> bool {
        !matches!(
            self,
            Self::UnreadableHeader { .. }
                | Self::DamagedFile { .. }
                | Self::NoRollout { .. }
                | Self::BrokenHistory { .. }
                | Self::NameDiffers { .. }
        )
    }

    /// What findings of this kind are, for people.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TornTail { .. } => "rollouts that end inside a record",
            Self::UnreadableLines { .. } => "lines that cannot be read",
            Self::UnreadableHeader { .. } => "headers that cannot be read",
            Self::DamagedFile { .. } => "damaged compressed files and documents",
            Self::UnfinishedRepair { .. } => "repairs that were not finished",
            Self::NoRollout { .. } => "files and folders that cannot be read at all",
            Self::DuplicateFiles { .. } => "several files of one thread",
            Self::PlainAndCompressed { .. } => "files that are there plain and compressed",
            Self::BrokenHistory { .. } => "histories of which a part is missing",
            Self::NameDiffers { .. } => "files whose names tell another thread",
            Self::OrphanedName { .. } => "names of threads that no file has",
            Self::DamagedJournal { .. } => "damaged lines of the journal",
            Self::OrphanedEntries { .. } => "journal entries about threads that no file has",
            Self::UnfinishedChange { .. } => "changes of several files that were not finished",
            Self::Leftover { .. } => "leftovers of processes that ended",
            Self::StaleLock { .. } => "lock files that nobody holds",
            Self::IndexDrift { .. } => "files that the index has otherwise",
        }
    }
}

/// One finding in one line, under its [`kind`](Finding::kind).
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TornTail { path, offset, bytes, .. } => {
                write!(f, "{}: the last {bytes} bytes, from byte {offset} on", path.display())
            }
            Self::UnreadableLines { path, count, bytes, places, .. } => {
                write!(f, "{}: {} ({bytes} bytes){}", path.display(), many(*count), first(places))
            }
            Self::UnreadableHeader { path, places, .. } => {
                write!(f, "{}{}", path.display(), first(places))
            }
            Self::DamagedFile { path, count, places, .. } => {
                write!(f, "{}: {}{}", path.display(), many(*count), first(places))
            }
            Self::UnfinishedRepair { path, .. } | Self::IndexDrift { path, .. } => {
                write!(f, "{}", path.display())
            }
            Self::NoRollout { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::DuplicateFiles { path, records, other, other_records, .. } => {
                let (path, other) = (path.display(), other.display());
                write!(f, "{other} ({other_records} records) beside {path} ({records})")
            }
            Self::PlainAndCompressed { other, .. } => write!(f, "{}", other.display()),
            Self::BrokenHistory { thread_id, path, reason } => {
                write!(f, "thread {thread_id}, at {}: {reason}", path.display())
            }
            Self::NameDiffers { path, thread_id, .. } => {
                write!(f, "{}: it is of thread {thread_id}", path.display())
            }
            Self::OrphanedName { thread_id, lines } => {
                write!(f, "thread {thread_id}: lines: {lines}")
            }
            Self::DamagedJournal { count, places } => {
                write!(f, "{}{}", many(*count), first(places))
            }
            Self::OrphanedEntries { thread_id, entries } => {
                write!(f, "thread {thread_id}: entries: {entries}")
            }
            Self::UnfinishedChange { thread_ids } => {
                write!(f, "of {} threads", thread_ids.len())
            }
            Self::Leftover { path, bytes } => write!(f, "{}: {bytes} bytes", path.display()),
            Self::StaleLock { path, .. } => write!(f, "{}", path.display()),
        }
    }
}

fn many(count: u64) -> String {
    if count == 1 { "1 place".to_owned() } else { format!("{count} places") }
}

fn first(places: &[Place]) -> String {
    let text = |place: &Place| format!(", at byte {}: {}", place.offset, place.reason);
    places.first().map(text).unwrap_or_default()
}

/// Names of files need not be text.
pub(crate) fn lossy<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
