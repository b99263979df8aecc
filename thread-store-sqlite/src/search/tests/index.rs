//! What is in the index, and when.

use sqlx::Row as _;
use thread_store::{DeleteThread, ThreadStore as _, ThreadStoreExt as _};

use super::*;
use crate::search::{apply, prepare};

impl Fresh {
    /// How often the index names a message for this.
    async fn named(&self, folded: &str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM message_grams WHERE message_grams MATCH ?")
            .bind(crate::grams::pattern(folded))
            .fetch_one(&mut *self.store.view().await.unwrap())
            .await
            .unwrap()
    }

    /// A thread that the background leaves alone.
    async fn create_apart(&self, n: u64, items: Vec<RolloutItem>) {
        self.create(n, items).await;
        self.execute("UPDATE heads SET pending = 0 WHERE key = ?", n).await;
    }

    async fn indexed_to(&self, n: u64) -> i64 {
        sqlx::query_scalar("SELECT indexed_to FROM heads WHERE key = ?")
            .bind(self.key(n).await)
            .fetch_one(&mut *self.store.view().await.unwrap())
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn messages_are_indexed_in_steps_and_nothing_else_is() {
    let fresh = Fresh::open().await;
    let tool = event(&json!({"type": "exec_command_end", "call_id": "1", "stdout": "a lamp"}));
    let turn = || vec![user("The Lamp"), tool.clone(), agent("a lamp")];
    fresh.create_apart(1, (0..400).flat_map(|_| turn()).collect()).await;
    let mut steps = 1;
    while fresh.index_items(1, 1).await {
        steps += 1;
    }
    assert!(steps > 1);
    assert_eq!((fresh.indexed_to(1).await, fresh.named("lamp").await), (1200, 800));
    assert!(!fresh.index_items(1, 1).await);
}

#[tokio::test]
async fn what_somebody_else_indexed_meanwhile_is_not_written_again() {
    let fresh = Fresh::open().await;
    fresh.create_apart(1, vec![user("lamp")]).await;
    let key = fresh.key(1).await.unwrap();
    let batch =
        prepare(&mut fresh.store.view().await.unwrap(), key, END, 1).await.unwrap().unwrap();
    fresh.index(1).await;
    fresh.execute("DELETE FROM message_grams WHERE rowid >> 32 = ?", 1).await;
    let work = fresh.store.write_now(Box::new(|it| Box::pin(apply(it, batch))));
    assert!(work.await.unwrap(), "what is left nobody knows");
    assert_eq!(fresh.named("lamp").await, 0);
}

#[tokio::test]
async fn a_batch_for_a_thread_that_is_gone_meets_no_other() {
    let fresh = Fresh::open().await;
    fresh.create_apart(1, vec![user("lamp")]).await;
    let key = fresh.key(1).await.unwrap();
    let batch =
        prepare(&mut fresh.store.view().await.unwrap(), key, END, 1).await.unwrap().unwrap();
    fresh.store.delete_thread(DeleteThread::new(id(1))).await.unwrap();
    fresh.create_apart(1, vec![user("desk")]).await;
    fresh.store.write_now(Box::new(|it| Box::pin(apply(it, batch)))).await.unwrap();
    assert_eq!((fresh.named("lamp").await, fresh.indexed_to(1).await), (0, 0));
}

#[tokio::test]
async fn a_row_that_is_there_already_is_written_anew() {
    let fresh = Fresh::open().await;
    fresh.create_apart(1, vec![user("lamp")]).await;
    fresh.index(1).await;
    fresh.execute("UPDATE heads SET indexed_to = 0 WHERE key = ?", 1).await;
    fresh.index(1).await;
    assert_eq!(fresh.named("lamp").await, 1);
}

#[tokio::test]
async fn damage_is_stepped_over() {
    let fresh = Fresh::open().await;
    fresh.create_apart(1, vec![user("lamp")]).await;
    fresh.append(1, vec![user("another lamp")]).await;
    fresh.damage(1).await;
    fresh.index(1).await;
    assert_eq!((fresh.named("lamp").await, fresh.indexed_to(1).await), (1, 2));
    assert_eq!(fresh.found("lamp").await, [id(1)]);
}

#[tokio::test]
async fn names_are_indexed_as_they_are_now() {
    let fresh = Fresh::open().await;
    fresh.create_apart(1, vec![]).await;
    let named = || async {
        let rows = sqlx::query("SELECT rowid FROM text_grams('\"lam\"')");
        rows.fetch_all(&mut *fresh.store.view().await.unwrap()).await.unwrap().len()
    };
    for (name, rows) in [(Some("Lamp"), 1), (Some("lamps"), 1), (Some("desk"), 0), (None, 0)] {
        fresh.store.rename(id(1), name.map(str::to_owned)).await.unwrap();
        fresh.index_texts(1).await;
        assert_eq!(named().await, rows, "{name:?}");
    }
    let pending: i64 = sqlx::query_scalar("SELECT pending FROM heads")
        .fetch_one(&mut *fresh.store.view().await.unwrap())
        .await
        .unwrap();
    assert_eq!(pending, 0);
}

#[tokio::test]
async fn what_was_deleted_is_named_no_more_and_its_rows_are_found_by_their_range() {
    let fresh = Fresh::open().await;
    for n in 1..=3 {
        fresh.create_apart(n, vec![user("lamp"), agent("lamp")]).await;
        fresh.index(n).await;
    }
    fresh.store.delete_thread(DeleteThread::new(id(2))).await.unwrap();
    assert_eq!(fresh.named("lamp").await, 4);
    let plan = sqlx::query(
        "EXPLAIN QUERY PLAN DELETE FROM message_grams WHERE rowid >= ?1 << 32 AND rowid < (?1 + 1) << 32",
    );
    let plan = plan.bind(1).fetch_all(&mut *fresh.store.view().await.unwrap()).await.unwrap();
    let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
    // Both bounds are SQLite's to keep to.
    assert_eq!(steps, ["SCAN message_grams VIRTUAL TABLE INDEX 0:><"]);
}

#[tokio::test]
async fn a_damaged_index_costs_time_and_nothing_else() {
    let fresh = Fresh::open().await;
    for n in 1..=3 {
        fresh.create(n, vec![user("Lamps")]).await;
        fresh.store.rename(id(n), (n == 2).then(|| "lamp".to_owned())).await.unwrap();
        fresh.index(n).await;
    }
    for statement in [
        "UPDATE message_grams_data SET block = x'00' WHERE ? AND id > 10",
        "UPDATE text_grams_data SET block = x'00' WHERE ? AND id > 10",
    ] {
        fresh.execute(statement, 1).await;
        for term in ["lamp", "amps", "l"] {
            let found = fresh.found(term).await;
            assert_eq!(found.len(), 3, "{term}");
            assert!(term == "amps" || found[0] == id(2), "{term}");
        }
        assert_eq!(fresh.found("zebra").await, []);
    }
}
