//! What is wrong beside the rollouts: names, the journal, leftovers and locks.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use thread_store::{ThreadId, Timestamp};

use super::finding::{Finding, PLACES, Place};
use super::survey::Survey;
use crate::file_name::FileName;
use crate::names;
use crate::store::faults::Faults;
use crate::store::journal::{Entry, Journal};
use crate::store::layout::Layout;
use crate::store::leases;
use crate::store::load::{self, Entries};

/// Whatever is as old as this is not being written any more.
const LEFT_AFTER: i64 = 60 * 60 * 1000;

/// What is said of threads beside their rollouts. It is read before the rollouts are: of whatever is
/// said, the file was there then.
pub(super) struct Said {
    named: Vec<ThreadId>,
    entries: Entries,
    unfinished: Option<Entry>,
    /// Damaged lines of the journal.
    damaged: Vec<u64>,
}

impl Said {
    pub(super) fn read(layout: &Layout) -> io::Result<Self> {
        let named = names::lines_about_threads(layout)?;
        // As somebody who waits for who writes at this moment.
        let mut journal = Journal::new(layout.journal(), Faults::default());
        let entries = load::by_thread(journal.read_on()?.entries);
        let text = read_at_rest(&layout.journal())?;
        let damaged = damaged_lines(&text).into_iter().map(|(offset, _)| offset).collect();
        let named = named.into_iter().map(|(_, thread)| thread).collect();
        Ok(Self { named, entries, unfinished: journal.unfinished().cloned(), damaged })
    }

    /// What is wrong with it.
    pub(super) fn findings(&self, survey: &Survey) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Some(intent) = &self.unfinished {
            found.push(Finding::UnfinishedChange { thread_ids: intent.threads() });
        }
        found.extend(self.names(survey));
        if !self.damaged.is_empty() {
            let place = |offset: &u64| Place::new(*offset, "it is no entry");
            let places = self.damaged.iter().take(PLACES).map(place).collect();
            found.push(Finding::DamagedJournal { count: self.damaged.len() as u64, places });
        }
        found.extend(self.orphans(survey));
        found
    }

    fn names(&self, survey: &Survey) -> Vec<Finding> {
        let mut orphans: BTreeMap<ThreadId, u64> = BTreeMap::new();
        for thread in self.named.iter().filter(|thread| survey.is_orphan(**thread)) {
            *orphans.entry(*thread).or_default() += 1;
        }
        let finding = |(thread_id, lines)| Finding::OrphanedName { thread_id, lines };
        orphans.into_iter().map(finding).collect()
    }

    fn orphans(&self, survey: &Survey) -> Vec<Finding> {
        let orphans = self.entries.iter().filter(|(thread, _)| survey.is_orphan(**thread));
        let mut orphans: Vec<_> = orphans.map(|(thread, said)| (*thread, said.len())).collect();
        orphans.sort_unstable();
        let finding =
            |(thread_id, said)| Finding::OrphanedEntries { thread_id, entries: said as u64 };
        orphans.into_iter().map(finding).collect()
    }
}

/// The journal while nobody writes to it, empty if there is none.
fn read_at_rest(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        file => {
            let mut file = file?;
            file.lock_shared()?;
            file.read_to_end(&mut text)?;
        }
    }
    Ok(text)
}

/// The contents of a file, empty if there is none.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        text => text,
    }
}

/// The lines of a journal that are no entries, by where they start.
pub(super) fn damaged_lines(text: &[u8]) -> Vec<(u64, &[u8])> {
    lines(text)
        .filter(|(_, line)| serde_json::from_slice::<Entry>(line.trim_ascii()).is_err())
        .collect()
}

/// The lines of a journal about threads for which this holds.
pub(super) fn lines_about(text: &[u8], of: impl Fn(ThreadId) -> bool) -> Vec<(u64, &[u8])> {
    let about = |line: &[u8]| {
        let entry = serde_json::from_slice::<Entry>(line.trim_ascii());
        entry.is_ok_and(|entry| entry.threads().into_iter().any(&of))
    };
    lines(text).filter(|(_, line)| about(line)).collect()
}

/// The lines that are not blank.
fn lines(text: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut at = 0;
    let lines = text.split_inclusive(|&byte| byte == b'\n').map(move |line| {
        at += line.len() as u64;
        (at - line.len() as u64, line)
    });
    lines.filter(|(_, line)| !line.trim_ascii().is_empty())
}

/// Files that were being written when their processes ended.
pub(super) fn leftovers(layout: &Layout, now: Timestamp) -> io::Result<Vec<Finding>> {
    let mut found = Vec::new();
    for path in files_in(&layout.all_unfinished())?.into_iter().chain(temporary(layout)?) {
        let Ok(meta) = fs::metadata(&path) else { continue };
        if is_left(&path, &meta, now) {
            let path = layout.relative(&path).to_owned();
            found.push(Finding::Leftover { path, bytes: meta.len() });
        }
    }
    Ok(found)
}

/// What a process that died while it wrote the journal anew left.
fn temporary(layout: &Layout) -> io::Result<impl Iterator<Item = PathBuf>> {
    let is_temporary = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".tmp"))
    };
    Ok(files_in(&layout.own())?.into_iter().filter(is_temporary))
}

/// The dates of files that are being written are those of their threads; their names tell when they
/// were begun.
pub(super) fn is_left(path: &Path, meta: &fs::Metadata, now: Timestamp) -> bool {
    let begun = FileName::of(path).thread.and_then(|unique| unique.created_at());
    let modified = || {
        let since = meta.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Timestamp::from_millis(i64::try_from(since.as_millis()).ok()?))
    };
    let is_old = |time: Timestamp| now.as_millis().saturating_sub(time.as_millis()) > LEFT_AFTER;
    let free = || fs::File::open(path).is_ok_and(|file| file.try_lock_shared().is_ok());
    begun.or_else(modified).is_some_and(is_old) && free()
}

fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Lock files that nobody holds.
pub(super) fn locks(layout: &Layout) -> io::Result<Vec<Finding>> {
    let mut found = Vec::new();
    for (path, thread_id) in leases::all_locks(layout)? {
        if !leases::is_held(layout, thread_id)? {
            found.push(Finding::StaleLock { path: layout.relative(&path).to_owned(), thread_id });
        }
    }
    Ok(found)
}
