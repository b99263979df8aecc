//! The parameters of store operations, and their small answers.
//!
//! Each operation takes one struct: `new` takes what is required, `with_*` sets the rest.

use serde::{Deserialize, Serialize};

use crate::capabilities::Limits;
use crate::error::Error;
use crate::history::{Direction, HistoryPlan, OrdinalRange};
use crate::id::ThreadId;
use crate::item::RolloutItem;
use crate::lease::{Holder, WriterLease};
use crate::list::{Cursor, ListFilter, SortKey};
use crate::metadata::{ThreadMetadata, ThreadMetadataPatch, size};
use crate::options::ThreadOptions;
use crate::ordinal::Ordinal;
use crate::source::SessionSource;
use crate::thread::{ForkedFrom, Identity, StoredThread};
use crate::time::Timestamp;

macro_rules! params {
    (
        $(#[$doc:meta])*
        $name:ident ( $( $(#[$rdoc:meta])* $required:ident: $rtype:ty ),* $(,)? ) {
            $( $(#[$odoc:meta])* $with:ident($optional:ident: $otype:ty = $default:expr); )*
        }
        // Numbers are taken as they are: `impl Into<usize>` would not take a literal.
        $( numbers {
            $( $(#[$ndoc:meta])* $with_number:ident($number:ident: $ntype:ty = $ndefault:expr); )*
        } )?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[$rdoc])* pub $required: $rtype, )*
            $( $(#[$odoc])* pub $optional: $otype, )*
            $( $( $(#[$ndoc])* pub $number: $ntype, )* )?
        }

        impl $name {
            /// The parameters with what is required; the rest as each `with_*` says.
            #[must_use]
            #[allow(clippy::new_without_default)] // Where nothing is required, `Default` is too little to read.
            pub fn new($( $required: $rtype ),*) -> Self {
                Self {
                    $( $required, )*
                    $( $optional: $default, )*
                    $( $( $number: $ndefault, )* )?
                }
            }

            $( $(
                $(#[$ndoc])*
                #[must_use]
                pub fn $with_number(mut self, $number: $ntype) -> Self {
                    self.$number = $number;
                    self
                }
            )* )?

            $(
                $(#[$odoc])*
                #[must_use]
                pub fn $with(mut self, $optional: impl Into<$otype>) -> Self {
                    self.$optional = $optional.into();
                    self
                }
            )*
        }
    };
}

pub(crate) use params;

/// A thread alone stands for the operation on it without further wishes.
macro_rules! from_thread_id {
    ($( $name:ident ),*) => {
        $( impl From<ThreadId> for $name {
            fn from(thread_id: ThreadId) -> Self {
                Self::new(thread_id)
            }
        } )*
    };
}

params! {
    /// Creates a thread, with all that is known of it, in one atomic step.
    CreateThread(
        /// The id, made by the caller.
        thread_id: ThreadId,
    ) {
        /// What started it; unknown unless given.
        with_source(source: SessionSource = SessionSource::Unknown);
        /// The thread it belongs to.
        with_parent(parent_thread_id: Option<ThreadId> = None);
        /// The thread it continues, and from where.
        with_forked_from(forked_from: Option<ForkedFrom> = None);
        /// When it was created; now, by the clock of the store, unless given.
        with_created_at(created_at: Option<Timestamp> = None);
        /// The session it belongs to.
        with_session_id(session_id: Option<String> = None);
        /// Its metadata, as an edit of [`ThreadMetadata::new`].
        with_metadata(metadata: ThreadMetadataPatch = ThreadMetadataPatch::default());
        /// When it was archived, if it is to be archived from the start.
        with_archived_at(archived_at: Option<Timestamp> = None);
        /// The start of its history.
        with_items(items: Vec<RolloutItem> = Vec::new());
        /// Who gets a lease on it; nobody unless given.
        with_lease(lease: Option<Holder> = None);
        /// A name for this very call: repeated, it answers the thread it made before. At most
        /// [`MAX_REQUEST_ID_BYTES`] bytes.
        with_request_id(request_id: Option<String> = None);
    }
}

/// The longest request id, in bytes.
pub const MAX_REQUEST_ID_BYTES: usize = 256;

impl CreateThread {
    /// The creation of a thread that is the same as `thread`, with these items. For copies from
    /// one store to another.
    #[must_use]
    pub fn copy_of(thread: &StoredThread, items: Vec<RolloutItem>) -> Self {
        Self {
            archived_at: thread.archived_at,
            metadata: thread.metadata.to_patch(),
            items,
            ..Self::new(thread.thread_id).with_identity(thread.identity.clone())
        }
    }

    /// Makes the thread a child: sets its parent, and a spawn source that names it.
    #[must_use]
    pub fn spawned_by(self, parent: ThreadId, depth: u32) -> Self {
        self.with_parent(parent).with_source(SessionSource::spawned_by(parent, depth))
    }

    /// Sets everything that an identity has.
    #[must_use]
    pub fn with_identity(self, identity: Identity) -> Self {
        let Identity { source, parent_thread_id, forked_from, created_at, session_id } = identity;
        Self {
            source,
            parent_thread_id,
            forked_from,
            created_at: Some(created_at),
            session_id,
            ..self
        }
    }

    /// Checks the size of each item, the source, and the metadata.
    ///
    /// # Errors
    ///
    /// *Invalid request*, with the field.
    pub fn validate(&self, limits: &Limits) -> Result<(), Error> {
        check_request_id(self.request_id.as_deref())?;
        self.metadata.validate()?;
        size::check("source", &self.source)?;
        limits.check_item_sizes(&self.items)
    }

    /// The record of the thread that is to be created; `now` is used where no time was given.
    #[must_use]
    pub fn to_thread(&self, now: Timestamp) -> StoredThread {
        let created_at = self.created_at.unwrap_or(now);
        let identity = Identity {
            source: self.source.clone(),
            parent_thread_id: self.parent_thread_id,
            forked_from: self.forked_from,
            created_at,
            session_id: self.session_id.clone(),
        };
        let mut metadata = ThreadMetadata::new(created_at);
        self.metadata.apply(&mut metadata);
        let mut thread = StoredThread::new(self.thread_id, identity, metadata);
        thread.archived_at = self.archived_at;
        thread.next_ordinal = Ordinal::ZERO.plus(self.items.len());
        thread
    }
}

/// What [`create_thread`](crate::ThreadStore::create_thread) and `fork_thread` answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CreatedThread {
    /// The thread.
    pub thread: StoredThread,
    /// The lease, if one was asked for.
    pub lease: Option<WriterLease>,
}

impl CreatedThread {
    /// The answer.
    #[must_use]
    pub fn new(thread: StoredThread, lease: Option<WriterLease>) -> Self {
        Self { thread, lease }
    }

    /// The thread and the lease, for who asked for one.
    pub(crate) fn granted(self) -> Result<(StoredThread, WriterLease), Error> {
        let Self { thread, lease } = self;
        let missing = || Error::internal("the store granted no lease").about(thread.thread_id);
        let lease = lease.ok_or_else(missing)?;
        Ok((thread, lease))
    }
}

/// What to do about a lease that was not released.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfHeld {
    /// Take over: the older lease is fenced.
    #[default]
    TakeOver,
    /// A conflict (held), unless the holder is known to be dead.
    Refuse,
}

params! {
    /// Asks for the right to append to a thread.
    ResumeThread(
        /// The thread.
        thread_id: ThreadId,
        /// Who asks.
        holder: Holder,
    ) {
        /// Archived threads too; not unless said. The thread stays archived.
        with_include_archived(include_archived: bool = false);
        /// What to do if somebody holds it; take over unless said otherwise.
        with_if_held(if_held: IfHeld = IfHeld::TakeOver);
    }
}

/// What [`resume_thread`](crate::ThreadStore::resume_thread) answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ResumedThread {
    /// The thread, as it was when the lease was granted.
    pub thread: StoredThread,
    /// The lease.
    pub lease: WriterLease,
}

impl ResumedThread {
    /// The answer.
    #[must_use]
    pub fn new(thread: StoredThread, lease: WriterLease) -> Self {
        Self { thread, lease }
    }
}

params! {
    /// Appends items to a history.
    AppendItems(
        /// The right to do so.
        lease: WriterLease,
        /// The items, in order.
        items: Vec<RolloutItem>,
    ) {
        /// Where the first of them is to stand. With it a repeated call is recognised.
        with_expected_ordinal(expected_ordinal: Option<Ordinal> = None);
    }
}

/// The ordinals that an append gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AppendReceipt {
    /// The ordinal of the first item of the batch.
    pub first: Ordinal,
    /// The ordinal after the last one.
    pub next: Ordinal,
}

impl AppendReceipt {
    /// The receipt of `count` items from `first` on.
    #[must_use]
    pub fn new(first: Ordinal, count: usize) -> Self {
        Self { first, next: first.plus(count) }
    }
}

/// How a lease is given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseMode {
    /// Flush first.
    Shutdown,
    /// At once; what was durable stays.
    Discard,
}

params! {
    /// Gives a lease back.
    ReleaseLease(
        /// The lease.
        lease: WriterLease,
        /// How.
        mode: ReleaseMode,
    ) {}
}

params! {
    /// Reads history.
    LoadHistory(
        /// The thread.
        thread_id: ThreadId,
    ) {
        /// Archived threads too; not unless said.
        with_include_archived(include_archived: bool = false);
        /// Which part; all of it unless said.
        with_range(range: OrdinalRange = OrdinalRange::ALL);
        /// From which end, and in which order; oldest first unless said.
        with_direction(direction: Direction = Direction::Ascending);
        /// At most so many items; all unless said.
        with_limit(limit: Option<usize> = None);
        /// Whether damage in the part that is read is an error; it is reported beside the items
        /// unless said.
        with_strict(strict: bool = false);
    }
}

impl LoadHistory {
    /// What to read for the first page of a history that ends at `end`.
    ///
    /// # Errors
    ///
    /// As [`HistoryPlan::new`].
    pub fn plan(&self, end: Ordinal) -> Result<HistoryPlan, Error> {
        HistoryPlan::new(self.range, self.direction, self.limit, end)
    }
}

params! {
    /// Reads the record of a thread.
    ReadThread(
        /// The thread.
        thread_id: ThreadId,
    ) {
        /// Archived threads too; not unless said.
        with_include_archived(include_archived: bool = false);
    }
}

params! {
    /// Lists threads.
    ListThreads() {
        /// Which; all of them unless said.
        with_filter(filter: ListFilter = ListFilter::default());
        /// Sorted by what; by creation unless said.
        with_sort_key(sort_key: SortKey = SortKey::Created);
        /// In which direction; oldest first unless said.
        with_direction(direction: Direction = Direction::Ascending);
        /// Where to go on; from the start unless said.
        with_cursor(cursor: Option<Cursor> = None);
    } numbers {
        /// Rows on a page; 100 unless said.
        with_page_size(page_size: usize = 100);
    }
}

params! {
    /// Edits metadata.
    UpdateThreadMetadata(
        /// The thread.
        thread_id: ThreadId,
        /// The edit.
        patch: ThreadMetadataPatch,
    ) {
        /// Archived threads too; not unless said.
        with_include_archived(include_archived: bool = false);
        /// The metadata version that the edit starts from; any unless said.
        with_expected_version(expected_version: Option<u64> = None);
        /// A name for this very edit: repeated with its expected version, it answers the thread
        /// it changed before. At most [`MAX_REQUEST_ID_BYTES`] bytes.
        with_request_id(request_id: Option<String> = None);
    }
}

impl UpdateThreadMetadata {
    /// Checks the patch.
    ///
    /// # Errors
    ///
    /// *Invalid request*, with the field.
    pub fn validate(&self) -> Result<(), Error> {
        check_request_id(self.request_id.as_deref())?;
        self.patch.validate()
    }
}

params! {
    /// Archives or unarchives.
    SetArchived(
        /// The thread.
        thread_id: ThreadId,
        /// Whether it is to be archived.
        archived: bool,
    ) {
        /// Its whole spawn subtree with it; not unless said.
        with_descendants(descendants: bool = false);
    }
}

params! {
    /// Deletes.
    DeleteThread(
        /// The thread.
        thread_id: ThreadId,
    ) {
        /// Its whole spawn subtree with it; not unless said.
        with_descendants(descendants: bool = false);
    }
}

/// The threads that an operation on a subtree changed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChangedThreads {
    /// Their ids: the root first, if it was changed, and every parent before its children.
    pub thread_ids: Vec<ThreadId>,
}

impl ChangedThreads {
    /// The answer.
    #[must_use]
    pub fn new(thread_ids: Vec<ThreadId>) -> Self {
        Self { thread_ids }
    }
}

/// Where a fork branches off.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum ForkPoint {
    /// At the end.
    #[default]
    End,
    /// Before the item of this ordinal.
    Before(Ordinal),
    /// After the turn of this id, which the fork has, and nothing that came later. A turn ends with
    /// its end record (what began before that is in the fork too) or, if it has none, where another
    /// turn begins.
    AfterTurn(String),
    /// Before the turn of this id.
    BeforeTurn(String),
}

impl From<Ordinal> for ForkPoint {
    fn from(ordinal: Ordinal) -> Self {
        Self::Before(ordinal)
    }
}

params! {
    /// Continues a thread as another.
    ForkThread(
        /// The thread to fork.
        thread_id: ThreadId,
        /// The id of the fork, made by the caller.
        new_thread_id: ThreadId,
    ) {
        /// What the fork has of the history; all of it unless said.
        with_at(at: ForkPoint = ForkPoint::End);
        /// Archived threads too; not unless said. The fork is active.
        with_include_archived(include_archived: bool = false);
        /// What started the fork; the source of the thread, if it is no sub-agent, unless said.
        with_source(source: Option<SessionSource> = None);
        /// When it is created; now, by the clock of the store, unless said.
        with_created_at(created_at: Option<Timestamp> = None);
        /// What it is run with, over what the thread is run with.
        with_options(options: ThreadOptions = ThreadOptions::default());
        /// What its metadata differ in.
        with_metadata(metadata: ThreadMetadataPatch = ThreadMetadataPatch::default());
        /// Who gets a lease on it; nobody unless said.
        with_lease(lease: Option<Holder> = None);
        /// As in [`CreateThread`].
        with_request_id(request_id: Option<String> = None);
    }
}

params! {
    /// Asks why a thread is not on a list.
    Explain(
        /// The thread.
        thread_id: ThreadId,
        /// The list.
        filter: ListFilter,
    ) {}
}

pub(crate) use from_thread_id;

from_thread_id!(CreateThread, LoadHistory, ReadThread, DeleteThread);

impl From<ListFilter> for ListThreads {
    fn from(filter: ListFilter) -> Self {
        Self::new().with_filter(filter)
    }
}

/// Refuses a page without rows.
pub(crate) fn check_page_size(page_size: usize) -> Result<(), Error> {
    if page_size == 0 {
        return Err(Error::invalid("page_size", "must be at least 1"));
    }
    Ok(())
}

fn check_request_id(request_id: Option<&str>) -> Result<(), Error> {
    match request_id {
        Some(id) if id.len() > MAX_REQUEST_ID_BYTES => {
            Err(Error::invalid("request_id", format!("longer than {MAX_REQUEST_ID_BYTES} bytes")))
        }
        _ => Ok(()),
    }
}
