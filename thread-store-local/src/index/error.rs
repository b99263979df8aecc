//! What goes wrong with the index. Whoever asks does without it then.

use std::io;
use std::path::{Path, PathBuf};

pub(crate) type Result<T> = std::result::Result<T, IndexError>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum IndexError {
    /// A newer program made it, which may be using it: it is left alone.
    #[error("the index has schema version {found}, this program knows up to {known}")]
    Newer { found: i64, known: i64 },
    #[error("the index is not as it was left")]
    Damaged,
    #[error("{}: {reason}", path.display())]
    Place {
        path: PathBuf,
        reason: &'static str,
        #[source]
        source: Option<io::Error>,
    },
    /// Another process has been opening it for too long.
    #[error("the index is held by another process")]
    Held,
    #[error("a statement failed")]
    Statement(#[from] sqlx::Error),
}

/// Result codes of SQLite; see <https://www.sqlite.org/rescode.html>.
mod code {
    /// Our statements are right: what they name is not there.
    pub(super) const ERROR: i32 = 1;
    /// The header says so, or the file itself: a new one can be written to, if the folder can.
    pub(super) const READ_ONLY: i32 = 8;
    pub(super) const CORRUPT: i32 = 11;
    /// Nothing that we store is too big: its length is wrong.
    pub(super) const TOO_BIG: i32 = 18;
    pub(super) const NOT_A_DATABASE: i32 = 26;
    /// Extended: a log that ends before it should.
    pub(super) const SHORT_READ: i32 = 522;
}

impl IndexError {
    pub(crate) fn place(path: &Path, reason: &'static str, source: io::Error) -> Self {
        Self::Place { path: path.to_owned(), reason, source: Some(source) }
    }

    /// Whether it helps to make the index anew.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged => true,
            Self::Statement(error) => is_damage(error),
            Self::Newer { .. } | Self::Place { .. } | Self::Held => false,
        }
    }
}

fn is_damage(error: &sqlx::Error) -> bool {
    let Some(extended) = extended_code(error) else {
        // A value of another type than the schema says.
        return matches!(error, sqlx::Error::ColumnDecode { .. });
    };
    extended == code::SHORT_READ
        || matches!(
            extended & 0xff,
            code::ERROR | code::READ_ONLY | code::CORRUPT | code::TOO_BIG | code::NOT_A_DATABASE
        )
}

fn extended_code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}
