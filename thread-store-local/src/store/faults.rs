//! Faults that tests ask for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether writes fail. Only tests make them.
#[derive(Clone, Debug)]
pub struct Faults(Arc<AtomicUsize>);

/// No number of writes.
const NEVER: usize = usize::MAX;

impl Default for Faults {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(NEVER)))
    }
}

impl Faults {
    /// Makes every write fail from now on, as on a full disk, or no longer.
    pub fn fail_writes(&self, failing: bool) {
        self.0.store(if failing { 0 } else { NEVER }, Ordering::SeqCst);
    }

    /// Makes every write fail after so many more: what a process does that is killed there.
    pub fn fail_after(&self, writes: usize) {
        self.0.store(writes, Ordering::SeqCst);
    }

    pub(crate) fn check(&self) -> io::Result<()> {
        let count = |left: usize| (left != NEVER).then(|| left.saturating_sub(1));
        match self.0.load(Ordering::Relaxed) {
            NEVER => Ok(()),
            _ => match self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count) {
                Ok(0) => Err(io::Error::new(io::ErrorKind::StorageFull, "injected")),
                _ => Ok(()),
            },
        }
    }

    pub(crate) fn are_on(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}
