//! Opening files of all kinds.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

use std::path::{Path, PathBuf};

use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use thread_store::{
    CreateThread, ListFilter, RolloutItem, ThreadId, ThreadMetadataPatch, ThreadStore as _,
    ThreadStoreExt as _,
};
use thread_store_sqlite::SqliteStore;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/threads.db");
    (folder, path)
}

async fn execute(path: &Path, statement: &'static str) {
    let mut connection =
        SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", path.display())).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn refused(path: &Path) -> thread_store::Error {
    let before = std::fs::read(path).ok();
    let error = SqliteStore::open(path).await.unwrap_err();
    assert_eq!(std::fs::read(path).ok(), before, "it was changed");
    assert_eq!(error.operation(), Some(thread_store::Operation::Open));
    error
}

#[tokio::test]
async fn the_file_and_its_folder_are_created_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    store.create_thread(CreateThread::new(ThreadId::generate())).await.unwrap();
    for (path, mode) in [
        (path.clone(), 0o600),
        (path.with_file_name("threads.db-wal"), 0o600),
        (path.with_file_name("threads.db-shm"), 0o600),
        (path.parent().unwrap().to_owned(), 0o700),
    ] {
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            mode,
            "{}",
            path.display()
        );
    }
}

#[tokio::test]
async fn zeros_that_stay_are_refused_and_not_changed() {
    let (folder, _) = folder();
    for length in [16, 4096, 16384] {
        let path = folder.path().join(format!("{length}.db"));
        std::fs::write(&path, vec![0; length]).unwrap();
        assert_eq!(refused(&path).await.code(), "invalid_request", "{length}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_not_changed() {
    let (folder, _) = folder();
    let path = folder.path().join("x.db");
    for contents in ["text", "SQLite format 2 and more than sixteen bytes", "\0", &"x".repeat(9000)]
    {
        std::fs::write(&path, contents).unwrap();
        assert_eq!(refused(&path).await.code(), "invalid_request");
    }
    assert_eq!(refused(folder.path()).await.code(), "invalid_request");
    assert_eq!(refused(&path.join("below/a/file.db")).await.code(), "invalid_request");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_not_changed() {
    let (folder, _) = folder();
    let path = folder.path().join("x.db");
    execute(&path, "CREATE TABLE theirs (a)").await;
    assert_eq!(refused(&path).await.code(), "invalid_request");
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_not_changed() {
    let (_folder, path) = folder();
    SqliteStore::open(&path).await.unwrap().close().await;
    execute(&path, "PRAGMA user_version = 4711").await;
    let error = refused(&path).await;
    assert_eq!(error.code(), "unsupported");
    assert!(error.to_string().contains("4711"), "{error}");
}

#[tokio::test]
async fn names_that_mean_something_to_sqlite_are_files_like_any_other() {
    let (folder, _) = folder();
    for name in [":memory:", "file:x.db", "file:y.db?mode=memory"] {
        let path = folder.path().join(name);
        let id = ThreadId::generate();
        let store = SqliteStore::open(&path).await.unwrap();
        store.create_thread(CreateThread::new(id)).await.unwrap();
        store.close().await;
        assert!(path.metadata().unwrap().len() > 0, "{name}");
        assert_eq!(SqliteStore::open(&path).await.unwrap().thread(id).await.unwrap().thread_id, id);
    }
}

#[tokio::test]
async fn what_is_no_regular_file_is_refused() {
    let (folder, _) = folder();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in [pipe.as_path(), Path::new("/dev/null")] {
        assert_eq!(SqliteStore::open(path).await.unwrap_err().code(), "invalid_request");
    }
}

#[tokio::test]
async fn a_file_that_claims_to_be_ours_and_is_not_is_corrupt() {
    let (_folder, path) = folder();
    SqliteStore::open(&path).await.unwrap().close().await;
    execute(&path, "PRAGMA user_version = -1").await;
    assert_eq!(refused(&path).await.code(), "corrupt");
    execute(&path, "PRAGMA user_version = 1; DROP TABLE threads").await;
    assert_eq!(refused(&path).await.code(), "corrupt");
}

#[tokio::test]
async fn what_lists_look_at_is_made_anew_when_it_was_made_otherwise() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    let metadata = ThreadMetadataPatch::default().cwd("/here".to_owned());
    store
        .create_thread(CreateThread::new(ThreadId::generate()).with_metadata(metadata))
        .await
        .unwrap();
    store.close().await;
    execute(
        &path,
        "UPDATE listing SET cwd = 'old'; UPDATE counters SET value = 0 WHERE name = 'projection'",
    )
    .await;
    let store = SqliteStore::open(&path).await.unwrap();
    let here = ListFilter::default().with_cwds(vec!["/here".into()]);
    assert_eq!(store.list_threads(here.into()).await.unwrap().threads.len(), 1);
}

#[tokio::test]
async fn an_empty_file_becomes_a_store() {
    let (folder, _) = folder();
    let path = folder.path().join("x.db");
    std::fs::write(&path, "").unwrap();
    SqliteStore::open(&path).await.unwrap();
}

#[tokio::test]
async fn many_can_open_a_new_file_at_once() {
    let (_folder, path) = folder();
    let opening = (0..8).map(|_| tokio::spawn(SqliteStore::open(path.clone())));
    let opening: Vec<_> = opening.collect();
    let mut stores = Vec::new();
    for store in opening {
        stores.push(store.await.unwrap().unwrap());
    }
    let id = ThreadId::generate();
    stores[0].create_thread(CreateThread::new(id)).await.unwrap();
    assert_eq!(stores[7].thread(id).await.unwrap().thread_id, id);
}

#[tokio::test]
async fn a_closed_store_says_so_and_the_file_is_whole() {
    let (_folder, path) = folder();
    let store = SqliteStore::open(&path).await.unwrap();
    let id = ThreadId::generate();
    let item = RolloutItem::try_from("{}").unwrap();
    store.create_thread(CreateThread::new(id).with_items(vec![item])).await.unwrap();
    store.close().await;
    assert_eq!(store.thread(id).await.unwrap_err().code(), "unavailable");
    assert_eq!(store.rename(id, None).await.unwrap_err().code(), "unavailable");
    assert!(!path.with_file_name("threads.db-wal").exists());
    assert_eq!(SqliteStore::open(&path).await.unwrap().history(id).await.unwrap().len(), 1);
}
