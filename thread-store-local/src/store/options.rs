//! How a home is opened.

use std::sync::Arc;
use std::time::Duration;

use thread_store::{Clock, SystemClock};

use super::faults::Faults;
use super::progress::Progress;

/// How a home is opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LocalOptions {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) index: bool,
    pub(crate) new_index: bool,
    pub(crate) codex_state: bool,
    pub(crate) look: Duration,
    pub(crate) progress: Option<Progress>,
    pub(crate) apart: bool,
    pub(crate) faults: Faults,
}

impl LocalOptions {
    /// The clock of the machine, with an index, and with what Codex's database knows.
    #[must_use]
    pub fn new() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            index: true,
            new_index: true,
            codex_state: true,
            look: Duration::from_millis(500),
            progress: None,
            apart: false,
            faults: Faults::default(),
        }
    }

    /// Another clock: for threads that are created without a time, for archiving and for epochs.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Works without SQLite: the home has no index, so that opening it reads every rollout, and
    /// Codex's database is not looked into. Otherwise answers are the same.
    #[must_use]
    pub fn without_sqlite(mut self) -> Self {
        (self.index, self.codex_state) = (false, false);
        self
    }

    /// Uses an index only if the home has one already: nothing is made in a home that is only looked
    /// at.
    #[must_use]
    pub fn without_new_index(mut self) -> Self {
        self.new_index = false;
        self
    }

    /// What is told while rollouts are read for the first time.
    #[must_use]
    pub fn with_progress(mut self, progress: impl Into<Progress>) -> Self {
        self.progress = Some(progress.into());
        self
    }

    /// Opens the home as another process would: with leases and knowledge of its own.
    #[doc(hidden)]
    #[must_use]
    pub fn apart(mut self) -> Self {
        self.apart = true;
        self
    }

    /// Writes fail when these faults say so.
    #[doc(hidden)]
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self::new()
    }
}
