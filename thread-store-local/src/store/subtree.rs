//! Archiving and deleting: several files at once, all of them or none.
//!
//! What is going to be done is written down and synced before the first file moves. Whoever finds
//! such an intent and nobody at it, finishes it before anything else.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thread_store::{
    ChangedThreads, Conflict, DeleteThread, Epoch, Error, Outcome, Result, SetArchived, ThreadId,
    Timestamp,
};

use super::compact;
use super::file::unavailable;
use super::journal::{Entry, Held, Move};
use super::layout::{kept_beside, move_file, sync_folder};
use super::leases::Pin;
use super::open_home::OpenHome;
use crate::file_name::FileName;
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
        let pins = self.pin_all(&threads)?;
        let epochs = if params.archived { self.epochs_for(&pins)? } else { Vec::new() };
        let archived_at = params.archived.then(|| self.clock.now());
        let mut taken = HashSet::new();
        let moves = threads.iter().map(|it| self.moves(*it, params.archived, &mut taken)).collect();
        self.carry_out(&mut held, &Entry::Move { moves, archived_at })?;
        self.void(&threads, &pins, &epochs);
        Ok(ChangedThreads::new(threads))
    }

    pub(crate) fn delete(&self, params: &DeleteThread) -> Result<ChangedThreads> {
        let mut journal = self.lock_journal();
        let mut held = self.hold(&mut journal)?;
        let threads = self.read().subtree(params.thread_id, params.descendants)?;
        let pins = self.pin_all(&threads)?;
        self.refuse_referenced(&threads)?;
        let epochs = self.epochs_for(&pins)?;
        let own = |thread: &ThreadId| self.own_files_and_kept(*thread);
        let files = threads.iter().flat_map(own).map(|path| self.layout.relative(&path).to_owned());
        let entry = Entry::Delete { thread_ids: threads.clone(), files: files.collect() };
        self.carry_out(&mut held, &entry)?;
        self.void(&threads, &pins, &epochs);
        // They are gone with or without it.
        if let Err(error) = held.blank(&threads) {
            tracing::warn!(%error, "the journal still says what deleted threads were");
        }
        compact::if_grown(self, held);
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

    /// Takes the locks of all these threads, or of none, until the pins are dropped.
    fn pin_all(&self, threads: &[ThreadId]) -> Result<Vec<Pin>> {
        let mut sorted: Vec<_> = threads.to_vec();
        sorted.sort_unstable();
        sorted.into_iter().map(|thread| Pin::new(&self.leases, &self.layout, thread)).collect()
    }

    /// An epoch for each thread that a lease was ever granted on here: drawn beforehand, since it may
    /// fail.
    fn epochs_for(&self, pins: &[Pin]) -> Result<Vec<Option<Epoch>>> {
        let draw = |pin: &Pin| pin.was_granted().then(|| self.next_epoch()).transpose();
        pins.iter().map(draw).collect()
    }

    /// Voids the leases of these threads.
    fn void(&self, threads: &[ThreadId], pins: &[Pin], epochs: &[Option<Epoch>]) {
        {
            let catalog = self.read();
            for entry in threads.iter().filter_map(|thread| catalog.any(*thread).ok()) {
                entry.log.head().lock().close_writer();
            }
        }
        for (pin, epoch) in pins.iter().zip(epochs) {
            if let Some(epoch) = epoch {
                pin.fence(*epoch);
            }
        }
    }

    /// The files of a thread, absolute: the one that its history ends in comes first.
    fn own_files(&self, thread: ThreadId) -> Vec<PathBuf> {
        let catalog = self.read();
        let Ok(entry) = catalog.any(thread) else { return Vec::new() };
        let head = entry.log.head().path();
        let own = entry.files.own(thread).into_iter().map(|file| file.path());
        let others = own.filter(|path| *path != head).collect::<Vec<_>>();
        std::iter::once(head).chain(others).collect()
    }

    /// The files of a thread, and what a repair kept beside them.
    fn own_files_and_kept(&self, thread: ThreadId) -> Vec<PathBuf> {
        let files = self.own_files(thread);
        let kept: Vec<_> = files.iter().map(|file| kept_beside(file)).collect();
        files.into_iter().chain(kept.into_iter().filter(|path| path.exists())).collect()
    }

    /// Where the files of a thread go, each to a place of its own: the first of a name keeps it, and
    /// what has that place already makes room.
    fn moves(&self, thread: ThreadId, archived: bool, taken: &mut HashSet<PathBuf>) -> Move {
        let created_at = {
            let catalog = self.read();
            catalog.any(thread).map(|it| it.record().identity.created_at).unwrap_or_default()
        };
        let own = self.own_files(thread);
        let mut files = Vec::new();
        let mut add = |from: &Path, to: &Path| {
            let relative = |path: &Path| self.layout.relative(path).to_owned();
            let (kept, kept_to) = (kept_beside(from), kept_beside(to));
            if kept.exists() {
                files.push((relative(&kept), relative(&kept_to)));
            }
            files.push((relative(from), relative(to)));
        };
        for from in &own {
            let Some(name) = from.file_name().map(Path::new) else { continue };
            let to = if archived {
                self.layout.archived(name)
            } else {
                self.layout.restored(name, created_at)
            };
            if to == *from {
                continue;
            }
            if taken.contains(&to) {
                add(from, &free(&to, taken));
                continue;
            }
            if to.symlink_metadata().is_ok() {
                add(&to, &free(&to, taken));
            }
            taken.insert(to.clone());
            add(from, &to);
        }
        Move { thread_id: thread, files }
    }

    /// Writes down what is going to be done, does it, and writes that it was done.
    fn carry_out(&self, held: &mut Held<'_>, entry: &Entry) -> Result<()> {
        let before: Vec<_> = {
            let catalog = self.read();
            let since = |thread| catalog.any(thread).ok().and_then(|it| it.fold.archived_at);
            entry.threads().into_iter().map(since).collect()
        };
        held.append(std::slice::from_ref(entry)).map_err(unavailable)?;
        let done = held.sync().map_err(unavailable).and_then(|()| self.finish(entry));
        if let Err(error) = done {
            return Err(self.undo(held, entry, &before, error));
        }
        let place = held.place();
        if let Entry::Move { moves, .. } = entry {
            let mut catalog = self.write();
            for moved in moves {
                self.learn_said(&mut catalog, moved.thread_id, entry, place);
            }
        }
        if let Err(error) = held.append(&[Entry::Done]) {
            // It is done. Whoever is next finds nothing left to do, and says so.
            tracing::warn!(%error, "the journal does not say that a change was carried out");
        }
        Ok(())
    }

    /// Takes back what can be. If that cannot be said either, whoever is next finishes it.
    fn undo(
        &self,
        held: &mut Held<'_>,
        entry: &Entry,
        before: &[Option<Timestamp>],
        error: Error,
    ) -> Error {
        let Entry::Move { moves, .. } = entry else { return unknown(error) };
        if self.take_back(moves).is_err() {
            return unknown(error);
        }
        let mut entries = Vec::new();
        for (moved, archived_at) in moves.iter().zip(before) {
            let moves = vec![Move { thread_id: moved.thread_id, files: Vec::new() }];
            entries.push(Entry::Move { moves, archived_at: *archived_at });
        }
        entries.push(Entry::Done);
        if held.append(&entries).is_ok() { error } else { unknown(error) }
    }

    /// Finishes what a process left half done when it died. A thread that somebody holds by now is
    /// left to them: what was moved of it is moved back, what was not deleted stays.
    pub(crate) fn recover(&self, intent: &Entry) -> Result<()> {
        let pinned: Vec<(ThreadId, Option<Pin>)> = intent
            .threads()
            .into_iter()
            .map(|thread| (thread, Pin::new(&self.leases, &self.layout, thread).ok()))
            .collect();
        if pinned.iter().all(|(_, pin)| pin.is_some()) {
            return self.finish(intent);
        }
        match intent {
            Entry::Move { moves, .. } => self.take_back(moves).map_err(unavailable),
            Entry::Delete { files, .. } => {
                let free = |path: &PathBuf| {
                    let of = FileName::of(path).thread;
                    pinned.iter().any(|(thread, pin)| pin.is_some() && Some(*thread) == of)
                };
                let files: Vec<_> = files.iter().filter(|path| free(path)).cloned().collect();
                let thread_ids = pinned.iter().filter(|(_, pin)| pin.is_some());
                let thread_ids = thread_ids.map(|(thread, _)| *thread).collect();
                self.finish(&Entry::Delete { thread_ids, files })
            }
            _ => Ok(()),
        }
    }

    /// Does what an intent says, as far as it was not done.
    fn finish(&self, intent: &Entry) -> Result<()> {
        match intent {
            Entry::Move { moves, .. } => {
                let files = moves.iter().flat_map(|moved| &moved.files);
                self.move_files(files).map_err(unavailable)?;
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
                // It was moved before, or somebody took it away since.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                moved => moved?,
            }
            folders.extend(from.parent().into_iter().chain(to.parent()).map(Path::to_owned));
        }
        folders.iter().filter(|folder| folder.is_dir()).try_for_each(|folder| sync_folder(folder))
    }

    /// Moves files back, the last first.
    fn take_back(&self, moves: &[Move]) -> io::Result<()> {
        for (from, to) in moves.iter().rev().flat_map(|moved| moved.files.iter().rev()) {
            let (from, to) = (self.layout.absolute(from), self.layout.absolute(to));
            if to.exists() && !from.exists() {
                move_file(&to, &from)?;
            }
        }
        let back = |moved: &Move| Move {
            thread_id: moved.thread_id,
            files: moved.files.iter().rev().map(|(from, to)| (to.clone(), from.clone())).collect(),
        };
        let back: Vec<_> = moves.iter().rev().map(back).collect();
        self.learn_moves(&mut self.write(), &back);
        Ok(())
    }
}

/// What was written down may be finished by whoever is next.
fn unknown(error: Error) -> Error {
    Error::unavailable(Outcome::Unknown).because(error)
}

/// A place beside this one where nothing is, for a copy: no name as Codex gives them, but with the id
/// of the thread at its end.
fn free(path: &Path, taken: &mut HashSet<PathBuf>) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut number = 1_u64;
    loop {
        let other = path.with_file_name(format!("copy-{number}-{name}"));
        if other.symlink_metadata().is_err() && taken.insert(other.clone()) {
            return other;
        }
        number += 1;
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
