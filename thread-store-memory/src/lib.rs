//! The reference backend: the whole contract of a thread store, in memory.
//!
//! It keeps nothing when its last handle goes, and does everything else that a store promises:
//! real filters and cursors, real leases, locks by thread, and histories in sealed chunks, so that
//! reading a long history copies no items. What it answers is what the contract means; the model
//! test of the conformance suite compares other stores with it.
//!
//! ```
//! # async fn demo() -> thread_store::Result<()> {
//! use thread_store::{CreateThread, RolloutItem, ThreadId, ThreadStore, ThreadStoreExt};
//! use thread_store_memory::MemoryStore;
//!
//! let store = MemoryStore::new();
//! let id = ThreadId::generate();
//! let item = RolloutItem::try_from(r#"{"type":"event_msg","payload":{}}"#)?;
//! store.create_thread(CreateThread::new(id).with_items(vec![item])).await?;
//! assert_eq!(store.history(id).await?.len(), 1);
//! # Ok(())
//! # }
//! # futures::executor::block_on(demo()).unwrap();
//! ```

mod catalog;
mod history;
mod log;
mod store;

pub use store::MemoryStore;
