//! One rollout file of the home: what is known of it, and the end that is written to.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use thread_store::{Error, Outcome, RolloutItem};

use super::faults::Faults;
use super::layout::{Layout, private};
use super::line::{Lines, MARK, Numbering};
use super::quarantine;
use super::unsynced::{Unsynced, folders_above};
use super::writer::{Place, Writer, copy_lines, write};
use crate::error::ReadError;
use crate::header::Header;
use crate::segment::{self, Extended, FileMap, Part};
use crate::stamp::Stamp;

/// A rollout file.
#[derive(Debug)]
pub(crate) struct RolloutFile {
    pub(crate) header: Header,
    state: Mutex<State>,
}

/// What is known of the file now.
#[derive(Debug)]
pub(crate) struct State {
    /// Where it is, absolute.
    pub(crate) path: PathBuf,
    pub(crate) stamp: Stamp,
    pub(crate) map: Arc<FileMap>,
    /// Records that other programs appended and nobody has looked at, with their positions.
    pub(crate) unobserved: Vec<(u64, RolloutItem, bool)>,
    writer: Option<Writer>,
    /// Bytes that survive loss of power; `None` if nobody here has made sure.
    synced: Option<u64>,
    /// Bytes that survive it together with the shared log.
    logged: u64,
    /// Whether the entry in its folder may not survive loss of power: nobody here has made sure.
    pub(crate) is_new: bool,
    pub(crate) is_deleted: bool,
    /// Whether it was found to be another file than is known, and nothing was done therefore.
    pub(crate) is_rewritten: bool,
    /// Whether the index does not have what is known here.
    pub(crate) is_unsaved: bool,
}

/// Files up to this size are put into the shared log when nobody knows what of them was synced.
const LOGGED_WHOLE: u64 = 64 << 10;
/// Buffers up to this size are kept for the next append.
const KEPT_BUFFER: usize = 1 << 20;

impl RolloutFile {
    pub(crate) fn new(header: Header, path: PathBuf, stamp: Stamp, map: FileMap) -> Self {
        Self {
            header,
            state: Mutex::new(State {
                path,
                stamp,
                map: Arc::new(map),
                unobserved: Vec::new(),
                writer: None,
                synced: None,
                logged: 0,
                is_new: true,
                is_deleted: false,
                is_rewritten: false,
                is_unsaved: true,
            }),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.lock().path.clone()
    }

    pub(crate) fn records(&self) -> u64 {
        self.lock().map.records()
    }

    /// The records at these positions, and the damage among them.
    pub(crate) fn read(&self, range: Range<u64>) -> Result<Part, ReadError> {
        let (path, map) = {
            let state = self.lock();
            (state.path.clone(), Arc::clone(&state.map))
        };
        segment::read(&path, &map, range).inspect_err(|error| {
            if matches!(error, ReadError::Changed { .. }) {
                self.lock().distrust();
            }
        })
    }
}

impl State {
    /// Looks whether the file is still as it is known, and reads on if it only grew. Answers whether
    /// it has become another.
    pub(crate) fn refresh(&mut self) -> Result<Freshness, ReadError> {
        let meta = fs::metadata(&self.path).map_err(|error| ReadError::io(&self.path, error))?;
        let now = Stamp::of(&meta);
        if now == self.stamp {
            return Ok(Freshness::Same);
        }
        let same_size = now.size == self.stamp.size && now.inode == self.stamp.inode;
        match (same_size, self.writer.is_some()) {
            // Of what we write we know the size, and do not look at the time.
            (true, true) => Ok(Freshness::Same),
            (true, false) => Ok(Freshness::Rewritten),
            (false, _) => {
                let extended = self.extend();
                if matches!(extended, Ok(Freshness::Rewritten)) {
                    self.carry_over();
                }
                extended
            }
        }
    }

    /// The file is not what it is taken for, though it is as long: it is read anew when it is looked
    /// at next.
    fn distrust(&mut self) {
        self.close_writer();
        self.stamp.modified = i64::MIN;
    }

    /// Whether the file is not as it is known: one look at it.
    pub(crate) fn is_stale(&self) -> bool {
        let now = fs::metadata(&self.path).map(|meta| Stamp::of(&meta));
        let as_known = now.is_ok_and(|now| match self.writer {
            Some(_) => now.size == self.stamp.size && now.inode == self.stamp.inode,
            None => now == self.stamp,
        });
        !as_known || !self.unobserved.is_empty()
    }

    fn extend(&mut self) -> Result<Freshness, ReadError> {
        let before = self.map.records();
        let mut new = Vec::new();
        let mut each = |line: segment::Line| new.push((line.record, line.item, line.marked));
        let map = Arc::make_mut(&mut self.map);
        let extended = segment::extend(&self.path, map, &mut self.stamp, &mut each)?;
        self.unobserved.extend(new);
        self.is_unsaved = true;
        Ok(match extended {
            Extended::Unchanged => Freshness::Same,
            Extended::Grown if self.map.records() == before => Freshness::Same,
            Extended::Grown => Freshness::Grown,
            Extended::Rewritten => Freshness::Rewritten,
        })
    }

    /// Appends records behind the end, all of them or none. The end is [`ready`](Self::ready).
    pub(crate) fn append(
        &mut self,
        items: &[RolloutItem],
        header: &Header,
        faults: &Faults,
    ) -> Result<(), Error> {
        let base = header.base.map_or(0, |base| base.end);
        let first = self.map.last_line_ordinal().map_or(base, |last| last.saturating_add(1));
        let Some(writer) = &mut self.writer else { return Err(Error::internal("no writer")) };
        let mut numbers = Numbering::of(header.history_mode.as_deref(), first);
        writer.lines.clear();
        for item in items {
            writer.lines.push(item, numbers.take(), MARK);
        }
        let size = self.stamp.size;
        if let Err((error, outcome)) = write(&writer.file, &writer.lines.text, size, faults) {
            // What stands at the end now is looked at again before anything is added.
            self.close_writer();
            return Err(Error::unavailable(outcome).because(error));
        }
        let lines = &mut writer.lines;
        Arc::make_mut(&mut self.map).appended(&lines.text, &lines.lengths, lines.last_number);
        self.stamp.size = size + lines.text.len() as u64;
        writer.end = self.stamp.size;
        self.is_unsaved = true;
        if lines.text.capacity() > KEPT_BUFFER {
            *lines = Lines::default();
        }
        Ok(())
    }

    /// Opens the end of the file, and looks whether it is as it is known.
    pub(crate) fn ready(&mut self, layout: &Layout, faults: &Faults) -> Result<(), Error> {
        if let Some(writer) = &mut self.writer {
            if writer.is_as_left(&self.stamp) {
                return Ok(());
            }
            // Somebody appends who asks nobody, or has put another file in its place.
            self.carry_over();
        }
        if !self.map.is_appendable() {
            return Err(Error::unsupported("append_items to a file of this format"));
        }
        faults.check().map_err(unavailable)?;
        let path = self.path.clone();
        let opened = private().read(true).append(true).open(&path);
        let file = opened.map_err(unavailable)?;
        self.is_rewritten = self.refresh()? == Freshness::Rewritten;
        if self.is_rewritten {
            return Err(Error::unavailable(Outcome::NothingDone)
                .because("the file was changed by another program"));
        }
        self.close_tail(&file, layout)?;
        self.stamp = Stamp::of(&file.metadata().map_err(unavailable)?);
        let place = Place::of(&path).map_err(unavailable)?;
        self.writer = Some(Writer {
            file: Arc::new(file),
            place,
            checked: Instant::now(),
            checked_size: self.stamp.size,
            lines: Lines::default(),
            end: 0,
        });
        Ok(())
    }

    /// Stops writing to a file that is not as it was left. If another one has its name, what was
    /// appended since it was sure to have it goes into that one, too.
    fn carry_over(&mut self) {
        let Some(writer) = self.writer.take() else { return };
        let since = writer.checked_size..self.stamp.size;
        let has_moved =
            fs::metadata(&self.path).is_ok_and(|now| Stamp::of(&now).inode != self.stamp.inode);
        if !has_moved || since.is_empty() {
            return;
        }
        if let Err(error) = copy_lines(&writer.file, since, &self.path) {
            tracing::warn!(%error, "records were appended to a file that lost its name meanwhile");
        }
    }

    /// Sets a torn end aside, as before an append, and leaves the file to others again.
    pub(crate) fn mend_tail(&mut self, layout: &Layout, faults: &Faults) -> Result<(), Error> {
        let modified = fs::metadata(&self.path).and_then(|meta| meta.modified());
        self.ready(layout, faults)?;
        if let (Some(writer), Ok(modified)) = (&self.writer, modified) {
            // Codex takes the time of the file for that of the last change of the thread.
            writer.file.set_modified(modified).map_err(unavailable)?;
        }
        self.close_writer();
        Ok(())
    }

    /// Makes the file end with a line feed: a whole record gets it, a torn one is set aside.
    fn close_tail(&mut self, file: &File, layout: &Layout) -> Result<(), Error> {
        if !self.map.has_tail() {
            return Ok(());
        }
        let start = self.map.lines_end();
        let mut end = file;
        if self.map.has_torn_tail() {
            let mut torn = Vec::new();
            end.seek(SeekFrom::Start(start)).map_err(unavailable)?;
            end.read_to_end(&mut torn).map_err(unavailable)?;
            quarantine::keep(layout, &self.path, start, &torn).map_err(unavailable)?;
            file.set_len(start).map_err(unavailable)?;
            // Other bytes come there.
            self.synced = self.synced.map(|synced| synced.min(start));
            self.logged = self.logged.min(start);
        } else {
            end.write_all(b"\n").map_err(unavailable)?;
        }
        match self.extend()? {
            Freshness::Rewritten => Err(Error::unavailable(Outcome::NothingDone)),
            _ => Ok(()),
        }
    }

    /// What has to be synced so that all of it survives loss of power.
    pub(crate) fn unsynced(&mut self) -> Result<Option<Unsynced>, ReadError> {
        if self.writer.as_ref().is_some_and(|writer| !writer.place.is_as_left(&self.stamp)) {
            self.carry_over();
        }
        let size = self.stamp.size;
        if self.synced == Some(size) && !self.is_new {
            return Ok(None);
        }
        let file = self.reader()?;
        let folders = if self.is_new { folders_above(&self.path) } else { Vec::new() };
        Ok(Some(Unsynced { file, from: self.synced.unwrap_or(0), size, folders }))
    }

    /// The file, to be read and synced.
    pub(crate) fn reader(&self) -> Result<Arc<File>, ReadError> {
        match &self.writer {
            Some(writer) => Ok(Arc::clone(&writer.file)),
            None => {
                let file = File::open(&self.path);
                file.map(Arc::new).map_err(|error| ReadError::io(&self.path, error))
            }
        }
    }

    /// Bytes of the file, mostly those that were written last.
    pub(crate) fn read_at(&self, start: u64, bytes: &mut [u8]) -> io::Result<()> {
        let end = start + bytes.len() as u64;
        if let Some(writer) = self.writer.as_ref().filter(|writer| writer.end == end)
            && writer.lines.text.len() == bytes.len()
        {
            bytes.copy_from_slice(&writer.lines.text);
            return Ok(());
        }
        let file = self.reader().map_err(|error| io::Error::other(error.reason()))?;
        std::os::unix::fs::FileExt::read_exact_at(&*file, bytes, start)
    }

    /// What the shared log has to have so that all of it survives loss of power; `None` if the file
    /// has to be synced itself: the log has only what stands behind what was synced, or all of a short
    /// file, and whole lines.
    pub(crate) fn unlogged(&self) -> Option<Range<u64>> {
        let start = self.synced.unwrap_or(0).max(self.logged);
        let is_known = match self.synced {
            Some(_) => !self.is_new,
            None => start > 0 || self.stamp.size <= LOGGED_WHOLE,
        };
        // What was appended to a file that lost its name is brought back when that is synced.
        let is_there = self.writer.as_ref().is_none_or(|it| it.place.is_as_left(&self.stamp));
        let can_be = is_known && is_there && !self.map.has_tail() && start <= self.stamp.size;
        can_be.then_some(start..self.stamp.size)
    }

    /// The shared log has it up to here.
    pub(crate) fn was_logged(&mut self, end: u64) {
        self.logged = self.logged.max(end);
    }

    /// Whether this much of it survives loss of power without the shared log.
    pub(crate) fn survives_itself(&self, end: u64) -> bool {
        !self.is_new && self.synced.is_some_and(|synced| synced >= end)
    }

    /// How much of it is sure to survive loss of power without the shared log.
    pub(crate) fn synced_len(&self) -> u64 {
        self.synced.unwrap_or(0)
    }

    /// A sync came to an end, in one way or the other.
    pub(crate) fn end_sync(&mut self, done: &Unsynced, synced: &io::Result<()>) {
        match synced {
            Ok(()) => self.was_synced(done),
            Err(_) => {
                if let Err(error) = self.write_again() {
                    tracing::warn!(%error, "what was not synced cannot be written again");
                }
            }
        }
    }

    fn was_synced(&mut self, done: &Unsynced) {
        self.synced = Some(self.synced.unwrap_or(0).max(done.size));
        self.is_new &= done.folders.is_empty();
    }

    /// A sync failed: whether the bytes are on the disk nobody knows, and the system takes them for
    /// written. They are written again, so that the next sync has something to do.
    fn write_again(&mut self) -> io::Result<()> {
        let start = self.synced.unwrap_or(0).min(self.stamp.size);
        let mut file = private().read(true).write(true).open(&self.path)?;
        let mut buffer = vec![0; 1 << 20];
        let mut at = start;
        file.seek(SeekFrom::Start(at))?;
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            file.seek(SeekFrom::Start(at))?;
            file.write_all(&buffer[..count])?;
            at += count as u64;
        }
    }

    /// Nobody writes to it any more. If the file is as long as what is known of it, it is what is known.
    pub(crate) fn close_writer(&mut self) {
        if self.writer.as_ref().is_some_and(|writer| !writer.place.is_as_left(&self.stamp)) {
            self.carry_over();
        }
        Arc::make_mut(&mut self.map).settle();
        if let Some(writer) = self.writer.take()
            && let Ok(meta) = writer.file.metadata()
            && meta.len() == self.stamp.size
        {
            self.stamp = Stamp::of(&meta);
        }
    }

    pub(crate) fn has_writer(&self) -> bool {
        self.writer.is_some()
    }
}

/// Whether no path leads to an open file any more.
pub(crate) fn is_gone(meta: &fs::Metadata) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::nlink(meta) == 0;
    #[cfg(not(unix))]
    return false;
}

/// What became of a file that was looked at again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Freshness {
    Same,
    Grown,
    Rewritten,
}

pub(crate) fn unavailable(error: io::Error) -> Error {
    Error::unavailable(Outcome::NothingDone).because(error)
}
