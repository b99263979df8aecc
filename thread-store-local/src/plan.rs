//! Which file is which part of which thread.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use thread_store::ThreadId;

use crate::error::ReadError;
use crate::file_name::FileName;
use crate::header::{self, Header};
use crate::home::UnreadableFile;
use crate::walk;

/// A file whose header was read.
#[derive(Clone, Debug)]
pub(crate) struct PlannedFile {
    pub(crate) path: PathBuf,
    pub(crate) header: Header,
    pub(crate) archived: bool,
}

/// The files of a home by segment and by thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    files: Vec<PlannedFile>,
    /// The file that counts for each segment.
    segments: HashMap<ThreadId, usize>,
    threads: BTreeMap<ThreadId, ThreadFiles>,
}

/// The files of one thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct ThreadFiles {
    /// One for each segment.
    pub(crate) segments: Vec<usize>,
    pub(crate) copies: Vec<usize>,
}

impl PlannedFile {
    pub(crate) fn read(path: PathBuf) -> Result<Self, ReadError> {
        Ok(Self { header: header::read(&path)?, archived: walk::is_archived(&path), path })
    }

    /// Of several copies the one with the smallest rank counts, and then the first by path.
    fn rank(&self) -> impl Ord + use<> {
        let name = FileName::of(&self.path);
        let proper = name.is_codex && name.thread == Some(self.header.thread);
        let compressed = has_extension(&self.path, "zst");
        (self.archived, !proper, compressed)
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

impl Plan {
    /// Reads the headers of these files. Those without one go to `unreadable`.
    pub(crate) fn of(paths: Vec<PathBuf>, unreadable: &mut Vec<UnreadableFile>) -> Self {
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            match PlannedFile::read(path.clone()) {
                Ok(file) => files.push(file),
                Err(error) => unreadable.push(UnreadableFile { reason: error.reason(), path }),
            }
        }
        Self::of_files(files)
    }

    /// The plan of files whose headers were read.
    pub(crate) fn of_files(files: Vec<PlannedFile>) -> Self {
        let mut ranked: Vec<_> = files.into_iter().map(|file| (file.rank(), file)).collect();
        ranked.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.path.cmp(&b.path)));
        Self::of_ranked(ranked.into_iter().map(|(_, file)| file).collect())
    }

    fn of_ranked(files: Vec<PlannedFile>) -> Self {
        let mut plan = Self::default();
        let mut taken = HashSet::new();
        for (index, file) in files.iter().enumerate() {
            let Header { thread, segment, .. } = file.header;
            let of_thread = plan.threads.entry(thread).or_default();
            if taken.insert((thread, segment)) {
                of_thread.segments.push(index);
                plan.segments.entry(segment).or_insert(index);
            } else {
                of_thread.copies.push(index);
            }
        }
        plan.files = files;
        plan
    }

    pub(crate) fn file(&self, index: usize) -> &PlannedFile {
        &self.files[index]
    }

    pub(crate) fn get(&self, index: usize) -> Option<&PlannedFile> {
        self.files.get(index)
    }

    pub(crate) fn index_of(&self, path: &Path) -> Option<usize> {
        self.files.iter().position(|file| file.path == path)
    }

    pub(crate) fn segment(&self, segment: ThreadId) -> Option<usize> {
        self.segments.get(&segment).copied()
    }

    pub(crate) fn threads(&self) -> impl Iterator<Item = (ThreadId, &ThreadFiles)> {
        self.threads.iter().map(|(id, files)| (*id, files))
    }

    pub(crate) fn thread(&self, id: ThreadId) -> Option<&ThreadFiles> {
        self.threads.get(&id)
    }

    /// The segment where a thread's history ends: not continued by another of its own, and of
    /// several such the newest. In a circle all are continued: then the newest of all.
    pub(crate) fn head(&self, files: &ThreadFiles) -> Option<usize> {
        let continued: HashSet<ThreadId> = files
            .segments
            .iter()
            .filter_map(|&index| self.files[index].header.base?.segment)
            .collect();
        files.segments.iter().copied().min_by_key(|&index| {
            let header = &self.files[index].header;
            let newest = Reverse((header.created_at, header.segment));
            (continued.contains(&header.segment), newest)
        })
    }
}
