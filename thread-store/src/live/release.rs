//! Barriers, and the end of a session.

use super::open::{Open, is_lost};
use super::retry::outcome;
use super::{Core, Shared, State};
use crate::error::{ErrorKind, Result};
use crate::lease::Epoch;
use crate::metadata::ThreadMetadataPatch;
use crate::ordinal::Ordinal;
use crate::params::{AppendItems, ReleaseLease, ReleaseMode};

impl Core {
    pub(super) async fn persist(&mut self, shared: &Shared) -> Result<()> {
        if matches!(self.0, State::NotStarted(_)) {
            return self.create(shared, &[], ThreadMetadataPatch::default()).await.map(drop);
        }
        let open = self.open(shared).await?;
        let persisted = open.persist(shared).await;
        self.kept(shared, persisted)
    }

    pub(super) async fn flush(&mut self, shared: &Shared) -> Result<()> {
        if self.is_untouched() {
            return Ok(());
        }
        let open = self.open(shared).await?;
        let flushed = open.flush(shared).await;
        self.kept(shared, flushed)
    }

    pub(super) async fn check(&mut self, shared: &Shared) -> Result<()> {
        if self.is_untouched() {
            return Ok(());
        }
        let open = self.open(shared).await?;
        let checked = open.check(shared).await;
        self.kept(shared, checked)
    }

    pub(super) async fn shutdown(&mut self, shared: &Shared) -> Result<()> {
        match &self.0 {
            State::Closed(..) => return Ok(()),
            State::NotStarted(_) if self.is_untouched() => {
                self.0 = State::Closed(Epoch::default(), Ordinal::ZERO);
                return Ok(());
            }
            _ => {}
        }
        let open = self.open(shared).await?;
        let stored = open.store_all(shared).await;
        if let Err(error) = &stored
            && (outcome(error).is_some() || is_lost(error))
        {
            return self.kept(shared, stored);
        }
        let open = self.open(shared).await?;
        let released = open.release(shared, ReleaseMode::Shutdown).await;
        let closed = State::Closed(open.lease.epoch, open.next);
        self.kept(shared, released)?;
        self.0 = closed;
        // What cannot be stored, however often it is tried, must not keep the thread from closing.
        stored
    }

    pub(super) async fn discard(&mut self, shared: &Shared) -> Result<()> {
        match &self.0 {
            State::Closed(..) | State::Failed(_) => return Ok(()),
            State::NotStarted(_) if self.is_untouched() => {
                self.0 = State::Closed(Epoch::default(), Ordinal::ZERO);
                return Ok(());
            }
            _ => {}
        }
        let open = match self.open(shared).await {
            Ok(open) => open,
            Err(error) if outcome(&error).is_some() => return Err(error),
            // What was in doubt was refused: there is nothing to give back.
            Err(_) => return Ok(()),
        };
        match open.release(shared, ReleaseMode::Discard).await {
            Err(error) if *error.kind() != ErrorKind::NotFound => return Err(error),
            _ => self.0 = State::Closed(open.lease.epoch, open.next),
        }
        Ok(())
    }

    /// Whether nothing is stored, and no creation is in doubt.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(&self.0, State::NotStarted(draft) if !draft.is_in_doubt())
    }
}

impl Open {
    async fn persist(&mut self, shared: &Shared) -> Result<()> {
        self.settle_first(shared).await?;
        self.written = true;
        self.check_and_edit_derived(shared).await
    }

    async fn flush(&mut self, shared: &Shared) -> Result<()> {
        self.settle_first(shared).await?;
        let flush = || shared.store.flush_thread(self.lease.clone());
        shared.config.retry.run(shared.thread_id, flush).await?;
        self.edit_derived(shared).await
    }

    async fn store_all(&mut self, shared: &Shared) -> Result<()> {
        self.settle_first(shared).await?;
        self.check_and_edit_derived(shared).await
    }

    /// An empty append writes nothing, and checks the lease.
    pub(super) async fn check(&mut self, shared: &Shared) -> Result<()> {
        let nothing =
            || shared.store.append_items(AppendItems::new(self.lease.clone(), Vec::new()));
        shared.config.retry.run(shared.thread_id, nothing).await.map(drop)
    }

    async fn release(&self, shared: &Shared, mode: ReleaseMode) -> Result<()> {
        let release = || shared.store.release_lease(ReleaseLease::new(self.lease.clone(), mode));
        shared.config.retry.run(shared.thread_id, release).await
    }
}
