//! The journal: what is known of threads beside their rollouts, and what was done to them.
//!
//! One file of lines for the home, to which every process of ours appends under its lock, and which
//! each reads on before it answers anything: so what one has done all others see at once. It is
//! written anew, shorter, when it has grown, and when a thread was deleted.

mod entry;

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use memchr::memmem;
use thread_store::ThreadId;

pub(crate) use entry::{Edited, Entry, Move, Overrides, Snapshot, VERSION};

use super::faults::Faults;
use super::file::is_gone;
use super::layout::{lock_patiently, make_folder, private, sync_folder};

/// A place in a journal. Places of another generation mean nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Place {
    pub(crate) generation: Option<ThreadId>,
    pub(crate) offset: u64,
}

/// The journal as far as this process has read it.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: Option<File>,
    place: Place,
    /// How long the file was when it was read: it may end inside a line that nobody finished.
    seen: u64,
    /// How long it was when it was written anew, and by which version of the program.
    base: u64,
    version: u32,
    faults: Faults,
    /// Whether entries were written that may not survive loss of power.
    unsynced: bool,
    /// Whether the file was created since its folder was synced.
    new: bool,
    /// A move or deletion that was begun, and of which nobody said that it was done.
    unfinished: Option<Entry>,
}

/// Entries that were not read before, each with the place behind it.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Whether it is another journal than before: these are all of its entries.
    pub(crate) anew: bool,
    pub(crate) entries: Vec<(Entry, Place)>,
}

/// The journal, while nobody else writes to it.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    journal: &'a mut Journal,
    /// Another open file: the lock goes with it.
    lock: File,
}

impl Journal {
    /// The journal at this path, of which nothing was read yet.
    pub(crate) fn new(path: PathBuf, faults: Faults) -> Self {
        let place = Place::default();
        Self {
            path,
            file: None,
            place,
            seen: 0,
            base: 0,
            version: VERSION,
            faults,
            unsynced: false,
            new: false,
            unfinished: None,
        }
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Whether there may be something to read: one look at the open file.
    pub(crate) fn has_news(&self) -> bool {
        match self.file.as_ref().map(File::metadata) {
            Some(Ok(meta)) => meta.len() != self.seen || is_gone(&meta),
            Some(Err(_)) => true,
            None => self.path.exists(),
        }
    }

    /// What others wrote since. Waits for who writes at this moment.
    pub(crate) fn read_on(&mut self) -> io::Result<News> {
        let Some(file) = open_existing(&self.path)? else {
            let anew = self.file.take().is_some();
            (self.place, self.seen) = (Place::default(), 0);
            return Ok(News { anew, entries: Vec::new() });
        };
        lock_patiently(&file, File::try_lock_shared)?;
        if is_gone(&file.metadata()?) {
            drop(file);
            return self.read_on();
        }
        self.read_open(&file)
    }

    /// Takes the journal for writing, and says what others wrote before.
    pub(crate) fn hold(&mut self) -> io::Result<(Held<'_>, News)> {
        let lock = loop {
            let file = self.open_or_create()?;
            lock_patiently(&file, File::try_lock)?;
            if !is_gone(&file.metadata()?) {
                break file;
            }
        };
        let news = self.read_open(&lock)?;
        if self.version > VERSION {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "a newer program's journal"));
        }
        Ok((Held { journal: self, lock }, news))
    }

    /// What may not survive loss of power is to be synced: the file, and its folders if it is new.
    pub(crate) fn unsynced(&self) -> io::Result<Option<Unsynced>> {
        let Some(file) = self.file.as_ref().filter(|_| self.unsynced) else { return Ok(None) };
        let mut folders = Vec::new();
        if self.new {
            folders.extend(self.path.ancestors().skip(1).take(2).map(Path::to_owned));
        }
        Ok(Some(Unsynced { file: file.try_clone()?, place: self.place, folders }))
    }

    /// The sync came to an end.
    pub(crate) fn was_synced(&mut self, done: &Unsynced) {
        if done.place == self.place {
            self.unsynced = false;
        }
        if done.place.generation == self.place.generation {
            self.new &= done.folders.is_empty();
        }
    }

    fn open_or_create(&mut self) -> io::Result<File> {
        if let Some(file) = open_existing(&self.path)? {
            return Ok(file);
        }
        self.faults.check()?;
        if let Some(folder) = self.path.parent() {
            make_folder(folder)?;
        }
        self.new = true;
        private().read(true).append(true).create(true).open(&self.path)
    }

    fn read_open(&mut self, file: &File) -> io::Result<News> {
        let same = match &self.file {
            Some(known) => is_same(&known.metadata()?, &file.metadata()?),
            None => false,
        };
        let anew = !same;
        if anew {
            self.place = Place::default();
            (self.base, self.version, self.unfinished) = (0, VERSION, None);
            // Not a clone of the locked one, which would keep the lock. Nobody puts another in its
            // place while that is held.
            self.file = Some(File::open(&self.path)?);
        }
        let mut text = Vec::new();
        let mut reader = file;
        reader.seek(SeekFrom::Start(self.place.offset))?;
        reader.read_to_end(&mut text)?;
        self.seen = self.place.offset + text.len() as u64;
        let mut entries = Vec::new();
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            if line.last() != Some(&b'\n') {
                // The end of a process that died while it wrote. Whoever writes next closes it.
                break;
            }
            self.place.offset += line.len() as u64;
            self.read_line(line, &mut entries);
        }
        Ok(News { anew, entries })
    }

    fn read_line(&mut self, line: &[u8], entries: &mut Vec<(Entry, Place)>) {
        match serde_json::from_slice(line.trim_ascii()) {
            Ok(Entry::Journal { generation, version, base }) => {
                self.place.generation = Some(generation);
                (self.version, self.base) = (version, base);
            }
            Ok(entry) => {
                self.note_intent(&entry);
                entries.push((entry, self.place));
            }
            Err(_) if line.trim_ascii().is_empty() => {}
            Err(_) => {
                tracing::warn!(offset = self.place.offset, "a line of the journal is damaged");
            }
        }
    }
}

impl Journal {
    fn note_intent(&mut self, entry: &Entry) {
        match entry {
            Entry::Move { .. } | Entry::Delete { .. } => self.unfinished = Some(entry.clone()),
            Entry::Done => self.unfinished = None,
            _ => {}
        }
    }

    /// What was begun by a process that died before it was done.
    pub(crate) fn unfinished(&self) -> Option<&Entry> {
        self.unfinished.as_ref()
    }

    /// All entries, read anew. Nothing is locked: of what is being written at this moment whole lines
    /// are read.
    pub(crate) fn read_all(path: &Path) -> io::Result<Vec<(Entry, Place)>> {
        let mut journal = Self::new(path.to_owned(), Faults::default());
        match open_existing(path)? {
            Some(file) => Ok(journal.read_open(&file)?.entries),
            None => Ok(Vec::new()),
        }
    }
}

impl Held<'_> {
    /// What was begun by a process that died before it was done.
    pub(crate) fn unfinished(&self) -> Option<&Entry> {
        self.journal.unfinished()
    }

    /// Appends entries, all in one write.
    ///
    /// # Errors
    ///
    /// Nothing of it is there then.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        let start = self.journal.place.offset;
        if self.lock.metadata()?.len() > start {
            // The end of a process that died while it wrote: nobody was told that it is there.
            self.lock.set_len(start)?;
        }
        let mut text = Vec::new();
        if start == 0 {
            let generation = ThreadId::generate();
            self.journal.place.generation = Some(generation);
            write_line(&mut text, &Entry::Journal { version: VERSION, generation, base: 0 })?;
        }
        for entry in entries {
            write_line(&mut text, entry)?;
        }
        let written = self.journal.faults.check().and_then(|()| (&self.lock).write_all(&text));
        if let Err(error) = written {
            self.lock.set_len(start)?;
            return Err(error);
        }
        self.journal.place.offset = start + text.len() as u64;
        self.journal.seen = self.journal.place.offset;
        self.journal.unsynced = true;
        entries.iter().for_each(|entry| self.journal.note_intent(entry));
        Ok(())
    }

    /// Makes what was appended survive loss of power.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.journal.faults.check()?;
        self.lock.sync_data()?;
        if self.journal.new
            && let Some(folder) = self.journal.path.parent()
        {
            sync_folder(folder)?;
        }
        (self.journal.unsynced, self.journal.new) = (false, false);
        Ok(())
    }

    pub(crate) fn place(&self) -> Place {
        self.journal.place
    }

    /// How many bytes were added since it was written anew, and how many it had then.
    pub(crate) fn growth(&self) -> (u64, u64) {
        (self.journal.place.offset - self.journal.base, self.journal.base)
    }

    /// All entries, read anew.
    pub(crate) fn all(&self) -> io::Result<Vec<(Entry, Place)>> {
        Journal::read_all(&self.journal.path)
    }

    /// The lines of entries that are kept as they are.
    pub(crate) fn lines_to_keep(&self, keep: impl Fn(&Entry) -> bool) -> io::Result<Vec<u8>> {
        let text = std::fs::read(&self.journal.path)?;
        let lines = text.split_inclusive(|&byte| byte == b'\n');
        let kept = lines.filter(|line| {
            serde_json::from_slice(line.trim_ascii()).is_ok_and(|entry| keep(&entry))
        });
        Ok(kept.flatten().copied().collect())
    }

    /// Writes spaces over what was said of threads that are deleted. What is left of a line that this
    /// was interrupted in says nothing of anybody.
    pub(crate) fn blank(&self, threads: &[ThreadId]) -> io::Result<()> {
        let mut file = private().read(true).write(true).open(&self.journal.path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let mut at = 0;
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            if is_about(line, threads) {
                file.seek(SeekFrom::Start(at))?;
                file.write_all(&vec![b' '; line.len() - 1])?;
            }
            at += line.len() as u64;
        }
        Ok(())
    }

    /// Puts a journal with these lines and entries in the place of this one.
    pub(crate) fn replace(self, lines: &[u8], entries: &[Entry]) -> io::Result<()> {
        let Self { journal, lock } = self;
        journal.faults.check()?;
        let generation = ThreadId::generate();
        let mut body = lines.to_vec();
        for entry in entries {
            write_line(&mut body, entry)?;
        }
        let mut text = Vec::new();
        let base = body.len() as u64;
        write_line(&mut text, &Entry::Journal { version: VERSION, generation, base })?;
        text.append(&mut body);
        let folder = journal.path.parent().unwrap_or(Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(&text)?;
        new.as_file().sync_data()?;
        // Whoever waits for the old one finds it gone, and opens this one.
        let file = new.persist(&journal.path).map_err(|error| error.error)?;
        drop(lock);
        journal.file = Some(file);
        journal.place = Place { generation: Some(generation), offset: text.len() as u64 };
        (journal.seen, journal.base) = (journal.place.offset, base);
        (journal.unsynced, journal.new) = (false, false);
        sync_folder(folder)
    }
}

/// What is to be synced.
#[derive(Debug)]
pub(crate) struct Unsynced {
    file: File,
    place: Place,
    folders: Vec<PathBuf>,
}

impl Unsynced {
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()?;
        self.folders.iter().try_for_each(|folder| sync_folder(folder))
    }
}

/// Whether a line is about one of these threads, and has contents.
fn is_about(line: &[u8], threads: &[ThreadId]) -> bool {
    let mentions = |thread: &ThreadId| memmem::find(line, thread.to_string().as_bytes()).is_some();
    threads.iter().any(mentions)
        && match serde_json::from_slice(line.trim_ascii()) {
            Ok(entry @ (Entry::Thread(_) | Entry::Adopt { .. } | Entry::Edit(_))) => {
                entry.threads().iter().any(|thread| threads.contains(thread))
            }
            _ => false,
        }
}

fn write_line(text: &mut Vec<u8>, entry: &Entry) -> io::Result<()> {
    serde_json::to_writer(&mut *text, entry)?;
    text.push(b'\n');
    Ok(())
}

fn open_existing(path: &Path) -> io::Result<Option<File>> {
    // A home that cannot be written is read all the same.
    let opened = private().read(true).append(true).open(path).or_else(|error| match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => File::open(path),
        _ => Err(error),
    });
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (one.dev(), one.ino()) == (other.dev(), other.ino())
    }
    #[cfg(not(unix))]
    return one.created().ok() == other.created().ok();
}
