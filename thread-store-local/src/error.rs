//! What can go wrong before there is a history to read.

use std::io;
use std::path::{Path, PathBuf};

use thread_store::{Error, Outcome};

/// Why a file or folder cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("{}: there is no such file or folder", path.display())]
    Missing { path: PathBuf, source: io::Error },
    #[error("{}: it must not be read by this user", path.display())]
    Denied { path: PathBuf, source: io::Error },
    #[error("{}: it is neither a file nor a folder", path.display())]
    Special { path: PathBuf },
    #[error("{}: {reason}", path.display())]
    NoRollout { path: PathBuf, reason: NoRollout },
    #[error("{}: the file changed while it was read", path.display())]
    Changed { path: PathBuf },
    #[error("{}: reading failed", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Why a file that could be opened is no rollout.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NoRollout {
    #[error("the file is empty")]
    Empty,
    #[error("none of its records can be read")]
    NoRecord,
    #[error("its compressed data are cut off or damaged from the start")]
    BadCompression,
    #[error("its records are not those of a rollout")]
    OtherRecords,
    #[error("neither its records nor its name tell the thread's id")]
    NoThreadId,
}

impl ReadError {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                Self::Missing { path, source }
            }
            io::ErrorKind::PermissionDenied => Self::Denied { path, source },
            _ => Self::Io { path, source },
        }
    }

    pub(crate) fn no_rollout(path: &Path, reason: NoRollout) -> Self {
        Self::NoRollout { path: path.to_owned(), reason }
    }

    /// Why, without the path.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Missing { .. } => "there is no such file or folder".into(),
            Self::Denied { .. } => "it must not be read by this user".into(),
            Self::Special { .. } => "it is neither a file nor a folder".into(),
            Self::NoRollout { reason, .. } => reason.to_string(),
            Self::Changed { .. } => "the file changed while it was read".into(),
            Self::Io { source, .. } => format!("reading failed: {source}"),
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io { .. } | ReadError::Changed { .. } => {
                Self::unavailable(Outcome::NothingDone).because(error)
            }
            _ => Self::invalid("path", error.to_string()).because(error),
        }
    }
}
