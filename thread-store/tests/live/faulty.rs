//! A store whose calls fail by a plan, and are logged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use thread_store::{
    AppendItems, AppendReceipt, Capabilities, ChangedThreads, CreateThread, CreatedThread,
    DeleteThread, Error, HistoryPage, ListThreads, LoadHistory, Operation, Ordinal, Outcome,
    ReadThread, ReleaseLease, Result, ResumeThread, ResumedThread, SetArchived, StoredThread,
    ThreadMetadataPatch, ThreadPage, ThreadStore, UpdateThreadMetadata, WriterLease,
};
use thread_store_memory::MemoryStore;

/// What happens to a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// It fails before anything is done, and says so.
    Refused,
    /// It is done, and its answer is lost.
    AnswerLost,
    /// It is not done, and nobody knows.
    RequestLost,
    /// It is not done, and the store does not know what is wrong with it.
    Broken,
    /// It is not done and never answers.
    HangsUndone,
    /// It is done and never answers.
    HangsDone,
}

impl Fault {
    pub(crate) const FAILING: [Self; 3] = [Self::Refused, Self::AnswerLost, Self::RequestLost];
    pub(crate) const HANGING: [Self; 2] = [Self::HangsUndone, Self::HangsDone];
}

/// A call as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: Operation,
    /// Where an append expects the end, or from where history is read.
    pub(crate) ordinal: Option<Ordinal>,
    pub(crate) patch: Option<ThreadMetadataPatch>,
    pub(crate) fault: Option<Fault>,
}

impl Call {
    fn of(operation: Operation) -> Self {
        Self { operation, ordinal: None, patch: None, fault: None }
    }

    fn at(self, ordinal: Option<Ordinal>) -> Self {
        Self { ordinal, ..self }
    }

    /// Whether it does nothing but to move `updated_at`.
    pub(crate) fn is_touch(&self) -> bool {
        let touch = |patch: &ThreadMetadataPatch| {
            patch.is_touch() && patch.recency_at.is_keep() && !patch.updated_at.is_keep()
        };
        self.patch.as_ref().is_some_and(touch)
    }
}

/// Forwards the first ring to a memory store. The second keeps its default bodies, so that each of
/// their calls can fail too.
#[derive(Debug)]
pub(crate) struct FaultyStore {
    pub(crate) inner: MemoryStore,
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    /// By the number of the call.
    faults: BTreeMap<usize, Fault>,
    calls: Vec<Call>,
    /// How often a call gives way, before and after it is done.
    pauses: usize,
    is_hanging: bool,
}

impl FaultyStore {
    pub(crate) fn new(inner: MemoryStore) -> Arc<Self> {
        Arc::new(Self { inner, plan: Mutex::default() })
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.plan().calls.clone()
    }

    pub(crate) fn call_count(&self) -> usize {
        self.plan().calls.len()
    }

    /// Lets the call fail that comes after so many others, counted from now.
    pub(crate) fn fail(&self, after: usize, fault: Fault) {
        let mut plan = self.plan();
        let number = plan.calls.len() + after;
        plan.faults.insert(number, fault);
    }

    /// Forgets what was to fail.
    pub(crate) fn heal(&self) {
        self.plan().faults.clear();
    }

    /// Lets calls give way so often before they are done, and as often after.
    pub(crate) fn pause(&self, pauses: usize) {
        self.plan().pauses = pauses;
    }

    /// Whether a call hangs that nobody gave up yet.
    pub(crate) fn is_hanging(&self) -> bool {
        self.plan().is_hanging
    }

    fn begin(&self, mut call: Call) -> (Option<Fault>, usize) {
        let mut plan = self.plan();
        let number = plan.calls.len();
        call.fault = plan.faults.get(&number).copied();
        let fault = call.fault;
        plan.calls.push(call);
        (fault, plan.pauses)
    }

    async fn call<T>(&self, call: Call, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let operation = call.operation;
        let lost = |outcome| Err(Error::unavailable(outcome).during(operation));
        let (fault, pauses) = self.begin(call);
        give_way(pauses).await;
        match fault {
            Some(Fault::Refused) => return lost(Outcome::NothingDone),
            Some(Fault::RequestLost) => return lost(Outcome::Unknown),
            Some(Fault::Broken) => return Err(Error::internal("broken for a moment")),
            Some(Fault::HangsUndone) => self.hang().await,
            _ => {}
        }
        let answer = work.await;
        give_way(pauses).await;
        match fault {
            Some(Fault::AnswerLost) => lost(Outcome::Unknown),
            Some(Fault::HangsDone) => self.hang().await,
            _ => answer,
        }
    }

    async fn hang<T>(&self) -> T {
        struct Hanging<'a>(&'a FaultyStore);

        impl Drop for Hanging<'_> {
            fn drop(&mut self) {
                self.0.plan().is_hanging = false;
            }
        }

        self.plan().is_hanging = true;
        let _hanging = Hanging(self);
        std::future::pending().await
    }
}

async fn give_way(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

#[async_trait]
impl ThreadStore for FaultyStore {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        self.call(Call::of(Operation::CreateThread), self.inner.create_thread(params)).await
    }

    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread> {
        self.call(Call::of(Operation::ResumeThread), self.inner.resume_thread(params)).await
    }

    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        let call = Call::of(Operation::AppendItems).at(params.expected_ordinal);
        self.call(call, self.inner.append_items(params)).await
    }

    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        self.call(Call::of(Operation::FlushThread), self.inner.flush_thread(lease)).await
    }

    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        self.call(Call::of(Operation::ReleaseLease), self.inner.release_lease(params)).await
    }

    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        let call = Call::of(Operation::LoadHistory).at(Some(params.range.from));
        self.call(call, self.inner.load_history(params)).await
    }

    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        self.call(Call::of(Operation::ReadThread), self.inner.read_thread(params)).await
    }

    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        self.call(Call::of(Operation::ListThreads), self.inner.list_threads(params)).await
    }

    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        let patch = Some(params.patch.clone());
        let call = Call { patch, ..Call::of(Operation::UpdateThreadMetadata) };
        self.call(call, self.inner.update_thread_metadata(params)).await
    }

    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        self.call(Call::of(Operation::SetArchived), self.inner.set_archived(params)).await
    }

    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        self.call(Call::of(Operation::DeleteThread), self.inner.delete_thread(params)).await
    }
}
