//! What a read takes from the database.

use sqlx::Row as _;

use super::super::chunk;
use super::super::read::{STATEMENT, question};
use super::super::row::column;
use super::*;

/// How many rows a read fetches, and how many bytes are in them.
async fn fetched(thread: &mut Thread, load: &LoadHistory) -> (usize, usize) {
    let rows = question(load).fetch_all(&mut thread.connection).await.unwrap();
    let data = |row: &sqlx::sqlite::SqliteRow| {
        row.get::<Option<Vec<u8>>, _>(column::DATA).unwrap_or_default().len()
    };
    (rows.len(), rows.iter().map(data).sum())
}

#[tokio::test]
async fn the_last_items_take_few_rows_whatever_the_length() {
    for count in [60, 600, 6000] {
        let mut thread = Thread::created(items(0..count, 1000)).await;
        let (rows, bytes) = fetched(&mut thread, &newest(50)).await;
        assert!(rows <= 3 && bytes <= 2 * chunk::BYTES, "{rows} rows, {bytes} bytes of {count}");
        thread.compress().await;
        let (rows, _) = fetched(&mut thread, &newest(50)).await;
        assert!(rows <= 3, "{rows} rows of {count} compressed");
    }
}

#[tokio::test]
async fn a_page_in_the_middle_takes_few_rows_too() {
    let mut thread = Thread::created(items(0..6000, 1000)).await;
    for from in [0, 1, 999, 3000, 5999] {
        for direction in [Direction::Ascending, Direction::Descending] {
            let range =
                thread_store::OrdinalRange::between(Ordinal::new(from), Ordinal::new(from + 500));
            let load = whole().with_range(range).with_direction(direction).with_limit(50);
            let (rows, _) = fetched(&mut thread, &load).await;
            assert!(rows <= 4, "{rows} rows from {from}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_takes_no_rows_of_items() {
    let mut thread = Thread::created(items(0..500, 1000)).await;
    let beyond = thread_store::OrdinalRange::from(Ordinal::new(500));
    let load = whole().with_range(beyond);
    assert_eq!(fetched(&mut thread, &load).await, (1, 0));
}

#[tokio::test]
async fn a_read_searches_and_never_scans() {
    let mut thread = Thread::created(Vec::new()).await;
    let explain = format!("EXPLAIN QUERY PLAN {STATEMENT}");
    let plan: Vec<String> = sqlx::query(sqlx::AssertSqlSafe(explain))
        .fetch_all(&mut thread.connection)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get("detail"))
        .collect();
    let has = |text: &str| plan.iter().any(|line| line.contains(text));
    assert!(!has("SCAN") && !has("TEMP B-TREE") && !has("MATERIALIZE"), "{plan:#?}");
    assert!(has("SEARCH chunks USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"), "{plan:#?}");
    assert!(
        has("SEARCH tail USING INDEX tail_by_ordinal (key=? AND first>? AND first<?)"),
        "{plan:#?}"
    );
}

#[tokio::test]
async fn merged_rows_take_little_more_than_the_items() {
    let mut thread = Thread::created(Vec::new()).await;
    for n in 0..3000 {
        thread.append(&[item(n, 700 + n * 37 % 900)]).await;
        if n % 200 == 0 {
            thread.merge().await;
        }
    }
    thread.merge().await;
    let payload: usize = thread.items.iter().map(RolloutItem::len).sum();
    let pages = "SELECT sum(pgsize) FROM dbstat WHERE name = 'chunks' AND ?1";
    let pages = thread.count(pages).await as f64;
    assert!(pages / payload as f64 <= 1.035, "{}", pages / payload as f64);
    thread.compress().await;
    let compressed = thread.count("SELECT sum(length(data)) FROM chunks WHERE ?1").await as f64;
    assert!(compressed / (payload as f64) < 0.3);
}
