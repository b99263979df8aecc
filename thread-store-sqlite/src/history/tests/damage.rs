//! Damage costs what is damaged, before and after merging, and is never taken for something else.

use super::*;

fn small() -> Vec<RolloutItem> {
    let text = |n| format!("{{\"n\":{n}}}");
    (0..9).map(|n| RolloutItem::try_from(text(n).as_str()).unwrap()).collect()
}

impl Thread {
    /// Nine items, in three rows of the tail.
    async fn in_the_tail() -> Self {
        let mut thread = Self::created(Vec::new()).await;
        for three in small().chunks(3) {
            thread.append(three).await;
        }
        thread
    }

    async fn expect_lost(&mut self, lost: &[u64], what: &str) {
        let page = self.read(&whole()).await;
        let found: Vec<u64> = page.items.iter().map(|it| it.ordinal.get()).collect();
        let expected: Vec<u64> =
            (0..self.items.len() as u64).filter(|n| !lost.contains(n)).collect();
        assert_eq!(found, expected, "{what}");
        let same = |it: thread_store::StoredItem| it.item == self.items[it.ordinal.get() as usize];
        assert!(page.items.iter().all(same), "{what}");
        assert_eq!(page.damage.count, lost.len() as u64, "{what}");
        let places: Vec<_> = page.damage.records.iter().map(|it| it.after).collect();
        let after = |n: &u64| expected.iter().rev().find(|it| *it < n).map(|it| Ordinal::new(*it));
        assert_eq!(places, lost.iter().map(after).collect::<Vec<_>>(), "{what}");
    }
}

/// What happens to the row of items 3 to 5, and which ordinals that costs.
const OF_THE_TAIL: &[(&str, &[u64])] = &[
    (
        "UPDATE tail SET data = CAST(replace(CAST(data AS TEXT), '3}' || char(10), '3} ') AS BLOB)",
        &[],
    ),
    ("UPDATE tail SET data = CAST(replace(CAST(data AS TEXT), ':4}', ':7}') AS BLOB)", &[4]),
    ("UPDATE tail SET data = CAST(replace(CAST(data AS TEXT), ':3}', ': 3}') AS BLOB)", &[3, 4, 5]),
    ("UPDATE tail SET data = substr(data, 1, 14) WHERE first = 3", &[4, 5]),
    ("UPDATE tail SET data = CAST('' AS BLOB) WHERE first = 3", &[3, 4, 5]),
    ("UPDATE tail SET data = CAST(data || 'more' AS BLOB) WHERE first = 3", &[]),
    ("UPDATE tail SET entries = zeroblob(24) WHERE first = 3", &[3, 4, 5]),
    ("UPDATE tail SET entries = x'00' WHERE first = 3", &[3, 4, 5]),
    ("UPDATE tail SET entries = x'' WHERE first = 3", &[3, 4, 5]),
    ("UPDATE tail SET checksum = checksum + 1 WHERE first = 3", &[3, 4, 5]),
    ("UPDATE tail SET checksum = checksum + 1 WHERE first = 6", &[6, 7, 8]),
    ("UPDATE tail SET first = 4 WHERE first = 3", &[3, 4, 5]),
    ("DELETE FROM tail WHERE first = 0", &[0, 1, 2]),
    ("DELETE FROM tail WHERE first = 3", &[3, 4, 5]),
    ("DELETE FROM tail WHERE first = 6", &[6, 7, 8]),
    ("DELETE FROM tail", &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
];

#[tokio::test]
async fn merging_neither_mends_nor_spreads_damage_and_is_not_stopped_by_it() {
    for (damage, lost) in OF_THE_TAIL {
        let mut thread = Thread::in_the_tail().await;
        thread.execute(damage).await;
        thread.expect_lost(lost, damage).await;
        thread.merge().await;
        assert_eq!(thread.tail().await, 0, "{damage}");
        thread.expect_lost(lost, damage).await;
        thread.compress().await;
        thread.expect_lost(lost, damage).await;
        let next = [item(9, 100)];
        thread.append(&next).await;
        thread.merge().await;
        thread.expect_lost(lost, damage).await;
    }
}

/// What happens to the one chunk, and which ordinals that costs.
const OF_A_CHUNK: &[(&str, &[u64])] = &[
    (
        "UPDATE chunks SET data = CAST(replace(CAST(data AS TEXT), ':4}', ':7}') AS BLOB) WHERE id >> 32 = 2",
        &[4],
    ),
    ("UPDATE chunks SET data = substr(data, 1, 60) WHERE id >> 32 = 2", &[7, 8]),
    ("UPDATE chunks SET entries = zeroblob(72) WHERE id >> 32 = 2", ALL),
    ("UPDATE chunks SET id = id + 1 WHERE id >> 32 = 2", ALL),
    ("UPDATE chunks SET form = 1 WHERE id >> 32 = 2", ALL),
    ("UPDATE chunks SET form = 4711 WHERE id >> 32 = 2", &[]),
    ("DELETE FROM chunks WHERE id >> 32 = 2", ALL),
];
const ALL: &[u64] = &[0, 1, 2, 3, 4, 5, 6, 7, 8];

#[tokio::test]
async fn a_damaged_chunk_keeps_the_places_of_what_can_be_read() {
    for (damage, lost) in OF_A_CHUNK {
        let mut thread = Thread::created(small()).await;
        thread.execute(damage).await;
        thread.expect_lost(lost, damage).await;
        thread.append(&[item(9, 1000)]).await;
        thread.merge().await;
        thread.compress().await;
        thread.expect_lost(lost, damage).await;
    }
}

#[tokio::test]
async fn every_bit_of_a_compressed_chunk_may_be_damaged() {
    let mut thread = Thread::created(items(0..40, 300)).await;
    thread.compress().await;
    thread.append(&items(40..50, 300)).await;
    let data: Vec<u8> =
        sqlx::query_scalar("SELECT data FROM chunks WHERE form = 1 AND id >> 32 = 2")
            .fetch_one(&mut thread.connection)
            .await
            .unwrap();
    for at in 0..data.len() {
        let mut damaged = data.clone();
        damaged[at] ^= 1 << (at % 8);
        sqlx::query("UPDATE chunks SET data = ? WHERE form = 1 AND id >> 32 = 2")
            .bind(damaged)
            .execute(&mut thread.connection)
            .await
            .unwrap();
        let page = thread.read(&whole()).await;
        assert_eq!(page.items.len() as u64 + page.damage.count, 50);
        assert!(page.items.len() >= 10);
        assert!(page.items.iter().all(|it| it.item == thread.items[it.ordinal.get() as usize]));
    }
}

#[tokio::test]
async fn a_compressed_chunk_grows_to_what_was_written_and_no_further() {
    let mut thread = Thread::created(items(0..40, 300)).await;
    thread.compress().await;
    // A gigabyte of nothing, in a frame of a few bytes.
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 1).unwrap();
    assert!(bomb.len() < 16 << 10);
    sqlx::query("UPDATE chunks SET data = ? WHERE form = 1")
        .bind(bomb)
        .execute(&mut thread.connection)
        .await
        .unwrap();
    let page = thread.read(&whole()).await;
    assert_eq!((page.items.len(), page.damage.count), (0, 40));
}

#[tokio::test]
async fn damage_is_reported_in_a_page_that_meets_it_and_in_no_other() {
    let mut thread = Thread::in_the_tail().await;
    thread.execute("UPDATE tail SET checksum = checksum + 1 WHERE first = 3").await;
    for _ in 0..2 {
        let page = thread.read(&newest(3)).await;
        assert_eq!((page.items.len(), page.damage.count), (3, 0));
        let page = thread.read(&newest(4)).await;
        assert_eq!((page.items.len(), page.damage.count), (3, 1));
        let strict = newest(4).with_strict(true);
        assert!(super::super::read(&mut thread.connection, &strict).await.is_err());
        thread.merge().await;
    }
}
