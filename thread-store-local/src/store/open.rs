//! Opening a home.

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use thread_store::{Error, Result};

use super::arrange::arrange;
use super::catalog::Catalog;
use super::faults::Faults;
use super::file::{Freshness, RolloutFile, unavailable};
use super::fold::{Fold, Kept};
use super::journal::{Journal, Place};
use super::keeping::Keeper;
use super::layout::{Layout, make_folder};
use super::load::{self, Entries, Facts, Loaded};
use super::open_home::{OpenHome, Parts, aside};
use super::options::{Flushing, LocalOptions};
use super::outside::Outside;
use super::progress::Counter;
use super::registry;
use super::shared_log::{self, Boot, SharedLog};
use crate::codex_state;
use crate::index::IndexFile;
use crate::stamp::Stamp;
use crate::walk;

/// Opens the home at a path, or answers the one that is open in this process already.
pub(crate) async fn open(path: &Path, options: LocalOptions) -> Result<Arc<OpenHome>> {
    let path = prepare(path)?;
    if !options.apart
        && let Some(home) = registry::find(&path)
    {
        return Ok(home);
    }
    let apart = options.apart;
    let home = open_anew(&path, options).await?;
    let home = if apart { home } else { registry::add(&path, home) };
    Ok(home)
}

/// The real path of the home, which is made if there is none.
fn prepare(path: &Path) -> Result<PathBuf> {
    let invalid = |error: std::io::Error| {
        Error::invalid("path", format!("{}: cannot be a home", path.display())).because(error)
    };
    make_folder(path).map_err(invalid)?;
    path.canonicalize().map_err(invalid)
}

async fn open_anew(path: &Path, options: LocalOptions) -> Result<Arc<OpenHome>> {
    let LocalOptions { clock, index, new_index, codex_state, look, progress, .. } = options;
    let LocalOptions { apart, faults, flushing, log_size, boot, .. } = options;
    let layout = Layout::new(path.to_owned());
    recover_logs(&layout, &faults, boot).await?;
    let index = index && (new_index || layout.index().exists());
    let keeper = Keeper::new(if index { open_index(&layout).await } else { None });
    let kept = keeper.load(&layout).await;
    let codex_stamp = codex_state::state_stamp(path).filter(|_| codex_state);
    let codex = match codex_stamp {
        Some(_) => codex_state::read_state(path).await.ok(),
        None => None,
    };
    let codex_stamp = codex_stamp.filter(|stamp| codex.is_some() && stamp.is_settled());
    let mut journal = Journal::new(layout.journal(), faults.clone());
    let home = path.to_owned();
    let read = aside(move || {
        let news = journal.read_on().map_err(unavailable)?;
        let entries = load::by_thread(news.entries);
        let mut outside = Outside::default();
        outside.refresh_names(&home);
        outside.set_codex(codex.unwrap_or_default());
        let reading = Reading { entries: &entries, place: journal.place(), kept, keeper: &keeper };
        let files = reading.read_all(walk::find(&home)?.files, progress.as_ref());
        let catalog = fill(files, &entries, outside);
        Ok((journal, keeper, catalog))
    });
    let (journal, keeper, catalog) = read.await?;
    let leases = if apart { Arc::default() } else { registry::leases(path) };
    let shared_log = (flushing == Flushing::SharedLog)
        .then(|| SharedLog::new(layout.clone(), faults.clone(), boot, log_size));
    let home = Arc::new(OpenHome::new(Parts {
        layout,
        clock,
        leases,
        faults,
        keeper,
        journal,
        catalog,
        look,
        codex_state,
        codex_stamp,
        shared_log,
    }));
    home.catch_up()?;
    home.keeper.start(&home);
    home.keeper.wake();
    tracing::debug!(threads = home.read().thread_ids().len(), "opened");
    Ok(home)
}

/// Completes rollouts from logs that were left, before anybody reads them. Where that cannot be done
/// (the home cannot be written), they are read as they are, and the logs stay.
async fn recover_logs(layout: &Layout, faults: &Faults, boot: Boot) -> Result<()> {
    let (layout, faults) = (layout.clone(), faults.clone());
    aside(move || {
        if let Err(error) = shared_log::recover(&layout, &faults, boot) {
            tracing::warn!(%error, "what a log says of rollouts cannot be done");
        }
        Ok(())
    })
    .await
}

/// A home that cannot be written, or an index that is newer than this program, costs the index only.
async fn open_index(layout: &Layout) -> Option<IndexFile> {
    if make_folder(&layout.own()).is_err() {
        return None;
    }
    match IndexFile::open(&layout.index()).await {
        Ok(index) => Some(index),
        Err(error) => {
            tracing::warn!(%error, "working without an index");
            None
        }
    }
}

/// What files are read with.
struct Reading<'a> {
    entries: &'a Entries,
    place: Place,
    kept: HashMap<PathBuf, (Stamp, Vec<u8>)>,
    keeper: &'a Keeper,
}

impl Reading<'_> {
    /// Reads all files, on all processors: only what the index does not know.
    fn read_all(&self, paths: Vec<PathBuf>, progress: Option<&super::Progress>) -> Vec<Loaded> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(8);
        let counter = Counter::new(progress, paths.len());
        let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(paths.len())));
        std::thread::scope(|scope| {
            for _ in 0..threads.min(paths.len()) {
                scope.spawn(|| {
                    let mut read = Vec::new();
                    while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                        read.extend(self.read_one(path));
                        counter.step();
                    }
                    all.lock().unwrap_or_else(PoisonError::into_inner).append(&mut read);
                });
            }
        });
        let mut gone = self.kept.keys().filter(|path| paths.binary_search(path).is_err());
        gone.by_ref().for_each(|path| self.keeper.is_gone(path));
        all.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_one(&self, path: &Path) -> Option<Loaded> {
        if let Some(loaded) = self.known_of(path) {
            return Some(loaded);
        }
        match load::load(path, self.entries) {
            Ok(loaded) => Some(loaded),
            Err(error) => {
                self.keeper.is_unreadable(path, &error);
                None
            }
        }
    }

    /// What the index knows of the file, with what was appended since.
    fn known_of(&self, path: &Path) -> Option<Loaded> {
        let (stamp, facts) = self.kept.get(path)?;
        let Facts { header, map, fold } = serde_json::from_slice(facts).ok()?;
        let thread = header.thread;
        let file = RolloutFile::new(header, path.to_owned(), *stamp, map);
        let mut state = file.lock();
        state.is_unsaved = false;
        if state.refresh().ok()? == Freshness::Rewritten {
            return None;
        }
        drop(state);
        let said = self.entries.get(&thread).map_or(&[][..], Vec::as_slice);
        let fold = fold.and_then(|kept: Kept| Fold::go_on(kept, said, self.place));
        Some(Loaded { file: Arc::new(file), fold, is_known: true })
    }
}

/// Makes threads of files.
fn fill(loaded: Vec<Loaded>, entries: &Entries, outside: Outside) -> Catalog {
    let mut catalog = Catalog::default();
    catalog.outside = outside;
    let mut folds = HashMap::new();
    let mut known = HashSet::new();
    for Loaded { file, fold, is_known } in loaded {
        folds.insert(Arc::as_ptr(&file), fold);
        known.extend(is_known.then_some(Arc::as_ptr(&file)));
        catalog.files.insert(file.path(), file);
    }
    let files: Vec<_> = catalog.files.values().cloned().collect();
    for (thread, files) in arrange(&files) {
        // A history is as it was known only if all of its files are.
        let as_known = files.links.len() == 1
            || files.links.iter().all(|(it, _)| known.contains(&Arc::as_ptr(it)));
        let head = files.head().filter(|_| as_known);
        let fold = head.and_then(|head| folds.remove(&Arc::as_ptr(head)).flatten());
        match load::thread(thread, files, fold, entries, &catalog.outside) {
            Ok(Some(entry)) => catalog.put(entry),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%thread, reason = %error.reason(), "a thread cannot be read");
            }
        }
    }
    catalog
}
