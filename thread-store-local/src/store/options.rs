//! How a home is opened.

use std::sync::Arc;
use std::time::Duration;

use thread_store::{Clock, SystemClock};

use super::faults::Faults;
use super::progress::Progress;
use super::shared_log::{Boot, LOG_SIZE};

/// How what was appended is made to survive loss of power.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Flushing {
    /// Every flush syncs the thread's own file: after a loss of power the rollouts are complete,
    /// whoever opens them.
    #[default]
    EachFile,
    /// All threads of this process share one log, which is synced for all that flush at the same
    /// time; their own files are synced later. Many threads that flush often wait much less.
    ///
    /// The price: after a loss of power the rollouts are complete again only when this store has
    /// opened the home once, with whichever options. If Codex is first, it may see less of a thread,
    /// or not see a new one; if it goes on with a thread that it saw less of, what is missing is
    /// appended behind that when this store opens the home, so that nothing is lost but the order.
    /// The death of the process costs nothing: the files are complete all the time.
    ///
    /// The log takes 32 MiB in the home, below `thread-store/logs`, from the first flush until
    /// [`close`](crate::LocalStore::close), which syncs all files and removes it.
    SharedLog,
}

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
    pub(crate) flushing: Flushing,
    pub(crate) log_size: u64,
    pub(crate) boot: Boot,
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
            flushing: Flushing::default(),
            log_size: LOG_SIZE,
            boot: Boot::now(),
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

    /// How what was appended is made to survive loss of power.
    #[must_use]
    pub fn with_flushing(mut self, flushing: Flushing) -> Self {
        self.flushing = flushing;
        self
    }

    /// Bytes of each of the two shared logs.
    #[doc(hidden)]
    #[must_use]
    pub fn with_log_size(mut self, bytes: u64) -> Self {
        self.log_size = bytes;
        self
    }

    /// Which start of the system this is; none where it does not say.
    #[doc(hidden)]
    #[must_use]
    pub fn with_boot_id(mut self, boot_id: Option<[u8; 16]>) -> Self {
        self.boot = Boot::new(boot_id);
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
