//! What every case has in its hands.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thread_store::{
    AppendItems, AppendReceipt, Capabilities, CreateThread, Holder, ListFilter, ListThreads,
    LoadHistory, ManualClock, Ordinal, OrdinalRange, Persistence, ResumeThread, RolloutItem,
    SessionSource, StoredThread, ThreadId, ThreadStore, ThreadStoreExt as _, Timestamp,
    WriterLease,
};

use crate::case::{CaseResult, fail, skip};
use crate::core_only::CoreOnly;
use crate::harness::{Harness, NotOffered};
use crate::runner::Mode;

/// A time that is easy to reckon with: 2026-01-01T00:00:00.000Z.
pub(crate) const EPOCH_MILLIS: i64 = 1_767_225_600_000;

/// More rows than any case makes: a list that goes on so long goes in circles.
pub(crate) const ENDLESS: usize = 20_000;

/// The surroundings of one case: empty data, one handle open on them, and short words for what
/// cases do all the time.
pub(crate) struct Cx {
    harness: Arc<dyn Harness>,
    mode: Mode,
    store: Option<Arc<dyn ThreadStore>>,
    ids: AtomicU64,
}

impl Cx {
    pub(crate) async fn new(harness: Arc<dyn Harness>, mode: Mode) -> CaseResult<Self> {
        let mut cx = Self { harness, mode, store: None, ids: AtomicU64::new(0) };
        cx.store = Some(cx.open().await?);
        Ok(cx)
    }

    /// The handle that was opened for the case.
    pub(crate) fn store(&self) -> &Arc<dyn ThreadStore> {
        // It is only absent between `close` and `reopen`, inside `reopen`.
        self.store.as_ref().unwrap_or_else(|| unreachable!("the store is open"))
    }

    /// Another handle on the same data.
    pub(crate) async fn open(&self) -> CaseResult<Arc<dyn ThreadStore>> {
        Ok(self.mode.wrap(self.harness.open().await?))
    }

    /// A handle in another process, if the harness has them.
    pub(crate) async fn open_elsewhere(&self) -> CaseResult<Arc<dyn ThreadStore>> {
        match self.harness.open_elsewhere().await {
            Ok(store) => Ok(self.mode.wrap(store)),
            Err(NotOffered) => skip("the harness opens no handle in another process"),
        }
    }

    /// Drops the handle and opens another. A store that keeps nothing keeps one handle meanwhile.
    pub(crate) async fn reopen(&mut self) -> CaseResult {
        let kept = match self.capabilities().persistence {
            Persistence::Volatile => self.store.clone(),
            _ => None,
        };
        self.store = None;
        self.store = Some(self.open().await?);
        drop(kept);
        Ok(())
    }

    /// Kills whatever is open and opens anew, if the harness can.
    pub(crate) async fn crash(&mut self) -> CaseResult {
        if self.harness.crash().await == Err(NotOffered) {
            return skip("the harness cannot crash the store");
        }
        self.store = Some(self.open().await?);
        Ok(())
    }

    /// Damages a stored record, if the harness can.
    pub(crate) async fn damage(&mut self, thread_id: ThreadId, ordinal: u64) -> CaseResult {
        self.store = None;
        let damaged = self.harness.damage(thread_id, Ordinal::new(ordinal)).await;
        self.store = Some(self.open().await?);
        match damaged {
            Ok(()) => Ok(()),
            Err(NotOffered) => skip("the harness cannot damage a record"),
        }
    }

    /// Makes writes fail or no longer, if the harness can.
    pub(crate) async fn fail_writes(&self, failing: bool) -> CaseResult {
        match self.harness.fail_writes(failing).await {
            Ok(()) => Ok(()),
            Err(NotOffered) => skip("the harness cannot make writes fail"),
        }
    }

    /// The clock of the store, if the harness gives it one.
    pub(crate) fn clock(&self) -> CaseResult<ManualClock> {
        match self.harness.clock() {
            Some(clock) => Ok(clock),
            None => skip("the harness gives the store no clock"),
        }
    }

    pub(crate) fn capabilities(&self) -> Capabilities {
        self.store().capabilities()
    }

    /// An id that was not used yet in this case. Later ones are larger.
    pub(crate) fn id(&self) -> ThreadId {
        let n = self.ids.fetch_add(1, Ordering::SeqCst);
        ThreadId::from_parts(self.time(0), (u128::from(n) + 1) << 32)
    }

    /// An id that no thread has.
    pub(crate) fn unknown_id(&self) -> ThreadId {
        ThreadId::from_bytes([0xee; 16])
    }

    /// So many milliseconds after a fixed moment.
    pub(crate) fn time(&self, millis: i64) -> Timestamp {
        Timestamp::from_millis(EPOCH_MILLIS + millis)
    }

    /// A thread with so many items, of which the n-th is `item(n)`. Created at `time(0)`.
    pub(crate) async fn thread(&self, items: u64) -> CaseResult<ThreadId> {
        let create = self.create().with_items(self.items(0..items));
        Ok(self.store().create_thread(create).await?.thread.thread_id)
    }

    /// The same, with a lease.
    pub(crate) async fn leased(&self, items: u64) -> CaseResult<WriterLease> {
        let create = self.create().with_items(self.items(0..items));
        self.leased_by(create.with_lease(self.holder())).await
    }

    /// The lease of a creation that asks for one.
    pub(crate) async fn leased_by(&self, create: CreateThread) -> CaseResult<WriterLease> {
        match self.store().create_thread(create).await?.lease {
            Some(lease) => Ok(lease),
            None => fail("create_thread with a holder", "a lease", "none"),
        }
    }

    /// A thread spawned by another.
    pub(crate) async fn child(&self, parent: ThreadId) -> CaseResult<ThreadId> {
        let create =
            self.create().with_source(SessionSource::spawned_by(parent, 1)).with_parent(parent);
        Ok(self.store().create_thread(create).await?.thread.thread_id)
    }

    /// The creation of a thread with a new id, at `time(0)`.
    pub(crate) fn create(&self) -> CreateThread {
        CreateThread::new(self.id()).with_created_at(self.time(0))
    }

    pub(crate) fn holder(&self) -> Holder {
        Holder::new("conformance")
    }

    /// A new lease on the thread, archived or not.
    pub(crate) async fn resume(&self, thread_id: ThreadId) -> CaseResult<WriterLease> {
        let resume = ResumeThread::new(thread_id, self.holder()).with_include_archived(true);
        Ok(self.store().resume_thread(resume).await?.lease)
    }

    /// Appends without saying where.
    pub(crate) async fn append(
        &self,
        lease: &WriterLease,
        items: Vec<RolloutItem>,
    ) -> thread_store::Result<AppendReceipt> {
        self.store().append_items(AppendItems::new(lease.clone(), items)).await
    }

    /// Appends at an ordinal.
    pub(crate) async fn append_at(
        &self,
        lease: &WriterLease,
        ordinal: u64,
        items: Vec<RolloutItem>,
    ) -> thread_store::Result<AppendReceipt> {
        let append =
            AppendItems::new(lease.clone(), items).with_expected_ordinal(Ordinal::new(ordinal));
        self.store().append_items(append).await
    }

    /// The n-th of a row of items that are all different.
    pub(crate) fn item(&self, n: u64) -> RolloutItem {
        self.raw(&format!(r#"{{"type":"event_msg","payload":{{"type":"note","n":{n}}}}}"#))
    }

    pub(crate) fn items(&self, numbers: std::ops::Range<u64>) -> Vec<RolloutItem> {
        numbers.map(|n| self.item(n)).collect()
    }

    /// An item with this text, which is one.
    pub(crate) fn raw(&self, text: &str) -> RolloutItem {
        match RolloutItem::try_from(text) {
            Ok(item) => item,
            Err(error) => unreachable!("a case made no item of its text: {error}"),
        }
    }

    /// The texts of all items that can be read.
    pub(crate) async fn texts(&self, thread_id: ThreadId) -> CaseResult<Vec<String>> {
        let mut texts = Vec::new();
        let mut next = Some(OrdinalRange::ALL);
        while let Some(range) = next {
            let load = LoadHistory::new(thread_id).with_include_archived(true).with_range(range);
            let page = self.store().load_history(load).await?;
            texts.extend(page.items.records().map(|item| item.text().into_owned()));
            next = page.rest;
        }
        Ok(texts)
    }

    /// The history is `items(0..count)`, with ordinals from 0.
    pub(crate) async fn expect_items(&self, thread_id: ThreadId, count: u64) -> CaseResult {
        let got = self.store().history(thread_id).await?;
        let got: Vec<_> =
            got.iter().map(|it| (it.ordinal.get(), it.item.text().into_owned())).collect();
        let expected = (0..count).map(|n| (n, self.item(n).text().into_owned())).collect();
        crate::case::expect_eq("the history", expected, got)
    }

    pub(crate) async fn read(&self, thread_id: ThreadId) -> CaseResult<StoredThread> {
        Ok(self.store().thread(thread_id).await?)
    }

    /// The ids of a list, all pages of it, in the order of the store.
    pub(crate) async fn list(&self, list: impl Into<ListThreads>) -> CaseResult<Vec<ThreadId>> {
        use futures::{StreamExt as _, TryStreamExt as _};
        let rows = self.store().all_threads(list.into()).take(ENDLESS);
        let threads: Vec<_> = rows.try_collect().await?;
        if threads.len() == ENDLESS {
            return fail("the list", "an end", "more and more rows");
        }
        Ok(threads.iter().map(|thread| thread.thread_id).collect())
    }

    /// The ids of a list without any filter.
    pub(crate) async fn list_all(&self) -> CaseResult<Vec<ThreadId>> {
        self.list(ListFilter::default()).await
    }
}

impl Mode {
    fn wrap(self, store: Arc<dyn ThreadStore>) -> Arc<dyn ThreadStore> {
        match self {
            Self::AsShipped => store,
            Self::CoreOnly => Arc::new(CoreOnly(store)),
        }
    }
}
