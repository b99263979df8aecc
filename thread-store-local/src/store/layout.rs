//! What stands where in a home.
//!
//! `sessions`, `archived_sessions`, `session_index.jsonl` and `thread-writer-locks` are Codex's;
//! everything of ours is below `thread-store`.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use thread_store::{ThreadId, Timestamp};

use crate::file_name::FileName;
use crate::names;
use crate::walk::{ACTIVE, ARCHIVED};

/// The folder of ours in a home.
pub(crate) const OWN: &str = "thread-store";

/// The places of one home.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    home: PathBuf,
}

impl Layout {
    pub(crate) fn new(home: PathBuf) -> Self {
        Self { home }
    }

    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    pub(crate) fn session_index(&self) -> PathBuf {
        self.home.join(names::FILE)
    }

    /// What Codex locks while it writes names.
    pub(crate) fn session_index_lock(&self) -> PathBuf {
        self.home.join(names::LOCK)
    }

    /// Codex's locks of threads that are loaded.
    pub(crate) fn locks(&self) -> PathBuf {
        self.home.join("thread-writer-locks")
    }

    pub(crate) fn own(&self) -> PathBuf {
        self.home.join(OWN)
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.own().join("journal.jsonl")
    }

    pub(crate) fn epochs(&self) -> PathBuf {
        self.own().join("epoch")
    }

    /// Where shared logs are.
    pub(crate) fn logs(&self) -> PathBuf {
        self.own().join("logs")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.own().join("index.sqlite")
    }

    /// What is being written and has no name that readers look at.
    pub(crate) fn unfinished(&self, thread: ThreadId) -> PathBuf {
        let unique = ThreadId::generate();
        self.all_unfinished().join(format!("{thread}.{unique}"))
    }

    /// Bytes that were no record, set aside.
    pub(crate) fn quarantine(&self) -> PathBuf {
        self.own().join("quarantine.jsonl")
    }

    /// Where a file goes that nobody reads any more and that is not thrown away.
    pub(crate) fn set_aside(&self, path: &Path) -> PathBuf {
        let unique = ThreadId::generate();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.own().join("set-aside").join(format!("{unique}.{name}"))
    }

    /// Files that are nobody's, set aside.
    pub(crate) fn quarantined(&self) -> PathBuf {
        self.own().join("quarantine")
    }

    /// Rollouts that did not count, each below the path that it had.
    pub(crate) fn duplicates(&self) -> PathBuf {
        self.own().join("duplicates")
    }

    /// The folder of rollouts that are being written.
    pub(crate) fn all_unfinished(&self) -> PathBuf {
        self.own().join("unfinished")
    }

    /// Where the rollout of a new thread goes: below the day, in UTC.
    pub(crate) fn active(&self, thread: ThreadId, created_at: Timestamp) -> PathBuf {
        let time = created_at.to_string();
        // `2026-11-20T16:33:14.367Z`: the text has this form for every time that there is.
        let (date, clock) = (&time[..10], time[11..19].replace(':', "-"));
        let name = format!("rollout-{date}T{clock}-{thread}.jsonl");
        self.day(date).join(name)
    }

    /// Where a file of this name goes when it is archived.
    pub(crate) fn archived(&self, name: &Path) -> PathBuf {
        self.home.join(ARCHIVED).join(name)
    }

    /// Where a file of this name goes when it is brought back: below the day in its name, else below
    /// that of the thread.
    pub(crate) fn restored(&self, name: &Path, created_at: Timestamp) -> PathBuf {
        let time = FileName::of(name).time.unwrap_or(created_at).to_string();
        self.day(&time[..10]).join(name)
    }

    fn day(&self, date: &str) -> PathBuf {
        let sessions = self.home.join(ACTIVE);
        date.splitn(3, '-').fold(sessions, |folder, part| folder.join(part))
    }

    /// A path as it is kept: relative to the home, so that homes can be moved.
    pub(crate) fn relative<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.home).unwrap_or(path)
    }

    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        self.home.join(path)
    }
}

/// What could not be read of a rollout, kept beside it.
pub(crate) fn kept_beside(rollout: &Path) -> PathBuf {
    let mut name = rollout.as_os_str().to_owned();
    name.push(".quarantine");
    name.into()
}

/// Makes a folder and those above it, for their owner alone.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Options that create files for their owner alone.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the entry of a file in its folder survive loss of power.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere folders cannot be opened, and need not be synced.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Moves a file to a place where nothing is, and makes the folder for it. Whatever is there already
/// stays.
pub(crate) fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        make_folder(folder)?;
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // The file system has no such flag.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            moved => return Ok(moved?),
        }
    }
    if to.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

/// Takes a lock, and waits for whoever has it, but not for ever: a suspended program must not hang
/// this one.
pub(crate) fn lock_patiently(
    file: &File,
    lock: impl Fn(&File) -> Result<(), TryLockError>,
) -> io::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let start = Instant::now();
    loop {
        match lock(file) {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                sleep(Duration::from_micros(200));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
