//! Our side: a store on a home.

use std::path::Path;
use std::sync::Arc;

use thread_store::{CreateThread, ThreadObserver, ThreadStore, Timestamp};
use thread_store_local::{Rollout, read_home};
use thread_store_memory::MemoryStore;

/// Opens a store on a home: what the reader finds there, in a store. Nothing is written back.
pub(crate) async fn open(home: &Path) -> Arc<dyn ThreadStore> {
    let store = MemoryStore::new();
    let home = read_home(home).unwrap();
    for thread in home.threads() {
        store.create_thread(creation(&home.read(thread).unwrap())).await.unwrap();
    }
    Arc::new(store)
}

fn creation(rollout: &Rollout) -> CreateThread {
    let mut observer = ThreadObserver::new(rollout.thread_id);
    rollout.items.iter().for_each(|item| observer.observe(item));
    let mut metadata = observer.take_patch();
    if let Some(name) = &rollout.name {
        metadata = metadata.name(name.clone());
    }
    let identity = observer.identity().or_created_at(Timestamp::from_millis(0));
    let last = metadata.updated_at.value().copied().unwrap_or(identity.created_at);
    CreateThread::new(rollout.thread_id)
        .with_identity(identity)
        .with_archived_at(rollout.archived.then_some(last))
        .with_metadata(metadata)
        .with_items(rollout.items.clone())
}
