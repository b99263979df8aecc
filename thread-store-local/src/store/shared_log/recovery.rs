//! What the logs of processes that are gone still have to say.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use thread_store::ThreadId;

use super::boot::Boot;
use super::extents::{Extent, Extents};
use super::log_file::{self, DeadLog};
use super::mend::mend;
use super::whereabouts::Whereabouts;
use crate::store::faults::Faults;
use crate::store::journal::{Entry, Journal, Place};
use crate::store::layout::{Layout, make_folder, move_file, private, sync_folder};
use crate::store::leases::LockFile;
use crate::store::load::{self, Entries};
use crate::store::quarantine;

/// Does what dead logs say, and removes them. The journal is held meanwhile, so one process does it
/// at a time. What cannot be done now stays in its log for the next who opens the home.
pub(crate) fn recover(layout: &Layout, faults: &Faults, boot: Boot) -> io::Result<()> {
    if log_file::all(layout).is_empty() {
        return Ok(());
    }
    let mut journal = Journal::new(layout.journal(), faults.clone());
    let (_held, news) = journal.hold()?;
    let mut owners: BTreeMap<ThreadId, Vec<DeadLog>> = BTreeMap::new();
    for path in log_file::all(layout) {
        if let Some(log) = DeadLog::open(&path)? {
            owners.entry(log.header.owner).or_default().push(log);
        }
    }
    let recovery = Recovery {
        layout,
        whereabouts: Whereabouts::new(layout, &news.entries),
        journaled: load::by_thread(news.entries.clone()),
        said: &news.entries,
    };
    for logs in owners.into_values() {
        recovery.recover(logs, boot)?;
    }
    Ok(())
}

/// The stretches of rollouts that the logs of a home have, whoever has them: for tests.
pub(crate) fn logged(layout: &Layout) -> Vec<(PathBuf, Range<u64>)> {
    let mut logged = Vec::new();
    for path in log_file::all(layout) {
        // It may be taken away at this moment.
        let records = log_file::records(&fs::read(path).unwrap_or_default());
        let records = records.into_iter().filter(|it| !it.path.as_os_str().is_empty());
        logged.extend(records.map(|record| {
            let end = record.offset + record.bytes.len() as u64;
            (layout.absolute(&record.path), record.offset..end)
        }));
    }
    logged
}

struct Recovery<'a> {
    layout: &'a Layout,
    whereabouts: Whereabouts<'a>,
    /// What the journal says of threads that were not deleted since.
    journaled: Entries,
    said: &'a [(Entry, Place)],
}

impl Recovery<'_> {
    /// Does what the logs of one owner say, the older first.
    fn recover(&self, mut logs: Vec<DeadLog>, boot: Boot) -> io::Result<()> {
        logs.sort_by_key(|log| log.header.generation);
        let mut rollouts: BTreeMap<(ThreadId, PathBuf), Extents> = BTreeMap::new();
        for log in &logs {
            let text = log.read()?;
            for record in log_file::records(&text) {
                if record.path.as_os_str().is_empty() {
                    rollouts.retain(|(thread, _), _| *thread != record.thread);
                    continue;
                }
                let extents = rollouts.entry((record.thread, record.path)).or_default();
                extents.add(record.offset, &text[record.bytes]);
            }
        }
        // The memory of the machine has been there all the time: rollouts are whole.
        let is_whole = logs.iter().all(|log| log.header.boot.is_same(boot));
        tracing::debug!(rollouts = rollouts.len(), is_whole, "a log was left");
        let mut is_done = true;
        for ((thread, path), extents) in &rollouts {
            let done = match is_whole {
                true => self.whereabouts.sync(path),
                false => self.restore(*thread, path, extents),
            };
            if let Err(error) = done {
                tracing::warn!(%thread, %error, "a rollout cannot be completed from the log");
                is_done = false;
            }
        }
        if is_done {
            logs.into_iter().try_for_each(DeadLog::remove)?;
            sync_folder(&self.layout.logs())?;
        }
        Ok(())
    }

    /// Completes a rollout after a loss of power.
    fn restore(&self, thread: ThreadId, path: &Path, extents: &Extents) -> io::Result<()> {
        // Who has the thread already may be writing: it has to wait.
        let _lock = LockFile::acquire(self.layout, thread).map_err(io::Error::other)?;
        if let Some(there) = self.whereabouts.of(path) {
            // Of a thread that was made again there may be records of the one before.
            let is_first = !self.was_deleted(thread);
            let unplaced = mend(&there, extents, is_first)?;
            self.set_aside(thread, &there, unplaced)?;
            return there.parent().map_or(Ok(()), sync_folder);
        }
        if let Some(compressed) = self.whereabouts.compressed(path) {
            return self.set_aside(thread, &compressed, extents.iter().collect());
        }
        if !self.is_missed(thread, path) {
            return Ok(());
        }
        if extents.are_from_the_start() {
            return self.make_anew(thread, path, extents);
        }
        self.set_aside(thread, path, extents.iter().collect())
    }

    fn was_deleted(&self, thread: ThreadId) -> bool {
        self.said.iter().any(|(entry, _)| {
            matches!(entry, Entry::Delete { thread_ids, .. } if thread_ids.contains(&thread))
        })
    }

    /// Whether a rollout that is gone should be there: the journal knows the thread, which it does not
    /// when that was deleted, and does not say that its rollout is another.
    fn is_missed(&self, thread: ThreadId, path: &Path) -> bool {
        let Some(said) = self.journaled.get(&thread) else { return self.said.is_empty() };
        let placed = said.iter().rev().find_map(|(entry, _): &(Entry, Place)| match entry {
            Entry::Thread(snapshot) => snapshot.file.as_deref(),
            _ => None,
        });
        placed.is_none_or(|placed| placed.file_name() == path.file_name())
    }

    /// Makes a rollout of which the log has everything.
    fn make_anew(&self, thread: ThreadId, path: &Path, extents: &Extents) -> io::Result<()> {
        let (unfinished, place) = (self.layout.unfinished(thread), self.layout.absolute(path));
        if let Some(folder) = unfinished.parent() {
            make_folder(folder)?;
        }
        private().write(true).create_new(true).open(&unfinished)?;
        let unplaced = mend(&unfinished, extents, true)?;
        move_file(&unfinished, &place)?;
        self.set_aside(thread, &place, unplaced)?;
        let folders = place.ancestors().skip(1);
        let mut below = folders.take_while(|folder| folder.starts_with(self.layout.home()));
        below.try_for_each(sync_folder)
    }

    /// Keeps bytes that have no place in their rollout.
    fn set_aside(&self, thread: ThreadId, path: &Path, bytes: Vec<&Extent>) -> io::Result<()> {
        for extent in bytes {
            let (offset, len) = (extent.start, extent.bytes.len());
            tracing::warn!(%thread, offset, len, "what the log has of a rollout is set aside");
            quarantine::keep(self.layout, path, extent.start, &extent.bytes)?;
        }
        Ok(())
    }
}
