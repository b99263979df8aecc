//! The trait that storage vendors implement.

use std::fmt;

use async_trait::async_trait;

use crate::capabilities::Capabilities;
use crate::derived;
use crate::error::Result;
use crate::history::HistoryPage;
use crate::lease::WriterLease;
use crate::list::{Explanation, ThreadPage};
use crate::params::{
    AppendItems, AppendReceipt, ChangedThreads, CreateThread, CreatedThread, DeleteThread, Explain,
    ForkThread, ListThreads, LoadHistory, ReadThread, ReleaseLease, ResumeThread, ResumedThread,
    SetArchived, UpdateThreadMetadata,
};
use crate::search::{SearchPage, SearchThreads};
use crate::thread::StoredThread;
use crate::turn::{
    ItemPage, ListItems, ListTurns, LoadModelContext, ModelContext, RevertThread, RevertedThread,
    TurnPage,
};

/// Where agent threads are kept.
///
/// The trait has three rings. The *core* methods are required, and small. The *derived* ones have
/// bodies that need the core alone; a store overrides them to be faster, never to answer otherwise.
/// The *ergonomic* ones are in [`ThreadStoreExt`](crate::ThreadStoreExt), which every store has.
///
/// # What every implementation promises
///
/// The suite in `thread-store-conformance` proves these rules; the ids are those of its cases.
///
/// **Identity.** The caller makes ids (I1). An id that no thread has is *not found* in every
/// operation, never an invalid request and never an empty answer; ids inside filters need not exist
/// (I3). An archived thread met without `include_archived` is *archived* (I4).
///
/// **Errors.** An operation that fails changes nothing that any reader can see (I6); only
/// *unavailable* with an unknown outcome leaves that open, and repeating the call settles it. Checks
/// come in this order: not found, fenced, closed, archived, invalid request, ordinal (I9). (A creation
/// has nothing to find: it may refuse what is invalid before it looks whether the id exists.)
///
/// **Visibility.** What returned is seen by every later call through any handle on the same data
/// (A9). What [`capabilities`](Self::capabilities) does not claim answers *unsupported* and has no
/// effect (I7).
///
/// **Cancellation.** A future dropped half-way leaves its operation wholly done or wholly undone, and
/// the store usable (I8).
///
/// **Contents.** The store never looks into items (A6). It does not list the fields of metadata
/// either: it keeps the record as JSON and projects [`ListRow`](crate::ListRow) for its lists.
///
/// # How to begin
///
/// `thread-store-memory` is the whole contract in few lines; `examples/custom_store.rs` of the
/// conformance crate is a store in one short file. These helpers make every store alike:
/// [`CreateThread::to_thread`], [`LeaseState`](crate::LeaseState), [`plan_append`](crate::plan_append),
/// [`LoadHistory::plan`], [`ListPlan`](crate::ListPlan), [`ListFilter::matches`](crate::ListFilter::matches),
/// [`edit_metadata`](crate::edit_metadata), [`spawn_subtree`](crate::spawn_subtree).
#[async_trait]
pub trait ThreadStore: Send + Sync + fmt::Debug {
    // ---- Ring 1: the core ------------------------------------------------------------------

    /// What this store can do, and how much. Constant for the life of the handle.
    fn capabilities(&self) -> Capabilities;

    /// Creates a thread with its identity, metadata, first items and, if asked, a lease, in one
    /// atomic step.
    ///
    /// # Behavior
    ///
    /// - `updated_at` and `recency_at` start as `created_at`, unless the metadata set them (M7).
    /// - The items get the ordinals 0, 1, 2, …, and come back byte for byte (A1, A2).
    /// - An id that exists, active or archived, leased or not, is a conflict and nothing changes
    ///   (I2).
    /// - Repeated with the `request_id` that made the thread it answers the thread as it is now, and
    ///   a fresh lease if one was asked (I2).
    /// - An id that was deleted can be created again; its epochs go on (R3, W2).
    ///
    /// # Errors
    ///
    /// *Conflict* (already exists); *invalid request* for items above the limits and for metadata
    /// that are none; *unavailable*.
    ///
    /// # Cost
    ///
    /// One write of the size of the items.
    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread>;

    /// Grants the right to append.
    ///
    /// # Behavior
    ///
    /// - Every older lease of the thread is fenced at once, also those of other handles and
    ///   processes, as far as [`Takeover`](crate::Takeover) reaches; beyond it, a conflict (held)
    ///   (W2, W3).
    /// - Asked to refuse, it is that conflict as long as the newest lease is unreleased and its
    ///   holder is not known to be dead (W3). It never waits.
    /// - The epoch is larger than any that the id ever had, also before a deletion (W2).
    /// - Metadata and times stay as they are; an archived thread stays archived (W5, W6).
    ///
    /// # Errors
    ///
    /// *Not found*, *archived*, *conflict* (held), *unavailable*.
    ///
    /// # Cost
    ///
    /// One small write, whatever the length of the history.
    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread>;

    /// Appends items to the history.
    ///
    /// # Behavior
    ///
    /// - The batch is stored whole or not at all, in order, and answers its ordinals (A1, A3, A4).
    /// - Items come back byte for byte (A2). Metadata stay as they are (A6).
    /// - With `expected_ordinal`: at the end of history it appends; where exactly these items stand
    ///   already it answers the same and writes nothing; where a first part of them stands at the
    ///   very end it adds the rest; anything else is a conflict (ordinal) that names both (A4, A5).
    /// - An empty batch writes nothing (A7).
    /// - When it returns, the items survive the death of the process (A8), and of power if
    ///   [`Durability::Append`](crate::Durability) is claimed.
    /// - Appends to other threads go on meanwhile, and fail or succeed on their own (A10).
    ///
    /// # Errors
    ///
    /// *Not found*; *conflict* (fenced, closed: with the next ordinal; ordinal); *invalid request*
    /// for items above the limits; *unavailable*.
    ///
    /// # Cost
    ///
    /// The size of the batch, whatever the length of the history.
    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt>;

    /// Makes everything appended so far survive loss of power, if any
    /// [`Durability`](crate::Durability) is claimed (A8).
    ///
    /// # Errors
    ///
    /// *Not found*; *conflict* (fenced, closed); *unavailable*, after which what was not durable is
    /// written again by the next call.
    async fn flush_thread(&self, lease: WriterLease) -> Result<()>;

    /// Gives a lease back.
    ///
    /// # Behavior
    ///
    /// - *Shutdown* flushes first; *discard* does not wait and keeps what was durable (W4).
    /// - Both can be repeated. Other uses of a released lease are a conflict (closed) (W4).
    /// - A fenced lease can be discarded, to no effect; shutting it down is a conflict (fenced) (W4).
    /// - Metadata and times stay as they are (W6).
    ///
    /// # Errors
    ///
    /// *Not found*; *conflict* (fenced); *unavailable*, after which it can be repeated.
    async fn release_lease(&self, params: ReleaseLease) -> Result<()>;

    /// Reads a part of the history.
    ///
    /// # Behavior
    ///
    /// - Items come in the direction asked; with a limit, as many as that from the end that the
    ///   direction starts at (H1).
    /// - `rest` is what is left of the range; pages put together are the whole (H1).
    /// - A record that cannot be read is reported with its place, and hides no other; a strict read
    ///   is *corrupt* (H4).
    ///
    /// # Errors
    ///
    /// *Not found*, *archived*; *invalid request* for a limit of 0 or a range that ends before it
    /// starts; *corrupt* for a strict read that meets damage; *unavailable*.
    ///
    /// # Cost
    ///
    /// The size of the page: the last N items cost as much in a long history as in a short one (H2).
    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage>;

    /// Reads the record of a thread.
    ///
    /// # Errors
    ///
    /// *Not found*, *archived*, *unavailable*.
    ///
    /// # Cost
    ///
    /// One lookup.
    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread>;

    /// Lists threads.
    ///
    /// # Behavior
    ///
    /// - A thread is on the list if and only if
    ///   [`ListFilter::matches`](crate::ListFilter::matches) (L1, L2, L3); nothing is hidden.
    /// - Rows are sorted by the key and then by id, both in the direction asked (L4).
    /// - Paging to the end by a key that does not change meets every thread that matched throughout
    ///   exactly once, whatever happens to others meanwhile (L5).
    /// - `next_cursor` is absent exactly on the last page, and every page that has rows has a
    ///   `previous_cursor` (L6); [`ListPlan`](crate::ListPlan) makes both.
    ///
    /// # Errors
    ///
    /// *Invalid request* for a page size of 0 and a cursor that is damaged or belongs to another
    /// list; *unavailable*.
    ///
    /// # Cost
    ///
    /// A page costs the same in a small store and a large one, with no filter or one of archived,
    /// parent, directory, source, provider; with an ancestor, the size of the subtree; otherwise at
    /// most one pass over narrow rows, in bounded memory (L8).
    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage>;

    /// Edits metadata. The only way to do so (M1).
    ///
    /// # Behavior
    ///
    /// - It does what the patch says and nothing more, atomically, and answers the thread after it
    ///   (M1, M4). The empty patch changes nothing (M3).
    /// - With `expected_version` it is a conflict if the version moved, unless the same `request_id`
    ///   moved it (M4). A mere touch of `updated_at`, `recency_at` or `observed_to` does not move
    ///   the version.
    /// - Labels are edited key by key (M8); members that this version does not know are kept (M9).
    ///
    /// # Errors
    ///
    /// *Not found*, *archived*, *conflict* (metadata version), *invalid request*, *unavailable*.
    ///
    /// # Cost
    ///
    /// One small write.
    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread>;

    /// Archives or unarchives a thread, or with `descendants` its whole spawn subtree.
    ///
    /// # Behavior
    ///
    /// - It answers the threads that it changed; done again it changes none (R1).
    /// - History, metadata and their version stay as they are (R1).
    /// - All or none for every reader, also after a crash (R2).
    /// - A lease on a thread that is archived by it is fenced, or the operation is a conflict (held)
    ///   and nothing changes (R4).
    ///
    /// # Errors
    ///
    /// *Not found*, *conflict* (held), *unsupported* (descendants), *unavailable*.
    ///
    /// # Cost
    ///
    /// One small write for each thread, whatever the length of their histories.
    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads>;

    /// Deletes a thread, or with `descendants` its whole spawn subtree: history, metadata, names,
    /// search entries and its own place in relations.
    ///
    /// # Behavior
    ///
    /// - It answers the threads that it deleted. All or none, also after a crash (R2).
    /// - Without `descendants` children stay and keep their parent id, dangling (R3).
    /// - The next use of a lease on a deleted thread is *not found* (R4).
    /// - The id can be created again; older leases do not fit the new thread (R3, W2).
    ///
    /// # Errors
    ///
    /// *Not found*, *conflict* (held, referenced), *unsupported*, *unavailable*.
    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads>;

    // ---- Ring 2: derived -------------------------------------------------------------------

    /// Continues a thread as another: a new thread with exactly the items before a point.
    ///
    /// # Behavior
    ///
    /// - It has a new id and `forked_from`, and the metadata of the thread, save its times and the
    ///   marks of a sub-agent; neither its archive state nor its parent nor its lease (R5).
    /// - Either side can be changed or deleted without the other noticing (R5).
    /// - One atomic step (R5).
    ///
    /// # Errors
    ///
    /// As [`read_thread`](Self::read_thread) and [`create_thread`](Self::create_thread); *invalid
    /// request* (field `at`) for a point beyond the end and for a turn that does not stand; *corrupt*
    /// if what the fork is to have cannot be read whole.
    ///
    /// # Cost
    ///
    /// By default one read and one write of what the fork has, and for a turn one pass from the end
    /// of the history back to it.
    async fn fork_thread(&self, params: ForkThread) -> Result<CreatedThread> {
        derived::fork_thread(self, params).await
    }

    /// Takes back the end of a thread by a marker that is appended: history is never cut.
    ///
    /// # Behavior
    ///
    /// - From then on turns, items, model context and search are those of the shorter thread, and of
    ///   what is appended later (R6). The history itself is one item longer.
    /// - The marker is an event that Codex knows (`thread_rolled_back`).
    /// - Metadata stay as they are (A6).
    ///
    /// # Errors
    ///
    /// As [`append_items`](Self::append_items); *invalid request* (field `to`) for a turn that does
    /// not stand, an ordinal at the end or beyond it, 0 turns, and a thread that has nothing to take
    /// back; *corrupt* if damage hides where to.
    ///
    /// # Cost
    ///
    /// By default one read of what is taken back, and one append of a small item.
    async fn revert_thread(&self, params: RevertThread) -> Result<RevertedThread> {
        derived::revert_thread(self, params).await
    }

    /// Reads what a model is to be told: the latest compaction that stands and carries a replacement
    /// history, and what stands after it (H3).
    ///
    /// # Behavior
    ///
    /// - Without such a compaction it is everything that stands.
    /// - What a later marker took back does not stand, compactions included.
    ///
    /// # Errors
    ///
    /// *Not found*, *archived*, *unavailable*; *corrupt* for a strict read that meets damage.
    ///
    /// # Cost
    ///
    /// By default a read from the end that goes no further back than the compaction, but for the
    /// page it stands on.
    async fn load_model_context(&self, params: LoadModelContext) -> Result<ModelContext> {
        derived::load_model_context(self, params).await
    }

    /// Finds text that a person could read: in names and titles, and in what people and the agent
    /// said, as far as it stands (S1).
    ///
    /// # Behavior
    ///
    /// - It finds the literal text, whatever its case and white space, as [`fold`](crate::fold) says;
    ///   not what tools and developers wrote (S1).
    /// - Threads are ranked, each with a snippet and with the turns and items of its first places.
    ///   [`SearchPlan`](crate::SearchPlan) decides all of it, so a store with an index need only name
    ///   the threads that may have the text; it may rank otherwise.
    /// - It counts no thread that was deleted meanwhile. A history that cannot be read is reported,
    ///   and hides no other.
    /// - What was appended is found at once, or at the latest after a flush; what was deleted is
    ///   not (S2).
    ///
    /// # Errors
    ///
    /// *Invalid request* for a term without text or with more than
    /// [`Query::MAX_CHARS`](crate::Query::MAX_CHARS) characters (field `term`), a page size of 0
    /// (`page_size`) and a cursor that is damaged or belongs to another search (`cursor`);
    /// *unsupported* if [`Search::None`](crate::Search) is claimed; *unavailable*.
    ///
    /// # Cost
    ///
    /// By default, for each page, one pass over the histories of all threads that match the filter,
    /// in the memory of one of them and of the page.
    async fn search_threads(&self, params: SearchThreads) -> Result<SearchPage> {
        derived::search_threads(self, params).await
    }

    /// Lists the turns of a thread that stand.
    ///
    /// # Behavior
    ///
    /// - Turns are derived from the history, the same from every store and equal to what a replay
    ///   of the whole gives; what was taken back is gone (T1).
    /// - A page goes both ways, with ids and places that no later append moves (T2). Cursors are
    ///   those of [`list_threads`](Self::list_threads): absent on the last page, bound to the thread.
    /// - Damaged records cost what they said; the rest is derived, and the page says what is missing.
    ///
    /// # Errors
    ///
    /// *Not found*, *archived*; *invalid request* for a page size of 0 and a cursor that is damaged
    /// or belongs to another list; *unavailable*.
    ///
    /// # Cost
    ///
    /// By default the newest page reads the end of the history alone, back to where its turns begin
    /// (T3). Other pages look through what is newer than they are for markers, unless their cursor
    /// knows that there are none, and are as dear as a replay of that if there are some. A turn is
    /// read whole, however long.
    async fn list_turns(&self, params: ListTurns) -> Result<TurnPage> {
        derived::list_turns(self, params).await
    }

    /// Lists the items of the turns that stand, of all or of one, by the place of their first
    /// records.
    ///
    /// # Behavior, errors, cost
    ///
    /// As [`list_turns`](Self::list_turns) (T1, T2, T3).
    async fn list_items(&self, params: ListItems) -> Result<ItemPage> {
        derived::list_items(self, params).await
    }

    /// Answers whether a thread is on a list, and if not, every filter that keeps it off (L9).
    ///
    /// # Errors
    ///
    /// *Not found*, *unavailable*.
    ///
    /// # Cost
    ///
    /// One read; for an ancestor filter one for each thread on the way up.
    async fn explain(&self, params: Explain) -> Result<Explanation> {
        derived::explain(self, params).await
    }
}
