//! A manager over a store that fails on demand, with one who hears of everything.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use serde_json::{Value, json};
use thread_store::{
    AppendReceipt, BeginTurn, ClosedReason, CompactionProgress, CreateThread, EndTurn, Error,
    Holder, IfHeld, LiveConfig, LoadedThread, ManagerConfig, Result, ResumeLive, ResumeThread,
    Retry, RolloutItem, StartThread, Subscriber, ThreadEvent, ThreadId, ThreadManager,
    ThreadMetadataPatch, ThreadStatus, ThreadStore, Timestamp, TurnOutcome,
};
use thread_store_memory::MemoryStore;

use crate::wrapped::Wrapped;

/// A manager, its store, and one who follows all threads.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Wrapped,
    pub(crate) ephemeral: Wrapped,
    pub(crate) manager: ThreadManager,
    pub(crate) all: Subscriber,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Wrapped::new(), |config| config)
    }

    pub(crate) fn with(
        store: Wrapped,
        change: impl FnOnce(ManagerConfig) -> ManagerConfig,
    ) -> Self {
        let ephemeral = Wrapped::new();
        let config = change(config().with_ephemeral(Arc::new(ephemeral.clone())).unwrap());
        let manager = ThreadManager::new(Arc::new(store.clone()), config);
        let all = manager.subscriber();
        all.follow_all();
        Self { store, ephemeral, manager, all }
    }

    /// What was told since this was asked last.
    pub(crate) fn told(&mut self) -> Vec<String> {
        told(&mut self.all)
    }

    /// A thread in the store that is not loaded.
    pub(crate) async fn cold(&self, n: u64) -> ThreadId {
        create(self.store.inside(), CreateThread::new(id(n))).await
    }

    /// A thread in the store that another spawned.
    pub(crate) async fn spawned(&self, n: u64, parent: ThreadId) -> ThreadId {
        create(self.store.inside(), CreateThread::new(id(n)).spawned_by(parent, 1)).await
    }

    pub(crate) async fn resume(&self, id: ThreadId) -> LoadedThread {
        self.manager.resume(ResumeLive::new(id)).await.unwrap()
    }

    /// A thread that is stored and loaded.
    pub(crate) async fn loaded(&self, n: u64) -> LoadedThread {
        let id = self.cold(n).await;
        self.resume(id).await
    }

    /// Somebody who follows this thread.
    pub(crate) fn follower(&self, id: ThreadId) -> Subscriber {
        let subscriber = self.manager.subscriber();
        self.manager.subscribe(subscriber.id(), id).unwrap();
        subscriber
    }

    pub(crate) fn is_loaded(&self, id: ThreadId) -> bool {
        self.manager.get(id).is_some()
    }

    /// Whether anybody has the thread, as the store knows.
    pub(crate) async fn is_held(&self, id: ThreadId) -> bool {
        is_held(self.store.inside(), id).await
    }
}

pub(crate) fn config() -> ManagerConfig {
    ManagerConfig::new(holder()).with_live(live_config())
}

/// Calls are made twice, right after each other.
pub(crate) fn live_config() -> LiveConfig {
    let retry = Retry::default().with_attempts(2).with_waits(Duration::ZERO, Duration::ZERO);
    LiveConfig::new(holder()).with_retry(retry)
}

pub(crate) fn holder() -> Holder {
    Holder::new("this")
}

pub(crate) fn id(n: u64) -> ThreadId {
    ThreadId::from_parts(Timestamp::from_millis(1_772_442_000_000), u128::from(n))
}

/// What [`id`] was made of.
pub(crate) fn number(id: ThreadId) -> u32 {
    let bytes = id.as_bytes();
    u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]])
}

pub(crate) async fn create(store: &MemoryStore, create: CreateThread) -> ThreadId {
    let id = create.thread_id;
    store.create_thread(create.with_items(turn("turn-1"))).await.unwrap();
    id
}

/// Somebody else takes the thread over.
pub(crate) async fn take_over(store: &MemoryStore, id: ThreadId) {
    let resume = ResumeThread::new(id, Holder::new("other")).with_include_archived(true);
    store.resume_thread(resume).await.unwrap();
}

/// Asks for the lease in a way that takes it from nobody; if it was free it is free again.
pub(crate) async fn is_held(store: &MemoryStore, id: ThreadId) -> bool {
    use thread_store::ThreadStoreExt as _;
    let resume = ResumeThread::new(id, Holder::new("asks"))
        .with_include_archived(true)
        .with_if_held(IfHeld::Refuse);
    match store.resume_thread(resume).await {
        Ok(resumed) => store.discard_thread(resumed.lease).await.is_err(),
        Err(error) => error.code() == "conflict.held",
    }
}

pub(crate) fn event(payload: &Value) -> RolloutItem {
    RolloutItem::new("event_msg", payload, Timestamp::from_millis(0)).unwrap()
}

pub(crate) fn user(text: &str) -> RolloutItem {
    event(&json!({"type": "user_message", "message": text}))
}

pub(crate) fn turn(turn_id: &str) -> Vec<RolloutItem> {
    vec![
        event(&json!({"type": "task_started", "turn_id": turn_id})),
        user("Hello"),
        event(&json!({"type": "task_complete", "turn_id": turn_id})),
    ]
}

pub(crate) fn tokens(total: u64) -> RolloutItem {
    let usage = json!({"total_token_usage": {"total_tokens": total, "input_tokens": total}});
    event(&json!({"type": "token_count", "info": usage}))
}

pub(crate) fn begin(turn_id: &str) -> BeginTurn {
    BeginTurn::new().with_turn_id(turn_id.to_owned())
}

pub(crate) async fn begin_turn(thread: &LoadedThread, turn_id: &str) {
    thread.live().begin_turn(begin(turn_id)).await.unwrap();
}

pub(crate) async fn end_turn(thread: &LoadedThread) -> AppendReceipt {
    thread.live().end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap()
}

pub(crate) fn start(n: u64) -> StartThread {
    StartThread::new(id(n))
}

pub(crate) fn named(name: &str) -> ThreadMetadataPatch {
    ThreadMetadataPatch::default().name(name.to_owned())
}

/// `ok`, or the code of the error.
pub(crate) fn code<T>(result: &Result<T, Error>) -> &'static str {
    result.as_ref().map_or_else(Error::code, |_| "ok")
}

/// What a subscriber hears that was told so far.
pub(crate) fn told(subscriber: &mut Subscriber) -> Vec<String> {
    std::iter::from_fn(|| subscriber.next().now_or_never().flatten())
        .map(|event| line(&event))
        .collect()
}

/// Reads on until this is heard, and answers what was heard before it.
pub(crate) async fn hear(subscriber: &mut Subscriber, expected: &str) -> Vec<String> {
    let mut before = Vec::new();
    let reading = async {
        while let Some(event) = subscriber.next().await {
            let line = line(&event);
            if line == expected {
                return true;
            }
            before.push(line);
        }
        false
    };
    let heard = tokio::time::timeout(Duration::from_secs(30), reading).await;
    assert_eq!(heard, Ok(true), "{expected} was not heard, but {before:?}");
    before
}

/// Lets every task go on until it waits for something.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// An event as one line, with threads by their numbers.
pub(crate) fn line(event: &ThreadEvent) -> String {
    let what = match event {
        ThreadEvent::Started { thread } => {
            let ephemeral = if thread.ephemeral { " ephemeral" } else { "" };
            format!("started {}{ephemeral}", status(&thread.status))
        }
        ThreadEvent::StatusChanged { status: changed, .. } => status(changed),
        ThreadEvent::NameUpdated { name, .. } => {
            format!("name {}", name.as_deref().unwrap_or("-"))
        }
        ThreadEvent::TokenUsageUpdated { token_usage, .. } => {
            format!("tokens {}", token_usage.total_tokens)
        }
        ThreadEvent::Reverted { from, turn_ids, .. } => {
            format!("reverted from {from}: {}", turn_ids.join(","))
        }
        ThreadEvent::Closed { reason, .. } => format!("closed {}", closed(reason)),
        ThreadEvent::Compaction { progress, .. } => format!("compaction {}", compaction(progress)),
        ThreadEvent::Missed { count, .. } => format!("missed {count}"),
        other => other.kind().to_owned(),
    };
    match event.thread_id() {
        Some(id) => format!("{} {what}", number(id)),
        None => what,
    }
}

pub(crate) fn status(status: &ThreadStatus) -> String {
    match status {
        ThreadStatus::NotLoaded => "not loaded".to_owned(),
        ThreadStatus::Idle => "idle".to_owned(),
        ThreadStatus::Active { flags } if flags.is_empty() => "active".to_owned(),
        ThreadStatus::Active { flags } => format!("active {flags:?}"),
        other => format!("{other:?}"),
    }
}

fn closed(reason: &ClosedReason) -> String {
    match reason {
        ClosedReason::Lost { code, holder } => {
            let holder = holder.as_ref().map_or("-", |holder| holder.label.as_str());
            format!("lost {code} to {holder}")
        }
        reason => format!("{reason:?}").to_lowercase(),
    }
}

fn compaction(progress: &CompactionProgress) -> String {
    match progress {
        CompactionProgress::Started => "started".to_owned(),
        CompactionProgress::Advanced { done, total } => format!("advanced {done} of {total:?}"),
        CompactionProgress::Completed { ordinal } => format!("completed at {ordinal}"),
        CompactionProgress::Failed { code } => format!("failed {code}"),
        other => format!("{other:?}"),
    }
}
