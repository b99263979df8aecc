//! A store whose calls fail as planned.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::future::{Either, select};
use thread_store::{
    AppendItems, AppendReceipt, Capabilities, ChangedThreads, CreateThread, CreatedThread,
    DeleteThread, Error, Explain, Explanation, ForkThread, HistoryPage, ItemPage, ListItems,
    ListThreads, ListTurns, LoadHistory, LoadModelContext, ModelContext, Operation, Outcome,
    ReadThread, ReleaseLease, Result, ResumeThread, ResumedThread, RevertThread, RevertedThread,
    SearchPage, SearchThreads, SetArchived, StoredThread, ThreadPage, ThreadStore, TurnPage,
    UpdateThreadMetadata, WriterLease,
};
use tokio::sync::Notify;

/// How a call fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// Before anything is done.
    Refused,
    /// After it was done: the answer is lost.
    AnswerLost,
    /// It is not done, and not answered either.
    Hangs,
    /// It is done and never answered.
    HangsWhenDone,
}

impl Fault {
    /// By an answer.
    pub(crate) const ALL: [Self; 2] = [Self::Refused, Self::AnswerLost];
    /// Without one.
    pub(crate) const HANGING: [Self; 2] = [Self::Hangs, Self::HangsWhenDone];
}

/// Which call, counted from 0, fails how.
type Plan = Box<dyn Fn(usize, Operation) -> Option<Fault> + Send>;

/// Forwards everything, notes which calls are made, and makes some *unavailable*.
pub(crate) struct Faulty {
    store: Arc<dyn ThreadStore>,
    made: Mutex<Vec<Operation>>,
    plan: Mutex<Plan>,
    hanging: Notify,
}

impl Faulty {
    /// Nothing fails until that is planned.
    pub(crate) fn new(store: Arc<dyn ThreadStore>) -> Arc<Self> {
        let plan: Plan = Box::new(|_, _| None);
        let (made, plan, hanging) = (Mutex::default(), Mutex::new(plan), Notify::new());
        Arc::new(Self { store, made, plan, hanging })
    }

    /// From now on calls fail as this says.
    pub(crate) fn plan(&self, plan: impl Fn(usize, Operation) -> Option<Fault> + Send + 'static) {
        *locked(&self.plan) = Box::new(plan);
    }

    /// From now on every call of this operation fails.
    pub(crate) fn fail(&self, failing: Operation, fault: Fault) {
        self.plan(move |_, operation| (operation == failing).then_some(fault));
    }

    /// From now on nothing fails.
    pub(crate) fn heal(&self) {
        self.plan(|_, _| None);
    }

    /// What the call answers; none if it hangs, and is dropped therefore.
    pub(crate) async fn unless_it_hangs<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        match select(pin!(call), pin!(self.hanging.notified())).await {
            Either::Left((answer, _)) => Some(answer),
            Either::Right(_) => None,
        }
    }

    /// The calls that were made so far.
    pub(crate) fn made(&self) -> Vec<Operation> {
        locked(&self.made).clone()
    }

    async fn call<T>(
        &self,
        operation: Operation,
        call: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let number = {
            let mut made = locked(&self.made);
            made.push(operation);
            made.len() - 1
        };
        let fault = locked(&self.plan)(number, operation);
        let failed = |outcome| Err(Error::unavailable(outcome).during(operation));
        match fault {
            None => call.await,
            Some(Fault::Refused) => failed(Outcome::NothingDone),
            Some(Fault::AnswerLost) => {
                drop(call.await);
                failed(Outcome::Unknown)
            }
            Some(Fault::Hangs) => self.hang().await,
            Some(Fault::HangsWhenDone) => {
                drop(call.await);
                self.hang().await
            }
        }
    }

    async fn hang<T>(&self) -> T {
        self.hanging.notify_one();
        std::future::pending().await
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").field("store", &self.store).finish_non_exhaustive()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl ThreadStore for Faulty {
    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }

    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        self.call(Operation::CreateThread, self.store.create_thread(params)).await
    }

    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread> {
        self.call(Operation::ResumeThread, self.store.resume_thread(params)).await
    }

    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        self.call(Operation::AppendItems, self.store.append_items(params)).await
    }

    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        self.call(Operation::FlushThread, self.store.flush_thread(lease)).await
    }

    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        self.call(Operation::ReleaseLease, self.store.release_lease(params)).await
    }

    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        self.call(Operation::LoadHistory, self.store.load_history(params)).await
    }

    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        self.call(Operation::ReadThread, self.store.read_thread(params)).await
    }

    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        self.call(Operation::ListThreads, self.store.list_threads(params)).await
    }

    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        self.call(Operation::UpdateThreadMetadata, self.store.update_thread_metadata(params)).await
    }

    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        self.call(Operation::SetArchived, self.store.set_archived(params)).await
    }

    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        self.call(Operation::DeleteThread, self.store.delete_thread(params)).await
    }

    async fn fork_thread(&self, params: ForkThread) -> Result<CreatedThread> {
        self.call(Operation::ForkThread, self.store.fork_thread(params)).await
    }

    async fn revert_thread(&self, params: RevertThread) -> Result<RevertedThread> {
        self.call(Operation::RevertThread, self.store.revert_thread(params)).await
    }

    async fn load_model_context(&self, params: LoadModelContext) -> Result<ModelContext> {
        self.call(Operation::LoadModelContext, self.store.load_model_context(params)).await
    }

    async fn search_threads(&self, params: SearchThreads) -> Result<SearchPage> {
        self.call(Operation::SearchThreads, self.store.search_threads(params)).await
    }

    async fn list_turns(&self, params: ListTurns) -> Result<TurnPage> {
        self.call(Operation::ListTurns, self.store.list_turns(params)).await
    }

    async fn list_items(&self, params: ListItems) -> Result<ItemPage> {
        self.call(Operation::ListItems, self.store.list_items(params)).await
    }

    async fn explain(&self, params: Explain) -> Result<Explanation> {
        self.call(Operation::Explain, self.store.explain(params)).await
    }
}
