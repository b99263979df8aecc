//! Archiving and deleting: several files at once, all of them or none.
//!
//! What is going to be done is written down and synced before the first file moves. Whoever finds
//! such an intent and nobody at it, finishes it before anything else.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thread_store::{ChangedThreads, Conflict, DeleteThread, Error, Result, SetArchived, ThreadId};

use super::compact;
use super::file::unavailable;
use super::journal::{Entry, Held, Move};
use super::layout::{kept_beside, move_file, sync_folder};
use super::leases::Seat;
use super::open_home::OpenHome;
use crate::names;

impl OpenHome {
    pub(crate) fn set_archived(&self, params: &SetArchived) -> Result<ChangedThreads> {
        let mut journal = self.lock_journal();
        let mut held = self.hold(&mut journal)?;
        let subtree = self.read().subtree(params.thread_id, params.descendants)?;
        let threads: Vec<_> = {
            let catalog = self.read();
            let differs = |thread: &ThreadId| {
                catalog.any(*thread).is_ok_and(|it| it.record().is_archived() != params.archived)
            };
            subtree.into_iter().filter(differs).collect()
        };
        if threads.is_empty() {
            return Ok(ChangedThreads::default());
        }
        let seats = self.take_all(&threads)?;
        let moves = threads.iter().map(|thread| self.moves(*thread, params.archived)).collect();
        let archived_at = params.archived.then(|| self.clock.now());
        let entry = Entry::Move { moves, archived_at };
        let done = self.carry_out(&mut held, &entry);
        self.leave_all(&threads, &seats, done.is_ok() && params.archived)?;
        done.map(|()| ChangedThreads::new(threads))
    }

    pub(crate) fn delete(&self, params: &DeleteThread) -> Result<ChangedThreads> {
        let mut journal = self.lock_journal();
        let mut held = self.hold(&mut journal)?;
        let threads = self.read().subtree(params.thread_id, params.descendants)?;
        self.refuse_referenced(&threads)?;
        let seats = self.take_all(&threads)?;
        let own = |thread: &ThreadId| self.own_files_and_kept(*thread);
        let files = threads.iter().flat_map(own).map(|path| self.layout.relative(&path).to_owned());
        let entry = Entry::Delete { thread_ids: threads.clone(), files: files.collect() };
        let done = self.carry_out(&mut held, &entry);
        self.leave_all(&threads, &seats, done.is_ok())?;
        done?;
        // The journal still has what was said of them.
        compact::now(self, held);
        Ok(ChangedThreads::new(threads))
    }

    /// A history that others begin in stays, unless they go with it (R7).
    fn refuse_referenced(&self, threads: &[ThreadId]) -> Result<()> {
        let catalog = self.read();
        for thread in threads {
            let mut by = catalog.referring_to(*thread);
            by.retain(|other| !threads.contains(other));
            if !by.is_empty() {
                return Err(Error::conflict(*thread, Conflict::Referenced { by }));
            }
        }
        Ok(())
    }

    /// Takes the locks of all these threads, or of none.
    fn take_all(&self, threads: &[ThreadId]) -> Result<Vec<Arc<Seat>>> {
        let mut sorted: Vec<_> = threads.to_vec();
        sorted.sort_unstable();
        let mut taken: Vec<Arc<Seat>> = Vec::new();
        for thread in sorted {
            let seat = self.leases.seat(thread);
            let locked = seat.lock().take_lock(&self.layout, thread);
            taken.push(seat);
            if let Err(error) = locked {
                taken.iter().for_each(|seat| seat.lock().leave());
                return Err(error);
            }
        }
        Ok(taken)
    }

    /// Gives the locks up again; `fenced` voids the leases too.
    fn leave_all(&self, threads: &[ThreadId], seats: &[Arc<Seat>], fenced: bool) -> Result<()> {
        if fenced {
            let catalog = self.read();
            for entry in threads.iter().filter_map(|thread| catalog.any(*thread).ok()) {
                entry.log.head().lock().close_writer();
            }
        }
        for seat in seats {
            let mut sitting = seat.lock();
            if fenced {
                self.fence(&mut sitting)?;
            }
            sitting.leave();
        }
        Ok(())
    }

    /// The files of a thread, absolute.
    fn own_files(&self, thread: ThreadId) -> Vec<PathBuf> {
        let catalog = self.read();
        let own = catalog.any(thread).map(|entry| entry.files.own(thread)).unwrap_or_default();
        own.iter().map(|file| file.path()).collect()
    }

    /// The files of a thread, and what a repair kept beside them.
    fn own_files_and_kept(&self, thread: ThreadId) -> Vec<PathBuf> {
        let files = self.own_files(thread);
        let kept: Vec<_> = files.iter().map(|file| kept_beside(file)).collect();
        files.into_iter().chain(kept.into_iter().filter(|path| path.exists())).collect()
    }

    /// Where the files of a thread go.
    fn moves(&self, thread: ThreadId, archived: bool) -> Move {
        let created_at = {
            let catalog = self.read();
            catalog.any(thread).map(|it| it.record().identity.created_at).unwrap_or_default()
        };
        let mut files = Vec::new();
        for from in self.own_files(thread) {
            let Some(name) = from.file_name().map(Path::new) else { continue };
            let to = if archived {
                self.layout.archived(name)
            } else {
                self.layout.restored(name, created_at)
            };
            if to != from {
                let relative = |path: &Path| self.layout.relative(path).to_owned();
                let to = free(&to);
                let (kept, kept_to) = (kept_beside(&from), kept_beside(&to));
                if kept.exists() {
                    files.push((relative(&kept), relative(&kept_to)));
                }
                files.push((relative(&from), relative(&to)));
            }
        }
        Move { thread_id: thread, files }
    }

    /// Writes down what is going to be done, does it, and writes that it was done.
    fn carry_out(&self, held: &mut Held<'_>, entry: &Entry) -> Result<()> {
        held.append(std::slice::from_ref(entry)).map_err(unavailable)?;
        let synced = held.sync();
        let done = synced.map_err(unavailable).and_then(|()| self.finish(entry));
        if let Err(error) = done {
            // What can be is taken back. If not all can, whoever is next finishes it.
            if self.take_back(entry).is_ok() {
                held.append(&[reversed(entry), Entry::Done]).map_err(unavailable)?;
            }
            return Err(error);
        }
        let place = held.place();
        if let Entry::Move { moves, .. } = entry {
            let mut catalog = self.write();
            for moved in moves {
                self.learn_said(&mut catalog, moved.thread_id, entry, place)?;
            }
        }
        held.append(&[Entry::Done]).map_err(unavailable)
    }

    /// Does what an intent says, as far as it was not done.
    pub(crate) fn finish(&self, intent: &Entry) -> Result<()> {
        match intent {
            Entry::Move { moves, .. } => {
                self.move_files(moves.iter().flat_map(|moved| &moved.files))
                    .map_err(unavailable)?;
                self.learn_moves(&mut self.write(), moves);
                Ok(())
            }
            Entry::Delete { thread_ids, files } => {
                self.faults.check().map_err(unavailable)?;
                for path in files.iter().map(|path| self.layout.absolute(path)) {
                    remove(&path).map_err(unavailable)?;
                }
                let gone: HashSet<ThreadId> = thread_ids.iter().copied().collect();
                if let Err(error) = names::forget(&self.layout, &gone) {
                    tracing::warn!(%error, "names of deleted threads stay in the index of names");
                }
                self.learn_deletion(&mut self.write(), thread_ids, files);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn move_files<'a>(
        &self,
        files: impl Iterator<Item = &'a (PathBuf, PathBuf)>,
    ) -> io::Result<()> {
        let mut folders = HashSet::new();
        for (from, to) in files {
            let (from, to) = (self.layout.absolute(from), self.layout.absolute(to));
            self.faults.check()?;
            match move_file(&from, &to) {
                // It was moved before.
                Err(error) if error.kind() == io::ErrorKind::NotFound && to.exists() => {}
                moved => moved?,
            }
            folders.extend(from.parent().into_iter().chain(to.parent()).map(Path::to_owned));
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// Moves files back. What was deleted stays so.
    fn take_back(&self, entry: &Entry) -> io::Result<()> {
        let Entry::Move { moves, .. } = entry else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        for (from, to) in moves.iter().rev().flat_map(|moved| moved.files.iter().rev()) {
            let (from, to) = (self.layout.absolute(from), self.layout.absolute(to));
            if to.exists() && !from.exists() {
                move_file(&to, &from)?;
            }
        }
        Ok(())
    }
}

/// A place like this one where nothing is.
fn free(path: &Path) -> PathBuf {
    if !path.exists() {
        return path.to_owned();
    }
    // A copy of the same file lies there: both are kept.
    let unique = ThreadId::generate();
    path.with_extension(format!("{unique}.jsonl"))
}

/// The entry that undoes what a move says of its threads.
fn reversed(entry: &Entry) -> Entry {
    match entry {
        Entry::Move { moves, .. } => {
            let back = |moved: &Move| Move {
                thread_id: moved.thread_id,
                files: moved.files.iter().map(|(from, to)| (to.clone(), from.clone())).collect(),
            };
            Entry::Move { moves: moves.iter().map(back).collect(), archived_at: None }
        }
        other => other.clone(),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
