//! Making what was appended survive loss of power.

use thread_store::{Error, Outcome, Result, WriterLease};

use super::journal;
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
        let unsynced = self.lock_journal().take_unsynced();
        let Some(unsynced) = unsynced else { return Ok(()) };
        let synced = tokio::task::spawn_blocking(move || journal::Unsynced::sync(&unsynced));
        synced.await.map_err(Error::internal)?.map_err(|error| {
            self.lock_journal().still_unsynced();
            Error::unavailable(Outcome::NothingDone).because(error)
        })
    }
}
