//! How a live thread begins.

use std::sync::Arc;
use std::time::Duration;

use super::{ContinuationToken, HistoryMode, PersistencePolicy, Retry};
use crate::clock::{Clock, SystemClock};
use crate::id::ThreadId;
use crate::lease::Holder;
use crate::metadata::{Edit, ThreadMetadataPatch};
use crate::options::ThreadOptions;
use crate::ordinal::Ordinal;
use crate::params::{CreateThread, IfHeld, params};
use crate::source::SessionSource;
use crate::thread::ForkedFrom;
use crate::time::Timestamp;

/// What live threads have in common.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LiveConfig {
    /// Who holds the leases.
    pub holder: Holder,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// What is done while the store is unavailable.
    pub retry: Retry,
    /// A mere touch of `updated_at` is stored at most once in this time; what was held back goes out
    /// with the next fact or at the next barrier.
    pub touch_interval: Duration,
}

impl LiveConfig {
    /// The clock of the system, the default retries, a touch in 5 seconds.
    #[must_use]
    pub fn new(holder: Holder) -> Self {
        Self {
            holder,
            clock: Arc::new(SystemClock),
            retry: Retry::default(),
            touch_interval: Duration::from_secs(5),
        }
    }

    /// Another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Other retries.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Another interval of touches.
    #[must_use]
    pub fn with_touch_interval(mut self, interval: Duration) -> Self {
        self.touch_interval = interval;
        self
    }
}

params! {
    /// Starts a live thread. Nothing is stored by it.
    StartThread(
        /// The id, made by the caller.
        thread_id: ThreadId,
    ) {
        /// What started it; unknown unless given.
        with_source(source: SessionSource = SessionSource::Unknown);
        /// The thread it belongs to.
        with_parent(parent_thread_id: Option<ThreadId> = None);
        /// The thread it continues, and from where.
        with_forked_from(forked_from: Option<ForkedFrom> = None);
        /// When it was created; when it is started, unless given.
        with_created_at(created_at: Option<Timestamp> = None);
        /// The session it belongs to.
        with_session_id(session_id: Option<String> = None);
        /// What it is run with.
        with_options(options: ThreadOptions = ThreadOptions::default());
        /// More of its metadata.
        with_metadata(metadata: ThreadMetadataPatch = ThreadMetadataPatch::default());
        /// How its records tell of turns, which decides what of them is kept
        /// ([`PersistencePolicy`]); unless given, what is kept in either mode.
        with_history_mode(history_mode: Option<HistoryMode> = None);
        /// What is kept, whatever the history mode.
        with_policy(policy: Option<PersistencePolicy> = None);
        /// Whether it is to live in memory only. For [`ThreadManager`](crate::ThreadManager), which
        /// knows where; a [`LiveThread`](crate::LiveThread) by itself does not look at it.
        with_ephemeral(ephemeral: bool = false);
    }
}

impl StartThread {
    /// Makes the thread a child: sets its parent, and a spawn source that names it.
    #[must_use]
    pub fn spawned_by(self, parent: ThreadId, depth: u32) -> Self {
        self.with_parent(parent).with_source(SessionSource::spawned_by(parent, depth))
    }

    pub(super) fn policy(&self) -> PersistencePolicy {
        self.policy.unwrap_or_else(|| PersistencePolicy::of(self.history_mode))
    }

    /// The creation that is to come, without items.
    pub(super) fn into_creation(self, config: &LiveConfig) -> CreateThread {
        let options = if self.options.is_empty() {
            ThreadMetadataPatch::default()
        } else {
            self.options.to_patch()
        };
        let mode = self.history_mode.map(|mode| mode.as_str().to_owned());
        let mode = ThreadMetadataPatch {
            history_mode: mode.map_or(Edit::Keep, |mode| Edit::Set(Some(mode))),
            ..ThreadMetadataPatch::default()
        };
        CreateThread::new(self.thread_id)
            .with_source(self.source)
            .with_parent(self.parent_thread_id)
            .with_forked_from(self.forked_from)
            .with_created_at(self.created_at.unwrap_or_else(|| config.clock.now()))
            .with_session_id(self.session_id)
            .with_metadata(options.merge(mode).merge(self.metadata))
            .with_lease(config.holder.clone())
            .with_request_id(request_id())
    }
}

params! {
    /// Goes on with a stored thread.
    ResumeLive(
        /// The thread.
        thread_id: ThreadId,
    ) {
        /// Archived threads too; not unless said. The thread stays archived.
        with_include_archived(include_archived: bool = false);
        /// What to do if somebody holds it; take over unless said otherwise.
        with_if_held(if_held: IfHeld = IfHeld::TakeOver);
        /// Where the caller believes that the history ends. Elsewhere it is a conflict (ordinal), and
        /// nobody loses a lease by it.
        with_expected_ordinal(expected_ordinal: Option<Ordinal> = None);
        /// A token of where the caller left the history: its end, and what stands before it. Another
        /// history is a conflict (ordinal), and nobody loses a lease by it.
        with_token(token: Option<ContinuationToken> = None);
        /// What it is to be run with from now on, over what is stored with it. Stored with the first
        /// thing that is written.
        with_options(options: ThreadOptions = ThreadOptions::default());
        /// What is kept of what is appended; as its history mode says, unless given.
        with_policy(policy: Option<PersistencePolicy> = None);
    }
}

/// A name for one call, never used before.
pub(crate) fn request_id() -> String {
    ThreadId::generate().to_string()
}
