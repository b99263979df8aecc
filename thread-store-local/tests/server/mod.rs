//! What the real server answers about the homes of the corpus, and where we differ on purpose. Each
//! table fails a test if a difference is missing in it, and if one listed in it is gone.

#![allow(dead_code)] // Not every test file uses all of it.

pub(crate) mod threads;
pub(crate) mod turns;

use thread_store::{CreateThread, ThreadObserver, Timestamp};
use thread_store_local::Rollout;

/// A thread that was read, as one to store.
pub(crate) fn creation(rollout: &Rollout) -> CreateThread {
    let mut observer = ThreadObserver::new(rollout.thread_id);
    rollout.header.iter().chain(&rollout.items).for_each(|item| observer.observe(item));
    let mut metadata = observer.take_patch();
    if let Some(name) = &rollout.name {
        metadata = metadata.name(name.clone());
    }
    let identity = observer.identity().or_created_at(Timestamp::from_millis(0));
    // Nothing in a home says when a thread was archived: not before its last record.
    let last = metadata.updated_at.value().copied().unwrap_or(identity.created_at);
    CreateThread::new(rollout.thread_id)
        .with_identity(identity)
        .with_archived_at(rollout.archived.then_some(last))
        .with_metadata(metadata)
        .with_items(rollout.items.clone())
}
