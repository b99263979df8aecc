//! Why a thread is not on a list.

use serde::{Deserialize, Serialize};

use crate::id::ThreadId;
use crate::source::SourceKind;
use crate::time::Timestamp;

/// Whether a thread is on a list, and if not, every filter that keeps it off.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The thread in question.
    pub thread_id: ThreadId,
    /// Whether it is on the list (on some page of it).
    pub listed: bool,
    /// What keeps it off; empty if it is on.
    pub mismatches: Vec<Mismatch>,
}

impl Explanation {
    /// An explanation from what keeps the thread off.
    #[must_use]
    pub fn new(thread_id: ThreadId, mismatches: Vec<Mismatch>) -> Self {
        Self { thread_id, listed: mismatches.is_empty(), mismatches }
    }
}

/// A filter that keeps a thread off a list, with what the thread has instead.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "filter", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mismatch {
    /// It is archived and active threads were asked for, or the other way round.
    #[error("it is {}archived", if *wanted { "not " } else { "" })]
    Archived {
        /// What was asked for.
        wanted: bool,
    },
    /// It has another source.
    #[error("its source is {}", actual.as_str())]
    SourceKind {
        /// The kind of its source.
        actual: SourceKind,
    },
    /// It has another provider, or none.
    #[error("its model provider is {}", actual.as_deref().unwrap_or("not known"))]
    ModelProvider {
        /// Its provider.
        actual: Option<String>,
    },
    /// It has another directory, or none.
    #[error("its directory is {}", actual.as_deref().unwrap_or("not known"))]
    Cwd {
        /// Its directory.
        actual: Option<String>,
    },
    /// It is no child of the thread given.
    #[error("it is no child of that thread")]
    Parent {
        /// Its parent in the spawn relation.
        actual: Option<ThreadId>,
    },
    /// It is no descendant of the thread given.
    #[error("it is no descendant of that thread")]
    Ancestor {
        /// Its parent, the parent of that, and so on, as far as they are stored.
        chain: Vec<ThreadId>,
    },
    /// It lacks a label, or has another value.
    #[error("its label {key} is {}", actual.as_deref().unwrap_or("not set"))]
    Label {
        /// The label.
        key: String,
        /// Its value.
        actual: Option<String>,
    },
    /// It has a preview and none was asked for, or the other way round.
    #[error("it has {} preview", if *wanted { "no" } else { "a" })]
    HasPreview {
        /// What was asked for.
        wanted: bool,
    },
    /// Neither name nor title nor preview contains the search term.
    #[error("neither name nor title nor preview contains the search term")]
    SearchTerm,
    /// It was created at another time.
    #[error("it was created at {actual}")]
    Created {
        /// When it was created.
        actual: Timestamp,
    },
    /// It was last updated at another time.
    #[error("it was last updated at {actual}")]
    Updated {
        /// When it was last updated.
        actual: Timestamp,
    },
}
