//! Importing rollouts.

use std::path::{Path, PathBuf};

use serde::Serialize;
use thread_store::{
    AppendItems, Clock as _, Conflict, CreateThread, DamageReport, Error, Holder, IfHeld, Ordinal,
    Result, ResumeThread, RolloutItem, StoredThread, SystemClock, ThreadId, ThreadMetadataPatch,
    ThreadObserver, ThreadStoreExt as _, UpdateThreadMetadata,
};
use thread_store_local::{Home, OtherFileReason, Rollout, UnreadableFile, read_file, read_home};
use thread_store_sqlite::this_process;

use super::{Done, Store};
use crate::failure::Failure;
use crate::output::{Output, Progress};

pub(super) async fn import(store: &Store, out: &mut Output, paths: &[PathBuf]) -> Done {
    let mut total = Totals::default();
    for path in paths {
        if let Err(error) = import_path(store, out, path, &mut total).await? {
            total.failed += 1;
            out.problem(&error, path)?;
        }
    }
    out.say(format_args!("{total}"))?;
    match total.failed {
        0 => Ok(()),
        failed => Err(Failure::Partly(format!("{failed} could not be imported"))),
    }
}

/// Imports what is at one path. The inner result is about the path as a whole.
async fn import_path(
    store: &Store,
    out: &mut Output,
    path: &Path,
    total: &mut Totals,
) -> Result<Result<()>, Failure> {
    let home = match read_home(path) {
        Ok(home) => home,
        Err(error) => return Ok(Err(error)),
    };
    for UnreadableFile { path, reason, .. } in home.unreadable() {
        total.unreadable += 1;
        let line = serde_json::json!({ "path": path.display().to_string(), "outcome": "unreadable", "reason": reason });
        out.notice(&line, format_args!("{}: {reason}", path.display()))?;
    }
    if home.threads().is_empty() && home.unreadable().is_empty() {
        return Ok(Err(Error::invalid("path", format!("{}: no rollouts there", path.display()))));
    }
    let progress = Progress::new(out, home.threads().len());
    for thread in home.threads() {
        progress.step();
        match import_thread(store, &home, thread).await {
            Ok(imported) => progress.suspend(|| imported.report(out, total))?,
            Err(error) => {
                total.failed += 1;
                let error = error.about(thread.thread_id);
                progress.suspend(|| out.problem(&error, &thread.path))?;
            }
        }
    }
    Ok(Ok(()))
}

/// Items that are appended at once.
const BATCH: usize = 1000;

/// What became of one thread.
#[derive(Debug, Serialize)]
struct Imported {
    thread_id: ThreadId,
    outcome: Outcome,
    /// Items in the rollout.
    items: usize,
    /// Items that were added to the store.
    added: usize,
    damage: DamageReport,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// It was not stored before.
    Imported,
    /// It was, and the rollout has gained items since.
    Extended,
    /// It was, and the store has all of it.
    Unchanged,
    /// A thread with this id has another history in the store; it was left alone.
    Differs,
}

impl Imported {
    fn report(&self, out: &mut Output, total: &mut Totals) -> std::io::Result<()> {
        total.add(self);
        let id = self.thread_id;
        if out.is_json() {
            return out.json(self);
        }
        for record in &self.damage.records {
            out.warn(format_args!(
                "{id}: damaged record at {}: {}",
                record.location, record.reason
            ))?;
        }
        let untold = self.damage.count - self.damage.records.len() as u64;
        if untold > 0 {
            out.warn(format_args!("{id}: and {untold} more damaged records"))?;
        }
        if self.outcome == Outcome::Differs {
            out.warn(format_args!(
                "{id}: the store has another history of this thread; left alone"
            ))?;
        }
        Ok(())
    }
}

async fn import_thread(
    store: &Store,
    home: &Home,
    planned: &thread_store_local::PlannedThread,
) -> Result<Imported> {
    let rollout = home.read(planned)?;
    let (thread_id, items, damage) =
        (rollout.thread_id, rollout.items.len(), rollout.damage.clone());
    let (outcome, added) = match create(store, &rollout).await {
        Ok(()) => (Outcome::Imported, items),
        Err(error) if error.as_conflict() == Some(&Conflict::AlreadyExists) => {
            extend(store, thread_id, &rollout.items).await?
        }
        Err(error) => return Err(error),
    };
    Ok(Imported { thread_id, outcome, items, added, damage })
}

async fn create(store: &Store, rollout: &Rollout) -> Result<()> {
    let mut observer = ThreadObserver::new(rollout.thread_id);
    rollout.header.iter().chain(&rollout.items).for_each(|item| observer.observe(item));
    let mut metadata = observer.take_patch();
    if metadata.preview.is_keep() {
        metadata = taken_back(rollout).merge(metadata);
    }
    if let Some(name) = &rollout.name {
        metadata = metadata.name(name.clone());
    }
    let fallback = rollout
        .created_at_fallback
        .or_else(|| rollout.thread_id.created_at())
        .or(rollout.modified_at)
        .unwrap_or_else(|| SystemClock.now());
    let identity = observer.identity().or_created_at(fallback);
    // Nothing in a home says when a thread was archived: not before its last record.
    let last = metadata.updated_at.value().copied().unwrap_or(identity.created_at);
    let create = CreateThread::new(rollout.thread_id)
        .with_identity(identity)
        .with_archived_at(rollout.archived.then_some(last))
        .with_metadata(metadata)
        .with_items(rollout.items.clone());
    store.create_thread(create).await.map(drop)
}

/// What a thread is recognised by, from parts of its history that a revert took back: a thread that
/// was reverted to nothing keeps it, as it does on the server.
fn taken_back(rollout: &Rollout) -> ThreadMetadataPatch {
    let mut observer = ThreadObserver::new(rollout.thread_id);
    let reverted =
        rollout.other_files.iter().filter(|file| file.reason == OtherFileReason::Reverted);
    // A file that cannot be read any more costs what it would have told.
    let earlier = reverted.filter_map(|file| read_file(&file.path).ok());
    for item in earlier.flat_map(|rollout| rollout.items) {
        observer.observe(&item);
    }
    let seen = observer.take_patch();
    let mut patch = ThreadMetadataPatch::default();
    (patch.preview, patch.title, patch.first_user_message) =
        (seen.preview, seen.title, seen.first_user_message);
    patch
}

/// Adds what the rollout has beyond the stored history, if that is its beginning.
async fn extend(store: &Store, id: ThreadId, items: &[RolloutItem]) -> Result<(Outcome, usize)> {
    let stored = store.history(id).await?;
    let same = stored.iter().zip(items).all(|(old, new)| old.item == *new);
    if !same {
        return Ok((Outcome::Differs, 0));
    }
    let new = items.get(stored.len()..).unwrap_or_default();
    if new.is_empty() {
        return Ok((Outcome::Unchanged, 0));
    }
    append(store, id, Ordinal::ZERO.plus(stored.len()), new).await?;
    Ok((Outcome::Extended, new.len()))
}

/// Appends, and before it edits the metadata by what the items tell: if this is ended half-way, the
/// next import finds the items missing and does both again.
async fn append(store: &Store, id: ThreadId, end: Ordinal, items: &[RolloutItem]) -> Result<()> {
    let limits = store.capabilities().limits;
    limits.check_item_sizes(items)?;
    let thread = store.thread(id).await?;
    let mut observer = ThreadObserver::resuming(&thread);
    items.iter().for_each(|item| observer.observe(item));
    let lease = lease(store, &thread).await?;
    let update = UpdateThreadMetadata::new(id, observer.take_patch()).with_include_archived(true);
    let mut done = store.update_thread_metadata(update).await.map(drop);
    let mut end = end;
    for batch in batches(items, limits.max_batch_bytes) {
        if done.is_ok() {
            let append = AppendItems::new(lease.clone(), batch.to_vec()).with_expected_ordinal(end);
            done = store.append_items(append).await.map(drop);
            end = end.plus(batch.len());
        }
    }
    done.and(store.shutdown_thread(lease).await)
}

/// Parts of at most so many bytes, and of at most `BATCH` items.
fn batches(items: &[RolloutItem], most_bytes: usize) -> impl Iterator<Item = &[RolloutItem]> {
    let mut rest = items;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = rest.iter().take(BATCH).take_while(|item| {
            bytes += item.len();
            bytes <= most_bytes
        });
        let count = fits.count().max(1).min(rest.len());
        let (batch, later) = rest.split_at(count);
        rest = later;
        (!batch.is_empty()).then_some(batch)
    })
}

/// A thread that somebody is writing to is not taken from them.
async fn lease(store: &Store, thread: &StoredThread) -> Result<thread_store::WriterLease> {
    let holder: Holder = this_process("thread-store import");
    let resume = ResumeThread::new(thread.thread_id, holder)
        .with_include_archived(true)
        .with_if_held(IfHeld::Refuse);
    store.resume_thread(resume).await.map(|resumed| resumed.lease)
}

#[derive(Debug, Default)]
struct Totals {
    imported: usize,
    extended: usize,
    unchanged: usize,
    differs: usize,
    items: usize,
    damaged: u64,
    unreadable: usize,
    failed: usize,
}

impl Totals {
    fn add(&mut self, thread: &Imported) {
        self.items += thread.added;
        self.damaged += thread.damage.count;
        match thread.outcome {
            Outcome::Imported => self.imported += 1,
            Outcome::Extended => self.extended += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Differs => self.differs += 1,
        }
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { imported, extended, unchanged, differs, items, damaged, unreadable, failed } =
            self;
        write!(f, "{imported} threads imported, {items} items")?;
        for (count, what) in [
            (extended, "extended"),
            (unchanged, "unchanged"),
            (differs, "left alone"),
            (unreadable, "unreadable files"),
            (failed, "failed"),
        ] {
            if *count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        if *damaged > 0 {
            write!(f, ", {damaged} damaged records")?;
        }
        Ok(())
    }
}
