//! What a live thread costs over the store that it writes to, for each append.
//!
//! `cargo bench -p thread-store --bench live_append`. Rounds of both take turns on the memory store,
//! so that their difference and ratio mean something on a busy machine; medians are printed.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // A program that prints, or fails.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use thread_store::{
    AppendItems, CreateThread, Holder, LiveConfig, LiveThread, Ordinal, RolloutItem, StartThread,
    ThreadId, ThreadStore, Timestamp,
};
use thread_store_memory::MemoryStore;
use tokio::runtime::Runtime;

const APPENDS: u32 = 2000;
/// The most that a live thread may add to an append.
const BAR: Duration = Duration::from_micros(5);

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

/// One round: the time of an append to the store.
async fn through_the_store(item: &RolloutItem) -> Duration {
    let store: Arc<dyn ThreadStore> = Arc::new(MemoryStore::new());
    let create = CreateThread::new(ThreadId::generate()).with_lease(Holder::new("bench"));
    let lease = store.create_thread(create).await.unwrap().lease.unwrap();
    let began = Instant::now();
    for at in 0..APPENDS {
        let append = AppendItems::new(lease.clone(), vec![item.clone()]);
        let append = append.with_expected_ordinal(Ordinal::new(at.into()));
        store.append_items(append).await.unwrap();
    }
    began.elapsed() / APPENDS
}

/// One round: the time of an append to a live thread.
async fn through_a_live_thread(item: &RolloutItem) -> Duration {
    let store = Arc::new(MemoryStore::new());
    let config = LiveConfig::new(Holder::new("bench"));
    let live = LiveThread::start(store, StartThread::new(ThreadId::generate()), config);
    live.append_items(vec![item.clone()]).await.unwrap();
    let began = Instant::now();
    for _ in 0..APPENDS {
        live.append_items(vec![item.clone()]).await.unwrap();
    }
    began.elapsed() / APPENDS
}

/// Rounds of a measurement; as a test one is enough.
fn rounds() -> usize {
    if std::env::args().any(|arg| arg == "--bench") { 101 } else { 1 }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn measure(runtime: &Runtime, name: &str, item: &RolloutItem) {
    let rounds = (0..rounds()).map(|_| {
        let live = runtime.block_on(through_a_live_thread(item));
        (runtime.block_on(through_the_store(item)), live)
    });
    let (store, live): (Vec<_>, Vec<_>) = rounds.unzip();
    let (store, live) = (median(store), median(live));
    let (over, ratio) = (live.saturating_sub(store), live.as_secs_f64() / store.as_secs_f64());
    let verdict = if over <= BAR { "within" } else { "OVER" };
    println!(
        "{name:<24} {:>5} B  store {store:>8.2?}  live {live:>8.2?}  difference {over:>8.2?}  \
         ratio {ratio:>5.1}  {verdict} {BAR:?}",
        item.len()
    );
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    measure(&runtime, "response_item message", &message());
    measure(&runtime, "event of unknown kind", &unknown_event());
    measure(&runtime, "user_message", &user_message());
}
