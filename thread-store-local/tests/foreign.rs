//! What other programs do to a home while it is open.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod common;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use common::{A, B, C, DAY, TestHome, event, header, numbered, text, usual};
use serde_json::json;
use thread_store::{
    AppendItems, Conflict, Holder, ListFilter, ListThreads, ReadThread, ResumeThread, RolloutItem,
    ThreadId, ThreadStore as _, ThreadStoreExt as _, WriterLease,
};
use thread_store_local::{LocalOptions, LocalStore};

fn id(text: &str) -> ThreadId {
    ThreadId::parse(text).unwrap()
}

async fn open(home: &TestHome) -> LocalStore {
    LocalStore::open_with(home.path(""), LocalOptions::default().apart()).await.unwrap()
}

fn add(path: &Path, text: &str) {
    File::options().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

/// A line with a time.
fn said(text: &str, time: &str) -> String {
    event(text).replace(r#""t""#, &format!(r#""2026-11-20T{time}Z""#))
}

async fn resume(store: &LocalStore, thread: &str) -> WriterLease {
    let resume = ResumeThread::new(id(thread), Holder::new("us"));
    store.resume_thread(resume).await.unwrap().lease
}

async fn append(store: &LocalStore, lease: &WriterLease, line: &str) {
    let item = RolloutItem::try_from(line).unwrap();
    store.append_items(AppendItems::new(lease.clone(), vec![item])).await.unwrap();
}

async fn texts(store: &LocalStore, thread: &str) -> Vec<String> {
    let page = store.load_history(id(thread).into()).await.unwrap();
    page.items.records().map(|item| item.text().into_owned()).collect()
}

async fn names(store: &LocalStore) -> Vec<Option<String>> {
    let page = store.list_threads(ListThreads::new()).await.unwrap();
    page.threads.into_iter().map(|thread| thread.metadata.name).collect()
}

#[tokio::test]
async fn what_another_program_appends_is_seen_at_once_and_observed() {
    let home = TestHome::new();
    let path = home.rollout(A, &[header(A, 1, json!({}))]);
    let store = open(&home).await;
    assert_eq!(store.thread(id(A)).await.unwrap().metadata.preview, None);
    add(&path, &format!("{}\n", said("hello", "17:00:00")));
    let thread = store.thread(id(A)).await.unwrap();
    assert_eq!(thread.metadata.preview.as_deref(), Some("hello"));
    assert_eq!(thread.metadata.updated_at.to_string(), "2026-11-20T17:00:00.000Z");
    let list = ListThreads::from(ListFilter::default().with_search_term("hello".to_owned()));
    assert_eq!(store.list_threads(list).await.unwrap().threads, [thread]);
    // Half a line is none yet.
    add(&path, &said("more", "18:00:00")[..30]);
    assert_eq!(texts(&store, A).await.len(), 2);
    add(&path, &format!("{}\n", &said("more", "18:00:00")[30..]));
    assert_eq!(texts(&store, A).await.len(), 3);
}

/// What this store appends changes no metadata; what others do, does.
#[tokio::test]
async fn our_own_records_are_not_observed_and_others_are_wherever_they_stand() {
    let home = TestHome::new();
    let path = home.rollout(A, &[header(A, 1, json!({}))]);
    for options in [LocalOptions::default(), LocalOptions::default().without_sqlite()] {
        let store = open(&home).await;
        let before = store.thread(id(A)).await.unwrap().metadata;
        let lease = resume(&store, A).await;
        append(&store, &lease, &said("ours", "23:00:00")).await;
        assert_eq!(store.thread(id(A)).await.unwrap().metadata, before);
        store.shutdown_thread(lease).await.unwrap();
        store.close().await;
        let again = LocalStore::open_with(home.path(""), options.apart()).await.unwrap();
        assert_eq!(again.thread(id(A)).await.unwrap().metadata, before);
    }
    let store = open(&home).await;
    add(&path, &format!("{}\n", said("theirs", "17:00:00")));
    let metadata = store.thread(id(A)).await.unwrap().metadata;
    assert_eq!(metadata.preview.as_deref(), Some("theirs"));
    assert_eq!(metadata.updated_at.to_string(), "2026-11-20T17:00:00.000Z");
}

#[tokio::test]
async fn files_that_come_move_and_go_are_seen_after_a_refresh() {
    let home = TestHome::new();
    home.rollout(A, &[header(A, 1, json!({})), event("a")]);
    let store = open(&home).await;
    let new = home.rollout(B, &[header(B, 2, json!({})), event("b")]);
    store.refresh().await.unwrap();
    assert_eq!(texts(&store, B).await.len(), 2);
    let archived = home.path(&format!("archived_sessions/{}", common::file_name(&new)));
    fs::create_dir_all(archived.parent().unwrap()).unwrap();
    fs::rename(&new, &archived).unwrap();
    store.refresh().await.unwrap();
    assert_eq!(store.read_thread(id(B).into()).await.unwrap_err().code(), "archived");
    let read = ReadThread::new(id(B)).with_include_archived(true);
    assert!(store.read_thread(read.clone()).await.unwrap().is_archived());
    fs::remove_file(&archived).unwrap();
    store.refresh().await.unwrap();
    assert_eq!(store.read_thread(read).await.unwrap_err().code(), "not_found");
    assert_eq!(names(&store).await.len(), 1);
}

#[tokio::test]
async fn a_file_that_moved_without_a_word_is_found_when_it_is_read() {
    let home = TestHome::new();
    let path = home.rollout(A, &[header(A, 1, json!({})), event("a")]);
    let store = open(&home).await;
    let elsewhere = home.path("sessions/elsewhere.jsonl");
    fs::rename(&path, &elsewhere).unwrap();
    assert_eq!(texts(&store, A).await.len(), 2);
    assert_eq!(store.thread(id(A)).await.unwrap().location, Some(elsewhere.display().to_string()));
    // And appended to where it is now.
    let lease = resume(&store, A).await;
    append(&store, &lease, &event("b")).await;
    assert!(fs::read_to_string(&elsewhere).unwrap().ends_with(&format!("{} \n", event("b"))));
}

#[tokio::test]
async fn a_file_that_was_edited_in_the_middle_is_read_anew() {
    let home = TestHome::new();
    let path = home.rollout(A, &[header(A, 1, json!({})), event("first"), event("second")]);
    let store = open(&home).await;
    let lease = resume(&store, A).await;
    append(&store, &lease, &event("ours")).await;
    // As an editor does it: another file takes the place.
    let edited = fs::read_to_string(&path).unwrap().replace("first", "the first of all");
    let beside = home.write("beside", edited);
    fs::rename(beside, &path).unwrap();
    append(&store, &lease, &event("last")).await;
    let all = texts(&store, A).await;
    assert_eq!(all[1..], ["the first of all", "second", "ours", "last"].map(event));
    let written = fs::read_to_string(&path).unwrap();
    assert!(written.ends_with(&format!("{} \n", event("last"))));
    assert_eq!(store.thread(id(A)).await.unwrap().next_ordinal.get(), 5);
}

/// Nobody looks at the time of a file that is being written to here.
#[tokio::test]
async fn a_file_that_was_damaged_under_a_lease_is_read_anew() {
    let home = TestHome::new();
    let path = home.rollout(A, &[header(A, 1, json!({})), event("first"), event("second")]);
    let store = open(&home).await;
    let lease = resume(&store, A).await;
    append(&store, &lease, &event("ours")).await;
    let damaged = fs::read_to_string(&path).unwrap().replacen(&event("first")[..9], "#########", 1);
    fs::write(&path, damaged).unwrap();
    let page = store.load_history(id(A).into()).await.unwrap();
    assert_eq!((page.items.len(), page.damage.count), (3, 1));
    append(&store, &lease, &event("more")).await;
    assert_eq!(texts(&store, A).await[1..], ["second", "ours", "more"].map(event));
}

#[tokio::test]
async fn the_newest_name_counts_whoever_gave_it() {
    let home = TestHome::new();
    home.rollout(A, &[header(A, 1, json!({}))]);
    let line = |name: &str, time: &str| {
        format!("{}\n", json!({"id": A, "thread_name": name, "updated_at": time}))
    };
    home.write("session_index.jsonl", line("theirs", "2026-11-20T10:00:00.123456789Z"));
    let store = open(&home).await;
    assert_eq!(names(&store).await, [Some("theirs".to_owned())]);
    store.rename(id(A), Some("ours".to_owned())).await.unwrap();
    assert_eq!(names(&store).await, [Some("ours".to_owned())]);
    let index = fs::read_to_string(home.path("session_index.jsonl")).unwrap();
    assert!(index.lines().last().unwrap().contains("\"ours\""));
    add(&home.path("session_index.jsonl"), &line("theirs again", "2999-01-01T00:00:00Z"));
    store.refresh().await.unwrap();
    assert_eq!(names(&store).await, [Some("theirs again".to_owned())]);
    let again = open(&home).await;
    assert_eq!(names(&again).await, [Some("theirs again".to_owned())]);
    // Codex would fall back to an older line if one were left.
    store.rename(id(A), None).await.unwrap();
    assert_eq!(fs::read_to_string(home.path("session_index.jsonl")).unwrap(), "");
    assert_eq!(names(&store).await, [None]);
}

#[tokio::test]
async fn a_compressed_thread_is_expanded_before_it_is_appended_to() {
    let home = TestHome::new();
    let lines = text(&[header(A, 1, json!({})), event("old")]);
    let name = format!("{}.zst", usual(DAY, A));
    let compressed = home.write(&name, zstd::encode_all(lines.as_bytes(), 3).unwrap());
    let store = open(&home).await;
    let before = store.thread(id(A)).await.unwrap().metadata;
    let lease = resume(&store, A).await;
    append(&store, &lease, &event("new")).await;
    assert!(!compressed.exists());
    let plain = home.path(&usual(DAY, A));
    assert_eq!(fs::read_to_string(&plain).unwrap(), format!("{lines}{} \n", event("new")));
    for store in [store, open(&home).await] {
        store.refresh().await.unwrap();
        assert_eq!(texts(&store, A).await.len(), 3);
        assert_eq!(store.thread(id(A)).await.unwrap().metadata, before);
    }
}

#[tokio::test]
async fn a_document_of_the_oldest_format_is_read_and_not_appended_to() {
    let home = TestHome::new();
    let document = format!(
        "{{\n\"session\":{{\"id\":\"{A}\",\"timestamp\":\"2025-08-23T10:00:00Z\"}},\n\"items\":[{{\"role\":\"user\",\"content\":\"hi\"}}]}}"
    );
    let path = home.write(&format!("sessions/rollout-2025-08-23-{A}.json"), &document);
    let store = open(&home).await;
    assert_eq!(texts(&store, A).await.len(), 2);
    let error = store.resume_thread(ResumeThread::new(id(A), Holder::new("us"))).await.unwrap_err();
    assert_eq!(error.code(), "unsupported");
    assert_eq!(fs::read_to_string(path).unwrap(), document);
    assert!(
        fs::read_dir(home.path("thread-writer-locks"))
            .unwrap()
            .all(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with(".coord") })
    );
}

#[tokio::test]
async fn a_torn_tail_is_closed_before_anything_is_added() {
    for (tail, kept) in [
        ("{\"timestamp\":\"t\",\"type\":\"ev", 0),
        ("{\"timestamp\":\"t\",\"type\":\"whole\"}", 1),
        ("\0\0\0\0", 0),
    ] {
        let home = TestHome::new();
        let path = home.rollout(A, &[header(A, 1, json!({})), event("old")]);
        add(&path, tail);
        let store = open(&home).await;
        assert_eq!(texts(&store, A).await.len(), 2 + kept);
        let lease = resume(&store, A).await;
        append(&store, &lease, &event("new")).await;
        let page = store.load_history(id(A).into()).await.unwrap();
        assert_eq!((page.items.len(), page.damage.count), (3 + kept, 0), "{tail:?}");
        let set_aside = home.path("thread-store/quarantine.jsonl").exists();
        assert_eq!(set_aside, kept == 0, "{tail:?}");
        let again = open(&home).await;
        assert_eq!(texts(&again, A).await, texts(&store, A).await);
    }
}

#[tokio::test]
async fn paginated_files_get_their_next_ordinals() {
    let home = TestHome::new();
    let paginated = json!({"history_mode": "paginated"});
    let lines = [numbered(0, &header(A, 1, paginated)), numbered(1, &event("a"))];
    let path = home.rollout(A, &lines);
    let store = open(&home).await;
    let lease = resume(&store, A).await;
    let first = r#"{"timestamp":"t","type":"x"}"#;
    let second = r#"{"timestamp":"t","ordinal":77,"type":"y"}"#;
    let items = [first, second].map(|text| RolloutItem::try_from(text).unwrap());
    let append =
        AppendItems::new(lease.clone(), items.to_vec()).with_expected_ordinal(lease.next_ordinal);
    let receipt = store.append_items(append.clone()).await.unwrap();
    assert_eq!(store.append_items(append).await.unwrap(), receipt);
    let written = fs::read_to_string(path).unwrap();
    let new: Vec<_> = written.lines().skip(2).collect();
    assert_eq!(
        new,
        [
            r#"{"timestamp":"t","ordinal":2,"type":"x"} "#,
            r#"{"timestamp":"t","ordinal":3,"type":"y"} "#
        ]
    );
}

/// Codex's own forks begin in the history of their source.
#[tokio::test]
async fn a_history_that_another_begins_in_is_not_deleted_without_it() {
    let home = TestHome::new();
    let paginated = |id: &str, more: serde_json::Value| {
        let mut members = json!({"history_mode": "paginated"});
        members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        header(id, 1, members)
    };
    home.rollout(
        A,
        &[
            numbered(0, &paginated(A, json!({}))),
            numbered(1, &event("a")),
            numbered(2, &event("later")),
        ],
    );
    let base =
        json!({"history_base": {"thread_id": A, "end_ordinal_exclusive": 2, "end_byte_offset": 0}});
    home.rollout(B, &[numbered(2, &paginated(B, base)), numbered(3, &event("b"))]);
    let spawn = json!({"source": {"subagent": {"thread_spawn": {"parent_thread_id": A, "depth": 1}}}, "parent_thread_id": A});
    home.rollout(C, &[numbered(0, &paginated(C, spawn))]);
    let store = open(&home).await;
    assert_eq!(texts(&store, B).await.len(), 4);
    let error = store.delete_thread(id(A).into()).await.unwrap_err();
    assert_eq!(error.as_conflict(), Some(&Conflict::Referenced { by: vec![id(B)] }));
    assert_eq!(names(&store).await.len(), 3);
    store.archive_thread(id(A)).await.unwrap();
    assert_eq!(texts(&store, B).await.len(), 4);
    store.delete_thread(id(B).into()).await.unwrap();
    store.delete_thread(id(A).into()).await.unwrap();
    let children = ListThreads::from(
        ListFilter::default().with_relation(thread_store::Relation::ChildrenOf(id(A))),
    );
    assert_eq!(store.list_threads(children).await.unwrap().threads.len(), 1);
}
