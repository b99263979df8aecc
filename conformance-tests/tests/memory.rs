//! The suite on the reference backend.

use std::sync::Arc;

use async_trait::async_trait;
use thread_store::{ManualClock, Result, ThreadStore, Timestamp};
use thread_store_conformance::{Harness, conformance_tests};
use thread_store_memory::MemoryStore;

struct Memory {
    store: MemoryStore,
    clock: ManualClock,
}

impl Memory {
    fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
        Self { store: MemoryStore::with_clock(Arc::new(clock.clone())), clock }
    }
}

#[async_trait]
impl Harness for Memory {
    async fn open(&self) -> Result<Arc<dyn ThreadStore>> {
        Ok(Arc::new(self.store.clone()))
    }

    fn clock(&self) -> Option<ManualClock> {
        Some(self.clock.clone())
    }
}

conformance_tests!(Memory::new());
