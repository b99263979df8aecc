//! Keeping what is known in the index, behind the work.

use std::collections::HashMap;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;

use super::layout::Layout;
use super::load::Facts;
use super::open_home::{OpenHome, aside};
use crate::error::ReadError;
use crate::index::{IndexEntry, IndexFile};
use crate::stamp::Stamp;

/// Keeps what is known of files, if there is an index.
#[derive(Debug, Default)]
pub(crate) struct Keeper {
    /// Whether there is an index.
    keeps: bool,
    index: tokio::sync::Mutex<Option<IndexFile>>,
    /// Files that the index is to forget.
    gone: Mutex<Vec<PathBuf>>,
    /// Files that cannot be read, as they were when that was tried.
    unreadable: Mutex<HashMap<PathBuf, (Option<Stamp>, String)>>,
    wake: Arc<Notify>,
}

/// What comes soon after is kept together with it.
const PAUSE: Duration = Duration::from_millis(300);

impl Keeper {
    pub(crate) fn new(index: Option<IndexFile>) -> Self {
        let mut keeper = Self::default();
        keeper.keeps = index.is_some();
        keeper.index = tokio::sync::Mutex::new(index);
        keeper
    }

    /// Something is to be kept.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// A file is not there any more.
    pub(crate) fn is_gone(&self, path: &Path) {
        if self.keeps {
            self.gone.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
        }
    }

    /// A file cannot be read. It is not tried again until it changes.
    pub(crate) fn is_unreadable(&self, path: &Path, error: &ReadError) {
        if !matches!(error, ReadError::NoRollout { .. }) {
            // Another time it may be.
            return;
        }
        let stamp = std::fs::metadata(path).ok().map(|meta| Stamp::of(&meta));
        let mut unreadable = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        unreadable.insert(path.to_owned(), (stamp, error.reason()));
    }

    /// Whether a file was found to be unreadable as it is.
    pub(crate) fn knows_unreadable(&self, path: &Path) -> bool {
        let unreadable = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        unreadable.get(path).is_some_and(|(then, _)| {
            let now = std::fs::metadata(path).ok().map(|meta| Stamp::of(&meta));
            *then == now && now.is_none_or(|now| now.is_settled())
        })
    }

    /// What the index knows, by absolute path.
    pub(crate) async fn load(&self, layout: &Layout) -> HashMap<PathBuf, (Stamp, Vec<u8>)> {
        let index = self.index.lock().await;
        let Some(index) = index.as_ref() else { return HashMap::new() };
        match index.load().await {
            Ok(entries) => entries
                .into_iter()
                .map(|IndexEntry { path, stamp, facts }| {
                    let path = PathBuf::from(std::ffi::OsString::from_vec(path));
                    (layout.absolute(&path), (stamp, facts))
                })
                .collect(),
            Err(error) => {
                tracing::warn!(%error, "the index cannot be read: every rollout is");
                HashMap::new()
            }
        }
    }

    /// Keeps what is new now.
    pub(crate) async fn keep(&self, home: &Arc<OpenHome>) {
        let index = self.index.lock().await;
        let Some(index) = index.as_ref() else { return };
        let gone = std::mem::take(&mut *self.gone.lock().unwrap_or_else(PoisonError::into_inner));
        let gone = gone.iter().map(|path| path_bytes(&home.layout, path)).collect();
        let from = Arc::clone(home);
        let changed = aside(move || Ok(from.unsaved())).await.unwrap_or_default();
        // It costs time only: what is not kept is read again.
        if let Err(error) = index.save(changed, gone).await {
            tracing::warn!(%error, "the index cannot be written");
        }
    }

    /// Keeps what is new from time to time, for as long as the home is open.
    pub(crate) fn start(&self, home: &Arc<OpenHome>) {
        if !self.keeps || tokio::runtime::Handle::try_current().is_err() {
            return;
        }
        let (home, wake) = (Arc::downgrade(home), Arc::clone(&self.wake));
        tokio::spawn(async move {
            loop {
                wake.notified().await;
                tokio::time::sleep(PAUSE).await;
                let Some(home) = Weak::upgrade(&home) else { return };
                home.keeper.keep(&home).await;
            }
        });
    }

    /// Keeps what is new, and closes the index.
    pub(crate) async fn close(&self, home: &Arc<OpenHome>) {
        self.keep(home).await;
        if let Some(index) = self.index.lock().await.take() {
            index.close().await;
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // The task finds the home gone.
        self.wake.notify_one();
    }
}

fn path_bytes(layout: &Layout, path: &Path) -> Vec<u8> {
    layout.relative(path).as_os_str().as_bytes().to_vec()
}

impl OpenHome {
    /// What the index does not have.
    fn unsaved(&self) -> Vec<IndexEntry> {
        let journal = self.lock_journal().place();
        let catalog = self.read();
        let mut ends = HashMap::new();
        for entry in catalog.threads() {
            ends.insert(Arc::as_ptr(entry.log.head()), entry);
        }
        let mut unsaved = Vec::new();
        for (path, file) in &catalog.files {
            let fallback = ends.get(&Arc::as_ptr(file)).map(|entry| entry.fallback());
            let mut state = file.lock();
            if !state.is_unsaved || !state.unobserved.is_empty() {
                continue;
            }
            state.is_unsaved = false;
            let fold = ends.get(&Arc::as_ptr(file)).zip(fallback).map(|(entry, fallback)| {
                let mut fold = entry.fold.clone();
                // What was not looked at is ours.
                fold.skip_to(entry.log.before() + state.map.records());
                fold.keep(journal, fallback)
            });
            let facts =
                Facts { header: file.header.clone(), map: state.map.as_ref().clone(), fold };
            let Ok(facts) = serde_json::to_vec(&facts) else { continue };
            let mut stamp = state.stamp;
            if !stamp.is_settled() || state.has_writer() {
                // A change within the same step of the clock would not show.
                stamp.modified = 0;
                state.is_unsaved = true;
            }
            unsaved.push(IndexEntry { path: path_bytes(&self.layout, path), stamp, facts });
        }
        unsaved
    }
}
