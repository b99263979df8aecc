//! The one error type.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::id::ThreadId;
use crate::lease::{Epoch, Holder};
use crate::ordinal::Ordinal;

/// The result of a store operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed: a kind that carries its data, the operation, the thread it was about,
/// and what caused it.
///
/// Programs decide by [`kind`](Self::kind) or [`code`](Self::code); the printed text is for people
/// and may change. No error carries contents of items or metadata.
///
/// An operation that failed changed nothing that a reader can see; only
/// [`ErrorKind::Unavailable`] with [`Outcome::Unknown`] leaves that open, and repeating the same
/// call settles it.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    operation: Option<Operation>,
    thread_id: Option<ThreadId>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What kind of failure, with its data. What to do: see each kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// No thread with this id. Give up, or create it.
    #[error("no such thread")]
    NotFound,
    /// The thread is archived and the call did not say `include_archived`.
    #[error("the thread is archived")]
    Archived,
    /// The call itself is wrong; repeating it is useless.
    #[error("invalid {field}: {reason}")]
    InvalidRequest {
        /// The parameter that is wrong.
        field: Cow<'static, str>,
        /// What is wrong with it.
        reason: String,
    },
    /// The store has moved on, or somebody else has the thread. Read again, or resume.
    #[error(transparent)]
    Conflict(Conflict),
    /// This store does not do that; see [`Capabilities`](crate::Capabilities).
    #[error("{operation} is not supported by this store")]
    Unsupported {
        /// What was asked for.
        operation: Cow<'static, str>,
    },
    /// Stored data is damaged.
    #[error("damaged data at {location}")]
    Corrupt {
        /// Where: a file and offset, a table and row. For people.
        location: String,
    },
    /// The store cannot be reached or is busy or full. Repeat the same call later.
    #[error("the store is unavailable")]
    Unavailable {
        /// Whether anything may have been done.
        outcome: Outcome,
        /// How long to wait, if the store knows.
        #[serde(serialize_with = "millis", rename = "retry_after_ms")]
        retry_after: Option<Duration>,
    },
    /// A bug, or a failure nobody can do anything about here.
    #[error("internal error")]
    Internal,
}

/// How the store has moved on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "conflict", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Conflict {
    /// A thread with this id exists.
    #[error("the thread already exists")]
    AlreadyExists,
    /// The history ends elsewhere, or other items stand there.
    #[error("expected the next ordinal {expected}, it is {actual}")]
    Ordinal {
        /// What the caller expected.
        expected: Ordinal,
        /// What it is.
        actual: Ordinal,
    },
    /// A newer lease was granted, or the thread was archived: this lease is void.
    #[error("the lease {epoch} was superseded by {current}")]
    Fenced {
        /// The epoch that was used.
        epoch: Epoch,
        /// The epoch in force.
        current: Epoch,
        /// Who has the newer lease; `None` if the thread was fenced without a new holder.
        holder: Option<Holder>,
        /// Where the history ends now.
        next_ordinal: Ordinal,
    },
    /// The lease was released.
    #[error("the lease {epoch} was released")]
    Closed {
        /// The epoch that was used.
        epoch: Epoch,
        /// Where the history ends now.
        next_ordinal: Ordinal,
    },
    /// Somebody has the thread and is not known to be dead.
    #[error("the thread is held by {}", holder.as_ref().map_or("another program".into(), ToString::to_string))]
    Held {
        /// Who, as far as it is known.
        holder: Option<Holder>,
    },
    /// Other stored history refers to this one.
    #[error("the history is referenced by {} other threads", by.len())]
    Referenced {
        /// The threads that refer to it.
        by: Vec<ThreadId>,
    },
    /// The metadata were changed since.
    #[error("expected metadata version {expected}, it is {actual}")]
    MetadataVersion {
        /// What the caller expected.
        expected: u64,
        /// What it is.
        actual: u64,
    },
}

/// What an *unavailable* store may have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Certainly nothing.
    NothingDone,
    /// Nothing or all of it; repeating the same call settles it.
    Unknown,
}

/// The operations of a store, for errors and traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)] // Each is the method of the same name.
pub enum Operation {
    Open,
    CreateThread,
    ResumeThread,
    AppendItems,
    FlushThread,
    ReleaseLease,
    LoadHistory,
    ReadThread,
    ListThreads,
    UpdateThreadMetadata,
    SetArchived,
    DeleteThread,
    ForkThread,
    LoadModelContext,
    ListTurns,
    ListItems,
    RevertThread,
    SearchThreads,
    Explain,
}

impl Operation {
    /// The name of the method.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::CreateThread => "create_thread",
            Self::ResumeThread => "resume_thread",
            Self::AppendItems => "append_items",
            Self::FlushThread => "flush_thread",
            Self::ReleaseLease => "release_lease",
            Self::LoadHistory => "load_history",
            Self::ReadThread => "read_thread",
            Self::ListThreads => "list_threads",
            Self::UpdateThreadMetadata => "update_thread_metadata",
            Self::SetArchived => "set_archived",
            Self::DeleteThread => "delete_thread",
            Self::ForkThread => "fork_thread",
            Self::LoadModelContext => "load_model_context",
            Self::ListTurns => "list_turns",
            Self::ListItems => "list_items",
            Self::RevertThread => "revert_thread",
            Self::SearchThreads => "search_threads",
            Self::Explain => "explain",
        }
    }
}

impl ErrorKind {
    /// The stable code of this kind, for machines: `not_found`, `conflict.fenced`, …
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Archived => "archived",
            Self::InvalidRequest { .. } => "invalid_request",
            Self::Conflict(conflict) => conflict.code(),
            Self::Unsupported { .. } => "unsupported",
            Self::Corrupt { .. } => "corrupt",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal => "internal",
        }
    }
}

impl Conflict {
    const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyExists => "conflict.already_exists",
            Self::Ordinal { .. } => "conflict.ordinal",
            Self::Fenced { .. } => "conflict.fenced",
            Self::Closed { .. } => "conflict.closed",
            Self::Held { .. } => "conflict.held",
            Self::Referenced { .. } => "conflict.referenced",
            Self::MetadataVersion { .. } => "conflict.metadata_version",
        }
    }
}

impl Error {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, operation: None, thread_id: None, source: None }))
    }

    /// *Not found* about this thread.
    #[must_use]
    pub fn not_found(thread_id: ThreadId) -> Self {
        Self::new(ErrorKind::NotFound).about(thread_id)
    }

    /// *Archived* about this thread.
    #[must_use]
    pub fn archived(thread_id: ThreadId) -> Self {
        Self::new(ErrorKind::Archived).about(thread_id)
    }

    /// *Invalid request*: which parameter, and why. The reason carries no contents.
    #[must_use]
    pub fn invalid(field: impl Into<Cow<'static, str>>, reason: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest { field: field.into(), reason: reason.into() })
    }

    /// *Conflict* about this thread.
    #[must_use]
    pub fn conflict(thread_id: ThreadId, conflict: Conflict) -> Self {
        Self::new(ErrorKind::Conflict(conflict)).about(thread_id)
    }

    /// *Unsupported*: what was asked for.
    #[must_use]
    pub fn unsupported(operation: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported { operation: operation.into() })
    }

    /// *Corrupt*: where.
    #[must_use]
    pub fn corrupt(location: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt { location: location.into() })
    }

    /// *Unavailable*, without advice on when to come back.
    #[must_use]
    pub fn unavailable(outcome: Outcome) -> Self {
        Self::new(ErrorKind::Unavailable { outcome, retry_after: None })
    }

    /// *Internal*, with its cause.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Internal).because(source)
    }

    /// Says which thread it is about.
    #[must_use]
    pub fn about(mut self, thread_id: ThreadId) -> Self {
        self.0.thread_id = Some(thread_id);
        self
    }

    /// Says in which operation it happened, unless that was said before.
    #[must_use]
    pub fn during(mut self, operation: Operation) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// Attaches the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// The kind, with its data.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The stable code of the kind, for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// The operation that failed, if it was a store's.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.0.operation
    }

    /// The thread it is about, if there is one.
    #[must_use]
    pub fn thread_id(&self) -> Option<ThreadId> {
        self.0.thread_id
    }

    /// The conflict, if it is one.
    #[must_use]
    pub fn as_conflict(&self) -> Option<&Conflict> {
        match self.kind() {
            ErrorKind::Conflict(conflict) => Some(conflict),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{}: ", operation.as_str())?;
        }
        if let Some(thread_id) = self.0.thread_id {
            write!(f, "thread {thread_id}: ")?;
        }
        self.0.kind.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind);
        if let Some(operation) = self.0.operation {
            out.field("operation", &operation.as_str());
        }
        if let Some(thread_id) = self.0.thread_id {
            out.field("thread_id", &thread_id);
        }
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as _)
    }
}

/// For machines: `code`, the data of the kind, `operation`, `thread_id` and the text.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Json<'a> {
            code: &'static str,
            message: String,
            operation: Option<Operation>,
            thread_id: Option<ThreadId>,
            data: &'a ErrorKind,
        }
        Json {
            code: self.code(),
            message: self.to_string(),
            operation: self.0.operation,
            thread_id: self.0.thread_id,
            data: &self.0.kind,
        }
        .serialize(serializer)
    }
}

#[allow(clippy::ref_option)] // The signature serde asks for.
fn millis<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    duration
        .map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
        .serialize(serializer)
}

#[cfg(test)]
mod tests;
