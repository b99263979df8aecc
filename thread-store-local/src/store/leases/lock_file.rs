//! Codex's lock on a thread: held by whoever may append to it.
//!
//! Both programs create and lock the file only while they share the coordination lock, and remove it
//! only while they have that alone: so nobody locks a file that has just been removed. Nothing is
//! written into it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use thread_store::{Conflict, Error, Holder, Outcome, ThreadId};

use crate::lock_owner;
use crate::store::layout::{Layout, lock_patiently, make_folder, private};

/// The lock of those who make and remove locks.
const COORDINATION: &str = ".coordination.lock";

/// The lock, held. Given up, and the file removed, when it is dropped; the death of the process gives
/// it up too.
#[derive(Debug)]
pub(crate) struct LockFile {
    path: PathBuf,
    file: File,
}

impl LockFile {
    /// Takes the lock. Never waits for a holder that lives.
    ///
    /// # Errors
    ///
    /// *Conflict* (held), with the process that has it as far as it can be known; *unavailable* if
    /// the file cannot be made.
    pub(crate) fn acquire(layout: &Layout, thread: ThreadId) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::unavailable(Outcome::NothingDone).because(error);
        let folder = layout.locks();
        make_folder(&folder).map_err(failed)?;
        let coordination = open(&folder.join(COORDINATION)).map_err(failed)?;
        lock_patiently(&coordination, File::try_lock_shared).map_err(failed)?;
        let path = path_of(layout, thread);
        let file = open(&path).map_err(failed)?;
        let locked = lock(&file).map_err(failed)?;
        drop(coordination);
        match locked {
            Ok(()) => Ok(Self { path, file }),
            Err(holder) => Err(Error::conflict(thread, Conflict::Held { holder })),
        }
    }
}

/// Whether somebody has the lock, another program or this one. Changes nothing: no file is made, and
/// nobody who takes the lock at this moment is in the way of this or finds it in theirs.
pub(crate) fn is_held(layout: &Layout, thread: ThreadId) -> io::Result<bool> {
    let coordination = open_existing(&layout.locks().join(COORDINATION))?;
    if let Some(coordination) = &coordination {
        coordination.lock()?;
    }
    let Some(file) = open_existing(&path_of(layout, thread))? else { return Ok(false) };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The lock files that there are, held or not.
pub(crate) fn all(layout: &Layout) -> io::Result<Vec<(PathBuf, ThreadId)>> {
    let entries = match std::fs::read_dir(layout.locks()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".lock"));
        if let Some(thread) = name.and_then(|name| ThreadId::parse(name).ok()) {
            found.push((path, thread));
        }
    }
    found.sort();
    Ok(found)
}

fn path_of(layout: &Layout, thread: ThreadId) -> PathBuf {
    layout.locks().join(format!("{thread}.lock"))
}

fn open_existing(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // A file that stays is no lock: nobody holds it, and whoever is next takes it.
        let coordination = self.path.with_file_name(COORDINATION);
        let alone = open(&coordination).ok().filter(|file| file.try_lock().is_ok());
        if alone.is_some() && is_there(&self.path, &self.file) {
            let removed = std::fs::remove_file(&self.path);
            tracing::trace!(ok = removed.is_ok(), "lock file removed");
        }
        // Closing does not, while a process that this one is starting has the file open too.
        let unlocked = self.file.unlock();
        tracing::trace!(ok = unlocked.is_ok(), "lock given up");
    }
}

/// How long is waited for what a dead process left behind.
const PATIENCE: Duration = Duration::from_millis(500);

/// Tries to lock a file; answers who has the lock, as far as it can be known.
fn lock(file: &File) -> io::Result<Result<(), Option<Holder>>> {
    let (start, mut is_second) = (Instant::now(), false);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Ok(())),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let holder = lock_owner::owner_of(&file.metadata()?);
        let is_left_behind = match &holder {
            Some(holder) => lock_owner::is_gone(holder),
            // It may have been given up since.
            None => !std::mem::replace(&mut is_second, true),
        };
        if !is_left_behind || start.elapsed() >= PATIENCE {
            return Ok(Err(holder));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn open(path: &Path) -> io::Result<File> {
    private().read(true).write(true).create(true).truncate(false).open(path)
}

/// Whether the file at the path is the one that is open.
fn is_there(path: &Path, file: &File) -> bool {
    let stamps = std::fs::metadata(path).and_then(|there| Ok((there, file.metadata()?)));
    #[cfg(unix)]
    return stamps.is_ok_and(|(there, ours)| {
        use std::os::unix::fs::MetadataExt as _;
        (there.dev(), there.ino()) == (ours.dev(), ours.ino())
    });
    #[cfg(not(unix))]
    return stamps.is_ok();
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
