//! The threads that are loaded.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::loaded::{Loaded, Watch};
use crate::id::ThreadId;

/// The threads that are loaded, by id.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<BTreeMap<ThreadId, Arc<Loaded>>>);

impl Registry {
    pub(super) fn get(&self, thread_id: ThreadId) -> Option<Arc<Loaded>> {
        self.map().get(&thread_id).cloned()
    }

    pub(super) fn insert(&self, loaded: Arc<Loaded>) {
        self.map().insert(loaded.live.thread_id(), loaded);
    }

    /// Whether it is loaded, and the same that is watched by this.
    pub(super) fn has(&self, thread_id: ThreadId, watch: &Watch) -> bool {
        self.get(thread_id).is_some_and(|loaded| std::ptr::eq(&*loaded.watch, watch))
    }

    /// Removes a thread, if it is still the same that is watched by this.
    pub(super) fn remove(&self, thread_id: ThreadId, watch: &Watch) -> Option<Arc<Loaded>> {
        let mut map = self.map();
        let is_it = |loaded: &Arc<Loaded>| std::ptr::eq(&*loaded.watch, watch);
        map.get(&thread_id).is_some_and(is_it).then(|| map.remove(&thread_id)).flatten()
    }

    /// At most so many ids after one, and whether there are more.
    pub(super) fn page(&self, after: Option<ThreadId>, count: usize) -> (Vec<ThreadId>, bool) {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let map = self.map();
        let mut ids = map.range((start, Bound::Unbounded)).map(|(id, _)| *id);
        (ids.by_ref().take(count).collect(), ids.next().is_some())
    }

    pub(super) fn all(&self) -> Vec<Arc<Loaded>> {
        self.map().values().cloned().collect()
    }

    fn map(&self) -> MutexGuard<'_, BTreeMap<ThreadId, Arc<Loaded>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
