//! Learning what other processes of ours did, from the journal.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use thread_store::{Error, Result, ThreadId, Timestamp};

use super::catalog::Catalog;
use super::file::unavailable;
use super::journal::{Entry, Journal, Move, News, Place, Snapshot};
use super::load::{self, Entries};
use super::open_home::OpenHome;
use crate::walk;

impl OpenHome {
    /// Learns news of the journal. The caller holds the journal.
    pub(crate) fn learn(&self, news: News) -> Result<()> {
        if news.entries.is_empty() && !news.anew {
            return Ok(());
        }
        if news.anew {
            return self.learn_anew(load::by_thread(news.entries));
        }
        let mut catalog = self.write();
        for (entry, place) in &news.entries {
            self.learn_entry(&mut catalog, entry, *place)?;
        }
        Ok(())
    }

    /// Another journal was put in the place of the one that is known. It does not say what was done
    /// meanwhile, so all is looked at again.
    fn learn_anew(&self, entries: Entries) -> Result<()> {
        let seen = self.compare(&walk::find(self.layout.home())?.files);
        let new = self.load_new(&seen, Some(entries.clone()))?;
        let mut catalog = self.write();
        if let Some(new) = new {
            self.take_in(&mut catalog, &seen, new);
        }
        for thread in catalog.thread_ids() {
            let is_journaled = catalog.any(thread).is_ok_and(|it| it.fold.is_journaled());
            if is_journaled || entries.contains_key(&thread) {
                self.reload(&mut catalog, thread, &entries);
            }
        }
        Ok(())
    }

    fn learn_entry(&self, catalog: &mut Catalog, entry: &Entry, place: Place) -> Result<()> {
        match entry {
            Entry::Thread(snapshot) if catalog.has(snapshot.thread.thread_id) => {
                let entries = self.entries()?;
                self.reload(catalog, snapshot.thread.thread_id, &entries);
                Ok(())
            }
            Entry::Thread(snapshot) => {
                let entries = load::by_thread(vec![(entry.clone(), place)]);
                self.learn_file(catalog, snapshot, &entries)
            }
            Entry::Adopt { thread_id, .. } => {
                self.learn_said(catalog, *thread_id, entry, place);
                Ok(())
            }
            Entry::Edit(edited) => {
                self.learn_said(catalog, edited.thread_id, entry, place);
                Ok(())
            }
            Entry::Move { moves, .. } => {
                self.learn_moves(catalog, moves);
                for moved in moves {
                    self.learn_said(catalog, moved.thread_id, entry, place);
                }
                Ok(())
            }
            Entry::Delete { thread_ids, files } => {
                self.learn_deletion(catalog, thread_ids, files);
                Ok(())
            }
            Entry::Journal { .. } | Entry::Done | Entry::Unknown => Ok(()),
        }
    }

    /// What was said of a thread comes after what stands in its history now.
    pub(crate) fn learn_said(
        &self,
        catalog: &mut Catalog,
        thread: ThreadId,
        entry: &Entry,
        place: Place,
    ) {
        if let Err(error) = self.observe_new(catalog, thread) {
            return self.forget(catalog, thread, &error);
        }
        let known = catalog.change(thread, |known| {
            known.fold.learn(&[(entry.clone(), place)]);
            known.fold.finish(known.log.end().get());
        });
        if known.is_none() {
            // Its rollout is somewhere, or comes to be.
            self.look_soon();
        }
    }

    /// A thread whose files cannot be read now is forgotten, with its files: whoever looks next begins
    /// with it anew.
    pub(crate) fn forget(&self, catalog: &mut Catalog, thread: ThreadId, error: &Error) {
        tracing::warn!(%thread, %error, "a thread cannot be read now");
        if let Some(entry) = catalog.take(thread) {
            for file in entry.files.own(thread) {
                catalog.files.remove(&file.path());
            }
        }
        self.look_soon();
    }

    /// Reads the rollout of a thread that another process made.
    fn learn_file(
        &self,
        catalog: &mut Catalog,
        snapshot: &Snapshot,
        entries: &Entries,
    ) -> Result<()> {
        let path = snapshot.file.as_ref().map(|path| self.layout.absolute(path));
        let loaded =
            path.filter(|path| path.exists()).map(|path| (load::load(&path, entries), path));
        match loaded {
            Some((Ok(loaded), path)) => self.add_loaded(catalog, path, loaded, entries),
            // Looking at the files finds it, or says why not.
            Some((Err(_), _)) | None => {
                self.look_soon();
                Ok(())
            }
        }
    }

    /// Adds a thread that is one file.
    pub(crate) fn add_loaded(
        &self,
        catalog: &mut Catalog,
        path: PathBuf,
        loaded: load::Loaded,
        entries: &Entries,
    ) -> Result<()> {
        catalog.files.insert(path, Arc::clone(&loaded.file));
        if loaded.file.header.base.is_some() || catalog.has(loaded.file.header.thread) {
            self.rearrange(catalog, Vec::new(), entries);
            return Ok(());
        }
        let thread = loaded.file.header.thread;
        let files = super::arrange::Arrangement::of_one(loaded.file);
        let made = load::thread(thread, files, loaded.fold, entries, &catalog.outside)?;
        if let Some(entry) = made {
            catalog.put(entry);
        }
        Ok(())
    }

    /// Files of threads are elsewhere now.
    pub(crate) fn learn_moves(&self, catalog: &mut Catalog, moves: &[Move]) {
        for (from, to) in moves.iter().flat_map(|moved| &moved.files) {
            let (from, to) = (self.layout.absolute(from), self.layout.absolute(to));
            if !to.exists() {
                continue;
            }
            if let Some(file) = catalog.files.remove(&from) {
                let mut state = file.lock();
                state.path.clone_from(&to);
                state.is_unsaved = true;
                drop(state);
                catalog.files.insert(to, file);
                self.keeper.is_gone(&from);
            }
        }
        for moved in moves {
            // Where its file is says whether it is archived.
            catalog.change(moved.thread_id, |_| ());
        }
    }

    /// Threads are gone, with their files.
    pub(crate) fn learn_deletion(
        &self,
        catalog: &mut Catalog,
        threads: &[ThreadId],
        files: &[PathBuf],
    ) {
        for path in files.iter().map(|path| self.layout.absolute(path)) {
            if path.exists() {
                continue;
            }
            if let Some(file) = catalog.files.remove(&path) {
                file.lock().is_deleted = true;
            }
            self.keeper.is_gone(&path);
        }
        if let Some(shared_log) = &self.shared_log {
            shared_log.wipe(threads);
        }
        let gone: HashSet<PathBuf> = files.iter().map(|path| self.layout.absolute(path)).collect();
        for thread in threads {
            let is_gone = catalog.any(*thread).is_ok_and(|entry| {
                let own = entry.files.own(*thread);
                own.iter().all(|file| gone.contains(&file.path()) && file.lock().is_deleted)
            });
            if is_gone {
                catalog.take(*thread);
                catalog.outside.named(*thread, None, Timestamp::MIN);
            }
        }
    }

    /// Makes a thread anew from all that its files and the journal say.
    pub(crate) fn reload(&self, catalog: &mut Catalog, thread: ThreadId, entries: &Entries) {
        let Ok(files) = catalog.any(thread).map(|entry| entry.files.clone()) else { return };
        match load::thread(thread, files, None, entries, &catalog.outside) {
            Ok(Some(entry)) => catalog.put(entry),
            Ok(None) => {}
            Err(error) => self.forget(catalog, thread, &error.into()),
        }
    }

    /// All that the journal says, by thread.
    pub(crate) fn entries(&self) -> Result<Entries> {
        let all = Journal::read_all(&self.layout.journal());
        Ok(load::by_thread(all.map_err(unavailable)?))
    }
}
