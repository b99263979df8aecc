//! Threads of homes that Codex made, copied into a home of ours: Codex reads the copies as we do.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use thread_store::{
    CreateThread, ListThreads, LoadHistory, RolloutItem, StoredThread, ThreadId, ThreadStore,
    ThreadStoreExt as _,
};

use crate::codex::{Codex, program};
use crate::corpus_dir::unpacked;
use crate::home::prepare;
use crate::ours::{NAMES, resume, turns};
use crate::server::threads::{CONFIGURED, GIVEN, TURN_CONTEXT, differences};
use crate::server::turns::compare_rows;
use crate::{server, store};

/// Homes whose threads are copied.
const HOMES: &[&str] = &["dev", "old", "migrated"];

type Found = BTreeSet<(String, String, String)>;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_what_its_original_is() {
    let Some(dir) = unpacked() else { return };
    for name in HOMES {
        let from = store::open(&dir.path().join("homes").join(name)).await;
        let home = copied(dir.path(), name).await;
        let to = store::open(home.path()).await;
        for mut original in all(&*from).await {
            let mut copy = to.thread(original.thread_id).await.unwrap();
            let (copies, originals) =
                (items(&*to, copy.thread_id).await, items(&*from, copy.thread_id).await);
            assert_eq!(copies.len(), originals.len(), "{name} {}", copy.thread_id);
            // The lines of a paginated file are numbered anew.
            let same = copies.iter().zip(&originals).all(|(one, other)| one.same_record(other));
            assert!(same, "{name} {}", copy.thread_id);
            // They are two files, and were edited as often as they were.
            (copy.location, original.location) = (None, None);
            (copy.metadata_version, original.metadata_version) = (1, 1);
            assert_eq!(copy, original, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_says_of_every_copy_what_we_say() {
    let (Some(program), Some(dir)) = (program(), unpacked()) else { return };
    let mut found = Found::new();
    for name in HOMES {
        let home = copied(dir.path(), name).await;
        let store = store::open(home.path()).await;
        let threads = all(&*store).await;
        let mut codex = Codex::start(&program, home.path());
        for thread in threads {
            let id = thread.thread_id;
            let theirs = codex.ask("thread/read", json!({"threadId": id}));
            let fields = differences(&theirs["thread"], &thread);
            found.extend(fields.into_iter().map(|field| row(name, &id.to_string(), field)));
        }
        codex.stop();
    }
    assert_eq!(found, listed());
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_shows_the_turns_of_every_copy() {
    let (Some(program), Some(dir)) = (program(), unpacked()) else { return };
    let mut found = Found::new();
    for name in HOMES {
        let home = copied(dir.path(), name).await;
        let store = store::open(home.path()).await;
        let threads = all(&*store).await;
        let mut codex = Codex::start(&program, home.path());
        for thread in threads {
            let id = thread.thread_id;
            if thread.is_archived() && is_paginated(&thread) {
                // Its parent may have taken it along already.
                let _ = codex.call("thread/unarchive", json!({"threadId": id}));
            }
            // All that are active can be resumed, and paginated ones are shown once they were.
            if is_paginated(&thread) || !thread.is_archived() {
                resume(&mut codex, id);
            }
            let ours = store.replay(id).await.unwrap().turns;
            let ours: Vec<Value> = ours.iter().map(|turn| json!(turn)).collect();
            let mut differences = BTreeSet::new();
            compare_rows(&ours, &turns(&mut codex, id), &mut differences);
            found.extend(differences.into_iter().map(|what| row(name, &id.to_string(), what)));
        }
        codex.stop();
    }
    assert_eq!(found, server::turns::listed(), "no more and no less than of the originals");
}

/// What Codex says otherwise of copies, and why.
pub(crate) const RECORDS: &[(&str, &str, &str, &str)] = &[
    ("dev", "01a1f9ce-1c09", "name", NAMES),
    ("dev", "01a1f9ce-7869", "name", NAMES),
    ("dev", "01a1f9ce-78de", "name", NAMES),
    ("dev", "01a1f9ce-7922", "name", NAMES),
    ("dev", "01a1f9ce-85d8", "name", NAMES),
    ("migrated", "01a1f9d9-1e2c", "name", NAMES),
    ("migrated", "01a1f9d9-726c", "name", NAMES),
    ("dev", "01a1f9ce-f650", "gitInfo", "git that was edited stands in no rollout"),
    (
        "dev",
        "01a1f9ce-945e",
        "preview",
        "a history that was taken back is not copied, its preview is",
    ),
    ("migrated", "01a1f9d9-2482", "preview", GIVEN),
    ("old", "01a1f9d8-bda8", "modelProvider", CONFIGURED),
    ("old", "01a1f9d8-c423", "modelProvider", CONFIGURED),
    ("old", "01a1f9d8-cfe5", "modelProvider", CONFIGURED),
    ("migrated", "01a1f9d8-bda8", "modelProvider", CONFIGURED),
    ("migrated", "01a1f9d8-c423", "modelProvider", CONFIGURED),
    ("migrated", "01a1f9d8-cfe5", "modelProvider", CONFIGURED),
    ("old", "01a1f9d8-bda8", "model", TURN_CONTEXT),
    ("old", "01a1f9d8-c423", "model", TURN_CONTEXT),
    ("old", "01a1f9d8-cfe5", "model", TURN_CONTEXT),
];

fn row(home: &str, id: &str, what: impl Into<String>) -> (String, String, String) {
    (home.to_owned(), id[..13].to_owned(), what.into())
}

fn listed() -> Found {
    let row = |(home, id, field, _): &(&str, &str, &str, &str)| row(home, id, *field);
    RECORDS.iter().map(row).collect()
}

fn is_paginated(thread: &StoredThread) -> bool {
    thread.metadata.history_mode.as_deref() == Some("paginated")
}

/// A new home, with copies of all threads of another.
async fn copied(corpus: &Path, name: &str) -> TempDir {
    let from = store::open(&corpus.join("homes").join(name)).await;
    let home = tempfile::tempdir().unwrap();
    prepare(home.path());
    let to = store::open(home.path()).await;
    for thread in all(&*from).await {
        let items = items(&*from, thread.thread_id).await;
        to.create_thread(CreateThread::copy_of(&thread, items)).await.unwrap();
    }
    home
}

async fn all(store: &dyn ThreadStore) -> Vec<StoredThread> {
    store.list_threads(ListThreads::new().with_page_size(200)).await.unwrap().threads
}

async fn items(store: &dyn ThreadStore, id: ThreadId) -> Vec<RolloutItem> {
    let load = LoadHistory::new(id).with_include_archived(true);
    let page = store.load_history(load).await.unwrap();
    assert!(page.rest.is_none());
    page.items.iter().map(|stored| stored.item).collect()
}
