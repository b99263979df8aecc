//! What is told of threads.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::status::ThreadStatus;
use super::view::ThreadView;
use crate::error::{Conflict, Error};
use crate::id::ThreadId;
use crate::lease::Holder;
use crate::metadata::TokenUsage;
use crate::ordinal::Ordinal;

/// Something that happened to a thread. Told after it was stored.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)] // `thread_id` is the thread it happened to.
pub enum ThreadEvent {
    /// It was created, by itself or as a fork.
    Started {
        /// The new thread.
        thread: Arc<ThreadView>,
    },
    /// It does something else now.
    StatusChanged {
        thread_id: ThreadId,
        /// What.
        status: ThreadStatus,
    },
    /// It was named, perhaps as before.
    NameUpdated {
        thread_id: ThreadId,
        /// Its name; `None` if it was taken away.
        name: Option<String>,
    },
    /// Its tokens were counted anew.
    TokenUsageUpdated {
        thread_id: ThreadId,
        /// What it has used in all.
        token_usage: TokenUsage,
    },
    /// It was archived.
    Archived { thread_id: ThreadId },
    /// It was taken out of the archive.
    Unarchived { thread_id: ThreadId },
    /// It is gone from the store.
    Deleted { thread_id: ThreadId },
    /// Its last turns were taken back.
    Reverted {
        thread_id: ThreadId,
        /// The first item that no longer counts.
        from: Ordinal,
        /// The turns that were taken back, oldest first.
        turn_ids: Vec<String>,
    },
    /// It is no longer loaded. The last event that its followers hear of it.
    Closed {
        thread_id: ThreadId,
        /// Why.
        reason: ClosedReason,
    },
    /// Its history is being summarised.
    Compaction {
        thread_id: ThreadId,
        /// The turn that the summary becomes, once it is stored.
        turn_id: String,
        /// How far that is.
        progress: CompactionProgress,
    },
    /// Here events were left out: their reader was too slow. Read again what matters.
    Missed {
        /// How many; at least 1.
        count: u64,
        /// What they were about.
        threads: MissedThreads,
    },
}

/// How far a compaction is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CompactionProgress {
    /// It began.
    Started,
    /// It goes on.
    Advanced {
        /// How much is done, in a unit of the compactor's own.
        done: u64,
        /// How much there is to do, if known.
        total: Option<u64>,
    },
    /// The summary is stored.
    Completed {
        /// Where it stands in the history.
        ordinal: Ordinal,
    },
    /// It came to nothing; the history is as it was. Only if the store was `unavailable` may the summary
    /// have been stored all the same: what is written next settles it.
    Failed {
        /// Why, for machines.
        code: String,
    },
}

/// Why a thread is no longer loaded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClosedReason {
    /// It was asked for, or nobody followed it any more.
    Unloaded,
    /// The thread was archived.
    Archived,
    /// The thread was deleted.
    Deleted,
    /// All threads are being closed.
    Shutdown,
    /// The right to append to it is lost: somebody else took it over, or closed it.
    Lost {
        /// The [code](crate::Error::code) of the error that told.
        code: &'static str,
        /// Who has the thread now, as far as it is known.
        holder: Option<Holder>,
    },
}

/// What events were about that were left out. In JSON a list of ids, or `null` for [`Many`](Self::Many).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(untagged)]
pub enum MissedThreads {
    /// These threads and no others.
    These(BTreeSet<ThreadId>),
    /// More threads than were kept count of: any that is followed.
    Many,
}

impl ClosedReason {
    /// What an error tells of who has the thread now.
    pub(super) fn lost(error: &Error) -> Self {
        let holder = match error.as_conflict() {
            Some(Conflict::Fenced { holder, .. } | Conflict::Held { holder }) => holder.clone(),
            _ => None,
        };
        Self::Lost { code: error.code(), holder }
    }
}

impl ThreadEvent {
    /// The thread it happened to; `None` for [`Missed`](Self::Missed) alone.
    #[must_use]
    pub fn thread_id(&self) -> Option<ThreadId> {
        match self {
            Self::Started { thread } => Some(thread.thread.thread_id),
            Self::StatusChanged { thread_id, .. }
            | Self::NameUpdated { thread_id, .. }
            | Self::TokenUsageUpdated { thread_id, .. }
            | Self::Archived { thread_id }
            | Self::Unarchived { thread_id }
            | Self::Deleted { thread_id }
            | Self::Reverted { thread_id, .. }
            | Self::Closed { thread_id, .. }
            | Self::Compaction { thread_id, .. } => Some(*thread_id),
            Self::Missed { .. } => None,
        }
    }

    /// What happened, for machines and logs: `type` in JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::StatusChanged { .. } => "status_changed",
            Self::NameUpdated { .. } => "name_updated",
            Self::TokenUsageUpdated { .. } => "token_usage_updated",
            Self::Archived { .. } => "archived",
            Self::Unarchived { .. } => "unarchived",
            Self::Deleted { .. } => "deleted",
            Self::Reverted { .. } => "reverted",
            Self::Closed { .. } => "closed",
            Self::Compaction { .. } => "compaction",
            Self::Missed { .. } => "missed",
        }
    }
}

impl fmt::Debug for ThreadEvent {
    /// What happened and to which thread: names, previews and what comes from records are contents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct(self.kind());
        if let Some(thread_id) = self.thread_id() {
            out.field("thread_id", &thread_id);
        }
        match self {
            Self::StatusChanged { status, .. } => out.field("status", status),
            Self::Reverted { from, .. } => out.field("from", from),
            Self::Closed { reason, .. } => out.field("reason", reason),
            Self::Compaction { progress, .. } => out.field("progress", progress),
            Self::Missed { count, threads } => out.field("count", count).field("threads", threads),
            _ => &mut out,
        };
        out.finish_non_exhaustive()
    }
}

impl MissedThreads {
    /// Whether events of this thread may have been left out.
    #[must_use]
    pub fn may_include(&self, thread_id: ThreadId) -> bool {
        match self {
            Self::These(threads) => threads.contains(&thread_id),
            Self::Many => true,
        }
    }
}

#[cfg(test)]
mod tests;
