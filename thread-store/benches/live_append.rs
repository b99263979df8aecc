//! What a live thread costs over the store that it writes to, for each append.
//!
//! `cargo bench -p thread-store --bench live_append`. For each kind of item `store` is an append to the
//! memory store, and `overhead` what an append through a live thread takes more: both are measured in turns
//! within each sample, so that their difference means something on a busy machine. The bar for the overhead
//! of a 1 KB item that carries no metadata is 5 µs.

#![allow(clippy::unwrap_used, missing_docs)] // A program that measures, or fails.

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use thread_store::{
    AppendItems, CreateThread, Holder, LiveConfig, LiveThread, Ordinal, RolloutItem, StartThread,
    ThreadId, ThreadStore, Timestamp,
};
use thread_store_memory::MemoryStore;

/// Appends of the one and of the other in turns of so many.
const TURN: u64 = 500;

/// About 1 KB, of words as a model writes them.
fn text() -> String {
    "A line of \"code\" and what it is good for.\n".repeat(20)
}

fn item(kind: &str, payload: &serde_json::Value) -> RolloutItem {
    RolloutItem::new(kind, payload, Timestamp::from_millis(1_795_192_420_000)).unwrap()
}

fn message() -> RolloutItem {
    let content = json!([{"type": "output_text", "text": text()}]);
    let message = json!({"type": "message", "role": "assistant", "content": content});
    item("response_item", &message)
}

fn unknown_event() -> RolloutItem {
    item("event_msg", &json!({"type": "not_known_yet", "text": text()}))
}

fn user_message() -> RolloutItem {
    item("event_msg", &json!({"type": "user_message", "message": text()}))
}

/// The time of so many appends to a new thread of a store.
async fn through_the_store(item: &RolloutItem, appends: u64) -> Duration {
    let store: Arc<dyn ThreadStore> = Arc::new(MemoryStore::new());
    let create = CreateThread::new(ThreadId::generate()).with_lease(Holder::new("bench"));
    let lease = store.create_thread(create).await.unwrap().lease.unwrap();
    let began = Instant::now();
    for at in 0..appends {
        let append = AppendItems::new(lease.clone(), vec![item.clone()]);
        store.append_items(append.with_expected_ordinal(Ordinal::new(at))).await.unwrap();
    }
    began.elapsed()
}

/// The time of so many appends to a new live thread, which is stored already.
async fn through_a_live_thread(item: &RolloutItem, appends: u64) -> Duration {
    let store = Arc::new(MemoryStore::new());
    let config = LiveConfig::new(Holder::new("bench"));
    let live = LiveThread::start(store, StartThread::new(ThreadId::generate()), config);
    live.append_items(vec![item.clone()]).await.unwrap();
    let began = Instant::now();
    for _ in 0..appends {
        live.append_items(vec![item.clone()]).await.unwrap();
    }
    began.elapsed()
}

/// What so many appends take more through a live thread.
async fn overhead(item: &RolloutItem, appends: u64) -> Duration {
    let (mut store, mut live) = (Duration::ZERO, Duration::ZERO);
    let mut left = appends;
    while left > 0 {
        let turn = left.min(TURN);
        live += through_a_live_thread(item, turn).await;
        store += through_the_store(item, turn).await;
        left -= turn;
    }
    live.saturating_sub(store)
}

fn live_append(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let kinds = [
        ("response_item_1kb", message()),
        ("unknown_event_1kb", unknown_event()),
        ("user_message_1kb", user_message()),
    ];
    for (kind, item) in kinds {
        let mut group = criterion.benchmark_group(kind);
        group.bench_function("store", |bencher| {
            bencher.iter_custom(|appends| runtime.block_on(through_the_store(&item, appends)));
        });
        group.bench_function("overhead", |bencher| {
            bencher.iter_custom(|appends| runtime.block_on(overhead(&item, appends)));
        });
        group.finish();
    }
}

criterion_group!(benches, live_append);
criterion_main!(benches);
