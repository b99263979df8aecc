//! All threads of the home with what lists need, under one lock.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use thread_store::{
    Error, ListFilter, ListIndex, Result, Scan, StoredThread, ThreadId, ThreadObserver, Timestamp,
};

use super::arrange::Arrangement;
use super::file::RolloutFile;
use super::fold::Fold;
use super::log::Log;
use super::outside::Outside;
use crate::file_name::FileName;
use crate::walk;

#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// Every rollout of the home, by its absolute path.
    pub(crate) files: HashMap<PathBuf, Arc<RolloutFile>>,
    threads: HashMap<ThreadId, Entry>,
    index: ListIndex,
    /// What Codex says beside the rollouts.
    pub(crate) outside: Outside,
}

/// A thread, without its history.
#[derive(Debug)]
pub(crate) struct Entry {
    /// As it is, save for the next ordinal, which the log knows.
    record: StoredThread,
    pub(crate) fold: Fold,
    pub(crate) files: Arrangement,
    pub(crate) log: Arc<Log>,
}

impl Entry {
    pub(crate) fn new(files: Arrangement, log: Log, fold: Fold, outside: &Outside) -> Self {
        let fallback = created_at_fallback(&files, &fold);
        let record = fold.record(fallback);
        let mut entry = Self { record, fold, files, log: Arc::new(log) };
        entry.look(outside);
        entry
    }

    pub(crate) fn thread(&self) -> StoredThread {
        let mut thread = self.record.clone();
        thread.next_ordinal = self.log.end();
        thread
    }

    pub(crate) fn record(&self) -> &StoredThread {
        &self.record
    }

    /// The time for a thread that does not say when it was created.
    pub(crate) fn fallback(&self) -> Timestamp {
        created_at_fallback(&self.files, &self.fold)
    }

    /// Makes the record anew, from what is known now.
    fn look(&mut self, outside: &Outside) {
        let mut record = self.fold.record(self.fallback());
        let path = self.log.head().path();
        outside.complete(&mut record, &self.fold.overrides);
        record.archived_at = walk::is_archived(&path).then(|| {
            let codex = outside.codex(record.thread_id).and_then(|codex| codex.archived_at);
            self.fold.archived_at.or(codex).unwrap_or(record.metadata.updated_at)
        });
        record.location = Some(path.display().to_string());
        self.record = record;
    }
}

/// The time in the name of the thread's first file, else that in its id, else that of its records. Of a
/// thread that has none of these it is that of the last change of the file: nothing better exists.
fn created_at_fallback(files: &Arrangement, fold: &Fold) -> Timestamp {
    let thread = fold.thread_id();
    let own = files.own(thread);
    let in_names = own.iter().filter_map(|file| FileName::of(&file.path()).time).min();
    let of_file = || {
        let modified = files.head().map_or(0, |file| file.lock().stamp.modified);
        Timestamp::from_millis(modified / 1_000_000)
    };
    let of_records = || Some(fold.metadata().updated_at).filter(|at| *at != Timestamp::MIN);
    in_names.or_else(|| thread.created_at()).or_else(of_records).unwrap_or_else(of_file)
}

impl Catalog {
    /// The entry of a thread, active or archived.
    pub(crate) fn any(&self, thread: ThreadId) -> Result<&Entry> {
        self.threads.get(&thread).ok_or_else(|| Error::not_found(thread))
    }

    /// The entry of a thread; an archived one only if they are included.
    pub(crate) fn get(&self, thread: ThreadId, include_archived: bool) -> Result<&Entry> {
        let entry = self.any(thread)?;
        if entry.record.is_archived() && !include_archived {
            return Err(Error::archived(thread));
        }
        Ok(entry)
    }

    pub(crate) fn has(&self, thread: ThreadId) -> bool {
        self.threads.contains_key(&thread)
    }

    pub(crate) fn threads(&self) -> impl Iterator<Item = &Entry> {
        self.threads.values()
    }

    pub(crate) fn thread_ids(&self) -> Vec<ThreadId> {
        self.threads.keys().copied().collect()
    }

    /// Adds a thread, or puts it in the place of what is known of it.
    pub(crate) fn put(&mut self, entry: Entry) {
        let thread = entry.record.thread_id;
        self.take(thread);
        self.index.insert(&entry.record.list_row());
        self.threads.insert(thread, entry);
    }

    /// Takes a thread out.
    pub(crate) fn take(&mut self, thread: ThreadId) -> Option<Entry> {
        let entry = self.threads.remove(&thread)?;
        self.index.remove(&entry.record.list_row());
        Some(entry)
    }

    /// Changes what is known of a thread, and makes its record anew.
    pub(crate) fn change<T>(
        &mut self,
        thread: ThreadId,
        change: impl FnOnce(&mut Entry) -> T,
    ) -> Option<T> {
        let entry = self.threads.get_mut(&thread)?;
        self.index.remove(&entry.record.list_row());
        let changed = change(entry);
        entry.look(&self.outside);
        self.index.insert(&entry.record.list_row());
        Some(changed)
    }

    /// The thread, and all below it if asked: parents before children.
    pub(crate) fn subtree(&self, root: ThreadId, descendants: bool) -> Result<Vec<ThreadId>> {
        self.any(root)?;
        let mut threads = vec![root];
        if descendants {
            threads.extend(self.index.descendants(root));
        }
        Ok(threads)
    }

    /// The threads whose histories begin in files of this one.
    pub(crate) fn referring_to(&self, thread: ThreadId) -> Vec<ThreadId> {
        let refers = |entry: &&Entry| {
            let mut links = entry.files.links.iter();
            entry.record.thread_id != thread && links.any(|(file, _)| file.header.thread == thread)
        };
        let mut found: Vec<_> =
            self.threads.values().filter(refers).map(|entry| entry.record.thread_id).collect();
        found.sort_unstable();
        found
    }

    pub(crate) fn scan(&self, filter: &ListFilter, scan: &Scan) -> Vec<StoredThread> {
        let spawn_parent_of =
            |id| self.threads.get(&id).and_then(|entry| entry.record.spawn_parent());
        self.index
            .candidates(filter, scan)
            .filter_map(|place| self.threads.get(&place.thread_id))
            .filter(|entry| filter.matches(&entry.record, spawn_parent_of))
            .take(scan.limit)
            .map(Entry::thread)
            .collect()
    }
}

/// What branches of the history that were taken back say of the thread.
pub(crate) fn recall(files: &Arrangement, fold: &mut Fold) {
    if fold.metadata().preview.is_some() || files.reverted.is_empty() {
        return;
    }
    let mut earlier = ThreadObserver::new(fold.thread_id());
    for file in &files.reverted {
        // A file that cannot be read costs what it would have told.
        let _ = crate::segment::scan(&file.path(), &mut |line| earlier.observe(&line.item));
    }
    fold.recall(earlier.metadata());
}
