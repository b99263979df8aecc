//! Making what was appended survive loss of power.

use thread_store::{Error, Result, WriterLease};

use super::compact;
use super::file::{RolloutFile, unavailable};
use super::open_home::OpenHome;

impl OpenHome {
    /// Puts what is new of the thread into the shared log, or syncs its file; and syncs the journal if
    /// it has anything new.
    pub(crate) async fn flush(&self, lease: &WriterLease) -> Result<()> {
        let log = self.check(lease)?;
        let is_logged = match &self.shared_log {
            Some(shared) => shared.flush(log.head()).await?,
            None => false,
        };
        if !is_logged {
            self.flush_file(log.head()).await?;
        }
        self.flush_journal().await
    }

    async fn flush_file(&self, file: &RolloutFile) -> Result<()> {
        let unsynced = file.lock().unsynced()?;
        let Some(unsynced) = unsynced else { return Ok(()) };
        let (unsynced, synced) = self.syncs.sync(unsynced, self.faults.clone()).await?;
        file.lock().end_sync(&unsynced, &synced);
        synced.map_err(unavailable)
    }

    async fn flush_journal(&self) -> Result<()> {
        // Who comes second waits until it is known what became of the first.
        let mut failed = self.journal_sync.lock().await;
        if std::mem::take(&mut *failed) {
            // What was not synced is written again, into another file.
            let mut journal = self.lock_journal();
            let held = self.hold(&mut journal)?;
            compact::now(self, held);
        }
        let unsynced = self.lock_journal().unsynced().map_err(unavailable)?;
        let Some(unsynced) = unsynced else { return Ok(()) };
        let synced = tokio::task::spawn_blocking(move || {
            let synced = unsynced.sync();
            (unsynced, synced)
        });
        match synced.await.map_err(Error::internal)? {
            (unsynced, Ok(())) => {
                self.lock_journal().was_synced(&unsynced);
                Ok(())
            }
            (_, Err(error)) => {
                *failed = true;
                Err(unavailable(error))
            }
        }
    }
}
