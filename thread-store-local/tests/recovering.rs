//! What processes that died, disks that were full and files in the way leave behind.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod common;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use common::{A, B, DAY, TestHome, event, header, text, usual};
use serde_json::json;
use thread_store::{
    AppendItems, CreateThread, Holder, ListFilter, ListThreads, ReadThread, ResumeThread,
    RolloutItem, SetArchived, StoredThread, ThreadId, ThreadMetadataPatch, ThreadStore as _,
    ThreadStoreExt as _, UpdateThreadMetadata,
};
use thread_store_local::{Faults, LocalOptions, LocalStore};

fn id(text: &str) -> ThreadId {
    ThreadId::parse(text).unwrap()
}

async fn open(home: &TestHome) -> LocalStore {
    LocalStore::open_with(home.path(""), LocalOptions::default().apart()).await.unwrap()
}

fn add(path: &Path, text: &str) {
    File::options().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

async fn read(store: &LocalStore, thread: &str) -> StoredThread {
    let read = ReadThread::new(id(thread)).with_include_archived(true);
    store.read_thread(read).await.unwrap()
}

async fn rename(store: &LocalStore, thread: &str, name: &str) {
    let patch = ThreadMetadataPatch::default().name(name.to_owned());
    let update = UpdateThreadMetadata::new(id(thread), patch).with_include_archived(true);
    store.update_thread_metadata(update).await.unwrap();
}

async fn archived(store: &LocalStore) -> usize {
    let list = ListThreads::from(ListFilter::default().with_archived(true));
    store.list_threads(list).await.unwrap().threads.len()
}

/// Copies of one file lie about in a home, also where the file is going to be moved to.
#[tokio::test]
async fn archiving_overwrites_no_copy_and_no_copy_takes_the_place_of_the_thread() {
    let home = TestHome::new();
    let lines = [header(A, 1, json!({})), event("old")];
    let (whole, old) = (text(&[&lines[..], &[event("new")]].concat()), text(&lines));
    let name = common::file_name(Path::new(&usual(DAY, A)));
    home.write(&usual(DAY, A), &whole);
    home.write(&format!("sessions/backup/{name}"), &old);
    home.write(&format!("archived_sessions/{name}"), &old);
    let store = open(&home).await;
    assert_eq!(read(&store, A).await.next_ordinal.get(), 3);
    for to in [true, false, true] {
        store.set_archived(SetArchived::new(id(A), to)).await.unwrap();
        for store in [&store, &open(&home).await] {
            let thread = read(store, A).await;
            assert_eq!((thread.next_ordinal.get(), thread.is_archived()), (3, to));
            assert!(thread.location.unwrap().ends_with(&name));
        }
    }
    let contents =
        rollouts(&home.path("")).into_iter().map(|path| fs::read_to_string(path).unwrap());
    let mut contents: Vec<_> = contents.collect();
    contents.sort();
    let mut expected = vec![whole, old.clone(), old];
    expected.sort();
    assert_eq!(contents, expected);
}

fn rollouts(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rollouts(&path));
        } else if path.to_string_lossy().contains("rollout-") {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn a_line_of_the_journal_that_nobody_finished_hinders_nobody() {
    let home = TestHome::new();
    home.rollout(A, &[header(A, 1, json!({}))]);
    let store = open(&home).await;
    rename(&store, A, "first").await;
    let journal = home.path("thread-store/journal.jsonl");
    for torn in [r#"{"op":"edit","thread_id":"#, "{}", "\0\0"] {
        add(&journal, torn);
        for store in [&store, &open(&home).await] {
            store.refresh().await.unwrap();
            store.list_threads(ListThreads::new()).await.unwrap();
        }
        let name = format!("after {torn:?}");
        rename(&store, A, &name).await;
        for store in [&store, &open(&home).await] {
            assert_eq!(read(store, A).await.metadata.name.as_deref(), Some(name.as_str()));
        }
    }
    // A line that is damaged costs itself.
    add(&journal, "garbage\n");
    rename(&store, A, "last").await;
    assert_eq!(read(&open(&home).await, A).await.metadata.name.as_deref(), Some("last"));
}

#[tokio::test]
async fn a_journal_that_is_written_anew_forgets_nobody() {
    let home = TestHome::new();
    home.rollout(A, &[header(A, 1, json!({}))]);
    let hidden = home.rollout(B, &[header(B, 2, json!({}))]);
    let store = open(&home).await;
    rename(&store, B, "hidden").await;
    store.archive_thread(id(A)).await.unwrap();
    let since = read(&store, A).await.archived_at;
    let elsewhere = home.path("elsewhere");
    fs::rename(&hidden, &elsewhere).unwrap();
    store.refresh().await.unwrap();
    // What a newer program says stays, too.
    let journal = home.path("thread-store/journal.jsonl");
    add(&journal, "{\"op\":\"of_the_future\",\"what\":1}\n");
    let long = "x".repeat(30_000);
    for n in 0..60 {
        rename(&store, A, &format!("{n} {long}")).await;
    }
    let written = fs::read_to_string(&journal).unwrap();
    assert!(written.len() < 1_200_000, "{}", written.len());
    assert!(written.contains("of_the_future"));
    fs::rename(&elsewhere, &hidden).unwrap();
    for store in [&store, &open(&home).await] {
        store.refresh().await.unwrap();
        assert_eq!(read(store, B).await.metadata.name.as_deref(), Some("hidden"));
        let thread = read(store, A).await;
        assert!(thread.metadata.name.unwrap().starts_with("59 "));
        assert_eq!((thread.archived_at, thread.metadata_version), (since, 61));
    }
}

#[tokio::test]
async fn a_journal_of_a_newer_program_is_read_and_not_written() {
    let home = TestHome::new();
    home.rollout(A, &[header(A, 1, json!({}))]);
    let line = format!("{}\n", json!({"op": "journal", "version": 99, "generation": A}));
    let journal = home.write("thread-store/journal.jsonl", &line);
    let store = open(&home).await;
    assert_eq!(read(&store, A).await.next_ordinal.get(), 1);
    let patch = ThreadMetadataPatch::default().name("x".to_owned());
    let error = store.update_thread_metadata(UpdateThreadMetadata::new(id(A), patch)).await;
    assert_eq!(error.unwrap_err().code(), "unavailable");
    assert_eq!(fs::read_to_string(journal).unwrap(), line);
}

/// The process died right after it had said what it was going to do.
#[tokio::test]
async fn what_was_begun_is_finished_also_where_somebody_took_a_file_away_since() {
    for taken in [false, true] {
        let home = TestHome::new();
        let (a, b) = (usual(DAY, A), usual(DAY, B));
        home.rollout(A, &[header(A, 1, json!({}))]);
        home.rollout(B, &[header(B, 2, json!({}))]);
        let store = open(&home).await;
        rename(&store, A, "x").await;
        let to = |path: &str| format!("archived_sessions/{}", common::file_name(Path::new(path)));
        let moves = json!([
            {"thread_id": A, "files": [[a, to(&a)]]},
            {"thread_id": B, "files": [[b, to(&b)]]}
        ]);
        let intent =
            json!({"op": "move", "moves": moves, "archived_at": "2026-11-20T20:00:00.000Z"});
        if taken {
            fs::remove_file(home.path(&b)).unwrap();
        }
        add(&home.path("thread-store/journal.jsonl"), &format!("{intent}\n"));
        let threads = if taken { 1 } else { 2 };
        for store in [&store, &open(&home).await] {
            store.refresh().await.unwrap();
            assert_eq!(archived(store).await, threads);
            assert_eq!(
                read(store, A).await.archived_at.unwrap().to_string(),
                "2026-11-20T20:00:00.000Z"
            );
        }
        rename(&store, A, "goes on").await;
        let journal = fs::read_to_string(home.path("thread-store/journal.jsonl")).unwrap();
        assert_eq!(journal.matches(r#""op":"done""#).count(), 1);
    }
}

#[tokio::test]
async fn a_change_that_fails_half_way_is_taken_back_and_can_be_repeated() {
    let home = TestHome::new();
    let faults = Faults::default();
    let options = LocalOptions::default().apart().with_faults(faults.clone());
    let store = LocalStore::open_with(home.path(""), options).await.unwrap();
    let root = CreateThread::new(id(A)).with_lease(Holder::new("us"));
    let lease = store.create_thread(root).await.unwrap().lease.unwrap();
    store.create_thread(CreateThread::new(id(B)).spawned_by(id(A), 1)).await.unwrap();
    let tree = SetArchived::new(id(A), true).with_descendants(true);
    faults.fail_writes(true);
    store.set_archived(tree.clone()).await.unwrap_err();
    assert_eq!(archived(&store).await, 0);
    faults.fail_writes(false);
    let item = RolloutItem::try_from(event("a").as_str()).unwrap();
    // The lease stands as long as nothing was archived.
    store.append_items(AppendItems::new(lease.clone(), vec![item.clone()])).await.unwrap();
    assert_eq!(store.set_archived(tree).await.unwrap().thread_ids.len(), 2);
    let error = store.append_items(AppendItems::new(lease, vec![item])).await.unwrap_err();
    assert_eq!(error.code(), "conflict.fenced");
    // And no lock was left behind.
    let free = ResumeThread::new(id(B), Holder::new("next")).with_include_archived(true);
    open(&home).await.resume_thread(free).await.unwrap();
}

/// As editors save: the file that was there gets another name.
#[tokio::test]
async fn nothing_is_appended_to_a_backup_alone() {
    let home = TestHome::new();
    let path = home.rollout(A, &[header(A, 1, json!({})), event("old")]);
    let store = open(&home).await;
    let lease =
        store.resume_thread(ResumeThread::new(id(A), Holder::new("us"))).await.unwrap().lease;
    let append = |line: String| {
        let item = RolloutItem::try_from(line.as_str()).unwrap();
        store.append_items(AppendItems::new(lease.clone(), vec![item]))
    };
    append(event("one")).await.unwrap();
    let saved = fs::read_to_string(&path).unwrap();
    fs::rename(&path, home.path("backup~")).unwrap();
    fs::write(&path, &saved).unwrap();
    append(event("two")).await.unwrap();
    assert_eq!(store.next_ordinal(id(A)).await.unwrap().get(), 4);
    append(event("three")).await.unwrap();
    let expected = format!("{saved}{} \n{} \n", event("two"), event("three"));
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    // Also if nobody looks before the lease is given back.
    fs::rename(&path, home.path("backup2~")).unwrap();
    fs::write(&path, &expected).unwrap();
    append(event("four")).await.unwrap();
    store.shutdown_thread(lease.clone()).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{expected}{} \n", event("four")));
    assert_eq!(open(&home).await.next_ordinal(id(A)).await.unwrap().get(), 6);
}

/// The rollouts of a home were copied, and nothing else of it.
#[tokio::test]
async fn records_that_are_marked_and_that_no_journal_knows_are_observed_for_good() {
    let home = TestHome::new();
    let marked = |line: String| format!("{line} \n");
    let lines = marked(header(A, 1, json!({}))) + &marked(event("hello"));
    home.write(&usual(DAY, A), lines);
    let store = open(&home).await;
    let before = read(&store, A).await;
    assert_eq!(before.metadata.preview.as_deref(), Some("hello"));
    store.resume_thread(ResumeThread::new(id(A), Holder::new("us"))).await.unwrap();
    rename(&store, A, "x").await;
    for store in [&store, &open(&home).await] {
        assert_eq!(read(store, A).await.metadata.preview, before.metadata.preview);
    }
}
