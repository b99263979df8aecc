//! Making what was appended survive loss of power.

use thread_store::{Error, Outcome, Result, WriterLease};

use super::compact;
use super::file::unavailable;
use super::open_home::OpenHome;

impl OpenHome {
    /// Syncs the file of the thread, and the journal if it has anything new.
    pub(crate) async fn flush(&self, lease: &WriterLease) -> Result<()> {
        let log = self.check(lease)?;
        let unsynced = log.head().lock().unsynced()?;
        if let Some(unsynced) = unsynced {
            let (unsynced, synced) = self.syncs.sync(unsynced, self.faults.clone()).await?;
            let mut state = log.head().lock();
            match synced {
                Ok(()) => state.was_synced(&unsynced),
                Err(error) => {
                    if let Err(again) = state.write_again() {
                        tracing::warn!(error = %again, "what was not synced cannot be written again");
                    }
                    return Err(Error::unavailable(Outcome::NothingDone).because(error));
                }
            }
        }
        self.flush_journal().await
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
