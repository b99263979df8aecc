//! The record of a thread, from its history and from what the journal says: one after the other, in
//! the order in which both came about.
//!
//! What other programs wrote into the history is observed. What this store wrote is not: a store
//! never looks into what is appended to it (A6). The journal says what was edited, each entry with
//! the length of the history at that time.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use thread_store::{
    Identity, RolloutItem, StoredThread, ThreadId, ThreadMetadata, ThreadObserver, Timestamp,
};

use super::journal::{Edited, Entry, Overrides, Place, Snapshot};

/// What a thread has come to be so far.
#[derive(Clone, Debug)]
pub(crate) struct Fold {
    observer: ThreadObserver,
    /// Set by a snapshot; otherwise the history says it.
    identity: Option<Identity>,
    version: u64,
    /// Since the history had so many records the journal knows the thread: marked records from there
    /// on are ours.
    ours_from: Option<u64>,
    pub(crate) create_request: Option<String>,
    pub(crate) update_request: Option<String>,
    pub(crate) overrides: Overrides,
    /// Since when it is archived, as far as the journal knows.
    pub(crate) archived_at: Option<Timestamp>,
    /// Records that need not be looked at any more.
    position: u64,
    /// Entries that come later than this.
    entries: VecDeque<Entry>,
}

/// A fold as the index keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    snapshot: Snapshot,
    has_identity: bool,
    ours_from: Option<u64>,
    archived_at: Option<Timestamp>,
    journal: Place,
}

impl Fold {
    /// The fold of a thread of which the journal says this, all of it.
    pub(crate) fn new(thread: ThreadId, entries: &[(Entry, Place)]) -> Self {
        let mut fold = Self {
            observer: ThreadObserver::new(thread),
            identity: None,
            version: 1,
            ours_from: None,
            create_request: None,
            update_request: None,
            overrides: Overrides::default(),
            archived_at: None,
            position: 0,
            entries: VecDeque::new(),
        };
        fold.learn(entries);
        fold
    }

    /// The fold that was kept, with what the journal says since; `None` if the journal is another.
    pub(crate) fn go_on(kept: Kept, entries: &[(Entry, Place)], journal: Place) -> Option<Self> {
        let same = kept.journal.generation == journal.generation;
        // Of a thread that the journal did not know, all that another one says is new.
        if kept.ours_from.is_some() && (!same || kept.journal.offset > journal.offset) {
            return None;
        }
        let read = if same { kept.journal } else { Place::default() };
        let Kept { snapshot, has_identity, ours_from, archived_at, .. } = kept;
        let mut fold = Self::new(snapshot.thread.thread_id, &[]);
        let identity = snapshot.thread.identity.clone();
        fold.restore(snapshot);
        fold.identity = has_identity.then_some(identity);
        (fold.ours_from, fold.archived_at) = (ours_from, archived_at);
        let new = entries.iter().skip_while(|(_, place)| place.offset <= read.offset);
        fold.learn(&new.cloned().collect::<Vec<_>>());
        Some(fold)
    }

    /// What is to be kept, when the history up to here was observed.
    pub(crate) fn keep(&self, journal: Place, fallback: Timestamp) -> Kept {
        Kept {
            snapshot: self.snapshot(fallback),
            has_identity: self.identity.is_some(),
            ours_from: self.ours_from,
            archived_at: self.archived_at,
            journal,
        }
    }

    /// All of it as one entry of the journal.
    pub(crate) fn snapshot(&self, fallback: Timestamp) -> Snapshot {
        Snapshot {
            thread: self.record(fallback),
            at: self.position,
            file: None,
            create_request: self.create_request.clone(),
            update_request: self.update_request.clone(),
            observer: Some(self.observer.state()),
            overrides: self.overrides.clone(),
        }
    }

    pub(crate) fn is_journaled(&self) -> bool {
        self.ours_from.is_some()
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The history has as many records, and what is new of them was written by this store.
    pub(crate) fn skip_to(&mut self, position: u64) {
        self.position = self.position.max(position);
    }

    /// Takes notice of what the journal says next.
    pub(crate) fn learn(&mut self, entries: &[(Entry, Place)]) {
        for (entry, _) in entries {
            if let Some(at) = entry.at() {
                self.ours_from.get_or_insert(at);
            }
            match entry {
                // It says all that was said before.
                Entry::Thread(snapshot) => {
                    self.entries.clear();
                    self.restore(Snapshot::clone(snapshot));
                }
                Entry::Move { archived_at, .. } => self.archived_at = *archived_at,
                entry => self.entries.push_back(entry.clone()),
            }
        }
    }

    /// Takes notice of the record at this position; `marked` if it may be ours.
    pub(crate) fn observe(&mut self, position: u64, item: &RolloutItem, marked: bool) {
        if position < self.position {
            return;
        }
        self.edit_up_to(position);
        let is_ours = marked && self.ours_from.is_some_and(|from| from <= position);
        if !is_ours {
            self.observer.observe(item);
        }
        self.position = position + 1;
    }

    /// The history ends here: whatever else the journal says comes after it.
    pub(crate) fn finish(&mut self, end: u64) {
        self.edit_up_to(u64::MAX);
        self.skip_to(end);
    }

    /// What reverted parts of the history said, if what is left says nothing: a thread that was
    /// reverted to nothing is still known by its first message.
    pub(crate) fn recall(&mut self, earlier: &ThreadMetadata) {
        if self.observer.metadata().preview.is_some() || earlier.preview.is_none() {
            return;
        }
        let mut patch = thread_store::ThreadMetadataPatch::default();
        patch.preview = thread_store::Edit::Set(earlier.preview.clone());
        patch.title = thread_store::Edit::Set(earlier.title.clone());
        patch.first_user_message = thread_store::Edit::Set(earlier.first_user_message.clone());
        self.observer.edit(patch);
    }

    pub(crate) fn metadata(&self) -> &ThreadMetadata {
        self.observer.metadata()
    }

    /// The record so far; the time is for a thread that does not say when it was created.
    pub(crate) fn record(&self, fallback: Timestamp) -> StoredThread {
        let identity = match &self.identity {
            Some(identity) => identity.clone(),
            None => self.observer.identity().or_created_at(fallback),
        };
        let mut metadata = self.observer.metadata().clone();
        // A history without any time: nothing happened after it was made.
        if self.identity.is_none() {
            for time in [&mut metadata.updated_at, &mut metadata.recency_at] {
                *time = if *time == Timestamp::MIN { identity.created_at } else { *time };
            }
        }
        let thread = self.thread_id();
        let mut record = StoredThread::new(thread, identity, metadata);
        record.metadata_version = self.version;
        record
    }

    pub(crate) fn thread_id(&self) -> ThreadId {
        self.observer.thread_id()
    }

    fn edit_up_to(&mut self, position: u64) {
        while let Some(entry) = self.entries.front() {
            if entry.at().unwrap_or(0) > position {
                return;
            }
            if let Some(Entry::Edit(edited)) = self.entries.pop_front() {
                self.edit(&edited);
            }
        }
    }

    fn edit(&mut self, edited: &Edited) {
        if !edited.patch.name.is_keep() {
            self.overrides.named_at = Some(edited.time);
        }
        self.overrides.codex.extend(edited.codex.clone());
        self.observer.edit(edited.patch.clone());
        if edited.version != self.version {
            self.version = edited.version;
            self.update_request.clone_from(&edited.request_id);
        }
    }

    fn restore(&mut self, snapshot: Snapshot) {
        let Snapshot { thread, at, create_request, update_request, observer, overrides, .. } =
            snapshot;
        self.observer = match observer {
            Some(state) => ThreadObserver::going_on(&thread, state),
            None => ThreadObserver::resuming(&thread),
        };
        self.version = thread.metadata_version;
        self.archived_at = thread.archived_at;
        self.identity = Some(thread.identity);
        (self.create_request, self.update_request) = (create_request, update_request);
        self.overrides = overrides;
        self.position = at;
    }
}
