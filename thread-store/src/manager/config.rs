//! What a manager is given.

use std::sync::Arc;
use std::time::Duration;

use super::Compactor;
use crate::capabilities::Persistence;
use crate::error::{Error, Result};
use crate::lease::Holder;
use crate::live::LiveConfig;
use crate::store::ThreadStore;

/// What a [`ThreadManager`](super::ThreadManager) is given.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ManagerConfig {
    /// Of the threads that it loads.
    pub live: LiveConfig,
    /// How long a thread that nobody follows any more stays loaded, after the last subscriber has left
    /// and the last turn has ended.
    pub unload_after: Duration,
    /// How many events wait for a subscriber at most; at least 1.
    pub event_capacity: usize,
    /// Where ephemeral threads live; without it none can be started.
    pub ephemeral: Option<Arc<dyn ThreadStore>>,
    /// What summarises histories; without it none can be compacted.
    pub compactor: Option<Arc<dyn Compactor>>,
}

impl ManagerConfig {
    /// Threads are held by this holder and unloaded as soon as nobody follows them any more; 1024
    /// events wait for a subscriber.
    #[must_use]
    pub fn new(holder: Holder) -> Self {
        Self {
            live: LiveConfig::new(holder),
            unload_after: Duration::ZERO,
            event_capacity: 1024,
            ephemeral: None,
            compactor: None,
        }
    }

    /// Other clock, retries, touches.
    #[must_use]
    pub fn with_live(mut self, live: LiveConfig) -> Self {
        self.live = live;
        self
    }

    /// Threads stay loaded so long after the last subscriber has left.
    #[must_use]
    pub fn with_unload_after(mut self, time: Duration) -> Self {
        self.unload_after = time;
        self
    }

    /// So many events wait for a subscriber.
    #[must_use]
    pub fn with_event_capacity(mut self, events: usize) -> Self {
        self.event_capacity = events;
        self
    }

    /// Ephemeral threads live in this store, which must keep nothing when the process ends.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `ephemeral`) for a store that is persistent.
    pub fn with_ephemeral(mut self, store: Arc<dyn ThreadStore>) -> Result<Self> {
        if store.capabilities().persistence != Persistence::Volatile {
            return Err(Error::invalid("ephemeral", "the store is persistent"));
        }
        self.ephemeral = Some(store);
        Ok(self)
    }

    /// Histories are summarised by this.
    #[must_use]
    pub fn with_compactor(mut self, compactor: Arc<dyn Compactor>) -> Self {
        self.compactor = Some(compactor);
        self
    }
}
