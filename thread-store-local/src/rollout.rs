//! One thread, read.

use std::path::{Path, PathBuf};

use thread_store::{DamageReport, DamagedRecord, Ordinal, RolloutItem, ThreadId, Timestamp};

use crate::item_source::Damage;

/// A thread as its files tell it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rollout {
    /// Its id.
    pub thread_id: ThreadId,
    /// Its history: the records it inherits by reference, then its own.
    pub items: Vec<RolloutItem>,
    /// The first line of its file where that is no item: a header that a store of ours had to make, so
    /// that Codex reads the file. It says of the thread what no item does.
    pub header: Option<RolloutItem>,
    /// Whether it lies below `archived_sessions`. Nothing in a home says since when.
    pub archived: bool,
    /// Its name in the index of names (`session_index.jsonl`).
    pub name: Option<String>,
    /// When it was created, for a history whose items do not say: the time in the file's name,
    /// which is local time of an unknown zone taken as UTC, up to 14 hours off.
    pub created_at_fallback: Option<Timestamp>,
    /// When the file was changed last, for a history whose items have no times.
    pub modified_at: Option<Timestamp>,
    /// The files that were read, in the order of the history.
    pub files: Vec<PathBuf>,
    /// Files of this thread that are no part of its history.
    pub other_files: Vec<OtherFile>,
    /// What could not be read. Locations are `<file>:<byte offset>`, in the expanded file if it is
    /// compressed.
    pub damage: DamageReport,
}

/// A file of a thread that is no part of its history.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct OtherFile {
    /// The file.
    pub path: PathBuf,
    /// Why it was passed over.
    pub reason: OtherFileReason,
}

/// Why a file of a thread was passed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OtherFileReason {
    /// It is a copy of a file that counts.
    Copy,
    /// It is a branch of the history that was taken back by a revert.
    Reverted,
}

impl Rollout {
    pub(crate) fn push_damage(&mut self, path: &Path, damage: &Damage) {
        self.push_lost(format!("{}:{}", path.display(), damage.offset), &damage.reason);
    }

    pub(crate) fn push_lost(&mut self, location: String, reason: &str) {
        let after = (self.items.len() as u64).checked_sub(1).map(Ordinal::new);
        self.damage.push(DamagedRecord::new(location, after, reason));
    }
}
