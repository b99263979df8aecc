//! Appending, and taking back.

use std::sync::atomic::Ordering;

use super::open::{Open, Write, Written, is_lost};
use super::retry::{as_nothing_done, outcome};
use super::{Core, Heard, Shared, State};
use crate::error::{Conflict, Error, Result};
use crate::item::RolloutItem;
use crate::metadata::ThreadMetadataPatch;
use crate::ordinal::Ordinal;
use crate::params::AppendReceipt;
use crate::turn::{RevertThread, RevertTo, RevertedThread};

impl Core {
    pub(super) async fn append(
        &mut self,
        shared: &Shared,
        items: Vec<RolloutItem>,
    ) -> Result<AppendReceipt> {
        if items.is_empty() {
            return self.append_nothing(shared);
        }
        if self.is_untouched() || self.is_in_doubt_about(&items) {
            self.create(shared, &items, ThreadMetadataPatch::default()).await?;
        }
        let open = self.open(shared).await.map_err(as_nothing_done)?;
        let appended = open.append(shared, items).await;
        self.kept(shared, appended)
    }

    pub(super) async fn append_at(
        &mut self,
        shared: &Shared,
        expected: Ordinal,
        items: Vec<RolloutItem>,
    ) -> Result<AppendReceipt> {
        self.settle_first(shared).await?;
        let open = self.open(shared).await.map_err(as_nothing_done)?;
        let (actual, in_turn) = (open.next, open.turn().is_some());
        if actual != expected {
            return Err(Error::conflict(shared.thread_id, Conflict::Ordinal { expected, actual }));
        }
        if in_turn {
            return Err(Error::invalid("turn", "a turn is in progress").about(shared.thread_id));
        }
        self.append(shared, items).await
    }

    fn append_nothing(&self, shared: &Shared) -> Result<AppendReceipt> {
        match &self.0 {
            State::NotStarted(_) => Ok(AppendReceipt::new(Ordinal::ZERO, 0)),
            State::Open(open) => Ok(AppendReceipt::new(open.next, 0)),
            over => Err(over.error(shared.thread_id)),
        }
    }

    pub(super) async fn revert(&mut self, shared: &Shared, to: RevertTo) -> Result<RevertedThread> {
        if self.is_untouched() {
            return Err(refused(shared, "there is nothing to take back"));
        }
        let open = self.open(shared).await.map_err(as_nothing_done)?;
        let reverted = open.revert(shared, to).await;
        self.kept(shared, reverted)
    }

    /// Whether items may have been appended that the caller was not answered, exactly these.
    pub(super) fn is_in_doubt_about(&self, items: &[RolloutItem]) -> bool {
        match &self.0 {
            State::NotStarted(draft) => draft.is_in_doubt_about(items),
            State::Open(open) => open.is_in_doubt_about(items),
            State::Closed(..) | State::Failed(_) => false,
        }
    }

    /// Settles what is in doubt, if anything is, before another call looks at the thread.
    pub(super) async fn settle_first(&mut self, shared: &Shared) -> Result<()> {
        if self.is_untouched() {
            return Ok(());
        }
        let open = self.open(shared).await.map_err(as_nothing_done)?;
        let settled = open.settle_first(shared).await;
        self.kept(shared, settled)
    }

    /// The thread, created if it is not started.
    pub(super) async fn open(&mut self, shared: &Shared) -> Result<&mut Open> {
        if matches!(self.0, State::NotStarted(_)) {
            self.create(shared, &[], ThreadMetadataPatch::default()).await?;
        }
        match &mut self.0 {
            State::Open(open) => Ok(open),
            over => Err(over.error(shared.thread_id)),
        }
    }

    /// Creates a thread that is not started.
    pub(super) async fn create(
        &mut self,
        shared: &Shared,
        items: &[RolloutItem],
        edit: ThreadMetadataPatch,
    ) -> Result<&Open> {
        if let State::NotStarted(draft) = &mut self.0 {
            // Rare and large: boxed, so that appends stay small.
            let created = Box::pin(draft.create(shared, items, edit)).await;
            let taken = |error: &Error| error.as_conflict() == Some(&Conflict::AlreadyExists);
            if let Err(error) = &created
                && taken(error)
            {
                self.fail(shared, error.clone());
            }
            self.0 = State::Open(Box::new(created?));
            shared.started.store(true, Ordering::SeqCst);
        }
        match &self.0 {
            State::Open(open) => Ok(open),
            over => Err(over.error(shared.thread_id)),
        }
    }

    /// Takes notice if a failure says that the thread is no longer this session's.
    pub(super) fn kept<T>(&mut self, shared: &Shared, result: Result<T>) -> Result<T> {
        if let Err(error) = &result
            && is_lost(error)
        {
            self.fail(shared, error.clone());
        }
        result
    }

    fn fail(&mut self, shared: &Shared, error: Error) {
        tracing::warn!(thread_id = %shared.thread_id, code = error.code(), "the thread is lost");
        shared.hear(Heard::Lost(&error));
        self.0 = State::Failed(error);
    }
}

impl Open {
    async fn append(&mut self, shared: &Shared, items: Vec<RolloutItem>) -> Result<AppendReceipt> {
        let write = Write::Append(items);
        if let Some(Written::Appended(receipt)) = self.answer_late(&write) {
            return Ok(receipt);
        }
        if !self.is_in_doubt(&write) {
            self.settle_first(shared).await?;
            self.begin_observing(shared).await?;
        }
        let written = self.write(shared, write).await?;
        self.edit_after_append(shared).await;
        self.answered();
        match written {
            Written::Appended(receipt) => Ok(receipt),
            Written::Reverted(_) => Err(Error::internal("taken back").about(shared.thread_id)),
        }
    }

    async fn revert(&mut self, shared: &Shared, to: RevertTo) -> Result<RevertedThread> {
        let revert = RevertThread::new(self.lease.clone(), to).with_at(shared.now());
        let mut write = Write::Revert(revert.clone());
        if !self.is_in_doubt(&write) {
            self.settle_first(shared).await?;
            if self.turn().is_some() {
                return Err(refused(shared, "a turn is in progress"));
            }
            write = Write::Revert(revert.with_expected_ordinal(self.next));
        }
        let written = self.write(shared, write).await?;
        self.edit_after_append(shared).await;
        self.answered();
        match written {
            Written::Reverted(reverted) => Ok(reverted),
            Written::Appended(_) => Err(Error::internal("appended").about(shared.thread_id)),
        }
    }

    /// Settles another write before this one, of which nothing is done if that fails.
    pub(super) async fn settle_first(&mut self, shared: &Shared) -> Result<()> {
        match self.settle(shared).await {
            Err(error) if is_lost(&error) => Err(error),
            Err(error) if outcome(&error).is_some() => Err(as_nothing_done(error)),
            // What was in doubt is refused: it was not done.
            _ => Ok(()),
        }
    }
}

fn refused(shared: &Shared, reason: &str) -> Error {
    Error::invalid("to", reason).about(shared.thread_id)
}
