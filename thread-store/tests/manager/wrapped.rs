//! The memory store, with faults, and with calls that wait until the test lets them go.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use thread_store::{
    AppendItems, AppendReceipt, Capabilities, ChangedThreads, CreateThread, CreatedThread,
    DeleteThread, Error, HistoryPage, ListThreads, LoadHistory, Operation, Outcome, ReadThread,
    ReleaseLease, Result, ResumeThread, ResumedThread, SetArchived, StoredThread, ThreadId,
    ThreadPage, ThreadStore, UpdateThreadMetadata, WriterLease,
};
use thread_store_memory::MemoryStore;
use tokio::sync::Semaphore;

/// The memory store, and what is to go wrong with the next calls.
#[derive(Clone, Debug)]
pub(crate) struct Wrapped {
    store: MemoryStore,
    capabilities: Capabilities,
    mishaps: Arc<Mutex<Vec<Planned>>>,
}

#[derive(Debug)]
struct Planned {
    operation: Operation,
    thread_id: Option<ThreadId>,
    mishap: Mishap,
    lasting: bool,
}

/// What befalls a call.
#[derive(Clone, Debug)]
pub(crate) enum Mishap {
    /// It is not made, and fails.
    Fails(Error),
    /// It is not made, and fails when the door opens.
    FailsLate(Door),
    /// It is made, and nobody hears the answer.
    Unheard,
    /// It is made when the door opens.
    Waits(Door),
    /// It is made, and answers when the door opens.
    AnswersLate(Door),
}

/// A door that calls wait at.
#[derive(Clone, Debug)]
pub(crate) struct Door(Arc<(Semaphore, Semaphore)>);

impl Door {
    pub(crate) fn new() -> Self {
        Self(Arc::new((Semaphore::new(0), Semaphore::new(0))))
    }

    /// Waits until a call stands at the door.
    pub(crate) async fn reached(&self) {
        self.0.0.acquire().await.unwrap().forget();
    }

    /// Lets a call through, now or when it comes.
    pub(crate) fn open(&self) {
        self.0.1.add_permits(1);
    }

    pub(crate) async fn pass(&self) {
        self.0.0.add_permits(1);
        self.0.1.acquire().await.unwrap().forget();
    }
}

impl Wrapped {
    pub(crate) fn new() -> Self {
        let store = MemoryStore::new();
        let capabilities = store.capabilities();
        Self { store, capabilities, mishaps: Arc::default() }
    }

    /// A store that changes no subtree in one step.
    pub(crate) fn without_descendants() -> Self {
        let mut wrapped = Self::new();
        wrapped.capabilities.descendants = false;
        wrapped
    }

    /// What is behind it, where nothing goes wrong.
    pub(crate) fn inside(&self) -> &MemoryStore {
        &self.store
    }

    /// The next call of this operation, on this thread if one is given.
    pub(crate) fn next(
        &self,
        operation: Operation,
        thread_id: impl Into<Option<ThreadId>>,
        mishap: Mishap,
    ) {
        self.plan(operation, thread_id.into(), mishap, false);
    }

    /// Every call of this operation, until the end of all [mishaps](Self::heal).
    pub(crate) fn always(
        &self,
        operation: Operation,
        thread_id: impl Into<Option<ThreadId>>,
        mishap: Mishap,
    ) {
        self.plan(operation, thread_id.into(), mishap, true);
    }

    /// The next call waits at a door.
    pub(crate) fn block(&self, operation: Operation, thread_id: ThreadId) -> Door {
        let door = Door::new();
        self.next(operation, thread_id, Mishap::Waits(door.clone()));
        door
    }

    /// The next call is made, and answers behind a door.
    pub(crate) fn hold_answer(&self, operation: Operation, thread_id: ThreadId) -> Door {
        let door = Door::new();
        self.next(operation, thread_id, Mishap::AnswersLate(door.clone()));
        door
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.planned().clear();
    }

    fn plan(
        &self,
        operation: Operation,
        thread_id: Option<ThreadId>,
        mishap: Mishap,
        lasting: bool,
    ) {
        self.planned().push(Planned { operation, thread_id, mishap, lasting });
    }

    fn planned(&self) -> MutexGuard<'_, Vec<Planned>> {
        self.mishaps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mishap(&self, operation: Operation, thread_id: Option<ThreadId>) -> Option<Mishap> {
        let mut planned = self.planned();
        let fits = |planned: &Planned| {
            planned.operation == operation
                && (planned.thread_id.is_none() || planned.thread_id == thread_id)
        };
        let at = planned.iter().position(fits)?;
        if planned[at].lasting {
            return Some(planned[at].mishap.clone());
        }
        Some(planned.remove(at).mishap)
    }

    async fn call<T>(
        &self,
        operation: Operation,
        thread_id: impl Into<Option<ThreadId>>,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match self.mishap(operation, thread_id.into()) {
            None => call.await,
            Some(Mishap::Fails(error)) => Err(error.during(operation)),
            Some(Mishap::FailsLate(door)) => {
                door.pass().await;
                Err(Error::unavailable(Outcome::NothingDone).during(operation))
            }
            Some(Mishap::Unheard) => {
                call.await?;
                Err(Error::unavailable(Outcome::Unknown).during(operation))
            }
            Some(Mishap::Waits(door)) => {
                door.pass().await;
                call.await
            }
            Some(Mishap::AnswersLate(door)) => {
                let answer = call.await;
                door.pass().await;
                answer
            }
        }
    }
}

/// The store cannot be reached.
pub(crate) fn unavailable() -> Mishap {
    Mishap::Fails(Error::unavailable(Outcome::NothingDone))
}

#[async_trait]
impl ThreadStore for Wrapped {
    fn capabilities(&self) -> Capabilities {
        self.capabilities.clone()
    }

    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        let id = params.thread_id;
        self.call(Operation::CreateThread, id, self.store.create_thread(params)).await
    }

    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread> {
        let id = params.thread_id;
        self.call(Operation::ResumeThread, id, self.store.resume_thread(params)).await
    }

    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        let id = params.lease.thread_id;
        self.call(Operation::AppendItems, id, self.store.append_items(params)).await
    }

    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        let id = lease.thread_id;
        self.call(Operation::FlushThread, id, self.store.flush_thread(lease)).await
    }

    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        let id = params.lease.thread_id;
        self.call(Operation::ReleaseLease, id, self.store.release_lease(params)).await
    }

    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        let id = params.thread_id;
        self.call(Operation::LoadHistory, id, self.store.load_history(params)).await
    }

    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        let id = params.thread_id;
        self.call(Operation::ReadThread, id, self.store.read_thread(params)).await
    }

    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        self.call(Operation::ListThreads, None, self.store.list_threads(params)).await
    }

    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        let id = params.thread_id;
        let call = self.store.update_thread_metadata(params);
        self.call(Operation::UpdateThreadMetadata, id, call).await
    }

    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        let id = params.thread_id;
        if params.descendants && !self.capabilities.descendants {
            return Err(Error::unsupported("descendants").about(id));
        }
        self.call(Operation::SetArchived, id, self.store.set_archived(params)).await
    }

    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        let id = params.thread_id;
        if params.descendants && !self.capabilities.descendants {
            return Err(Error::unsupported("descendants").about(id));
        }
        self.call(Operation::DeleteThread, id, self.store.delete_thread(params)).await
    }
}
