//! What a vendor writes: how to open the store.

use std::sync::Arc;

use async_trait::async_trait;
use thread_store::{ManualClock, Ordinal, Result, ThreadId, ThreadStore};

/// One set of data, and ways to reach it. Each case gets a harness of its own, over empty data.
///
/// Only [`open`](Self::open) is required. A hook that is not offered makes the cases that need it
/// skip, with that as the reason.
#[async_trait]
pub trait Harness: Send + Sync + 'static {
    /// Opens a handle. Every handle sees the same data, also one opened after all others were
    /// dropped (save in a store that claims no persistence: there data last while any handle does).
    ///
    /// # Errors
    ///
    /// Whatever the store says; the case fails then.
    async fn open(&self) -> Result<Arc<dyn ThreadStore>>;

    /// The clock that the store was given, if it takes one.
    fn clock(&self) -> Option<ManualClock> {
        None
    }

    /// Ends every handle as the death of the process would: nothing is flushed, nothing released,
    /// what only the process knew is gone. Handles opened before are not used again.
    ///
    /// # Errors
    ///
    /// [`NotOffered`], unless implemented.
    async fn crash(&self) -> Result<(), NotOffered> {
        Err(NotOffered)
    }

    /// Opens a handle that behaves as one in another process.
    ///
    /// # Errors
    ///
    /// [`NotOffered`], unless implemented.
    async fn open_elsewhere(&self) -> Result<Arc<dyn ThreadStore>, NotOffered> {
        Err(NotOffered)
    }

    /// Makes every write of the store fail from now on, or no longer.
    ///
    /// # Errors
    ///
    /// [`NotOffered`], unless implemented.
    async fn fail_writes(&self, failing: bool) -> Result<(), NotOffered> {
        let _ = failing;
        Err(NotOffered)
    }

    /// Damages the stored record at this ordinal beyond reading, behind the back of the store. No
    /// handle is open meanwhile.
    ///
    /// # Errors
    ///
    /// [`NotOffered`], unless implemented.
    async fn damage(&self, thread_id: ThreadId, ordinal: Ordinal) -> Result<(), NotOffered> {
        let _ = (thread_id, ordinal);
        Err(NotOffered)
    }
}

/// The harness has no such hook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotOffered;
