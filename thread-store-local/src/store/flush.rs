//! Making what was appended survive loss of power.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use thread_store::{Error, Outcome, Result, WriterLease};

use super::compact;
use super::file::{Unsynced, unavailable};
use super::journal;
use super::open_home::OpenHome;

/// How many syncs are under way.
#[derive(Debug, Default)]
pub(crate) struct Syncs(AtomicUsize);

impl OpenHome {
    /// Syncs the file of the thread, and the journal if it has anything new.
    pub(crate) async fn flush(&self, lease: &WriterLease) -> Result<()> {
        let log = self.check(lease)?;
        let unsynced = log.head().lock().unsynced()?;
        if let Some(unsynced) = unsynced {
            let faults = self.faults.clone();
            let (unsynced, synced) =
                self.run(unsynced, move |it: &Unsynced| it.sync(&faults)).await?;
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
        match self.run(unsynced, journal::Unsynced::sync).await? {
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

    /// Syncs here and now if nobody else does, otherwise beside them: so one thread waits for its disk
    /// alone, and many threads wait for it together.
    async fn run<T: Send + 'static>(
        &self,
        what: T,
        sync: impl FnOnce(&T) -> std::io::Result<()> + Send + 'static,
    ) -> Result<(T, std::io::Result<()>)> {
        let syncs = Arc::clone(&self.syncs);
        let alone = syncs.0.fetch_add(1, Ordering::SeqCst) == 0;
        let work = move || {
            let synced = sync(&what);
            syncs.0.fetch_sub(1, Ordering::SeqCst);
            (what, synced)
        };
        if alone {
            return Ok(work());
        }
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}
