//! Faults that tests ask for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether writes fail. Only tests make them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<AtomicBool>);

impl Faults {
    /// Makes every write fail from now on, as on a full disk, or no longer.
    pub fn fail_writes(&self, failing: bool) {
        self.0.store(failing, Ordering::SeqCst);
    }

    pub(crate) fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "injected"));
        }
        Ok(())
    }

    pub(crate) fn are_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
