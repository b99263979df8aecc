//! The file: made private before SQLite touches it, and put aside when it is damaged.
//!
//! Whoever opens the index by its name, makes it anew or closes it holds a lock (`flock(2)`) on its
//! folder. So nobody opens a database with another one's log beside it. Whoever has it open already
//! does so unmolested: on with the file that they have, which has no name any more.
//!
//! Nothing here opens a database: whoever closes a file gives up every lock that their process has
//! on it (`fcntl(2)`; <https://www.sqlite.org/howtocorrupt.html>, section 2.2). Only a file that is
//! not there yet is made, which nobody can have open.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::{IndexError, Result};
use crate::stamp::Stamp;

/// No database has fewer bytes: a page, of the smallest size
/// (<https://www.sqlite.org/fileformat2.html>, section 1.3.2). SQLite takes them for an empty one.
const SMALLEST: u64 = 512;
/// How long another process may take to open or to make it.
const PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    folder: PathBuf,
}

/// No other process opens, makes or closes the index while this is held.
pub(super) struct Alone {
    _folder: Option<File>,
}

impl Place {
    /// Absolute, since SQLite takes names like `:memory:` for something else.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path)
            .map_err(|error| IndexError::place(path, "is no path", error))?;
        let folder = path.parent().unwrap_or(&path).to_owned();
        Ok(Self { path, folder })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Which file is there, if any.
    pub(super) fn inode(&self) -> Option<u64> {
        Some(Stamp::of(&self.path.metadata().ok()?).inode)
    }

    /// Makes the folder if it is missing; not what it is in.
    pub(super) fn make_folder(&self) -> Result<()> {
        match private_folder().create(&self.folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(IndexError::place(&self.folder, "cannot create the folder", error))
            }
            _ => Ok(()),
        }
    }

    /// Waits until others are done. It is over soon: nobody works in there.
    pub(super) async fn alone(&self) -> Result<Alone> {
        if cfg!(not(unix)) {
            return Ok(Alone { _folder: None });
        }
        let failed = |error| IndexError::place(&self.folder, "cannot lock the folder", error);
        let folder = File::open(&self.folder).map_err(failed)?;
        let start = Instant::now();
        loop {
            match folder.try_lock() {
                Ok(()) => return Ok(Alone { _folder: Some(folder) }),
                Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
                Err(_) if start.elapsed() > PATIENCE => return Err(IndexError::Held),
                Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    }

    /// Makes sure that there is a file that can be a database.
    pub(super) fn prepare(&self, _: &Alone) -> Result<()> {
        match self.path.metadata() {
            Ok(meta) if !meta.is_file() => Err(self.wrong("is not a regular file", None)),
            Ok(meta) if (1..SMALLEST).contains(&meta.len()) => Err(IndexError::Damaged),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => self.create(),
            Err(error) => Err(self.wrong("cannot look at the file", Some(error))),
        }
    }

    fn create(&self) -> Result<()> {
        let created = self.remove_logs().and_then(|()| private_file().open(&self.path));
        created.map(drop).map_err(|error| self.wrong("cannot create the file", Some(error)))
    }

    /// Takes the name from a damaged file. It is kept for who wants to look at it, until there is
    /// another one.
    pub(super) fn set_aside(&self, _: &Alone) -> Result<()> {
        tracing::warn!("the index of the home is damaged and is made anew");
        let moved = match std::fs::rename(&self.path, self.beside(".damaged")) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => self.remove_logs(),
        };
        moved.map_err(|error| self.wrong("cannot move the damaged file", Some(error)))
    }

    /// SQLite would take what they say for a part of the next database.
    fn remove_logs(&self) -> io::Result<()> {
        for end in ["-wal", "-shm", "-journal"] {
            match std::fs::remove_file(self.beside(end)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(end);
        name.into()
    }

    fn wrong(&self, reason: &'static str, source: Option<io::Error>) -> IndexError {
        IndexError::Place { path: self.path.clone(), reason, source }
    }
}

fn private_folder() -> DirBuilder {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// SQLite gives the files beside the database the permissions of the database.
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
