//! What goes wrong in here, and what it means outside.

use std::path::PathBuf;

use thread_store::{Error, Outcome};

pub(crate) type Result<T> = std::result::Result<T, SqliteError>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum SqliteError {
    /// An error of the contract itself.
    #[error(transparent)]
    Store(#[from] Error),
    /// A statement failed; its transaction was rolled back.
    #[error("a statement failed")]
    Statement(#[from] sqlx::Error),
    /// The commit failed, or what ended with it: it may have happened.
    #[error("the commit failed")]
    Commit(#[source] sqlx::Error),
    #[error("compressing failed")]
    Compression(#[source] std::io::Error),
    /// A stored value is not what was written.
    #[error("damaged: {0}")]
    Damaged(String),
    /// The writer ended without an answer: its runtime did, or it has a bug.
    #[error("the write was aborted")]
    Aborted,
    #[error("{}: {reason}", path.display())]
    Path {
        path: PathBuf,
        reason: &'static str,
        #[source]
        source: Option<std::io::Error>,
    },
    #[error("schema version {found}, this program knows up to {known}")]
    NewerSchema { found: i64, known: i64 },
}

/// Result codes of SQLite; see <https://www.sqlite.org/rescode.html>.
mod code {
    pub(super) const CORRUPT: i32 = 11;
    /// Extended: `SQLITE_CORRUPT_VTAB`.
    pub(super) const CORRUPT_INDEX: i32 = 267;
    /// Extended: `SQLITE_CONSTRAINT_PRIMARYKEY`.
    pub(super) const PART_EXISTS: i32 = 1555;
    pub(super) const NOT_A_DATABASE: i32 = 26;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const IO: i32 = 10;
    pub(super) const FULL: i32 = 13;
    pub(super) const TOO_BIG: i32 = 18;
    pub(super) const CANNOT_OPEN: i32 = 14;
    /// Locking went wrong in a race; it is over when it is tried again.
    pub(super) const PROTOCOL: i32 = 15;
}

/// The primary result code, if the error came from SQLite.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    Some(extended_code(error)? & 0xff)
}

fn extended_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// Whether the store cannot be used now, so that others would fare alike.
pub(crate) fn is_unavailable(error: &SqliteError) -> bool {
    let code = match error {
        SqliteError::Statement(error) | SqliteError::Commit(error) => primary_code(error),
        SqliteError::Aborted => return true,
        _ => return false,
    };
    !matches!(code, Some(code::CORRUPT | code::TOO_BIG))
}

/// Whether the file is none of SQLite's.
pub(crate) fn is_foreign(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(code::NOT_A_DATABASE)
}

/// Whether an index of grams is not as SQLite left it, from an error of writing to it. Where the list
/// of its parts is lost, SQLite makes parts that are there already.
pub(crate) fn is_damaged_index(error: &SqliteError) -> bool {
    let SqliteError::Statement(error) = error else { return false };
    matches!(extended_code(error), Some(code::CORRUPT_INDEX | code::PART_EXISTS))
}

/// Whether a value would have been larger than SQLite can hold.
pub(crate) fn is_too_big(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(code::TOO_BIG)
}

/// Whether something in the file is not as SQLite left it.
pub(crate) fn is_damage(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(code::CORRUPT | code::NOT_A_DATABASE))
}

/// Whether another connection was in the way.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(code::BUSY | code::LOCKED))
}

fn from_sqlx(error: sqlx::Error, outcome: Outcome) -> Error {
    let public = match primary_code(&error) {
        Some(code::CORRUPT | code::NOT_A_DATABASE) => Error::corrupt("the database file"),
        Some(
            code::BUSY | code::LOCKED | code::IO | code::FULL | code::CANNOT_OPEN | code::PROTOCOL,
        ) => Error::unavailable(outcome),
        Some(_) => return Error::internal(error),
        None => match error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_) => Error::unavailable(outcome),
            error => return Error::internal(error),
        },
    };
    public.because(error)
}

impl From<SqliteError> for Error {
    fn from(error: SqliteError) -> Self {
        match error {
            SqliteError::Store(error) => error,
            SqliteError::Statement(error) => from_sqlx(error, Outcome::NothingDone),
            SqliteError::Commit(error) => from_sqlx(error, Outcome::Unknown),
            SqliteError::Compression(_) => Self::internal(error),
            SqliteError::Damaged(location) => Self::corrupt(location),
            SqliteError::Aborted => Self::unavailable(Outcome::Unknown).because(error),
            SqliteError::Path { ref path, reason, .. } => {
                Self::invalid("path", format!("{}: {reason}", path.display())).because(error)
            }
            SqliteError::NewerSchema { .. } => Self::unsupported(error.to_string()).because(error),
        }
    }
}
