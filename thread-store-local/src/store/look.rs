//! Looking at the files: what other programs did to them.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use thread_store::{Result, ThreadId};

use super::arrange::{Arrangement, arrange};
use super::catalog::Catalog;
use super::file::{Freshness, RolloutFile};
use super::fold::Fold;
use super::load::{self, Entries};
use super::open_home::OpenHome;
use crate::codex_state::CodexFacts;
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

impl OpenHome {
    /// Whether it is time to look at the files again (A9).
    pub(crate) fn should_look(&self) -> bool {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner).elapsed() >= self.look
    }

    /// Looks at every file, and at what Codex says outside of them.
    pub(crate) fn look(&self, codex: Option<HashMap<ThreadId, CodexFacts>>) -> Result<()> {
        let mut journal = self.lock_journal();
        loop {
            self.catch_up_with(&mut journal)?;
            let found = walk::find(self.layout.home())?;
            // Somebody may be moving files at this moment: then it is looked at once more.
            if journal.has_news() {
                continue;
            }
            let seen = self.compare(&found.files);
            let mut catalog = self.write();
            for file in &seen.grown {
                self.observe_file(&mut catalog, file)?;
            }
            if !seen.new.is_empty() || !seen.gone.is_empty() {
                let entries = self.entries(&journal)?;
                self.take_in(&mut catalog, &seen, &entries)?;
            }
            self.look_outside(&mut catalog, codex);
            break;
        }
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.keeper.wake();
        Ok(())
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

    /// What is known of each of these paths, and the paths that are known and not among them.
    fn known(&self, found: &[PathBuf]) -> (Vec<Option<Arc<RolloutFile>>>, Vec<PathBuf>) {
        let catalog = self.read();
        let known: Vec<_> = found.iter().map(|path| catalog.files.get(path).cloned()).collect();
        // Nearly always all are there.
        if known.iter().flatten().count() == catalog.files.len() {
            return (known, Vec::new());
        }
        let there: HashSet<&PathBuf> = found.iter().collect();
        let gone = catalog.files.keys().filter(|path| !there.contains(path)).cloned();
        (known, gone.collect())
    }

    pub(crate) fn take_in(
        &self,
        catalog: &mut Catalog,
        seen: &Seen,
        entries: &Entries,
    ) -> Result<()> {
        for path in &seen.gone {
            catalog.files.remove(path);
            self.keeper.is_gone(path);
        }
        let mut folds = Vec::new();
        for path in &seen.new {
            catalog.files.remove(path);
            match load::load(path, entries) {
                Ok(loaded) => {
                    catalog.files.insert(path.clone(), Arc::clone(&loaded.file));
                    folds.extend(loaded.fold.map(|fold| (loaded.file, fold)));
                }
                Err(error) => self.keeper.is_unreadable(path, &error),
            }
        }
        self.rearrange(catalog, folds, entries)
    }

    /// Finds out anew which files are which thread, and makes the threads anew whose files are others
    /// than before.
    pub(crate) fn rearrange(
        &self,
        catalog: &mut Catalog,
        folds: Vec<(Arc<RolloutFile>, Fold)>,
        entries: &Entries,
    ) -> Result<()> {
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
            self.arrange_thread(catalog, thread, files, fold, entries)?;
        }
        Ok(())
    }

    fn arrange_thread(
        &self,
        catalog: &mut Catalog,
        thread: ThreadId,
        files: Arrangement,
        fold: Option<Fold>,
        entries: &Entries,
    ) -> Result<()> {
        match load::thread(thread, files, fold, entries, &catalog.outside) {
            Ok(Some(entry)) => catalog.put(entry),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%thread, reason = %error.reason(), "a thread cannot be read");
                catalog.take(thread);
            }
        }
        Ok(())
    }

    /// Takes notice of what other programs appended to a file, if a thread ends in it.
    fn observe_file(&self, catalog: &mut Catalog, file: &Arc<RolloutFile>) -> Result<()> {
        let thread = file.header.thread;
        if catalog.any(thread).is_ok_and(|entry| Arc::ptr_eq(entry.log.head(), file)) {
            return self.observe_new(catalog, thread);
        }
        file.lock().unobserved.clear();
        Ok(())
    }

    /// Takes notice of what other programs appended to a thread.
    pub(crate) fn observe_new(&self, catalog: &mut Catalog, thread: ThreadId) -> Result<()> {
        let Ok(entry) = catalog.any(thread) else { return Ok(()) };
        let (file, before) = (Arc::clone(entry.log.head()), entry.log.before());
        let mut state = file.lock();
        match state.refresh() {
            Ok(Freshness::Rewritten) | Err(ReadError::Missing { .. }) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let new = std::mem::take(&mut state.unobserved);
        let own = file.header.thread == thread;
        let end = before + state.map.records();
        drop(state);
        if new.is_empty() {
            return Ok(());
        }
        catalog.change(thread, |known| {
            for (record, item, marked) in &new {
                known.fold.observe(before + record, item, *marked && own);
            }
            known.fold.skip_to(end);
        });
        Ok(())
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
