//! The database of Codex and its log, as files.
//!
//! The log (<https://www.sqlite.org/fileformat2.html>, section 4) grows at its end. When all of it is
//! in the database, it is begun anew, with another number in its header. So the database, copied
//! first, and the log, copied after it, make a state that there was, if the header is the same before
//! and after: whatever was moved into the database meanwhile stands in that log, too, and what is half
//! written at its end does not count.

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{FILE, StateError};
use crate::stamp::Stamp;

/// Length of a log's header.
const HEADER: u64 = 32;

/// What tells whether the database changed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct StateStamp {
    database: Stamp,
    /// Of a log that has contents.
    log: Option<Stamp>,
}

impl StateStamp {
    /// Whether a later change is sure to show.
    pub(crate) fn is_settled(&self) -> bool {
        self.database.is_settled() && self.log.is_none_or(|log| log.is_settled())
    }
}

pub(super) struct Files {
    database: PathBuf,
    log: PathBuf,
}

/// A state of the files.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Look {
    database: Stamp,
    /// Empty where there is no log.
    header: Vec<u8>,
    /// Whether SQLite can be told the name.
    has_plain_name: bool,
}

impl Look {
    pub(super) fn can_be_read_in_place(&self) -> bool {
        self.header.is_empty() && self.has_plain_name
    }

    /// Whether what was read since this look is a state of the database.
    pub(super) fn holds_in(&self, after: &Self) -> bool {
        self.header == after.header
            && match self.header.is_empty() {
                true => self.database == after.database,
                false => self.database.inode == after.database.inode,
            }
    }
}

impl Files {
    pub(super) fn of(home: &Path) -> Self {
        // For SQLite a relative name may be something else than a file.
        let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
        Self::at(home.join(FILE))
    }

    fn at(database: PathBuf) -> Self {
        let mut log = OsString::from(&database);
        log.push("-wal");
        Self { database, log: log.into() }
    }

    pub(super) fn database(&self) -> &Path {
        &self.database
    }

    pub(super) fn stamp(&self) -> Option<StateStamp> {
        let database = Stamp::of(&regular(&self.database).ok()??);
        let log = regular(&self.log).ok()?.map(|meta| Stamp::of(&meta));
        Some(StateStamp { database, log: log.filter(|log| log.size > 0) })
    }

    /// Nothing where there is no database.
    pub(super) fn look(&self) -> Result<Option<Look>, StateError> {
        let failed = |error| failed(&self.database, error);
        let Some(database) = regular(&self.database).map_err(failed)? else { return Ok(None) };
        let header = header(&self.log).map_err(failed)?;
        let has_plain_name = self.database.to_str().is_some();
        Ok(Some(Look { database: Stamp::of(&database), header, has_plain_name }))
    }

    /// Copies both into a private folder, in the order that matters.
    pub(super) async fn copy(&self) -> Result<Copy, StateError> {
        let (database, log) = (self.database.clone(), self.log.clone());
        let copying = tokio::task::spawn_blocking(move || {
            let copy = Copy::new()?;
            let to = Self::at(copy.database());
            copy_file(&database, &to.database)?;
            match copy_file(&log, &to.log) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(copy),
            }
        });
        let copied = copying.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        copied.map_err(|error| failed(&self.database, error))
    }
}

/// Deleted when it is dropped.
pub(super) struct Copy(TempDir);

impl Copy {
    fn new() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("thread-store-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        builder.tempdir().map(Self)
    }

    pub(super) fn database(&self) -> PathBuf {
        self.0.path().join(FILE)
    }
}

/// Only the contents: the copy can be written to, whether or not the original can.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = File::open(from)?;
    let mut to = OpenOptions::new().write(true).create_new(true).open(to)?;
    io::copy(&mut from, &mut to).map(drop)
}

fn header(log: &Path) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    if regular(log)?.is_some_and(|meta| meta.len() > 0) {
        match File::open(log) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            file => file
                .into_iter()
                .try_for_each(|file| file.take(HEADER).read_to_end(&mut header).map(drop))?,
        }
    }
    Ok(header)
}

/// Nothing where there is no such file, or one that cannot be read from its start to its end.
fn regular(path: &Path) -> io::Result<Option<Metadata>> {
    match path.metadata() {
        Ok(meta) => Ok(Some(meta).filter(Metadata::is_file)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn failed(path: &Path, source: io::Error) -> StateError {
    StateError::Io { path: path.to_owned(), source }
}
