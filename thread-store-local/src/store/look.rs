//! Looking at the files: what other programs did to them.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use thread_store::{Result, ThreadId};

use super::arrange::{Arrangement, arrange};
use super::catalog::Catalog;
use super::file::{Freshness, RolloutFile};
use super::fold::Fold;
use super::journal::Journal;
use super::load::{self, Entries};
use super::open_home::OpenHome;
use crate::codex_state::{self, CodexFacts};
use crate::error::ReadError;
use crate::walk;

/// What has changed since the files were looked at.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Files that were not there, or are other files now.
    new: Vec<PathBuf>,
    gone: Vec<PathBuf>,
    grown: Vec<Arc<RolloutFile>>,
}

/// What was read of what is new, and what the journal says.
pub(crate) struct New {
    loaded: Vec<(PathBuf, std::result::Result<load::Loaded, ReadError>)>,
    entries: Entries,
}

/// So often at most it is looked, if what is there changes meanwhile.
const ROUNDS: usize = 3;

fn is_missing(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

impl Seen {
    /// A file that is to be read as if it were another one now.
    pub(crate) fn of_new(path: PathBuf) -> Self {
        Self { new: vec![path], ..Self::default() }
    }
}

impl OpenHome {
    /// Whether it is time to look at the files again (A9).
    pub(crate) fn should_look(&self) -> bool {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).elapsed() >= self.look
    }

    /// Looks at every file, and at what Codex says outside of them; unless somebody has begun to since
    /// this was asked for.
    pub(crate) fn look(
        &self,
        codex: Option<HashMap<ThreadId, CodexFacts>>,
        asked: Instant,
    ) -> Result<()> {
        let mut journal = self.lock_journal();
        if *self.looked.lock().unwrap_or_else(PoisonError::into_inner) > asked {
            return Ok(());
        }
        let began = Instant::now();
        let codex_seen = codex_state::state_stamp(self.layout.home());
        let seen = self.see(&mut journal)?;
        let new = self.load_new(&seen, None)?;
        let mut catalog = self.write();
        for file in &seen.grown {
            self.observe_file(&mut catalog, file);
        }
        if let Some(new) = new {
            self.take_in(&mut catalog, &seen, new);
        }
        self.look_outside(&mut catalog, codex);
        drop(catalog);
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = began;
        *self.codex_seen.lock().unwrap_or_else(PoisonError::into_inner) = codex_seen;
        self.keeper.wake();
        Ok(())
    }

    /// Whether Codex has done anything since the files were looked at.
    pub(crate) fn codex_was_busy(&self) -> bool {
        let seen = *self.codex_seen.lock().unwrap_or_else(PoisonError::into_inner);
        codex_state::state_stamp(self.layout.home()) != seen
    }

    /// What is there. Somebody may be moving files at this moment: then it is looked once more.
    fn see(&self, journal: &mut Journal) -> Result<Seen> {
        let mut seen = Seen::default();
        for round in 1..=ROUNDS {
            self.catch_up_with(journal)?;
            seen = self.compare(&walk::find(self.layout.home())?.files);
            let is_settled = !journal.has_news() && (seen.gone.is_empty() || round > 1);
            if is_settled {
                break;
            }
        }
        Ok(seen)
    }

    pub(crate) fn compare(&self, found: &[PathBuf]) -> Seen {
        let (known, gone) = self.known(found);
        let mut seen = Seen { gone, ..Seen::default() };
        for (path, file) in found.iter().zip(&known) {
            let Some(file) = file else {
                seen.new.extend((!self.keeper.knows_unreadable(path)).then(|| path.clone()));
                continue;
            };
            match file.lock().refresh() {
                Ok(Freshness::Same) => {}
                Ok(Freshness::Grown) => seen.grown.push(Arc::clone(file)),
                Ok(Freshness::Rewritten) => seen.new.push(path.clone()),
                Err(ReadError::Missing { .. }) => seen.gone.push(path.clone()),
                Err(error) => tracing::warn!(reason = %error.reason(), "a rollout cannot be read"),
            }
        }
        seen
    }

    /// What is known of each of these paths, and the paths that are known and not there any more. What
    /// stands in a folder that cannot be listed is not gone.
    fn known(&self, found: &[PathBuf]) -> (Vec<Option<Arc<RolloutFile>>>, Vec<PathBuf>) {
        let catalog = self.read();
        let known: Vec<_> = found.iter().map(|path| catalog.files.get(path).cloned()).collect();
        // Nearly always all are there.
        if known.iter().flatten().count() == catalog.files.len() {
            return (known, Vec::new());
        }
        let there: HashSet<&PathBuf> = found.iter().collect();
        let is_gone = |path: &&PathBuf| !there.contains(path) && is_missing(path);
        let gone = catalog.files.keys().filter(is_gone).cloned();
        (known, gone.collect())
    }

    /// Reads what is new; `None` if no file came or went. The journal is read if it was not yet.
    pub(crate) fn load_new(&self, seen: &Seen, entries: Option<Entries>) -> Result<Option<New>> {
        if seen.new.is_empty() && seen.gone.is_empty() {
            return Ok(None);
        }
        let entries = entries.map_or_else(|| self.entries(), Ok)?;
        let load = |path: &PathBuf| (path.clone(), load::load(path, &entries));
        let loaded = seen.new.iter().map(load).collect();
        Ok(Some(New { loaded, entries }))
    }

    pub(crate) fn take_in(&self, catalog: &mut Catalog, seen: &Seen, new: New) {
        for path in &seen.gone {
            catalog.files.remove(path);
            self.keeper.is_gone(path);
        }
        let mut folds = Vec::new();
        for (path, loaded) in new.loaded {
            catalog.files.remove(&path);
            match loaded {
                Ok(loaded) => {
                    catalog.files.insert(path, Arc::clone(&loaded.file));
                    folds.extend(loaded.fold.map(|fold| (loaded.file, fold)));
                }
                Err(error) => self.keeper.is_unreadable(&path, &error),
            }
        }
        self.rearrange(catalog, folds, &new.entries);
    }

    /// Finds out anew which files are which thread, and makes the threads anew whose files are others
    /// than before.
    pub(crate) fn rearrange(
        &self,
        catalog: &mut Catalog,
        folds: Vec<(Arc<RolloutFile>, Fold)>,
        entries: &Entries,
    ) {
        let files: Vec<_> = catalog.files.values().cloned().collect();
        let arrangements = arrange(&files);
        for thread in catalog.thread_ids() {
            if !arrangements.contains_key(&thread) {
                catalog.take(thread);
            }
        }
        let mut folds: HashMap<*const RolloutFile, Fold> =
            folds.into_iter().map(|(file, fold)| (Arc::as_ptr(&file), fold)).collect();
        for (thread, files) in arrangements {
            if catalog.any(thread).is_ok_and(|entry| entry.files.is_same(&files)) {
                continue;
            }
            let fold = files.head().and_then(|head| folds.remove(&Arc::as_ptr(head)));
            self.arrange_thread(catalog, thread, files, fold, entries);
        }
    }

    fn arrange_thread(
        &self,
        catalog: &mut Catalog,
        thread: ThreadId,
        files: Arrangement,
        fold: Option<Fold>,
        entries: &Entries,
    ) {
        match load::thread(thread, files, fold, entries, &catalog.outside) {
            Ok(Some(entry)) => catalog.put(entry),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%thread, reason = %error.reason(), "a thread cannot be read");
                catalog.take(thread);
            }
        }
    }

    /// Takes notice of what other programs appended to a file, if a thread ends in it.
    fn observe_file(&self, catalog: &mut Catalog, file: &Arc<RolloutFile>) {
        let thread = file.header.thread;
        if catalog.any(thread).is_ok_and(|entry| Arc::ptr_eq(entry.log.head(), file)) {
            self.observe_waiting(catalog, thread);
        } else {
            file.lock().unobserved.clear();
        }
    }

    /// Takes notice of what other programs appended to a thread.
    pub(crate) fn observe_new(&self, catalog: &mut Catalog, thread: ThreadId) -> Result<()> {
        let Ok(entry) = catalog.any(thread) else { return Ok(()) };
        let file = Arc::clone(entry.log.head());
        let mut state = file.lock();
        match state.refresh() {
            Ok(Freshness::Rewritten) | Err(ReadError::Missing { .. }) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        drop(state);
        self.observe_waiting(catalog, thread);
        Ok(())
    }

    /// Takes notice of what was read of a thread and waits to be looked at.
    pub(crate) fn observe_waiting(&self, catalog: &mut Catalog, thread: ThreadId) {
        let Ok(entry) = catalog.any(thread) else { return };
        let (file, before) = (Arc::clone(entry.log.head()), entry.log.before());
        let mut state = file.lock();
        let new = std::mem::take(&mut state.unobserved);
        let end = before + state.map.records();
        drop(state);
        if new.is_empty() {
            return;
        }
        let own = file.header.thread == thread;
        catalog.change(thread, |known| {
            for (record, item, marked) in &new {
                known.fold.observe(before + record, item, *marked && own);
            }
            known.fold.skip_to(end);
        });
    }

    fn look_outside(&self, catalog: &mut Catalog, codex: Option<HashMap<ThreadId, CodexFacts>>) {
        let mut changed = catalog.outside.refresh_names(self.layout.home());
        if let Some(codex) = codex {
            changed.extend(catalog.outside.set_codex(codex));
        }
        for thread in changed {
            catalog.change(thread, |_| ());
        }
    }
}
