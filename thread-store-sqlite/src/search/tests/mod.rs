mod index;
mod model;
mod order;

use serde_json::{Value, json};
use tempfile::TempDir;
use thread_store::{
    AppendItems, CreateThread, Holder, Ordinal, ResumeThread, RolloutItem, SearchPage,
    SearchThreads, ThreadId, ThreadStore as _, Timestamp,
};

use super::{apply, index_texts, prepare};
use crate::SqliteStore;

/// Beyond all histories.
pub(super) const END: Ordinal = Ordinal::new(u64::MAX);

/// A store in a folder of its own.
pub(super) struct Fresh {
    pub(super) store: SqliteStore,
    _folder: TempDir,
}

impl Fresh {
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("threads.db")).await.unwrap();
        Self { store, _folder: folder }
    }

    pub(super) async fn create(&self, n: u64, items: Vec<RolloutItem>) {
        self.store.create_thread(CreateThread::new(id(n)).with_items(items)).await.unwrap();
    }

    pub(super) async fn append(&self, n: u64, items: Vec<RolloutItem>) {
        let resume = ResumeThread::new(id(n), Holder::new("test"));
        let lease = self.store.resume_thread(resume).await.unwrap().lease;
        self.store.append_items(AppendItems::new(lease, items)).await.unwrap();
    }

    pub(super) async fn key(&self, n: u64) -> Option<i64> {
        sqlx::query_scalar("SELECT key FROM threads WHERE thread_id = ?")
            .bind(id(n).as_bytes().to_vec())
            .fetch_optional(&mut *self.store.view().await.unwrap())
            .await
            .unwrap()
    }

    /// Indexes about so much of what a thread says; answers whether more is left.
    pub(super) async fn index_items(&self, n: u64, budget_bytes: usize) -> bool {
        let Some(key) = self.key(n).await else { return false };
        let work = self.store.write_now(Box::new(move |connection| {
            Box::pin(async move {
                match prepare(connection, key, END, budget_bytes).await? {
                    Some(batch) => apply(connection, batch).await,
                    None => Ok(false),
                }
            })
        }));
        work.await.unwrap()
    }

    pub(super) async fn index_texts(&self, n: u64) {
        let Some(key) = self.key(n).await else { return };
        let work = self.store.write_now(Box::new(move |connection| {
            Box::pin(async move { index_texts(connection, key).await })
        }));
        work.await.unwrap();
    }

    /// Indexes all there is of a thread.
    pub(super) async fn index(&self, n: u64) {
        while self.index_items(n, usize::MAX).await {}
        self.index_texts(n).await;
    }

    pub(super) async fn execute(&self, statement: &'static str, n: u64) {
        let Some(key) = self.key(n).await else { return };
        let work = self.store.write_now(Box::new(move |connection| {
            Box::pin(async move {
                sqlx::query(statement).bind(key).execute(connection).await?;
                Ok(())
            })
        }));
        work.await.unwrap();
    }

    /// The first batch of the history of a thread cannot be read.
    pub(super) async fn damage(&self, n: u64) {
        let statement = "UPDATE chunks SET checksum = checksum + 1 WHERE id = ? << 32";
        self.execute(statement, n).await;
    }

    pub(super) async fn search(&self, search: SearchThreads) -> SearchPage {
        self.store.search_threads(search).await.unwrap()
    }

    pub(super) async fn found(&self, term: &str) -> Vec<ThreadId> {
        let page = self.search(SearchThreads::new(term.to_owned())).await;
        page.hits.iter().map(|hit| hit.thread.thread_id).collect()
    }
}

pub(super) fn id(n: u64) -> ThreadId {
    ThreadId::from_parts(Timestamp::from_millis(1_772_442_000_000), u128::from(n))
}

fn event(payload: &Value) -> RolloutItem {
    RolloutItem::new("event_msg", payload, Timestamp::from_millis(0)).unwrap()
}

pub(super) fn user(text: &str) -> RolloutItem {
    event(&json!({"type": "user_message", "message": text}))
}

pub(super) fn agent(text: &str) -> RolloutItem {
    event(&json!({"type": "agent_message", "message": text}))
}
