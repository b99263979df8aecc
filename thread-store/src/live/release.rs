//! Barriers, and the end of a session.

use super::open::{Open, is_lost};
use super::retry::outcome;
use super::{Core, Heard, Shared, State};
use crate::error::{ErrorKind, Result};
use crate::ext::ThreadStoreExt as _;
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
        if matches!(self.0, State::NotStarted(_)) {
            return Ok(());
        }
        let open = self.open(shared).await?;
        let checked = open.check(shared).await;
        self.kept(shared, checked)
    }

    pub(super) async fn shutdown(&mut self, shared: &Shared) -> Result<()> {
        if matches!(self.0, State::Closed(..)) || self.discard_unstarted(shared) {
            return Ok(());
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
        let (epoch, next) = (open.lease.epoch, open.next);
        self.kept(shared, released)?;
        self.close(shared, epoch, next);
        // What cannot be stored, however often it is tried, must not keep the thread from closing.
        stored
    }

    pub(super) async fn discard(&mut self, shared: &Shared) -> Result<()> {
        if matches!(self.0, State::Closed(..) | State::Failed(_)) || self.discard_unstarted(shared)
        {
            return Ok(());
        }
        if matches!(self.0, State::NotStarted(_)) && !is_stored(shared).await? {
            self.close(shared, Epoch::default(), Ordinal::ZERO);
            return Ok(());
        }
        let open = match self.open(shared).await {
            Ok(open) => open,
            Err(error) if outcome(&error).is_some() => return Err(error),
            // What was in doubt was refused: there is nothing to give back.
            Err(_) => return Ok(()),
        };
        let (epoch, next) = (open.lease.epoch, open.next);
        match open.release(shared, ReleaseMode::Discard).await {
            Err(error) if *error.kind() != ErrorKind::NotFound => Err(error),
            _ => {
                self.close(shared, epoch, next);
                Ok(())
            }
        }
    }

    pub(super) fn discard_unstarted(&mut self, shared: &Shared) -> bool {
        let untouched = self.is_untouched();
        if untouched {
            self.close(shared, Epoch::default(), Ordinal::ZERO);
        }
        untouched
    }

    fn close(&mut self, shared: &Shared, epoch: Epoch, next: Ordinal) {
        self.0 = State::Closed(epoch, next);
        shared.hear(Heard::Closed);
    }

    /// Whether nothing is stored, and no creation is in doubt.
    pub(super) fn is_untouched(&self) -> bool {
        matches!(&self.0, State::NotStarted(draft) if !draft.is_in_doubt())
    }
}

impl Open {
    async fn persist(&mut self, shared: &Shared) -> Result<()> {
        self.settle_first(shared).await?;
        self.check(shared).await?;
        self.written = true;
        self.edit_derived(shared).await
    }

    async fn flush(&mut self, shared: &Shared) -> Result<()> {
        self.settle_first(shared).await?;
        let flush = || shared.store.flush_thread(self.lease.clone());
        shared.config.retry.run(shared.thread_id, flush).await?;
        self.edit_derived(shared).await
    }

    async fn store_all(&mut self, shared: &Shared) -> Result<()> {
        self.settle_first(shared).await?;
        if self.has_edits() {
            self.check(shared).await?;
        }
        self.edit_derived(shared).await
    }

    /// An empty append writes nothing, and checks the lease: edits of metadata need none, and whoever
    /// lost the thread must not move its times back.
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

/// Whether a creation that is in doubt was done. It is not to be done for nothing.
async fn is_stored(shared: &Shared) -> Result<bool> {
    let read = || shared.store.thread(shared.thread_id);
    match shared.config.retry.run(shared.thread_id, read).await {
        Ok(_) => Ok(true),
        Err(error) if *error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
