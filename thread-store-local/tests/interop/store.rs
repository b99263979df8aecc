//! Our side: a store on a home.

use std::path::Path;
use std::sync::Arc;

use thread_store::ThreadStore;
use thread_store_local::read_home;
use thread_store_memory::MemoryStore;

use crate::server::creation;

/// Opens a store on a home: what the reader finds there, in a store. Nothing is written back.
pub(crate) async fn open(home: &Path) -> Arc<dyn ThreadStore> {
    let store = MemoryStore::new();
    let home = read_home(home).unwrap();
    for thread in home.threads() {
        store.create_thread(creation(&home.read(thread).unwrap())).await.unwrap();
    }
    Arc::new(store)
}
