//! Homes: finding the threads, then reading them one by one.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::time::UNIX_EPOCH;

use thread_store::{DamageReport, Error, Result, ThreadId, Timestamp};

use crate::error::ReadError;
use crate::file_name::FileName;
use crate::lineage;
use crate::names;
use crate::plan::{Plan, PlannedFile, ThreadFiles};
use crate::rollout::{OtherFile, OtherFileReason, Rollout};
use crate::walk;

/// The threads of a Codex home, of a folder with rollouts, or of one file. Only headers are held;
/// [`read`](Self::read) reads one thread.
#[derive(Clone, Debug)]
pub struct Home {
    plan: Plan,
    threads: Vec<PlannedThread>,
    unreadable: Vec<UnreadableFile>,
}

/// A thread that was found and not read yet.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PlannedThread {
    /// Its id.
    pub thread_id: ThreadId,
    /// Whether it lies below `archived_sessions`.
    pub archived: bool,
    /// Its name in the index of names.
    pub name: Option<String>,
    /// The file its history ends with.
    pub path: PathBuf,
    /// The size of that file in bytes, as it is stored.
    pub size: u64,
    head: usize,
}

/// A file of which nothing can be read, or a folder that cannot be listed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct UnreadableFile {
    /// The file or folder.
    pub path: PathBuf,
    /// Why, for people. Carries no contents.
    pub reason: String,
}

/// Finds the threads at a path:
///
/// * of a Codex home (a folder with `sessions` or `archived_sessions`) all files below these two,
/// * of any other folder all files below it, in any nesting,
/// * of a file its thread, with the history in the files around it that it continues.
///
/// Links are followed, into each folder once. A folder without rollouts is a home without threads.
///
/// # Errors
///
/// *Invalid request* (field `path`) if there is nothing at the path, it cannot be read, or it is a
/// file and no rollout; *unavailable* if reading fails.
#[tracing::instrument]
pub fn read_home(path: &Path) -> Result<Home> {
    let meta = fs::metadata(path).map_err(|error| ReadError::io(path, error))?;
    // What lies above a path says what it is part of.
    let path = absolute(path).map_err(|error| ReadError::io(path, error))?;
    let home = if meta.is_dir() {
        Home::of_folder(&path)?
    } else if meta.is_file() {
        Home::of_file(&path)?
    } else {
        return Err(ReadError::Special { path }.into());
    };
    tracing::debug!(threads = home.threads.len(), unreadable = home.unreadable.len(), "planned");
    Ok(home)
}

/// Reads the thread of one file; see [`read_home`].
///
/// # Errors
///
/// As [`read_home`].
pub fn read_file(path: &Path) -> Result<Rollout> {
    let home = read_home(path)?;
    match home.threads() {
        [thread] => home.read(thread),
        _ => Err(Error::invalid("path", format!("{}: it is not one file", path.display()))),
    }
}

impl Home {
    /// The threads, by id.
    #[must_use]
    pub fn threads(&self) -> &[PlannedThread] {
        &self.threads
    }

    /// What could not be read at all.
    #[must_use]
    pub fn unreadable(&self) -> &[UnreadableFile] {
        &self.unreadable
    }

    /// Reads one of [`threads`](Self::threads), whole.
    ///
    /// # Errors
    ///
    /// *Not found* for a thread of another plan, *invalid request* (field `path`) if its file is
    /// gone or cannot be read any more, *unavailable* if reading fails; all about the thread.
    #[tracing::instrument(skip_all, fields(thread_id = %thread.thread_id))]
    pub fn read(&self, thread: &PlannedThread) -> Result<Rollout> {
        let head = self.plan.get(thread.head);
        if head.is_none_or(|file| file.path != thread.path) {
            return Err(Error::not_found(thread.thread_id));
        }
        let mut rollout = Rollout {
            thread_id: thread.thread_id,
            items: Vec::new(),
            header: None,
            archived: thread.archived,
            name: thread.name.clone(),
            created_at_fallback: None,
            modified_at: modified_at(&thread.path),
            files: Vec::new(),
            other_files: Vec::new(),
            damage: DamageReport::default(),
        };
        lineage::read(&self.plan, thread.head, &mut rollout)
            .map_err(|error| Error::from(error).about(thread.thread_id))?;
        rollout.created_at_fallback = self.time_in_names(thread);
        rollout.other_files = self.other_files(thread.thread_id, &rollout.files);
        tracing::debug!(items = rollout.items.len(), damaged = rollout.damage.count, "read");
        Ok(rollout)
    }

    fn of_folder(folder: &Path) -> Result<Self, ReadError> {
        let found = walk::find(folder)?;
        let mut unreadable = found.unreadable;
        let plan = Plan::of(found.files, &mut unreadable);
        let names = names_around(folder);
        let threads = plan
            .threads()
            .filter_map(|(id, files)| PlannedThread::new(&plan, id, plan.head(files)?, &names))
            .collect();
        Ok(Self { plan, threads, unreadable })
    }

    fn of_file(path: &Path) -> Result<Self, ReadError> {
        let file = PlannedFile::read(path.to_owned())?;
        let thread = file.header.thread;
        let mut paths = vec![path.to_owned()];
        // Only a file that continues others needs them looked for.
        if file.header.base.is_some() {
            let around = walk::home_of(path).or(path.parent());
            let found = around.and_then(|folder| walk::find(folder).ok());
            let others = found.into_iter().flat_map(|found| found.files);
            paths.extend(others.filter(|other| other != path));
        }
        let plan = Plan::of(paths, &mut Vec::new());
        let head = plan.index_of(path);
        let names = names_around(path);
        let threads = head.and_then(|head| PlannedThread::new(&plan, thread, head, &names));
        Ok(Self { threads: threads.into_iter().collect(), plan, unreadable: Vec::new() })
    }

    /// The time in the name of the thread's first file.
    fn time_in_names(&self, thread: &PlannedThread) -> Option<Timestamp> {
        let files = self.plan.thread(thread.thread_id)?;
        let times = files.segments.iter();
        times.filter_map(|&file| FileName::of(&self.plan.file(file).path).time).min()
    }

    fn other_files(&self, thread: ThreadId, read: &[PathBuf]) -> Vec<OtherFile> {
        let Some(ThreadFiles { segments, copies }) = self.plan.thread(thread) else {
            return Vec::new();
        };
        let reverted = segments.iter().map(|file| (file, OtherFileReason::Reverted));
        let copies = copies.iter().map(|file| (file, OtherFileReason::Copy));
        reverted
            .chain(copies)
            .map(|(file, reason)| OtherFile { path: self.plan.file(*file).path.clone(), reason })
            .filter(|file| !read.contains(&file.path))
            .collect()
    }
}

impl PlannedThread {
    fn new(
        plan: &Plan,
        thread_id: ThreadId,
        head: usize,
        names: &HashMap<ThreadId, String>,
    ) -> Option<Self> {
        let file = plan.file(head);
        Some(Self {
            thread_id,
            archived: file.archived,
            name: names.get(&thread_id).cloned(),
            size: fs::metadata(&file.path).map_or(0, |meta| meta.len()),
            path: file.path.clone(),
            head,
        })
    }
}

/// The names in the index at or beside a path, else of the home around it.
fn names_around(path: &Path) -> HashMap<ThreadId, String> {
    let beside = if path.is_dir() { Some(path) } else { path.parent() };
    beside
        .into_iter()
        .chain(walk::home_of(path))
        .find(|folder| folder.join(names::FILE).is_file())
        .map(names::read)
        .unwrap_or_default()
}

fn modified_at(path: &Path) -> Option<Timestamp> {
    let modified = fs::metadata(path).ok()?.modified().ok()?;
    let since = modified.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_millis(i64::try_from(since.as_millis()).ok()?))
}
