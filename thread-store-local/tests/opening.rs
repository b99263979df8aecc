//! Opening homes: what is read, what is kept, and what becomes of an index that is lost.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod common;

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use common::{A, B, TestHome, event, header, usual};
use serde_json::json;
use thread_store::{
    AppendItems, CreateThread, ErrorKind, Holder, ListThreads, Operation, ResumeThread,
    StoredThread, ThreadId, ThreadMetadataPatch, ThreadStore as _, ThreadStoreExt as _,
    UpdateThreadMetadata,
};
use thread_store_local::{LocalOptions, LocalStore};

fn id(text: &str) -> ThreadId {
    ThreadId::parse(text).unwrap()
}

/// The home as a process finds it that knows nothing of it.
async fn open(home: &Path) -> LocalStore {
    LocalStore::open_with(home, LocalOptions::default().apart()).await.unwrap()
}

async fn threads(store: &LocalStore) -> Vec<StoredThread> {
    store.list_threads(ListThreads::new()).await.unwrap().threads
}

async fn preview(store: &LocalStore, thread: &str) -> Option<String> {
    store.thread(id(thread)).await.unwrap().metadata.preview
}

/// A home with two threads, which an index knows.
async fn known_home() -> (TestHome, PathBuf) {
    let home = TestHome::new();
    let mut lines = vec![header(A, 1, json!({})), event("first")];
    lines.extend((0..30).map(|_| event(&"filler ".repeat(200))));
    let path = home.rollout(A, &lines);
    home.rollout(B, &[header(B, 2, json!({})), event("other")]);
    // What was changed just now would be read again to be sure.
    for path in [path.clone(), home.path(&usual(common::DAY, B))] {
        let earlier = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        File::options().write(true).open(path).unwrap().set_modified(earlier).unwrap();
    }
    open(&home.path("")).await.close().await;
    (home, path)
}

/// Writes over a part of a file, and gives it back its date.
fn forge(path: &Path, from: &str, to: &str) {
    use std::io::Seek as _;
    assert_eq!(from.len(), to.len());
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    let at = fs::read_to_string(path).unwrap().find(from).unwrap();
    let mut file = File::options().write(true).open(path).unwrap();
    file.seek(std::io::SeekFrom::Start(at as u64)).unwrap();
    file.write_all(to.as_bytes()).unwrap();
    file.set_modified(modified).unwrap();
}

#[tokio::test]
async fn a_second_opening_reads_no_rollout() {
    let (home, path) = known_home().await;
    // If it were read, this would be seen: nobody else keeps the date.
    forge(&path, "first", "wrong");
    let store = open(&home.path("")).await;
    assert_eq!(preview(&store, A).await.as_deref(), Some("first"));
    let without = LocalOptions::default().apart().without_sqlite();
    let without = LocalStore::open_with(home.path(""), without).await.unwrap();
    assert_eq!(preview(&without, A).await.as_deref(), Some("wrong"));
}

#[tokio::test]
async fn what_was_appended_since_is_read_and_nothing_before_it() {
    let (home, path) = known_home().await;
    forge(&path, "first", "wrong");
    let more = event("second").replace(r#""t""#, r#""2026-11-20T17:00:00Z""#);
    let mut file = File::options().append(true).open(&path).unwrap();
    file.write_all(format!("{more}\n").as_bytes()).unwrap();
    let store = open(&home.path("")).await;
    let thread = store.thread(id(A)).await.unwrap();
    assert_eq!(thread.metadata.preview.as_deref(), Some("first"));
    assert_eq!(thread.metadata.updated_at.to_string(), "2026-11-20T17:00:00.000Z");
    assert_eq!(thread.next_ordinal.get(), 33);
}

#[tokio::test]
async fn a_file_that_was_changed_is_read_again() {
    let (home, path) = known_home().await;
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("first", "other")).unwrap();
    let store = open(&home.path("")).await;
    assert_eq!(preview(&store, A).await.as_deref(), Some("other"));
}

#[tokio::test]
async fn an_index_that_is_lost_or_damaged_or_another_program_s_changes_no_answer() {
    let (home, _) = known_home().await;
    let store = open(&home.path("")).await;
    let patch = ThreadMetadataPatch::default().name("mine".to_owned()).model("m".to_owned());
    store.update_thread_metadata(UpdateThreadMetadata::new(id(A), patch)).await.unwrap();
    let expected = threads(&store).await;
    store.close().await;
    let index = home.path("thread-store/index.sqlite");
    let whole = fs::read(&index).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    let mut flipped = whole.clone();
    flipped.iter_mut().skip(5000).step_by(97).for_each(|byte| *byte ^= 0x55);
    for bytes in [None, Some(vec![]), Some(b"not a database".to_vec()), Some(half), Some(flipped)] {
        match bytes {
            Some(bytes) => fs::write(&index, bytes).unwrap(),
            None => fs::remove_file(&index).unwrap(),
        }
        for left in ["-wal", "-shm"] {
            let _ = fs::remove_file(home.path(&format!("thread-store/index.sqlite{left}")));
        }
        for _ in 0..2 {
            let store = open(&home.path("")).await;
            assert_eq!(threads(&store).await, expected);
            store.close().await;
        }
    }
}

#[tokio::test]
async fn answers_are_the_same_without_sqlite() {
    let (home, _) = known_home().await;
    let with = open(&home.path("")).await;
    let options = LocalOptions::default().without_sqlite().apart();
    let without = LocalStore::open_with(home.path(""), options).await.unwrap();
    assert_eq!(threads(&with).await, threads(&without).await);
    for thread in [A, B] {
        let thread = id(thread);
        assert_eq!(with.history(thread).await.unwrap(), without.history(thread).await.unwrap());
    }
}

/// Nothing of ours can be made there, as in a home that must not be written.
#[tokio::test]
async fn a_home_that_cannot_be_written_is_read() {
    let home = TestHome::new();
    home.rollout(A, &[header(A, 1, json!({})), event("first")]);
    home.write("thread-store", "in the way");
    let before = files(&home.path(""));
    let store = open(&home.path("")).await;
    assert_eq!(preview(&store, A).await.as_deref(), Some("first"));
    assert_eq!(store.history(id(A)).await.unwrap().len(), 2);
    for error in [
        store.rename(id(A), Some("x".to_owned())).await.map(drop).unwrap_err(),
        store.archive_thread(id(A)).await.map(drop).unwrap_err(),
        store.delete_thread(id(A).into()).await.map(drop).unwrap_err(),
        store.create_thread(CreateThread::new(id(B))).await.map(drop).unwrap_err(),
        store
            .resume_thread(ResumeThread::new(id(A), Holder::new("x")))
            .await
            .map(drop)
            .unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Unavailable { .. }), "{error:?}");
    }
    assert_eq!(threads(&store).await.len(), 1);
    store.close().await;
    let locks =
        |path: &PathBuf| path.components().any(|it| it.as_os_str() == "thread-writer-locks");
    let after: Vec<_> = files(&home.path("")).into_iter().filter(|path| !locks(path)).collect();
    assert_eq!(after, before);
}

#[tokio::test]
async fn everything_of_ours_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("new/home");
    let store = open(&home).await;
    let created = CreateThread::new(id(A)).with_lease(Holder::new("x"));
    let lease = store.create_thread(created).await.unwrap().lease.unwrap();
    store.rename(id(A), Some("x".to_owned())).await.unwrap();
    store.append_items(AppendItems::new(lease, Vec::new())).await.unwrap();
    store.close().await;
    let mut seen = 0;
    for path in files(&home) {
        let meta = fs::metadata(&path).unwrap();
        let expected = if meta.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(meta.permissions().mode() & 0o777, expected, "{}", path.display());
        seen += 1;
    }
    assert!(seen > 8, "{seen}");
}

#[tokio::test]
async fn a_path_that_is_no_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "x").unwrap();
    let error = LocalStore::open(&path).await.unwrap_err();
    assert_eq!((error.code(), error.operation()), ("invalid_request", Some(Operation::Open)));
    assert_eq!(fs::read_to_string(&path).unwrap(), "x");
}

#[tokio::test]
async fn a_home_can_be_moved() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let store = open(&old).await;
    let name = ThreadMetadataPatch::default().name("mine".to_owned());
    store.create_thread(CreateThread::new(id(A)).with_metadata(name)).await.unwrap();
    store.close().await;
    fs::rename(&old, &new).unwrap();
    let store = open(&new).await;
    let thread = store.thread(id(A)).await.unwrap();
    assert_eq!(thread.metadata.name.as_deref(), Some("mine"));
    assert!(thread.location.unwrap().contains("new/sessions"));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}
