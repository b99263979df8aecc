//! A home that is open: everything that is known of it in this process.
//!
//! Locks are taken in one order: the journal, seats by thread id, the catalog, a file. Appends take
//! only the catalog (to read, for a moment), their seat and their file, so threads do not wait for
//! each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use thread_store::{
    Capabilities, Clock, Durability, Error, HolderLiveness, Persistence, Result, Sharing, Takeover,
};

use super::catalog::Catalog;
use super::faults::Faults;
use super::file::unavailable;
use super::journal::{Entry, Held, Journal};
use super::keeping::Keeper;
use super::layout::Layout;
use super::leases::Leases;
use super::shared_log::SharedLog;
use super::syncs::Syncs;
use crate::codex_state::{self, StateStamp};

#[derive(Debug)]
pub(crate) struct OpenHome {
    pub(crate) layout: Layout,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) capabilities: Capabilities,
    pub(crate) leases: Arc<Leases>,
    pub(crate) faults: Faults,
    /// What is kept in the index; none without SQLite.
    pub(crate) keeper: Keeper,
    pub(crate) journal: Mutex<Journal>,
    catalog: RwLock<Catalog>,
    /// When the files were looked at last, and how often that is done.
    pub(crate) looked: Mutex<Instant>,
    /// Whether something is known to be there that was not found yet.
    look_soon: AtomicBool,
    /// How Codex's database was when the files were looked at last.
    pub(crate) codex_seen: Mutex<Option<StateStamp>>,
    pub(crate) look: Duration,
    pub(crate) codex_state: bool,
    /// How Codex's database was when it was read last.
    pub(crate) codex_stamp: Mutex<Option<StateStamp>>,
    pub(crate) syncs: Arc<Syncs>,
    /// Held while the journal is synced; whether that failed the last time.
    pub(crate) journal_sync: tokio::sync::Mutex<bool>,
    /// None if each file is synced itself.
    pub(crate) shared_log: Option<SharedLog>,
}

/// What is opened a home with.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) layout: Layout,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) leases: Arc<Leases>,
    pub(crate) faults: Faults,
    pub(crate) keeper: Keeper,
    pub(crate) journal: Journal,
    pub(crate) catalog: Catalog,
    pub(crate) look: Duration,
    pub(crate) codex_state: bool,
    pub(crate) codex_stamp: Option<StateStamp>,
    pub(crate) shared_log: Option<SharedLog>,
}

impl OpenHome {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { layout, clock, leases, faults, keeper, journal, catalog, look, .. } = parts;
        let Parts { codex_state, codex_stamp, shared_log, .. } = parts;
        let codex_seen = codex_state::state_stamp(layout.home());
        Self {
            layout,
            clock,
            capabilities: capabilities(),
            leases,
            faults,
            keeper,
            journal: Mutex::new(journal),
            catalog: RwLock::new(catalog),
            looked: Mutex::new(Instant::now()),
            look_soon: AtomicBool::new(false),
            codex_seen: Mutex::new(codex_seen),
            look,
            codex_state,
            codex_stamp: Mutex::new(codex_stamp),
            syncs: Arc::default(),
            journal_sync: tokio::sync::Mutex::new(false),
            shared_log,
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Catalog> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock_journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the journal for writing, when all that others wrote before is known here, and what one
    /// of them left unfinished is done.
    pub(crate) fn hold<'a>(&self, journal: &'a mut Journal) -> Result<Held<'a>> {
        let (mut held, news) = journal.hold().map_err(unavailable)?;
        self.learn(news)?;
        if let Some(intent) = held.unfinished().cloned() {
            self.recover(&intent)?;
            held.append(&[Entry::Done]).map_err(unavailable)?;
        }
        Ok(held)
    }

    /// Something is there that was not found yet: the next who asks looks at the files first.
    pub(crate) fn look_soon(&self) {
        self.look_soon.store(true, Ordering::SeqCst);
    }

    pub(crate) fn must_look(&self) -> bool {
        self.look_soon.swap(false, Ordering::SeqCst)
    }

    /// Learns what other processes did since: what returned there is seen here (A9).
    pub(crate) fn catch_up(&self) -> Result<()> {
        self.catch_up_with(&mut self.lock_journal())
    }

    pub(crate) fn catch_up_with(&self, journal: &mut Journal) -> Result<()> {
        if journal.has_news() {
            let news = journal.read_on().map_err(unavailable)?;
            self.learn(news)?;
        }
        // Whoever began it is dead, since nobody holds the journal.
        if journal.unfinished().is_some()
            && let Err(error) = self.hold(journal)
        {
            tracing::warn!(%error, "a change of several files was left unfinished");
        }
        Ok(())
    }
}

fn capabilities() -> Capabilities {
    let mut capabilities = Capabilities::volatile();
    capabilities.persistence = Persistence::Persistent;
    capabilities.durability = Durability::Flush;
    capabilities.atomic_batch = false;
    capabilities.takeover = Takeover::Process;
    capabilities.holder_liveness = HolderLiveness::Exact;
    capabilities.sharing = Sharing::Host;
    capabilities
}

/// Runs what reads much beside the tasks of this thread. If the caller is dropped it goes on, which
/// nobody notices: it changes nothing.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::runtime::Handle::try_current() {
        Ok(handle) => handle.spawn_blocking(work).await.map_err(Error::internal)?,
        Err(_) => work(),
    }
}
