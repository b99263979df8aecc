//! The history of one thread with the right to append to it, under one lock.

use std::sync::{Mutex, MutexGuard, PoisonError};

use thread_store::{
    AppendItems, AppendReceipt, Direction, Epoch, Error, HistoryPage, Holder, LeaseState, Limits,
    LoadHistory, Ordinal, ReleaseLease, Result, RolloutItem, WriterLease, plan_append,
};

use crate::history::History;

#[derive(Debug)]
pub(crate) struct Log(Mutex<State>);

#[derive(Debug)]
struct State {
    history: History,
    lease: LeaseState,
    deleted: bool,
}

impl Log {
    pub(crate) fn new(items: Vec<RolloutItem>) -> Self {
        let history = History::new(items);
        Self(Mutex::new(State { history, lease: LeaseState::default(), deleted: false }))
    }

    /// No code panics while it holds the lock; a poisoned lock guards good data all the same.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state behind a lease: somebody may have deleted the thread since it was looked up.
    fn lock_for(&self, lease: &WriterLease) -> Result<MutexGuard<'_, State>> {
        let state = self.lock();
        if state.deleted { Err(Error::not_found(lease.thread_id)) } else { Ok(state) }
    }

    pub(crate) fn end(&self) -> Ordinal {
        self.lock().history.end()
    }

    /// Grants a lease, and answers where the history ends.
    pub(crate) fn grant(&self, epoch: Epoch, holder: Holder) -> Ordinal {
        let mut state = self.lock();
        state.lease = LeaseState::granted(epoch, holder);
        state.history.end()
    }

    /// The newest lease as it stands.
    pub(crate) fn lease(&self) -> LeaseState {
        self.lock().lease.clone()
    }

    pub(crate) fn fence(&self, epoch: Epoch) {
        self.lock().lease = LeaseState::fenced(epoch);
    }

    pub(crate) fn delete(&self) {
        self.lock().deleted = true;
    }

    pub(crate) fn append(&self, params: AppendItems, limits: &Limits) -> Result<AppendReceipt> {
        let AppendItems { lease, items, expected_ordinal, .. } = params;
        let mut state = self.lock_for(&lease)?;
        let end = state.history.end();
        state.lease.check(&lease, end)?;
        limits.check_items(&items)?;
        let (receipt, standing) =
            plan_append(lease.thread_id, expected_ordinal, &items, end, |range| {
                Ok(state.history.page(&range, Direction::Ascending).records().collect::<Vec<_>>())
            })?;
        state.history.extend(items.into_iter().skip(standing));
        Ok(receipt)
    }

    /// Checks a lease, as every use of it does.
    pub(crate) fn check(&self, lease: &WriterLease) -> Result<()> {
        let state = self.lock_for(lease)?;
        state.lease.check(lease, state.history.end())
    }

    pub(crate) fn release(&self, params: &ReleaseLease) -> Result<()> {
        let mut state = self.lock_for(&params.lease)?;
        let end = state.history.end();
        if state.lease.check_release(&params.lease, params.mode, end)? {
            state.lease.released = true;
        }
        Ok(())
    }

    pub(crate) fn load(&self, params: &LoadHistory) -> Result<HistoryPage> {
        let state = self.lock();
        let end = state.history.end();
        let plan = params.plan(end)?;
        Ok(HistoryPage::new(state.history.page(&plan.take, params.direction), end, plan.rest))
    }
}
