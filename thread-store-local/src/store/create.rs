//! Creating threads.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use thread_store::{
    Conflict, CreateThread, CreatedThread, Epoch, Error, Holder, Outcome, Result, RolloutItem,
    StoredThread, ThreadId, Timestamp, WriterLease,
};

use super::epoch;
use super::file::unavailable;
use super::header_line;
use super::journal::{Entry, Held, Overrides, Snapshot};
use super::layout::{make_folder, move_file, private};
use super::leases::Pin;
use super::line::{Lines, Numbering};
use super::load;
use super::open_home::{OpenHome, aside};
use super::told;
use crate::names;

impl OpenHome {
    /// Creates a thread in one step: its rollout is written beside, what is not in it into the
    /// journal, and it exists when the rollout has its name.
    pub(crate) async fn create(self: &Arc<Self>, params: CreateThread) -> Result<CreatedThread> {
        params.validate(&self.capabilities.limits)?;
        let thread = params.thread_id;
        let record = params.to_thread(self.clock.now());
        if let Some(made) = self.repeated(&params)? {
            return Ok(made);
        }
        let unfinished = self.layout.unfinished(thread);
        let written = self.write_beside(&unfinished, &record, &params.items).await;
        let created = written.and_then(|()| self.place(&unfinished, &record, params));
        if created.is_err() {
            take_away(&unfinished);
        }
        created
    }

    /// Writes the rollout; a large one beside the tasks of this thread. Of a caller who is dropped
    /// meanwhile a file is left that nobody looks at.
    async fn write_beside(
        self: &Arc<Self>,
        path: &Path,
        record: &StoredThread,
        items: &[RolloutItem],
    ) -> Result<()> {
        let size: usize = items.iter().map(RolloutItem::len).sum();
        if size <= SMALL {
            return self.write_rollout(path, record, items);
        }
        let (home, path) = (Arc::clone(self), path.to_owned());
        let (record, items) = (record.clone(), items.to_vec());
        aside(move || home.write_rollout(&path, &record, &items)).await
    }

    /// What is there already: the thread that the same request made, or a conflict.
    fn repeated(&self, params: &CreateThread) -> Result<Option<CreatedThread>> {
        let mut journal = self.lock_journal();
        self.catch_up_with(&mut journal)?;
        if !self.read().has(params.thread_id) {
            return Ok(None);
        }
        let mut held = self.hold(&mut journal)?;
        self.answer_again(&mut held, params).map(Some)
    }

    fn answer_again(&self, held: &mut Held<'_>, params: &CreateThread) -> Result<CreatedThread> {
        let thread = params.thread_id;
        let made_by = self.read().any(thread)?.fold.create_request.clone();
        if params.request_id.is_none() || made_by != params.request_id {
            return Err(Error::conflict(thread, Conflict::AlreadyExists));
        }
        let holder = params.lease.clone();
        let lease = holder.map(|holder| self.grant(held, thread, holder)).transpose()?;
        Ok(CreatedThread::new(self.read().any(thread)?.thread(), lease))
    }

    fn write_rollout(
        &self,
        path: &Path,
        record: &StoredThread,
        items: &[RolloutItem],
    ) -> Result<()> {
        self.faults.check().map_err(unavailable)?;
        let lines = rollout(record, items)?;
        let write = || -> io::Result<()> {
            if let Some(folder) = path.parent() {
                make_folder(folder)?;
            }
            let mut file = private().write(true).create_new(true).open(path)?;
            file.write_all(&lines.text)?;
            set_modified(&file, record.metadata.updated_at)
        };
        write().map_err(unavailable)
    }

    /// Gives the rollout its name.
    fn place(
        &self,
        unfinished: &Path,
        record: &StoredThread,
        params: CreateThread,
    ) -> Result<CreatedThread> {
        let thread = record.thread_id;
        let mut journal = self.lock_journal();
        let mut held = self.hold(&mut journal)?;
        if self.read().has(thread) {
            take_away(unfinished);
            return self.answer_again(&mut held, &params);
        }
        let path = self.place_of(record);
        let named_at = record.metadata.name.as_ref().map(|_| self.clock.now());
        // What may fail comes before: the thread can be appended to before anybody knows of it.
        let pin = Pin::new(&self.leases, &self.layout, thread)?;
        let grants = params.lease.is_some() || pin.was_granted();
        let epoch = grants.then(|| self.next_epoch()).transpose()?;
        let entry = self.entry(record, &params, &path, named_at);
        held.append(std::slice::from_ref(&entry)).map_err(unavailable)?;
        move_file(unfinished, &path).map_err(unavailable)?;
        let known = self.know(&path, &entry, &held);
        known.map_err(|error| Error::unavailable(Outcome::Unknown).because(error))?;
        let lease = epoch.and_then(|epoch| grant(&pin, record, epoch, params.lease));
        let created = CreatedThread::new(self.read().any(thread)?.thread(), lease);
        drop(held);
        drop(journal);
        if let Some(at) = named_at {
            self.tell_name(thread, record.metadata.name.as_deref(), at);
        }
        Ok(created)
    }

    /// What the journal says of a new thread.
    fn entry(
        &self,
        record: &StoredThread,
        params: &CreateThread,
        path: &Path,
        named_at: Option<Timestamp>,
    ) -> Entry {
        Entry::Thread(Box::new(Snapshot {
            thread: record.clone(),
            at: record.next_ordinal.get(),
            file: Some(self.layout.relative(path).to_owned()),
            create_request: params.request_id.clone(),
            update_request: None,
            observer: None,
            overrides: Overrides { named_at, codex: told::at_creation(record, &params.items) },
        }))
    }

    pub(crate) fn next_epoch(&self) -> Result<Epoch> {
        let next = self.faults.check().and_then(|()| epoch::next(&self.layout, self.clock.now()));
        next.map_err(unavailable)
    }

    fn place_of(&self, record: &StoredThread) -> std::path::PathBuf {
        let active = self.layout.active(record.thread_id, record.identity.created_at);
        match (record.archived_at, active.file_name()) {
            (Some(_), Some(name)) => self.layout.archived(Path::new(name)),
            _ => active,
        }
    }

    /// Takes the new thread into the catalog.
    fn know(&self, path: &Path, entry: &Entry, held: &Held<'_>) -> Result<()> {
        let entries = load::by_thread(vec![(entry.clone(), held.place())]);
        let loaded = load::load(path, &entries)?;
        loaded.file.lock().is_new = true;
        let mut catalog = self.write();
        self.add_loaded(&mut catalog, path.to_owned(), loaded, &entries)
    }

    /// Tells Codex a name, or that there is none. The journal has it, so nothing is lost if Codex
    /// cannot be told.
    pub(crate) fn tell_name(&self, thread: ThreadId, name: Option<&str>, at: Timestamp) {
        let name = name.filter(|name| !name.trim().is_empty());
        let told = match name {
            Some(name) => names::add(&self.layout, thread, name, at),
            None => names::forget(&self.layout, &[thread].into()),
        };
        match told {
            Ok(()) => self.write().outside.named(thread, name, at),
            Err(error) => tracing::warn!(%thread, %error, "the name cannot be told to Codex"),
        }
    }
}

/// Rollouts up to this size are written in less time than it takes to hand them to somebody else.
const SMALL: usize = 1 << 20;

/// Grants the lease that was asked for. If none was, leases of a thread that had the id before are
/// void.
fn grant(
    pin: &Pin,
    record: &StoredThread,
    epoch: Epoch,
    holder: Option<Holder>,
) -> Option<WriterLease> {
    let Some(holder) = holder else {
        pin.fence(epoch);
        return None;
    };
    pin.seat().lock().grant(epoch, holder.clone());
    Some(WriterLease::new(record.thread_id, epoch, holder, record.next_ordinal))
}

fn take_away(unfinished: &Path) {
    let removed = fs::remove_file(unfinished);
    tracing::debug!(ok = removed.is_ok(), "an unfinished rollout is taken away");
}

/// The lines of a new rollout: a header, unless the first item is one, and the items.
fn rollout(record: &StoredThread, items: &[RolloutItem]) -> Result<Lines> {
    let own = items.first().filter(|item| header_line::is_header_of(item, record));
    let mode = match own {
        Some(header) => history_mode(header),
        None => record.metadata.history_mode.clone(),
    };
    let mut numbers = Numbering::of(mode.as_deref(), 0);
    let mut lines = Lines::default();
    if own.is_none() {
        let header = serde_json::to_vec(&header_line::header(record)).map_err(Error::internal)?;
        lines.push(&RolloutItem::from_bytes(header)?, numbers.take(), b"\n");
    }
    for item in items {
        lines.push(item, numbers.take(), b"\n");
    }
    Ok(lines)
}

fn history_mode(header: &RolloutItem) -> Option<String> {
    match header.record() {
        thread_store::Record::SessionMeta(meta) => meta.members().string("history_mode"),
        _ => None,
    }
}

/// Codex, which knows nothing of a new file, takes the date of the file for the last change.
fn set_modified(file: &File, at: Timestamp) -> io::Result<()> {
    let Ok(millis) = u64::try_from(at.as_millis()) else { return Ok(()) };
    file.set_modified(UNIX_EPOCH + Duration::from_millis(millis))
}
