//! The homes that are open in this process: every handle on one home is a handle on the same data.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use super::leases::Leases;
use super::open_home::OpenHome;

/// What is known of one home.
#[derive(Debug, Default)]
struct Known {
    home: Weak<OpenHome>,
    /// Kept for the life of the process: a lease is data, and outlives the handles.
    leases: Arc<Leases>,
}

static KNOWN: LazyLock<Mutex<HashMap<PathBuf, Known>>> = LazyLock::new(Mutex::default);

fn known() -> MutexGuard<'static, HashMap<PathBuf, Known>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The home at this real path, if it is open.
pub(crate) fn find(path: &Path) -> Option<Arc<OpenHome>> {
    known().get(path)?.home.upgrade()
}

/// The leases of this process on the home at this path.
pub(crate) fn leases(path: &Path) -> Arc<Leases> {
    Arc::clone(&known().entry(path.to_owned()).or_default().leases)
}

/// Makes a home known that was just opened. If somebody was faster, theirs is the one.
pub(crate) fn add(path: &Path, home: Arc<OpenHome>) -> Arc<OpenHome> {
    let mut known = known();
    let entry = known.entry(path.to_owned()).or_default();
    if let Some(first) = entry.home.upgrade() {
        return first;
    }
    entry.home = Arc::downgrade(&home);
    home
}

/// A home that was closed is not found any more; whoever opens it next opens it anew.
pub(crate) fn forget(path: &Path) {
    if let Some(entry) = known().get_mut(path) {
        entry.home = Weak::new();
    }
}
