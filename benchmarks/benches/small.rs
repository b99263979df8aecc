//! Short calls, one by one: what each takes of a store that nobody else uses.
//!
//! `cargo bench -p benchmarks --bench small`. The program measures ratios; this tells one's own last
//! change from the one before, which criterion remembers.

#![allow(clippy::unwrap_used, missing_docs)] // A program that measures, or fails.

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use thread_store::{
    AppendItems, CreateThread, Direction, Holder, ListThreads, LoadHistory, RolloutItem, ThreadId,
    ThreadMetadataPatch, ThreadStore, ThreadStoreExt as _, Timestamp, UpdateThreadMetadata,
    WriterLease,
};
use thread_store_memory::MemoryStore;
use thread_store_sqlite::SqliteStore;
use tokio::runtime::Runtime;

const THREADS: usize = 1_000;
const ITEMS: usize = 1_000;

/// About 1 KB.
fn item(at: i64) -> RolloutItem {
    let text = "A line of \"code\" and what it is good for.\n".repeat(20);
    let message = json!({"type": "agent_message", "message": text});
    RolloutItem::new("event_msg", &message, Timestamp::from_millis(at)).unwrap()
}

/// A store with threads, and one among them that is long and live.
struct Setting {
    store: Arc<dyn ThreadStore>,
    lease: WriterLease,
}

impl Setting {
    async fn new(store: Arc<dyn ThreadStore>) -> Self {
        for at in 0..THREADS {
            let metadata = ThreadMetadataPatch::default().title(format!("thread {at}"));
            let create = CreateThread::new(ThreadId::generate()).with_metadata(metadata);
            store.create_thread(create).await.unwrap();
        }
        let items: Vec<_> = (0..ITEMS as i64).map(item).collect();
        let create = CreateThread::new(ThreadId::generate()).with_items(items);
        let created = store.create_thread(create.with_lease(Holder::new("bench"))).await.unwrap();
        Self { store, lease: created.lease.unwrap() }
    }

    async fn append(&self) -> u64 {
        let append = AppendItems::new(self.lease.clone(), vec![item(0)]);
        self.store.append_items(append).await.unwrap().next.get()
    }

    async fn read(&self) -> u64 {
        self.store.thread(self.lease.thread_id).await.unwrap().next_ordinal.get()
    }

    async fn patch(&self) -> u64 {
        let patch = ThreadMetadataPatch::default().model("another".to_owned());
        let update = UpdateThreadMetadata::new(self.lease.thread_id, patch);
        self.store.update_thread_metadata(update).await.unwrap().metadata_version
    }

    async fn last_50(&self) -> usize {
        let load = LoadHistory::new(self.lease.thread_id).with_direction(Direction::Descending);
        self.store.load_history(load.with_limit(50)).await.unwrap().items.len()
    }

    async fn page_of_50(&self) -> usize {
        let list = ListThreads::new().with_direction(Direction::Descending).with_page_size(50);
        self.store.list_threads(list).await.unwrap().threads.len()
    }
}

fn small(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let sqlite = runtime.block_on(SqliteStore::open(dir.path().join("threads.sqlite"))).unwrap();
    let stores: [(&str, Arc<dyn ThreadStore>); 2] =
        [("memory", Arc::new(MemoryStore::new())), ("sqlite", Arc::new(sqlite))];
    for (name, store) in stores {
        let setting = runtime.block_on(Setting::new(store));
        let mut group = criterion.benchmark_group(name);
        group.bench_function("read", |it| it.iter(|| runtime.block_on(setting.read())));
        group.bench_function("last 50", |it| it.iter(|| runtime.block_on(setting.last_50())));
        group.bench_function("page of 50", |it| it.iter(|| runtime.block_on(setting.page_of_50())));
        group.bench_function("patch", |it| it.iter(|| runtime.block_on(setting.patch())));
        group.bench_function("append", |it| it.iter(|| runtime.block_on(setting.append())));
        group.finish();
    }
}

criterion_group!(benches, small);
criterion_main!(benches);
