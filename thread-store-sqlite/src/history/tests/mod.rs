mod any_order;
mod cost;
mod damage;
mod merging;

use sqlx::{Connection as _, SqliteConnection};
use thread_store::{
    CreateThread, Direction, HistoryPage, Limits, LoadHistory, Ordinal, RolloutItem, ThreadId,
    Timestamp,
};

use crate::{head, operations, schema};

/// A thread in a database of its own, in memory.
struct Thread {
    connection: SqliteConnection,
    key: i64,
    items: Vec<RolloutItem>,
}

impl Thread {
    async fn created(items: Vec<RolloutItem>) -> Self {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        schema::migrate(&mut connection).await.unwrap();
        // Others stand before and after it.
        let [before, after] = [6, 8].map(|n| ThreadId::from_bytes([n; 16]));
        for (id, items) in [(before, other_items()), (id(), items.clone()), (after, other_items())]
        {
            let create = CreateThread::new(id).with_items(items);
            operations::create(
                &mut connection,
                create,
                Timestamp::from_millis(1),
                &Limits::default(),
            )
            .await
            .unwrap();
        }
        let key = head::head(&mut connection, id()).await.unwrap().key;
        Self { connection, key, items }
    }

    async fn append(&mut self, items: &[RolloutItem]) {
        let end = Ordinal::new(self.items.len() as u64);
        super::insert(&mut self.connection, self.key, end, items).await.unwrap();
        head::set_end(&mut self.connection, self.key, end.plus(items.len())).await.unwrap();
        self.items.extend_from_slice(items);
    }

    async fn merge(&mut self) -> usize {
        let mut steps = 0;
        while self.step(u64::MAX).await {
            steps += 1;
        }
        steps
    }

    async fn step(&mut self, upto: u64) -> bool {
        super::merge(&mut self.connection, self.key, Ordinal::new(upto)).await.unwrap()
    }

    async fn compress(&mut self) {
        while let Some(compressed) = super::compress(&mut self.connection, self.key).await.unwrap()
        {
            compressed.store(&mut self.connection).await.unwrap();
        }
    }

    async fn read(&mut self, load: &LoadHistory) -> HistoryPage {
        super::read(&mut self.connection, load).await.unwrap()
    }

    async fn execute(&mut self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(&mut self.connection).await.unwrap();
    }

    async fn count(&mut self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement).bind(self.key).fetch_one(&mut self.connection).await.unwrap()
    }

    async fn chunks(&mut self) -> i64 {
        self.count("SELECT count(*) FROM chunks WHERE id >> 32 = ?1").await
    }

    async fn tail(&mut self) -> i64 {
        self.count("SELECT count(*) FROM tail WHERE key = ?1").await
    }

    /// The whole history is what was written.
    async fn expect_all(&mut self) {
        let page = self.read(&whole()).await;
        assert!(page.damage.is_empty());
        assert_eq!(page.items.records().collect::<Vec<_>>(), self.items);
    }
}

/// A read of everything.
fn whole() -> LoadHistory {
    LoadHistory::new(id())
}

/// A read of the last items.
fn newest(limit: usize) -> LoadHistory {
    whole().with_direction(Direction::Descending).with_limit(limit)
}

fn id() -> ThreadId {
    ThreadId::from_bytes([7; 16])
}

/// An item of so many bytes that is like no other.
fn item(n: usize, bytes: usize) -> RolloutItem {
    let text = format!("{{\"n\":{n},\"a\":\"");
    let filler = "lorem ipsum dolor sit amet ".repeat(bytes / 27 + 1);
    let filler = &filler[..bytes.saturating_sub(text.len() + 2)];
    RolloutItem::try_from(format!("{text}{filler}\"}}").as_str()).unwrap()
}

fn items(range: std::ops::Range<usize>, bytes: usize) -> Vec<RolloutItem> {
    range.map(|n| item(n, bytes)).collect()
}

fn other_items() -> Vec<RolloutItem> {
    items(0..3, 20)
}
