//! Items, stores and clocks of the tests.

use std::sync::Arc;

use serde_json::{Value, json};
use thread_store::{
    Error, ErrorKind, Holder, IfHeld, LiveConfig, LiveThread, ManualClock, Outcome, Result,
    ResumeLive, ResumeThread, RolloutItem, StartThread, StoredThread, ThreadId,
    ThreadMetadataPatch, ThreadObserver, ThreadStore as _, ThreadStoreExt as _, Timestamp,
    UpdateThreadMetadata, WriterLease,
};
use thread_store_memory::MemoryStore;

use crate::faulty::FaultyStore;

/// When the tests begin, in milliseconds.
pub(crate) const START: i64 = 1_795_192_420_000;

/// A store, and the clock that it shares with the sessions.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) clock: ManualClock,
    pub(crate) id: ThreadId,
}

impl World {
    pub(crate) fn new() -> Self {
        let start = Timestamp::from_millis(START);
        let clock = ManualClock::new(start);
        let store = FaultyStore::new(MemoryStore::with_clock(Arc::new(clock.clone())));
        Self { store, clock, id: ThreadId::from_parts(start, 7) }
    }

    pub(crate) fn config(&self) -> LiveConfig {
        LiveConfig::new(Holder::new("session")).with_clock(Arc::new(self.clock.clone()))
    }

    /// The record, past all faults.
    pub(crate) async fn thread(&self) -> StoredThread {
        self.store.inner.thread(self.id).await.unwrap()
    }

    /// The items, past all faults.
    pub(crate) async fn items(&self) -> Vec<RolloutItem> {
        let history = self.store.inner.history(self.id).await.unwrap();
        history.into_iter().map(|stored| stored.item).collect()
    }

    /// The history as texts, past all faults.
    pub(crate) async fn history(&self) -> Vec<String> {
        self.items().await.iter().map(|item| item.text().into_owned()).collect()
    }

    /// Whether nobody holds the thread.
    pub(crate) async fn is_free(&self) -> bool {
        let ask = ResumeThread::new(self.id, Holder::new("asks")).with_include_archived(true);
        self.store.inner.resume_thread(ask.with_if_held(IfHeld::Refuse)).await.is_ok()
    }

    /// What the items of the stored history tell, all of them.
    pub(crate) async fn replayed(&self) -> ThreadObserver {
        let mut observer = ThreadObserver::new(self.id);
        self.items().await.iter().for_each(|item| observer.observe(item));
        observer
    }

    pub(crate) fn now(&self) -> Timestamp {
        thread_store::Clock::now(&self.clock)
    }
}

pub(crate) fn event(payload: &Value, at: Timestamp) -> RolloutItem {
    RolloutItem::new("event_msg", payload, at).unwrap()
}

pub(crate) fn user(text: &str, at: Timestamp) -> RolloutItem {
    event(&json!({"type": "user_message", "message": text}), at)
}

pub(crate) fn said(text: &str, at: Timestamp) -> RolloutItem {
    let content = json!([{"type": "output_text", "text": text}]);
    let message = json!({"type": "message", "role": "assistant", "content": content});
    RolloutItem::new("response_item", &message, at).unwrap()
}

pub(crate) fn tokens(total: u64, at: Timestamp) -> RolloutItem {
    let usage = json!({
        "input_tokens": total, "cached_input_tokens": 0, "output_tokens": 0,
        "reasoning_output_tokens": 0, "total_tokens": total,
    });
    event(&json!({"type": "token_count", "info": {"total_token_usage": usage}}), at)
}

pub(crate) fn turn_start(id: &str, at: Timestamp) -> RolloutItem {
    event(&json!({"type": "task_started", "turn_id": id}), at)
}

pub(crate) fn turn_end(id: &str, at: Timestamp) -> RolloutItem {
    event(&json!({"type": "task_complete", "turn_id": id}), at)
}

/// A live thread on the store of a world, started and not stored.
pub(crate) fn start(world: &World, config: LiveConfig) -> LiveThread {
    LiveThread::start(Arc::clone(&world.store) as _, StartThread::new(world.id), config)
}

pub(crate) async fn resume(world: &World) -> LiveThread {
    resume_with(world, ResumeLive::new(world.id)).await.unwrap()
}

pub(crate) async fn resume_with(world: &World, resume: ResumeLive) -> Result<LiveThread> {
    LiveThread::resume(Arc::clone(&world.store) as _, resume, world.config()).await
}

/// Somebody else takes over the thread, past all faults.
pub(crate) async fn taken_over(world: &World) -> WriterLease {
    let params = ResumeThread::new(world.id, Holder::new("other")).with_include_archived(true);
    world.store.inner.resume_thread(params).await.unwrap().lease
}

/// Somebody else edits the metadata, past all faults.
pub(crate) async fn edited(world: &World, patch: ThreadMetadataPatch) -> StoredThread {
    let params = UpdateThreadMetadata::new(world.id, patch).with_include_archived(true);
    world.store.inner.update_thread_metadata(params).await.unwrap()
}

pub(crate) fn unavailable(error: &Error) -> Option<Outcome> {
    match error.kind() {
        ErrorKind::Unavailable { outcome, .. } => Some(*outcome),
        _ => None,
    }
}

pub(crate) fn total(thread: &StoredThread) -> Option<u64> {
    thread.metadata.token_usage.as_ref().map(|usage| usage.total_tokens)
}
