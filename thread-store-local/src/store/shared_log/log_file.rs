//! One file of the log.
//!
//! It has its size from the start, so that to sync it commits bytes and nothing else. Its first block
//! says which use of it this is; records follow from the second on. Its owner has it locked, for life.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use thread_store::ThreadId;

use super::boot::Boot;
use super::record::{self, Record};
use crate::store::faults::Faults;
use crate::store::file::is_gone;
use crate::store::layout::{Layout, make_folder, private, sync_folder};

/// The first bytes of every log.
const MAGIC: &[u8; 16] = b"thread-store log";
/// The version of the format that this program writes.
const VERSION: u32 = 1;
/// Where records start.
const START: u64 = 4 << 10;
/// Bytes of the header: magic, version, checksum of what follows, generation, owner, boot.
const HEADER: usize = 64;
static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// What logs are made with.
#[derive(Debug)]
pub(super) struct Maker {
    pub(super) layout: Layout,
    pub(super) faults: Faults,
    pub(super) boot: Boot,
    /// Bytes of a log.
    pub(super) size: u64,
    /// Whose logs they are: one open home.
    pub(super) owner: ThreadId,
    /// Uses of logs so far.
    pub(super) generation: AtomicU64,
}

/// A log that is written to.
#[derive(Debug)]
pub(super) struct LogFile {
    file: File,
    path: PathBuf,
    size: u64,
    end: u64,
    /// Behind this there are zeros.
    used: u64,
    pub(super) generation: u64,
    /// How often logs had to be wiped when this one was.
    pub(super) wiped: u64,
}

impl Maker {
    /// Makes a log, and a use of it.
    pub(super) fn make(&self, wiped: u64) -> io::Result<LogFile> {
        self.faults.check()?;
        let folder = self.layout.logs();
        make_folder(&folder)?;
        let (file, path) = create(&folder)?;
        let mut log = LogFile {
            file,
            path,
            size: self.size,
            end: START,
            used: self.size,
            generation: 0,
            wiped,
        };
        if let Err(error) = self.prepare(&mut log, &folder) {
            let _ = log.remove();
            return Err(error);
        }
        Ok(log)
    }

    fn prepare(&self, log: &mut LogFile, folder: &Path) -> io::Result<()> {
        log.wipe(log.wiped)?;
        self.renew(log)?;
        sync_folder(folder)?;
        sync_folder(&self.layout.own())?;
        sync_folder(self.layout.home())
    }

    /// Begins another use: what stands in the log counts no longer.
    pub(super) fn renew(&self, log: &mut LogFile) -> io::Result<()> {
        self.faults.check()?;
        let generation = self.generation.fetch_add(1, Ordering::SeqCst) + 1;
        let header = Header { generation, owner: self.owner, boot: self.boot };
        log.file.write_all_at(&header.to_bytes(), 0)?;
        log.file.sync_data()?;
        (log.end, log.generation) = (START, generation);
        Ok(())
    }
}

/// Creates a log that nobody else has: whoever finds it before it is locked takes it away.
fn create(folder: &Path) -> io::Result<(File, PathBuf)> {
    loop {
        let path = folder.join(format!("{}.log", ThreadId::generate()));
        let file = private().read(true).write(true).create_new(true).open(&path)?;
        file.lock()?;
        if !is_gone(&file.metadata()?) {
            return Ok((file, path));
        }
    }
}

impl LogFile {
    /// Bytes that can be added.
    pub(super) fn room(&self) -> u64 {
        self.size.saturating_sub(self.end)
    }

    /// Adds records, which survive loss of power then.
    pub(super) fn append(&mut self, records: &[u8], faults: &Faults) -> io::Result<()> {
        faults.check()?;
        let end = self.end + records.len() as u64;
        self.used = self.used.max(end);
        self.file.write_all_at(records, self.end)?;
        self.file.sync_data()?;
        self.end = end;
        Ok(())
    }

    /// Writes zeros over everything that is none. What a power cut leaves of it is a log without a use, or the end
    /// of one that counts no longer.
    pub(super) fn wipe(&mut self, wiped: u64) -> io::Result<()> {
        let mut at = 0;
        while at < self.used {
            let len = (self.used - at).min(ZEROS.len() as u64);
            self.file.write_all_at(&ZEROS[..len as usize], at)?;
            at += len;
        }
        self.file.sync_all()?;
        self.used = START;
        self.wiped = wiped;
        Ok(())
    }

    /// Takes the log away.
    pub(super) fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// What the first block says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) generation: u64,
    pub(super) owner: ThreadId,
    pub(super) boot: Boot,
}

impl Header {
    fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..16].copy_from_slice(MAGIC);
        bytes[16..20].copy_from_slice(&VERSION.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.generation.to_le_bytes());
        bytes[32..48].copy_from_slice(self.owner.as_bytes());
        bytes[48..].copy_from_slice(&self.boot.bytes());
        let crc = crc32fast::hash(&bytes[24..]);
        bytes[20..24].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// What these bytes say, if they are a header; of a newer version nothing is understood.
    fn read(bytes: &[u8]) -> Option<Result<Self, Newer>> {
        let part = |from: usize, to: usize| bytes.get(from..to);
        if part(0, 16)? != MAGIC {
            return None;
        }
        if u32::from_le_bytes(part(16, 20)?.try_into().ok()?) != VERSION {
            return Some(Err(Newer));
        }
        let crc = u32::from_le_bytes(part(20, 24)?.try_into().ok()?);
        if crc != crc32fast::hash(part(24, HEADER)?) {
            return None;
        }
        Some(Ok(Self {
            generation: u64::from_le_bytes(part(24, 32)?.try_into().ok()?),
            owner: ThreadId::from_bytes(part(32, 48)?.try_into().ok()?),
            boot: Boot::from_bytes(part(48, HEADER)?.try_into().ok()?),
        }))
    }
}

/// A log of a version that this program does not know.
#[derive(Clone, Copy, Debug)]
struct Newer;

/// A log that nobody has any more; locked as long as this lives.
#[derive(Debug)]
pub(super) struct DeadLog {
    pub(super) header: Header,
    path: PathBuf,
    file: File,
}

impl DeadLog {
    /// Opens a log, unless it belongs to a living process or to a newer program. One that was never
    /// used is taken away.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match private().read(true).write(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        if file.try_lock().is_err() || is_gone(&file.metadata()?) {
            return Ok(None);
        }
        let mut first = Vec::new();
        (&file).take(HEADER as u64).read_to_end(&mut first)?;
        let header = match Header::read(&first) {
            None => return fs::remove_file(path).map(|()| None),
            Some(Err(Newer)) => {
                tracing::warn!("a log of a newer program is left as it is");
                return Ok(None);
            }
            Some(Ok(header)) => header,
        };
        Ok(Some(Self { header, path: path.to_owned(), file }))
    }

    /// All of it.
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut text)?;
        Ok(text)
    }

    pub(super) fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// The records of a log.
pub(super) fn records(text: &[u8]) -> Vec<Record> {
    match Header::read(text) {
        Some(Ok(header)) => record::read(text, START as usize, header.generation),
        _ => Vec::new(),
    }
}

/// The logs of a home, whoever has them.
pub(super) fn all(layout: &Layout) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(layout.logs()) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path.extension().is_some_and(|it| it == "log")).collect()
}
