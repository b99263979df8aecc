//! Live threads: what a session holds of the thread that it writes.

mod append;
mod derivation;
mod draft;
mod edit;
mod guard;
mod listener;
mod metadata;
mod open;
mod policy;
mod release;
mod resume;
mod retry;
mod start;
mod token;
mod turn;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, MutexGuard};
use tracing::instrument;

use crate::error::{Conflict, Error, Result};
use crate::id::ThreadId;
use crate::item::RolloutItem;
use crate::lease::Epoch;
use crate::metadata::ThreadMetadataPatch;
use crate::options::ThreadOptions;
use crate::ordinal::Ordinal;
use crate::params::{AppendReceipt, UpdateThreadMetadata};
use crate::store::ThreadStore;
use crate::thread::StoredThread;
use crate::turn::{RevertTo, RevertedThread};

use draft::Draft;
pub use guard::LiveThreadInitGuard;
pub(crate) use listener::{Heard, Listener};
use open::Open;
pub use policy::{HistoryMode, PersistencePolicy};
pub use retry::Retry;
pub(crate) use retry::{as_unknown, outcome};
pub(crate) use start::request_id;
pub use start::{LiveConfig, ResumeLive, StartThread};
pub use token::ContinuationToken;
pub use turn::{BeginTurn, EndTurn, LiveTurn, TurnOutcome};
pub(crate) use turn::{ended as turn_ended, started as turn_started};

/// A thread that a session writes: it stores items in order, derives metadata from them, and bears
/// what stores and networks do.
///
/// Clones are handles on the same thread. Calls through them are done one after the other, in the
/// order in which their futures were first polled.
///
/// # States
///
/// | State | What is stored | How it is left |
/// | --- | --- | --- |
/// | not started | nothing | the first append, an explicit edit or [`persist`](Self::persist) create the thread with all that was set so far, in one step |
/// | open | everything that was answered | [`shutdown`](Self::shutdown), [`discard`](Self::discard), or the loss of the lease |
/// | closed | everything, or what was durable | never; resume the thread anew |
/// | failed | everything that was answered | never: somebody else has the thread, or it is gone; every call says who or what |
///
/// # What it promises
///
/// - What was answered is stored: it survives what [`append_items`](crate::ThreadStore::append_items)
///   of the store survives, and [`flush`](Self::flush) makes it as durable as the store can.
/// - A call that is *unavailable* was repeated as [`Retry`] says. With outcome *nothing done* nothing
///   is stored by it. With outcome *unknown* what it was to write is kept: any other call settles it
///   first, and the same call again is recognised; an append also after others, as long as it is one of
///   the last 8 that ended so. So nothing is stored twice and nothing is lost in between.
/// - A call whose future is dropped is done wholly or not at all, and settled in the same way; it is
///   recognised until something else is written.
/// - Facts that items tell (titles, token counts, …) are stored right after them; an edit that fails is
///   kept for the next barrier ([`persist`](Self::persist), [`flush`](Self::flush),
///   [`shutdown`](Self::shutdown), an explicit edit) and never fails an append. A crash in between costs
///   nothing: what is missing is derived when the thread is resumed. An explicit edit is always stored
///   after the facts that were known before it, and what anybody edited is never replaced by facts that
///   were known earlier.
/// - Of what is given to it, it keeps what its [`PersistencePolicy`] says.
///
/// Needs a Tokio runtime with timers where a call is repeated.
///
/// ```
/// # use std::sync::Arc;
/// # use thread_store::*;
/// # use thread_store_memory::MemoryStore;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let store: Arc<dyn ThreadStore> = Arc::new(MemoryStore::new());
/// let config = LiveConfig::new(Holder::new("example"));
/// let live = LiveThread::start(store.clone(), StartThread::new(ThreadId::generate()), config);
/// assert!(store.thread(live.thread_id()).await.is_err());
/// let now = Timestamp::parse("2026-11-20T16:33:40.000Z")?;
/// let said = RolloutItem::new(
///     "event_msg",
///     &serde_json::json!({"type": "user_message", "message": "Hello"}),
///     now,
/// )?;
/// live.append_items(vec![said]).await?;
/// assert_eq!(store.thread(live.thread_id()).await?.metadata.title.as_deref(), Some("Hello"));
/// live.shutdown().await
/// # }
/// ```
#[derive(Clone)]
pub struct LiveThread(Arc<Shared>);

struct Shared {
    thread_id: ThreadId,
    store: Arc<dyn ThreadStore>,
    config: LiveConfig,
    policy: PersistencePolicy,
    listener: Option<Arc<dyn Listener>>,
    /// Whether it was ever stored: known without waiting for a writer.
    started: AtomicBool,
    core: Mutex<Core>,
}

/// What changes: guarded by one lock, which is held while the store is called.
#[derive(Debug)]
struct Core(State);

#[derive(Debug)]
enum State {
    NotStarted(Box<Draft>),
    Open(Box<Open>),
    /// Where it was left.
    Closed(Epoch, Ordinal),
    Failed(Error),
}

impl LiveThread {
    /// Starts a thread: pure, nothing is stored.
    #[must_use]
    pub fn start(store: Arc<dyn ThreadStore>, start: StartThread, config: LiveConfig) -> Self {
        Self::start_heard(store, start, config, None)
    }

    pub(crate) fn start_heard(
        store: Arc<dyn ThreadStore>,
        start: StartThread,
        config: LiveConfig,
        listener: Option<Arc<dyn Listener>>,
    ) -> Self {
        let (thread_id, policy) = (start.thread_id, start.policy());
        let draft = Draft::new(start.into_creation(&config));
        let core = Mutex::new(Core(State::NotStarted(Box::new(draft))));
        let started = AtomicBool::new(false);
        Self(Arc::new(Shared { thread_id, store, config, policy, listener, started, core }))
    }

    /// The id of the thread.
    #[must_use]
    pub fn thread_id(&self) -> ThreadId {
        self.0.thread_id
    }

    /// The store that it writes to.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ThreadStore> {
        &self.0.store
    }

    /// The record of the thread as this session knows it: with what was derived or set and is still to
    /// be stored. Of a thread that is not started, what it would be created with.
    ///
    /// # Errors
    ///
    /// *Conflict* (closed), and what the thread failed with.
    pub async fn thread(&self) -> Result<StoredThread> {
        match &self.lock().await.0 {
            State::NotStarted(draft) => Ok(draft.thread(&self.0)),
            State::Open(open) => Ok(open.thread()),
            over => Err(over.error(self.0.thread_id)),
        }
    }

    /// Where the history ends, as far as this session knows.
    ///
    /// # Errors
    ///
    /// As [`thread`](Self::thread).
    pub async fn next_ordinal(&self) -> Result<Ordinal> {
        self.thread().await.map(|thread| thread.next_ordinal)
    }

    /// What the thread is run with, without what single turns differ in.
    ///
    /// # Errors
    ///
    /// As [`thread`](Self::thread).
    pub async fn options(&self) -> Result<ThreadOptions> {
        self.thread().await.map(|thread| ThreadOptions::of(&thread))
    }

    /// Whether it is in use: neither closed nor failed.
    pub(crate) async fn is_held(&self) -> bool {
        matches!(self.lock().await.0, State::NotStarted(_) | State::Open(_))
    }

    /// Why it is no longer this session's, if it is not.
    pub(crate) async fn lost(&self) -> Option<Error> {
        match &self.lock().await.0 {
            State::Failed(error) => Some(error.clone()),
            _ => None,
        }
    }

    /// Closes a thread of which nothing is stored; false if something is, or may be.
    pub(crate) async fn discard_unstarted(&self) -> bool {
        self.lock().await.discard_unstarted(&self.0)
    }

    /// Appends items, if the history ends where the caller believes and no turn is in progress.
    pub(crate) async fn append_at(
        &self,
        expected: Ordinal,
        items: Vec<RolloutItem>,
    ) -> Result<AppendReceipt> {
        let kept = self.0.policy.kept(items);
        self.lock().await.append_at(&self.0, expected, kept).await
    }

    /// Whether it is stored, as far as this session knows.
    #[must_use]
    pub fn is_started(&self) -> bool {
        self.0.started.load(Ordering::SeqCst)
    }

    /// Appends items, of which it keeps what the policy says; answers the ordinals of those. Where
    /// nothing is left to keep, nothing is stored, and the store is not asked who has the thread.
    ///
    /// # Errors
    ///
    /// *Invalid request* for items above the limits; *conflict* (already exists) if another thread has
    /// the id; *unavailable*; what the thread failed with.
    #[instrument(skip_all, fields(thread_id = %self.0.thread_id, items = items.len()))]
    pub async fn append_items(&self, items: Vec<RolloutItem>) -> Result<AppendReceipt> {
        let kept = self.0.policy.kept(items);
        self.lock().await.append(&self.0, kept).await
    }

    /// Edits the metadata, after what was derived before. Creates the thread if it is not started.
    ///
    /// # Errors
    ///
    /// *Invalid request*, *unavailable*, what the thread failed with.
    pub async fn update_metadata(&self, patch: ThreadMetadataPatch) -> Result<StoredThread> {
        self.update_thread_metadata(UpdateThreadMetadata::new(self.0.thread_id, patch)).await
    }

    /// As [`update_metadata`](Self::update_metadata), with an expected version and a request id. The
    /// version expected is that before what is still to be stored of derived metadata.
    ///
    /// # Errors
    ///
    /// As [`update_metadata`](Self::update_metadata); *conflict* (metadata version).
    #[instrument(skip_all, fields(thread_id = %self.0.thread_id))]
    pub async fn update_thread_metadata(
        &self,
        params: UpdateThreadMetadata,
    ) -> Result<StoredThread> {
        if params.thread_id != self.0.thread_id {
            return Err(Error::invalid("thread_id", "of another thread").about(self.0.thread_id));
        }
        params.validate().map_err(|error| error.about(self.0.thread_id))?;
        self.lock().await.update(&self.0, params).await
    }

    /// Changes what the thread is run with: what is given here counts from now on. Of a thread that is
    /// not started nothing is stored by it.
    ///
    /// # Errors
    ///
    /// As [`update_metadata`](Self::update_metadata).
    #[instrument(skip_all, fields(thread_id = %self.0.thread_id))]
    pub async fn set_options(&self, options: ThreadOptions) -> Result<ThreadOptions> {
        self.lock().await.set_options(&self.0, options).await
    }

    /// Makes sure that the thread and all that is known of it are stored.
    ///
    /// # Errors
    ///
    /// *Unavailable*, after which it can be repeated; what the thread failed with.
    #[instrument(skip_all, fields(thread_id = %self.0.thread_id))]
    pub async fn persist(&self) -> Result<()> {
        self.lock().await.persist(&self.0).await
    }

    /// Makes what was appended as durable as the store can, and stores what is still to be stored of
    /// metadata. Of a thread that is not started nothing is stored by it.
    ///
    /// # Errors
    ///
    /// *Unavailable*, after which it can be repeated; what the thread failed with.
    #[instrument(skip_all, fields(thread_id = %self.0.thread_id))]
    pub async fn flush(&self) -> Result<()> {
        self.lock().await.flush(&self.0).await
    }

    /// Stores all there is, makes it durable and gives the thread back. A thread that was not started
    /// leaves nothing behind. Done again it does nothing.
    ///
    /// # Errors
    ///
    /// *Unavailable*, after which the thread is as before and it can be repeated; what the thread failed
    /// with.
    #[instrument(skip_all, fields(thread_id = %self.0.thread_id))]
    pub async fn shutdown(&self) -> Result<()> {
        self.lock().await.shutdown(&self.0).await
    }

    /// Gives the thread back at once: what was answered stays, metadata that are still to be stored are
    /// derived anew when the thread is resumed. Done again it does nothing.
    ///
    /// # Errors
    ///
    /// *Unavailable*, after which it can be repeated.
    #[instrument(skip_all, fields(thread_id = %self.0.thread_id))]
    pub async fn discard(&self) -> Result<()> {
        self.lock().await.discard(&self.0).await
    }

    /// Takes back the end of the thread, by a marker that is appended.
    ///
    /// # Errors
    ///
    /// As [`revert_thread`](crate::ThreadStore::revert_thread); *invalid request* (field `to`) for a
    /// thread that is not started or has a turn in progress.
    #[instrument(skip_all, fields(thread_id = %self.0.thread_id))]
    pub async fn revert(&self, to: RevertTo) -> Result<RevertedThread> {
        self.lock().await.revert(&self.0, to).await
    }

    /// Checks that this session still has the thread, without writing anything.
    ///
    /// # Errors
    ///
    /// *Unavailable*; what the thread failed with.
    pub async fn check(&self) -> Result<()> {
        self.lock().await.check(&self.0).await
    }

    async fn lock(&self) -> MutexGuard<'_, Core> {
        self.0.core.lock().await
    }
}

impl fmt::Debug for LiveThread {
    /// Which thread: what it holds are contents.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveThread")
            .field("thread_id", &self.0.thread_id)
            .field("started", &self.is_started())
            .finish_non_exhaustive()
    }
}

impl State {
    /// Why nothing can be done any more.
    fn error(&self, thread_id: ThreadId) -> Error {
        match self {
            Self::Failed(error) => error.clone(),
            Self::Closed(epoch, next_ordinal) => {
                let closed = Conflict::Closed { epoch: *epoch, next_ordinal: *next_ordinal };
                Error::conflict(thread_id, closed)
            }
            Self::NotStarted(_) | Self::Open(_) => Error::internal("the thread is in use"),
        }
    }
}

impl Shared {
    fn now(&self) -> crate::time::Timestamp {
        self.config.clock.now()
    }

    fn hear(&self, heard: Heard<'_>) {
        if let Some(listener) = &self.listener {
            listener.hear(heard);
        }
    }
}
