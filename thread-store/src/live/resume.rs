//! Going on with a stored thread.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::sync::Mutex;
use tracing::instrument;

use super::derivation::Derivation;
use super::open::Open;
use super::policy::HistoryMode;
use super::{
    ContinuationToken, Core, Listener, LiveConfig, LiveThread, PersistencePolicy, ResumeLive,
    Retry, Shared, State,
};
use crate::error::{Conflict, Error, Result};
use crate::ext::ThreadStoreExt as _;
use crate::history::OrdinalRange;
use crate::id::ThreadId;
use crate::item::RolloutItem;
use crate::lease::WriterLease;
use crate::observer::ThreadObserver;
use crate::options::ThreadOptions;
use crate::ordinal::Ordinal;
use crate::params::{CreatedThread, IfHeld, LoadHistory, ReadThread, ResumeThread, ResumedThread};
use crate::store::ThreadStore;
use crate::thread::StoredThread;

/// Items read at once to derive what was not derived.
const CATCH_UP_PAGE: usize = 1024;

/// Where a caller believes that a history ends, and what stands before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expectation {
    ordinal: Option<Ordinal>,
    token: Option<ContinuationToken>,
}

impl LiveThread {
    /// Goes on with a stored thread: takes its lease, and derives what a session before did not come to
    /// store. Nothing else is stored until something is written.
    ///
    /// # Errors
    ///
    /// *Not found*, *archived*; *conflict* (held; ordinal, if the history is not what the caller
    /// believes, before anybody loses a lease); *invalid request* for a token that is damaged or of
    /// another thread; *unavailable*.
    #[instrument(skip_all, fields(thread_id = %resume.thread_id))]
    pub async fn resume(
        store: Arc<dyn ThreadStore>,
        resume: ResumeLive,
        config: LiveConfig,
    ) -> Result<Self> {
        Self::resume_heard(store, resume, config, None).await
    }

    pub(crate) async fn resume_heard(
        store: Arc<dyn ThreadStore>,
        resume: ResumeLive,
        config: LiveConfig,
        listener: Option<Arc<dyn Listener>>,
    ) -> Result<Self> {
        let thread_id = resume.thread_id;
        let expectation = resume.expectation();
        if !expectation.is_empty() {
            let read = ReadThread::new(thread_id).with_include_archived(resume.include_archived);
            let read = || store.read_thread(read.clone());
            let thread = config.retry.run(thread_id, read).await?;
            let actual = thread.next_ordinal;
            expectation.check(store.as_ref(), &config.retry, thread_id, actual).await?;
        }
        let params = ResumeThread::new(thread_id, config.holder.clone())
            .with_include_archived(resume.include_archived)
            .with_if_held(resume.if_held);
        let resumed = take(store.as_ref(), &config, params).await?;
        let lease = resumed.lease.clone();
        let checked = expectation.check_end(thread_id, lease.next_ordinal);
        let derived = match checked {
            Ok(()) => derive(store.as_ref(), &config, &resumed.thread, lease.next_ordinal).await,
            Err(error) => Err(error),
        };
        match derived {
            Ok(derivation) => {
                let open = Open::new(resumed.thread, resumed.lease, derivation);
                Ok(Self::opened(store, open, resume.policy, resume.options, config, listener))
            }
            Err(error) => {
                give_back(store.as_ref(), lease).await;
                Err(error)
            }
        }
    }

    /// A thread that was just created with a lease, as a fork is. What came along with it derives
    /// nothing.
    pub(crate) fn created(
        store: Arc<dyn ThreadStore>,
        created: CreatedThread,
        config: LiveConfig,
        listener: Option<Arc<dyn Listener>>,
    ) -> Result<Self> {
        let (thread, lease) = created.granted()?;
        let derivation = Derivation::resuming(&thread);
        let open = Open::new(thread, lease, derivation);
        Ok(Self::opened(store, open, None, ThreadOptions::default(), config, listener))
    }

    fn opened(
        store: Arc<dyn ThreadStore>,
        mut open: Open,
        policy: Option<PersistencePolicy>,
        options: ThreadOptions,
        config: LiveConfig,
        listener: Option<Arc<dyn Listener>>,
    ) -> Self {
        let thread_id = open.lease.thread_id;
        let policy = policy.unwrap_or_else(|| policy_of(&open.record));
        if !options.is_empty() {
            let (patch, _) = ThreadOptions::of(&open.thread()).changed_by(options);
            open.derivation.observer.edit(patch);
        }
        let core = Mutex::new(Core(State::Open(Box::new(open))));
        let started = AtomicBool::new(true);
        Self(Arc::new(Shared { thread_id, store, config, policy, listener, started, core }))
    }

    /// A token of where the history ends now, to go on from there later; see
    /// [`ResumeLive::with_token`].
    ///
    /// # Errors
    ///
    /// *Unavailable*; what the thread failed with.
    pub async fn continuation_token(&self) -> Result<ContinuationToken> {
        let mut core = self.lock().await;
        if core.is_untouched() {
            return Ok(ContinuationToken::of(self.thread_id(), Ordinal::ZERO, []));
        }
        let shared = &self.0;
        core.settle_first(shared).await?;
        let next = core.open(shared).await?.next;
        let read = || last_items(shared.store.as_ref(), shared.thread_id, next);
        let last = shared.config.retry.run(shared.thread_id, read).await?;
        Ok(ContinuationToken::of(shared.thread_id, next, &last))
    }

    /// Checks that the history is what a caller believes.
    pub(crate) async fn check_expectation(&self, expectation: &Expectation) -> Result<()> {
        let next = self.next_ordinal().await?;
        let (store, retry) = (self.0.store.as_ref(), &self.0.config.retry);
        expectation.check(store, retry, self.thread_id(), next).await
    }
}

impl ResumeLive {
    pub(crate) fn expectation(&self) -> Expectation {
        Expectation { ordinal: self.expected_ordinal, token: self.token.clone() }
    }
}

impl Expectation {
    pub(crate) fn is_empty(&self) -> bool {
        self.ordinal.is_none() && self.token.is_none()
    }

    /// Whether the history ends where it should, and what it should stands before.
    async fn check(
        &self,
        store: &dyn ThreadStore,
        retry: &Retry,
        thread_id: ThreadId,
        actual: Ordinal,
    ) -> Result<()> {
        self.check_end(thread_id, actual)?;
        let Some(token) = &self.token else { return Ok(()) };
        let (expected, digest) = token.position(thread_id)?;
        let last = match expected {
            Ordinal::ZERO => Vec::new(),
            expected => retry.run(thread_id, || last_items(store, thread_id, expected)).await?,
        };
        if ContinuationToken::matches(digest, &last) {
            return Ok(());
        }
        Err(mismatch(thread_id, expected, actual))
    }

    fn check_end(&self, thread_id: ThreadId, actual: Ordinal) -> Result<()> {
        let of_token = self.token.as_ref().map(|token| token.position(thread_id)).transpose()?;
        let expected = of_token.map(|(ordinal, _)| ordinal).into_iter().chain(self.ordinal);
        match expected.into_iter().find(|expected| *expected != actual) {
            Some(expected) => Err(mismatch(thread_id, expected, actual)),
            None => Ok(()),
        }
    }
}

fn mismatch(thread_id: ThreadId, expected: Ordinal, actual: Ordinal) -> Error {
    let (from, at) = (expected.get(), actual.get());
    tracing::warn!(%thread_id, expected = from, actual = at, "the history is not what was expected");
    Error::conflict(thread_id, Conflict::Ordinal { expected, actual })
}

/// The items right before an ordinal, as many as a token knows.
async fn last_items(
    store: &dyn ThreadStore,
    thread_id: ThreadId,
    next: Ordinal,
) -> Result<Vec<RolloutItem>> {
    let from = Ordinal::new(next.get().saturating_sub(ContinuationToken::DIGESTED as u64));
    let load = LoadHistory::new(thread_id)
        .with_include_archived(true)
        .with_range(OrdinalRange::between(from, next));
    Ok(store.load_history(load).await?.items.records().collect())
}

/// What a session before stored items of and did not come to derive.
pub(super) async fn derive(
    store: &dyn ThreadStore,
    config: &LiveConfig,
    thread: &StoredThread,
    end: Ordinal,
) -> Result<Derivation> {
    let from = thread.metadata.observed_to.unwrap_or(end).min(end);
    let observed = StoredThread { next_ordinal: from, ..thread.clone() };
    let mut observer = ThreadObserver::resuming(&observed);
    let mut rest = (from < end).then(|| OrdinalRange::between(from, end));
    while let Some(range) = rest {
        let load = LoadHistory::new(thread.thread_id)
            .with_include_archived(true)
            .with_range(range)
            .with_limit(CATCH_UP_PAGE);
        let load = || store.load_history(load.clone());
        let page = config.retry.run(thread.thread_id, load).await?;
        page.items.records().for_each(|item| observer.observe(&item));
        rest = page.rest;
    }
    // It may have been given after what is derived only now.
    observer.keep_name(&thread.metadata);
    Ok(Derivation::observing(observer))
}

fn policy_of(thread: &StoredThread) -> PersistencePolicy {
    let mode = thread.metadata.history_mode.as_deref();
    PersistencePolicy::of(mode.and_then(HistoryMode::parse))
}

/// Takes the lease. If the answer was lost, a lease of this very holder is that of the call before, and not
/// in the way.
async fn take(
    store: &dyn ThreadStore,
    config: &LiveConfig,
    resume: ResumeThread,
) -> Result<ResumedThread> {
    let (thread_id, retry) = (resume.thread_id, &config.retry);
    let failure = match retry.attempt(thread_id, || store.resume_thread(resume.clone())).await {
        Ok(resumed) => return Ok(resumed),
        Err(failure) => failure,
    };
    let held = Conflict::Held { holder: Some(config.holder.clone()) };
    if failure.maybe_done && failure.error.as_conflict() == Some(&held) {
        let again = resume.with_if_held(IfHeld::TakeOver);
        return retry.run(thread_id, || store.resume_thread(again.clone())).await;
    }
    Err(failure.into_error())
}

/// Gives back a lease that is of no use. If that fails nobody is harmed: it can be taken over.
async fn give_back(store: &dyn ThreadStore, lease: WriterLease) {
    let thread_id = lease.thread_id;
    if let Err(error) = store.discard_thread(lease).await {
        tracing::warn!(%thread_id, code = error.code(), "a lease was not given back");
    }
}
