//! All threads with what lists need, under one lock.

use std::collections::HashMap;
use std::sync::Arc;

use thread_store::{
    Conflict, Error, ListFilter, ListIndex, Result, Scan, StoredThread, ThreadId, Timestamp,
    UpdateThreadMetadata, edit_metadata,
};

use crate::log::Log;

#[derive(Debug, Default)]
pub(crate) struct Catalog {
    threads: HashMap<ThreadId, Entry>,
    index: ListIndex,
}

/// A thread, without its history.
#[derive(Debug)]
pub(crate) struct Entry {
    /// As it is, save for the next ordinal, which the log knows.
    record: StoredThread,
    pub(crate) log: Arc<Log>,
    create_request: Option<String>,
    update_request: Option<String>,
}

impl Entry {
    pub(crate) fn new(record: StoredThread, log: Log, create_request: Option<String>) -> Self {
        Self { record, log: Arc::new(log), create_request, update_request: None }
    }

    pub(crate) fn thread(&self) -> StoredThread {
        let mut thread = self.record.clone();
        thread.next_ordinal = self.log.end();
        thread
    }
}

impl Catalog {
    /// The entry of a thread, active or archived.
    pub(crate) fn any(&self, thread_id: ThreadId) -> Result<&Entry> {
        self.threads.get(&thread_id).ok_or_else(|| Error::not_found(thread_id))
    }

    /// The entry of a thread; an archived one only if they are included.
    pub(crate) fn get(&self, thread_id: ThreadId, include_archived: bool) -> Result<&Entry> {
        let entry = self.any(thread_id)?;
        if entry.record.is_archived() && !include_archived {
            return Err(Error::archived(thread_id));
        }
        Ok(entry)
    }

    /// Adds a thread. If there is one that the same request made, nothing is added.
    pub(crate) fn create(&mut self, entry: Entry) -> Result<&Entry> {
        let thread_id = entry.record.thread_id;
        if let Some(existing) = self.threads.get(&thread_id) {
            let repeated =
                entry.create_request.is_some() && existing.create_request == entry.create_request;
            if !repeated {
                return Err(Error::conflict(thread_id, Conflict::AlreadyExists));
            }
        } else {
            self.index.insert(&entry.record.list_row());
            self.threads.insert(thread_id, entry);
        }
        self.any(thread_id)
    }

    pub(crate) fn update(&mut self, params: &UpdateThreadMetadata) -> Result<StoredThread> {
        let thread_id = params.thread_id;
        self.get(thread_id, params.include_archived)?;
        self.edit(thread_id, |entry| {
            edit_metadata(&mut entry.record, &mut entry.update_request, params)?;
            Ok(entry.thread())
        })
    }

    /// Archives or unarchives; answers whether that changed anything.
    pub(crate) fn set_archived(
        &mut self,
        thread_id: ThreadId,
        at: Option<Timestamp>,
    ) -> Result<bool> {
        if self.any(thread_id)?.record.is_archived() == at.is_some() {
            return Ok(false);
        }
        self.edit(thread_id, |entry| {
            entry.record.archived_at = at;
            Ok(true)
        })
    }

    pub(crate) fn delete(&mut self, thread_id: ThreadId) -> Result<()> {
        let entry = self.threads.remove(&thread_id).ok_or_else(|| Error::not_found(thread_id))?;
        self.index.remove(&entry.record.list_row());
        entry.log.delete();
        Ok(())
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

    /// Changes an entry and keeps the index in step, also if the change fails.
    fn edit<T>(
        &mut self,
        thread_id: ThreadId,
        change: impl FnOnce(&mut Entry) -> Result<T>,
    ) -> Result<T> {
        let entry = self.threads.get_mut(&thread_id).ok_or_else(|| Error::not_found(thread_id))?;
        self.index.remove(&entry.record.list_row());
        let changed = change(entry);
        self.index.insert(&entry.record.list_row());
        changed
    }
}
