//! Damaged rows and pages, and writes that their callers leave.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

use std::path::{Path, PathBuf};

use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use thread_store::{
    CreateThread, Direction, ListThreads, LoadHistory, RolloutItem, ThreadId, ThreadPage,
    ThreadStore as _, ThreadStoreExt as _, Timestamp,
};
use thread_store_sqlite::SqliteStore;

async fn opened() -> (TempDir, PathBuf, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("threads.db");
    let store = SqliteStore::open(&path).await.unwrap();
    (folder, path, store)
}

async fn execute(path: &Path, statement: &'static str) {
    let mut connection =
        SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn items(count: u64) -> Vec<RolloutItem> {
    (0..count).map(|n| RolloutItem::try_from(format!("{{\"n\":{n}}}").as_str()).unwrap()).collect()
}

#[tokio::test]
async fn an_unreadable_record_costs_itself_only() {
    let (_folder, path, store) = opened().await;
    let ids = [1, 2, 3].map(|n| ThreadId::from_bytes([n; 16]));
    for id in ids {
        store.create_thread(CreateThread::new(id).with_items(items(1))).await.unwrap();
    }
    execute(&path, "UPDATE threads SET metadata = '{}x' WHERE key = 2").await;
    assert_eq!(store.thread(ids[1]).await.unwrap_err().code(), "corrupt");
    execute(&path, "UPDATE threads SET metadata = CAST(x'7bff7d' AS TEXT), create_request = CAST(x'ff' AS TEXT) WHERE key = 2; UPDATE holders SET holder = CAST(x'ff' AS TEXT) WHERE key = 2; UPDATE counters SET value = 0 WHERE name = 'projection'").await;
    let store = SqliteStore::open(&path).await.unwrap();
    let page = store.list_threads(ListThreads::new()).await.unwrap();
    let listed: Vec<_> = page.threads.iter().map(|thread| thread.thread_id).collect();
    assert_eq!(listed.len(), 3);
    assert_eq!(page.damage.count, 1);
    assert_eq!(store.thread(ids[1]).await.unwrap_err().code(), "corrupt");
    assert_eq!(store.history(ids[1]).await.unwrap().len(), 1);
    store.archive_thread(ids[1]).await.unwrap();
    store.delete_thread(ids[1].into()).await.unwrap();
    assert!(store.list_threads(ListThreads::new()).await.unwrap().damage.is_empty());
}

/// What a record may have come to be: no JSON, no text, control characters that stand between records
/// where a page is one row, the end of one record and a part of another.
const BROKEN: [&str; 6] = [
    "UPDATE threads SET metadata = '' WHERE key = 2",
    "UPDATE threads SET metadata = '{}x' WHERE key = 2",
    "UPDATE threads SET metadata = CAST(x'7bff7d' AS TEXT) WHERE key = 2",
    "UPDATE threads SET metadata = '{\"name\":\"' || char(30) || '\"}' WHERE key = 2",
    "UPDATE threads SET identity = char(31) || identity WHERE key = 2",
    "UPDATE threads SET identity = identity || char(31) || metadata || char(30) WHERE key = 2",
];

#[tokio::test]
async fn an_unreadable_record_has_its_place_on_every_page() {
    for broken in BROKEN {
        let (_folder, path, store) = opened().await;
        for n in 1..=4 {
            let created = Timestamp::from_millis(i64::from(n));
            let create = CreateThread::new(ThreadId::from_bytes([n; 16]));
            store.create_thread(create.with_created_at(created)).await.unwrap();
        }
        execute(&path, broken).await;
        let list = ListThreads::new().with_page_size(2).with_direction(Direction::Ascending);
        let first = store.list_threads(list.clone()).await.unwrap();
        let second = list.clone().with_cursor(first.next_cursor.clone());
        let second = store.list_threads(second).await.unwrap();
        let back = store.list_threads(list.clone().with_cursor(second.previous_cursor)).await;
        let back = back.unwrap();
        let ids = |page: &ThreadPage| {
            page.threads.iter().map(|it| it.thread_id.as_bytes()[0]).collect::<Vec<_>>()
        };
        assert_eq!([ids(&first), ids(&second), ids(&back)], [[1, 2], [3, 4], [1, 2]], "{broken}");
        assert_eq!(back.next_cursor.is_some(), second.next_cursor.is_none(), "{broken}");
        let damage = [&first, &second, &back].map(|page| page.damage.count);
        assert_eq!(damage, [1, 0, 1], "{broken}");
        // What is looked at only to see whether a page follows is not damage of this page.
        let one = store.list_threads(list.with_page_size(1)).await.unwrap();
        assert_eq!((ids(&one), one.damage.count), (vec![1], 0), "{broken}");
    }
}

/// What happens to a row, and which ordinals that costs: a line feed less costs nothing, since places
/// come from the table; a value changed, a record that is no JSON any more, the end cut off, the table
/// damaged, a byte more that moves everything behind it.
const DAMAGES: &[(&str, &[u64])] = &[
    (
        "UPDATE chunks SET data = CAST(replace(CAST(data AS TEXT), '2}' || char(10), '2} ') AS BLOB)",
        &[],
    ),
    ("UPDATE chunks SET data = CAST(replace(CAST(data AS TEXT), ':3}', ':7}') AS BLOB)", &[3]),
    ("UPDATE chunks SET data = CAST(replace(CAST(data AS TEXT), '5}', '5]') AS BLOB)", &[5]),
    ("UPDATE chunks SET data = substr(data, 1, 60)", &[7, 8]),
    ("UPDATE chunks SET data = CAST('' AS BLOB)", &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ("UPDATE chunks SET entries = zeroblob(72)", &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ("UPDATE chunks SET entries = x'00'", &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ("UPDATE chunks SET data = CAST(replace(CAST(data AS TEXT), ':6', ': 6') AS BLOB)", &[6, 7, 8]),
];

#[tokio::test]
async fn a_damaged_run_keeps_the_places_of_what_can_be_read() {
    let (_folder, path, store) = opened().await;
    for (damage, lost) in DAMAGES {
        let id = ThreadId::generate();
        store.create_thread(CreateThread::new(id).with_items(items(9))).await.unwrap();
        execute(&path, damage).await;
        let page = store.load_history(id.into()).await.unwrap();
        let found: Vec<u64> = page.items.iter().map(|stored| stored.ordinal.get()).collect();
        let expected: Vec<u64> = (0..9).filter(|n| !lost.contains(n)).collect();
        assert_eq!(found, expected, "{damage}");
        assert!(
            page.items.iter().all(|it| it.item == items(9)[it.ordinal.get() as usize]),
            "{damage}"
        );
        assert_eq!(page.damage.count, lost.len() as u64, "{damage}");
        let strict = store.load_history(LoadHistory::new(id).with_strict(true)).await;
        assert_eq!(strict.is_err(), !lost.is_empty(), "{damage}");
        store.delete_thread(id.into()).await.unwrap();
    }
}

#[tokio::test]
async fn a_row_that_is_gone_is_reported() {
    let (_folder, path, store) = opened().await;
    let id = ThreadId::generate();
    store.create_thread(CreateThread::new(id).with_items(items(9))).await.unwrap();
    execute(&path, "DELETE FROM chunks").await;
    let page = store.load_history(id.into()).await.unwrap();
    assert_eq!((page.items.len(), page.damage.count), (0, 9));
}

#[tokio::test]
async fn whoever_reads_after_a_write_was_left_sees_it_done_or_never_done() {
    let (_folder, _, store) = opened().await;
    let big =
        RolloutItem::try_from(format!("{{\"a\":\"{}\"}}", "x".repeat(4 << 20)).as_str()).unwrap();
    for polls in 0..12 {
        let id = ThreadId::generate();
        let mut create =
            Box::pin(store.create_thread(CreateThread::new(id).with_items(vec![big.clone(); 3])));
        for _ in 0..polls {
            if futures::poll!(&mut create).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(create);
        // A reader that gives up at once, then two side by side.
        drop(futures::poll!(Box::pin(store.thread(id))));
        let (first, second) = futures::join!(store.thread(id), store.thread(id));
        assert_eq!(first.is_ok(), second.is_ok());
        let renamed = store.rename(id, Some("after".into())).await;
        assert_eq!(renamed.is_ok(), first.is_ok());
    }
}

#[tokio::test]
async fn damaged_pages_are_corrupt_and_not_a_panic() {
    let (_folder, path, store) = opened().await;
    let id = ThreadId::generate();
    store.create_thread(CreateThread::new(id).with_items(items(2000))).await.unwrap();
    store.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    // Everything behind the first two pages becomes noise.
    for byte in &mut bytes[2 * 8192..] {
        *byte ^= 0x5a;
    }
    std::fs::write(&path, bytes).unwrap();
    let answer = match SqliteStore::open(&path).await {
        Ok(store) => store.history(id).await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert_eq!(answer.unwrap_err().code(), "corrupt");
}
