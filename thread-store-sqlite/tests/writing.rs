//! Many who write at once: what they share, and what they do not.
//!
//! Another connection holds the write lock where a test needs to know what is waiting.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

use std::path::{Path, PathBuf};

use futures::future::join_all;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use thread_store::{
    AppendItems, AppendReceipt, CreateThread, Holder, ListThreads, Ordinal, Result, ResumeThread,
    RolloutItem, SearchThreads, ThreadId, ThreadStore as _, ThreadStoreExt as _, WriterLease,
};
use thread_store_sqlite::SqliteStore;
use tokio::task::JoinHandle;

struct Opened {
    path: PathBuf,
    store: SqliteStore,
    _folder: TempDir,
}

async fn opened() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let store = SqliteStore::open(&path).await.unwrap();
    Opened { path, store, _folder: folder }
}

fn item(n: u64) -> RolloutItem {
    RolloutItem::try_from(format!("{{\"n\":{n}}}").as_str()).unwrap()
}

/// Threads that were appended to once: the writer knows them.
async fn known(store: &SqliteStore, count: usize) -> Vec<WriterLease> {
    let mut leases = Vec::new();
    for _ in 0..count {
        let create = CreateThread::new(ThreadId::generate()).with_lease(Holder::new("test"));
        let lease = store.create_thread(create).await.unwrap().lease.unwrap();
        store.append_items(AppendItems::new(lease.clone(), vec![item(0)])).await.unwrap();
        leases.push(lease);
    }
    leases
}

fn append(store: &SqliteStore, lease: &WriterLease, n: u64) -> JoinHandle<Result<AppendReceipt>> {
    let (store, append) = (store.clone(), AppendItems::new(lease.clone(), vec![item(n)]));
    tokio::spawn(async move { store.append_items(append).await })
}

/// Runs what was spawned until all of it waits.
async fn let_run() {
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
}

/// The write lock of the file, as another program would hold it.
struct Lock(SqliteConnection);

impl Lock {
    async fn take(path: &Path) -> Self {
        let url = format!("sqlite:{}", path.display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
        Self(connection)
    }

    async fn release(mut self) {
        sqlx::raw_sql("ROLLBACK").execute(&mut self.0).await.unwrap();
        self.0.close().await.unwrap();
    }
}

/// Transactions in the log: frames that end one say how long the file is then
/// (<https://www.sqlite.org/fileformat2.html#walformat>).
fn commits(path: &Path) -> usize {
    let log = std::fs::read(path.with_file_name("threads.db-wal")).unwrap();
    let page = u32::from_be_bytes(log[8..12].try_into().unwrap()) as usize;
    log[32..].chunks_exact(24 + page).filter(|frame| frame[4..8] != [0; 4]).count()
}

#[tokio::test]
async fn those_who_wait_share_one_transaction() {
    let Opened { path, store, .. } = &opened().await;
    let leases = known(store, 100).await;
    let lock = Lock::take(path).await;
    let before = commits(path);
    let appends: Vec<_> = leases.iter().map(|lease| append(store, lease, 1)).collect();
    let_run().await;
    lock.release().await;
    for done in join_all(appends).await {
        assert_eq!(done.unwrap().unwrap().first, Ordinal::new(1));
    }
    // The one that came first was under way alone.
    assert!(commits(path) - before <= 2, "{} transactions", commits(path) - before);
}

#[tokio::test]
async fn one_that_fails_fails_no_other() {
    let Opened { path, store, .. } = &opened().await;
    let leases = known(store, 12).await;
    // One was taken over, one deleted, one archived, one released: by somebody else, so that the
    // writer believes that it knows them.
    let other = SqliteStore::open(path).await.unwrap();
    other.resume_thread(ResumeThread::new(leases[2].thread_id, Holder::new("o"))).await.unwrap();
    other.delete_thread(leases[4].thread_id.into()).await.unwrap();
    other.archive_thread(leases[6].thread_id).await.unwrap();
    other.shutdown_thread(leases[8].clone()).await.unwrap();
    let lock = Lock::take(path).await;
    let mut appends: Vec<_> = leases.iter().map(|lease| append(store, lease, 1)).collect();
    let wrong = AppendItems::new(leases[1].clone(), vec![item(7)])
        .with_expected_ordinal(Some(Ordinal::new(9)));
    let in_background = store.clone();
    appends.push(tokio::spawn(async move { in_background.append_items(wrong).await }));
    let_run().await;
    lock.release().await;
    let codes: Vec<_> = join_all(appends)
        .await
        .into_iter()
        .map(|done| done.unwrap().map_or_else(|error| error.code(), |_| "done"))
        .collect();
    let mut expected = ["done"; 13];
    expected[2] = "conflict.fenced";
    expected[4] = "not_found";
    expected[6] = "conflict.fenced";
    expected[8] = "conflict.closed";
    expected[12] = "conflict.ordinal";
    assert_eq!(codes, expected);
    for at in [0, 1, 3, 5, 7, 9, 10, 11] {
        assert_eq!(store.history(leases[at].thread_id).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn what_its_caller_left_before_its_turn_is_never_done() {
    let Opened { path, store, .. } = &opened().await;
    let leases = known(store, 40).await;
    let lock = Lock::take(path).await;
    let first = append(store, &leases[0], 1);
    let_run().await;
    let appends: Vec<_> = leases[1..].iter().map(|lease| append(store, lease, 1)).collect();
    let_run().await;
    for left in appends.iter().step_by(2) {
        left.abort();
    }
    let_run().await;
    lock.release().await;
    first.await.unwrap().unwrap();
    for (at, done) in join_all(appends).await.into_iter().enumerate() {
        let length = if done.is_ok() { 2 } else { 1 };
        assert_eq!(done.is_ok(), at % 2 == 1);
        assert_eq!(store.history(leases[at + 1].thread_id).await.unwrap().len(), length);
    }
}

#[tokio::test]
async fn readers_do_not_wait_for_writers() {
    let Opened { path, store, .. } = &opened().await;
    let leases = known(store, 1).await;
    let lock = Lock::take(path).await;
    let writing = append(store, &leases[0], 1);
    let_run().await;
    assert_eq!(store.history(leases[0].thread_id).await.unwrap().len(), 1);
    assert_eq!(store.list_threads(ListThreads::new()).await.unwrap().threads.len(), 1);
    assert!(!writing.is_finished());
    lock.release().await;
    writing.await.unwrap().unwrap();
}

#[tokio::test]
async fn more_than_the_queue_holds_wait_for_a_place_and_are_all_done() {
    let Opened { path, store, .. } = &opened().await;
    let leases = known(store, 8).await;
    let lock = Lock::take(path).await;
    let appends: Vec<_> = (0..3000)
        .map(|n| {
            let lease = &leases[n % leases.len()];
            append(store, lease, n as u64)
        })
        .collect();
    let_run().await;
    lock.release().await;
    let mut places: Vec<_> = join_all(appends)
        .await
        .into_iter()
        .enumerate()
        .map(|(n, done)| (n % leases.len(), done.unwrap().unwrap().first.get()))
        .collect();
    places.sort_unstable();
    // Every append has a place of its own, and there are no gaps.
    let expected: Vec<_> =
        (0..leases.len()).flat_map(|lease| (1..=375).map(move |place| (lease, place))).collect();
    assert_eq!(places, expected);
}

#[tokio::test]
async fn closing_does_what_was_asked_before_and_refuses_what_comes_after() {
    let Opened { path, store, .. } = &opened().await;
    let leases = known(store, 20).await;
    let lock = Lock::take(path).await;
    let appends: Vec<_> = leases.iter().map(|lease| append(store, lease, 1)).collect();
    let_run().await;
    let closing = tokio::spawn({
        let store = store.clone();
        async move { store.close().await }
    });
    let_run().await;
    lock.release().await;
    for done in join_all(appends).await {
        done.unwrap().unwrap();
    }
    closing.await.unwrap();
    assert_eq!(append(store, &leases[0], 2).await.unwrap().unwrap_err().code(), "unavailable");
    let store = SqliteStore::open(path).await.unwrap();
    for lease in leases {
        assert_eq!(store.history(lease.thread_id).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_failing_disk_is_told_to_all_and_the_handle_goes_on_after() {
    let Opened { path, store, .. } = &opened().await;
    let leases = known(store, 10).await;
    let url = format!("sqlite:{}", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let fail = "CREATE TRIGGER fail BEFORE INSERT ON tail BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::raw_sql(fail).execute(&mut connection).await.unwrap();
    for done in join_all(leases.iter().map(|lease| append(store, lease, 1))).await {
        assert!(done.unwrap().is_err());
    }
    sqlx::raw_sql("DROP TRIGGER fail").execute(&mut connection).await.unwrap();
    for done in join_all(leases.iter().map(|lease| append(store, lease, 1))).await {
        assert_eq!(done.unwrap().unwrap().first, Ordinal::new(1));
    }
}

async fn free_pages(path: &Path) -> i64 {
    let url = format!("sqlite:{}", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&mut connection).await.unwrap()
}

/// The second file is one that was not made to give pages back.
#[tokio::test]
async fn what_is_deleted_is_given_back_where_the_file_can_do_that() {
    let Opened { path, store, _folder } = &opened().await;
    let other = path.with_file_name("other.db");
    let mut connection =
        SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", other.display())).await.unwrap();
    sqlx::raw_sql("PRAGMA page_size = 8192; CREATE TABLE a (a); DROP TABLE a")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let fixed = SqliteStore::open(&other).await.unwrap();
    for (path, store, kept) in [(path, store, 0..64), (&other, &fixed, 64..10_000)] {
        let text = format!("{{\"a\":\"{}\"}}", "x".repeat(4 << 20));
        let item = RolloutItem::try_from(text.as_str()).unwrap();
        let id = ThreadId::generate();
        store.create_thread(CreateThread::new(id).with_items(vec![item])).await.unwrap();
        store.delete_thread(id.into()).await.unwrap();
        assert!(free_pages(path).await > 500);
        store.settle().await.unwrap();
        assert!(kept.contains(&free_pages(path).await), "{} are free", free_pages(path).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_ends_though_others_go_on_appending() {
    let Opened { store, .. } = &opened().await;
    let lease = known(store, 1).await.remove(0);
    let writing = tokio::spawn({
        let (store, lease) = (store.clone(), lease.clone());
        async move {
            for n in 1.. {
                let append = AppendItems::new(lease.clone(), vec![item(n)]);
                store.append_items(append).await.unwrap();
            }
        }
    });
    for _ in 0..20 {
        store.flush_thread(lease.clone()).await.unwrap();
        store.settle().await.unwrap();
    }
    writing.abort();
}

#[tokio::test]
async fn an_index_that_is_damaged_keeps_nobody_from_anything_and_is_made_anew() {
    let Opened { path, store, .. } = &opened().await;
    let leases = known(store, 3).await;
    let said = r#"{"timestamp":"2026-01-01T00:00:00Z","type":"event_msg","payload":{"type":"user_message","message":"a lamp"}}"#;
    let said = RolloutItem::try_from(said).unwrap();
    for lease in &leases {
        store.append_items(AppendItems::new(lease.clone(), vec![said.clone()])).await.unwrap();
        store.rename(lease.thread_id, Some("lampshade".into())).await.unwrap();
    }
    store.settle().await.unwrap();
    let url = format!("sqlite:{}", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    for table in ["text_grams_data", "message_grams_data"] {
        let damage = format!("UPDATE {table} SET block = x'00' WHERE id >= 10");
        sqlx::raw_sql(sqlx::AssertSqlSafe(damage)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    let store = SqliteStore::open(path).await.unwrap();
    store.delete_thread(leases[0].thread_id.into()).await.unwrap();
    store.append_items(AppendItems::new(leases[1].clone(), vec![said.clone()])).await.unwrap();
    store.flush_thread(leases[1].clone()).await.unwrap();
    while store.unsettled().await.unwrap() > 0 {
        store.settle().await.unwrap();
    }
    let found = store.search_threads(SearchThreads::new("lamp".to_owned())).await.unwrap();
    assert_eq!(found.hits.iter().map(|hit| hit.count).sum::<u64>(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_that_are_settled_while_they_grow_lose_nothing() {
    let Opened { path, store, .. } = &opened().await;
    let leases = known(store, 8).await;
    let writing: Vec<_> = leases
        .iter()
        .map(|lease| {
            let (store, lease) = (store.clone(), lease.clone());
            tokio::spawn(async move {
                for n in 1..=60 {
                    store
                        .append_items(AppendItems::new(lease.clone(), vec![item(n)]))
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    while !writing.iter().all(JoinHandle::is_finished) {
        store.settle().await.unwrap();
    }
    join_all(writing).await.into_iter().for_each(|done| done.unwrap());
    store.settle().await.unwrap();
    let url = format!("sqlite:{}", path.display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let left: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM heads WHERE pending <> 0) + (SELECT count(*) FROM tail)",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(left, 0);
    for lease in leases {
        let history = store.history(lease.thread_id).await.unwrap();
        assert!((0..=60).map(item).eq(history.into_iter().map(|stored| stored.item)));
        store.append_items(AppendItems::new(lease.clone(), vec![item(61)])).await.unwrap();
        assert_eq!(store.history(lease.thread_id).await.unwrap().len(), 62);
    }
}
