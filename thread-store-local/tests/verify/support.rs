//! A home, a store on it, and what both are compared by.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use thread_store::{LoadHistory, ThreadId, ThreadStore as _};
use thread_store_local::{LocalOptions, LocalStore, RepairOutcome, Repairs, read_home};

/// A store on the home as a process of its own would open it, without an index.
pub(crate) async fn open(home: &Path) -> LocalStore {
    open_with(home, LocalOptions::new().without_sqlite()).await
}

pub(crate) async fn open_with(home: &Path, options: LocalOptions) -> LocalStore {
    LocalStore::open_with(home, options.apart()).await.unwrap()
}

/// The findings as JSON, of the kinds that are asked for or of all.
pub(crate) async fn found(home: &Path) -> Vec<Value> {
    json(&open(home).await).await
}

pub(crate) async fn json(store: &LocalStore) -> Vec<Value> {
    let found = store.verify().await.unwrap().findings;
    found.iter().map(|finding| serde_json::to_value(finding).unwrap()).collect()
}

/// The code and path, or thread, of each finding.
pub(crate) async fn codes(home: &Path) -> Vec<String> {
    let found = found(home).await;
    found.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// Repairs, which must all be done.
pub(crate) async fn repair(home: &Path) -> Repairs {
    let repairs = open(home).await.repair(false).await.unwrap();
    for repair in &repairs.repairs {
        assert_eq!(repair.outcome, RepairOutcome::Done, "{}", repair.action);
    }
    repairs
}

/// Every file with what is in it and when it was changed.
pub(crate) fn bytes(home: &Path) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
    let of = |path: PathBuf| {
        let modified = path.metadata().unwrap().modified().unwrap();
        (path.clone(), (fs::read(&path).unwrap(), modified))
    };
    files(home).into_iter().map(of).collect()
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The records of every thread, by the reader that knows nothing of the store.
pub(crate) fn records(home: &Path) -> BTreeMap<ThreadId, Vec<Vec<u8>>> {
    let home = read_home(home).unwrap();
    let read = |thread| {
        let items = home.read(thread).unwrap().items;
        items.iter().map(|item| item.as_bytes().to_vec()).collect()
    };
    home.threads().iter().map(|thread| (thread.thread_id, read(thread))).collect()
}

/// The records of a thread as an open store answers them, and how much of it is damaged.
pub(crate) async fn history(store: &LocalStore, id: &str) -> (Vec<String>, u64) {
    let load = LoadHistory::new(ThreadId::parse(id).unwrap()).with_include_archived(true);
    let page = store.load_history(load).await.unwrap();
    let items = page.items.iter().map(|item| item.item.text().into_owned()).collect();
    (items, page.damage.count)
}
