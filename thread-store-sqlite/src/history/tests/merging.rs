use std::collections::HashMap;

use super::super::{chunk, pack};
use super::*;

#[tokio::test]
async fn what_a_thread_is_created_with_needs_no_merging() {
    let mut thread = Thread::created(items(0..1000, 1000)).await;
    assert_eq!((thread.tail().await, thread.merge().await), (0, 0));
    assert!((15..20).contains(&thread.chunks().await));
    thread.expect_all().await;
}

#[tokio::test]
async fn an_append_is_one_row_whatever_its_size_up_to_many_chunks() {
    let mut thread = Thread::created(Vec::new()).await;
    thread.append(&items(0..2, 10)).await;
    thread.append(&items(2..200, 1000)).await;
    thread.append(&items(200..201, 10)).await;
    assert_eq!((thread.tail().await, thread.chunks().await), (3, 0));
    thread.expect_all().await;
    thread.merge().await;
    assert_eq!(thread.tail().await, 0);
    thread.expect_all().await;
}

#[tokio::test]
async fn large_appends_are_chunks_at_once_where_chunks_end() {
    let mut thread = Thread::created(items(0..2, 10)).await;
    thread.append(&items(2..200, 1000)).await;
    assert_eq!(thread.tail().await, 0);
    thread.append(&items(200..201, 10)).await;
    thread.append(&items(201..300, 1000)).await;
    assert_eq!(thread.tail().await, 2);
    thread.expect_all().await;
}

#[tokio::test]
async fn a_step_moves_no_more_than_it_was_allowed_and_is_bounded() {
    let mut thread = Thread::created(Vec::new()).await;
    for n in 0..600 {
        thread.append(&items(n * 3..n * 3 + 3, 1000)).await;
    }
    // Rows are moved whole.
    assert!(thread.step(10).await && !thread.step(10).await);
    assert_eq!(thread.tail().await, 597);
    assert!(!thread.step(0).await);
    thread.expect_all().await;
    let before = thread.tail().await;
    assert!(thread.step(u64::MAX).await);
    assert!((1..=256).contains(&(before - thread.tail().await)));
    thread.expect_all().await;
    assert!((4..20).contains(&thread.merge().await));
    thread.expect_all().await;
    assert!(!thread.step(u64::MAX).await);
}

#[tokio::test]
async fn a_row_of_any_size_is_moved() {
    let mut thread = Thread::created(Vec::new()).await;
    thread.append(&items(0..1, 100)).await;
    thread.append(&items(1..4, 1 << 20)).await;
    thread.append(&items(4..5000, 100)).await;
    thread.append(&items(5000..5001, 5 << 20)).await;
    assert_eq!(thread.tail().await, 4);
    assert_eq!(thread.merge().await, 4);
    assert_eq!(thread.tail().await, 0);
    thread.expect_all().await;
}

/// Bytes of chunks that are not as they were.
fn written(before: &HashMap<i64, i64>, after: &HashMap<i64, i64>) -> i64 {
    let new = after.iter().filter(|(id, len)| before.get(id) != Some(len));
    new.map(|(_, len)| len).sum()
}

#[tokio::test]
async fn a_thread_that_rests_after_every_append_is_not_written_again_and_again() {
    let mut thread = Thread::created(Vec::new()).await;
    let mut sizes = HashMap::new();
    let (mut total, mut most) = (0, 0);
    for n in 0..1000 {
        thread.append(&[item(n, 1000)]).await;
        thread.merge().await;
        let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT id, length(data) FROM chunks")
            .fetch_all(&mut thread.connection)
            .await
            .unwrap();
        let after: HashMap<_, _> = rows.into_iter().collect();
        total += written(&sizes, &after);
        most = most.max(after.len() as i64 - n as i64 * 1000 / (chunk::BYTES as i64 / 2));
        sizes = after;
    }
    thread.expect_all().await;
    // Every byte is written once, and once more for each doubling from 1 KB to half a chunk.
    let payload: usize = thread.items.iter().map(RolloutItem::len).sum();
    let amplification = total as f64 / payload as f64;
    assert!((2.0..6.0).contains(&amplification), "{amplification}");
    // Two of the chunks are of the threads beside.
    assert!(most <= 5 + 3, "{most} small chunks");
}

#[tokio::test]
async fn a_thread_that_is_compressed_whenever_it_rests_has_few_rows() {
    let mut thread = Thread::created(Vec::new()).await;
    for n in 0..300 {
        thread.append(&[item(n, 1000)]).await;
        thread.merge().await;
        thread.compress().await;
    }
    thread.expect_all().await;
    let chunks = thread.chunks().await;
    assert!(chunks <= 300 / 32 + 6, "{chunks} chunks");
}

#[tokio::test]
async fn chunks_that_changed_while_they_were_compressed_stay_as_they_are() {
    let mut thread = Thread::created(items(0..20, 1000)).await;
    let compressed = super::super::compress(&mut thread.connection, thread.key).await.unwrap();
    thread.append(&items(20..60, 1000)).await;
    thread.merge().await;
    compressed.unwrap().store(&mut thread.connection).await.unwrap();
    assert_eq!(thread.count("SELECT count(*) FROM chunks WHERE form = 1 AND ?1").await, 0);
    thread.expect_all().await;
    thread.compress().await;
    assert_eq!(
        thread.count("SELECT count(*) FROM chunks WHERE form = 0 AND id >> 32 = ?1").await,
        0
    );
    thread.expect_all().await;
}

#[tokio::test]
async fn what_gets_no_smaller_stays_as_it_is_and_is_not_tried_again() {
    let mut thread = Thread::created(items(0..1, 10)).await;
    thread.compress().await;
    assert_eq!(thread.count("SELECT form FROM chunks WHERE id >> 32 = ?1").await, 2);
    assert!(super::super::compress(&mut thread.connection, thread.key).await.unwrap().is_none());
    thread.append(&items(1..3, 10)).await;
    thread.merge().await;
    thread.expect_all().await;
}

#[test]
fn a_packed_append_has_room_for_nothing_else() {
    let items = items(0..5, 100);
    let packed = pack(1, Ordinal::new(3), &items);
    assert_eq!(packed.data.len(), packed.data.capacity());
    assert_eq!(packed.entries.len(), packed.entries.capacity());
    let lines: Vec<_> = packed.data.split(|byte| *byte == b'\n').collect();
    assert_eq!(lines, items.iter().map(RolloutItem::as_bytes).collect::<Vec<_>>());
}
