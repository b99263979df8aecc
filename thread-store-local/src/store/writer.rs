//! The open end of a rollout.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use memchr::{memchr_iter, memmem};
use thread_store::Outcome;

use super::faults::Faults;
use super::layout::private;
use super::line::Lines;
use crate::stamp::Stamp;

/// The open end of a file.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) file: Arc<File>,
    pub(crate) place: Place,
    /// When the file was sure to have its name, and how long it was then.
    pub(crate) checked: Instant,
    pub(crate) checked_size: u64,
    /// What was written last.
    pub(crate) lines: Lines,
    /// Where that ends in the file; 0 if nothing was.
    pub(crate) end: u64,
}

/// So long an append takes for granted that its file still has its name: to ask the folder takes a
/// fifth of the time of a write.
const TRUST: Duration = Duration::from_millis(20);

impl Writer {
    /// Whether nobody else wrote to the file, and it has its name still, as far as that was asked
    /// lately.
    pub(crate) fn is_as_left(&mut self, stamp: &Stamp) -> bool {
        if !ends_at(&self.file, stamp.size) {
            return false;
        }
        if self.checked.elapsed() < TRUST {
            return true;
        }
        let is_there = self.place.is_as_left(stamp);
        if is_there {
            (self.checked, self.checked_size) = (Instant::now(), stamp.size);
        }
        is_there
    }
}

/// Whether a file that is only appended to has this size: where it is read from means nothing.
#[cfg(unix)]
fn ends_at(file: &File, size: u64) -> bool {
    rustix::fs::seek(file, rustix::fs::SeekFrom::End(0)).is_ok_and(|end| end == size)
}

#[cfg(not(unix))]
fn ends_at(file: &File, size: u64) -> bool {
    file.metadata().is_ok_and(|meta| meta.len() == size)
}

/// Appends a part of a file to another, without the first lines of it that are there already.
pub(crate) fn copy_lines(from: &File, part: Range<u64>, to: &Path) -> io::Result<()> {
    let mut from = from;
    let mut lines = Vec::new();
    from.seek(SeekFrom::Start(part.start))?;
    from.take(part.end - part.start).read_to_end(&mut lines)?;
    let there = fs::read(to)?;
    let ends = memchr_iter(b'\n', &lines).map(|at| at + 1);
    let is_there = |end: &usize| memmem::find(&there, &lines[..*end]).is_some();
    let known = ends.take_while(is_there).last().unwrap_or(0);
    if known == lines.len() {
        return Ok(());
    }
    let mut end = private().append(true).open(to)?;
    if there.last().is_some_and(|&byte| byte != b'\n') {
        end.write_all(b"\n")?;
    }
    end.write_all(&lines[known..])
}

/// A name in a folder that is open. Appends ask from time to time whether their file is still there: the call
/// takes a fraction of the time that it takes to follow a whole path. Times are not asked for: who looks
/// at the time of a file makes the next write to it dearer, which has to show then.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Place {
    folder: rustix::fd::OwnedFd,
    name: std::ffi::OsString,
}

#[cfg(unix)]
impl Place {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        use rustix::fs::{Mode, OFlags, open};
        let folder = path.parent().unwrap_or(Path::new("."));
        let folder = open(folder, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { folder, name: path.file_name().unwrap_or_default().to_owned() })
    }

    /// Whether the file there is the one that is known, as long as it is known to be.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_as_left(&self, stamp: &Stamp) -> bool {
        use rustix::fs::{AtFlags, StatxFlags, statx};
        let wanted = StatxFlags::SIZE | StatxFlags::INO;
        let now = statx(&self.folder, &self.name, AtFlags::empty(), wanted);
        now.is_ok_and(|now| now.stx_size == stamp.size && now.stx_ino == stamp.inode)
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn is_as_left(&self, stamp: &Stamp) -> bool {
        let stat = rustix::fs::statat(&self.folder, &self.name, rustix::fs::AtFlags::empty());
        stat.is_ok_and(|stat| {
            u64::try_from(stat.st_size).is_ok_and(|size| size == stamp.size)
                && u64::try_from(stat.st_ino).is_ok_and(|inode| inode == stamp.inode)
        })
    }
}

#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Place(PathBuf);

#[cfg(not(unix))]
impl Place {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn is_as_left(&self, stamp: &Stamp) -> bool {
        fs::metadata(&self.0).is_ok_and(|meta| meta.len() == stamp.size)
    }
}

/// Writes at the end of a file of this size, and takes it back if that fails half-way.
pub(crate) fn write(
    file: &File,
    text: &[u8],
    size: u64,
    faults: &Faults,
) -> Result<(), (io::Error, Outcome)> {
    let written = if faults.are_on() { half(file, text) } else { write_all(file, text) };
    let Err(error) = written else { return Ok(()) };
    let taken_back = file.set_len(size).is_ok();
    Err((error, if taken_back { Outcome::NothingDone } else { Outcome::Unknown }))
}

/// All of it, without the preparations of the C library for threads that are cancelled.
#[cfg(unix)]
fn write_all(file: &File, mut text: &[u8]) -> io::Result<()> {
    while !text.is_empty() {
        match rustix::io::write(file, text) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => text = text.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn write_all(mut file: &File, text: &[u8]) -> io::Result<()> {
    file.write_all(text)
}

/// What a full disk does.
fn half(file: &File, text: &[u8]) -> io::Result<()> {
    let mut file = file;
    file.write_all(&text[..text.len() / 2])?;
    Err(io::Error::new(io::ErrorKind::StorageFull, "injected"))
}
