//! The life of a server: threads are started, followed, forked, archived and closed.
//!
//! `cargo run -p thread-store --example manager`

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use thread_store::{
    BeginTurn, Clock as _, Compaction, CompactionReporter, Compactor, EndTurn, ForkThread, Holder,
    ListThreads, LoadedThread, ManagerConfig, ModelContext, Result, ResumeLive, RolloutItem,
    StartThread, Subscriber, SystemClock, ThreadId, ThreadManager, ThreadOptions, TurnOutcome,
};
use thread_store_memory::MemoryStore;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let config = ManagerConfig::new(Holder::new("example server"))
        .with_compactor(Arc::new(Counting))
        .with_ephemeral(Arc::new(MemoryStore::new()))?;
    let manager = ThreadManager::new(Arc::new(MemoryStore::new()), config);
    let events = manager.subscriber();
    events.follow_all();
    let listening = tokio::spawn(listen(events));

    // A client starts a thread and hears of it; it stays loaded for as long as the client does.
    let client = manager.subscriber();
    let options = ThreadOptions::default().model("large".to_owned());
    let thread =
        manager.start(StartThread::new(ThreadId::generate()).with_options(options)).await?;
    let id = thread.thread_id();
    manager.subscribe(client.id(), id)?;
    turn(&thread, "Plan the release").await?;
    turn(&thread, "Ship it").await?;
    manager.rename(id, Some("Release")).await?;

    // It is taken back by a turn, continued as another, and summarised.
    manager.rollback(id, 1).await?;
    let fork = manager.fork(ForkThread::new(id, ThreadId::generate())).await?;
    manager.compact(fork.thread_id()).await?;

    // The client leaves: the thread is unloaded. Another goes on with it later.
    drop(client);
    let thread = manager.resume(ResumeLive::new(id)).await?;
    show(&format!("resumed, run with {:?}", thread.live().options().await?.model));

    manager.archive(id).await?;
    for view in manager.list(ListThreads::new()).await?.threads {
        let name = view.thread.metadata.name.unwrap_or_default();
        show(&format!(
            "{name:?}: {:?}, archived {}",
            view.status,
            view.thread.archived_at.is_some()
        ));
    }

    let report = manager.shutdown(Duration::from_secs(5)).await;
    show(&format!("closed {}, left {}", report.closed.len(), report.failed.len()));
    listening.await.map_err(thread_store::Error::internal)
}

async fn turn(thread: &LoadedThread, text: &str) -> Result<()> {
    let said = |kind: &str, text: &str| {
        RolloutItem::new("event_msg", &json!({"type": kind, "message": text}), SystemClock.now())
    };
    let live = thread.live();
    live.begin_turn(BeginTurn::new().with_items(vec![said("user_message", text)?])).await?;
    let answer = said("agent_message", "Done.")?;
    live.end_turn(EndTurn::new(TurnOutcome::Completed).with_items(vec![answer])).await?;
    Ok(())
}

async fn listen(mut events: Subscriber) {
    while let Some(event) = events.next().await {
        show(&format!("  {event:?}"));
    }
}

/// Stands in for a model that summarises.
#[derive(Debug)]
struct Counting;

#[async_trait]
impl Compactor for Counting {
    async fn compact(
        &self,
        context: ModelContext,
        progress: &CompactionReporter,
    ) -> Result<Compaction, Box<dyn std::error::Error + Send + Sync>> {
        let items = context.items.len() as u64;
        progress.advance(items, Some(items));
        let summary = format!("{items} records came before.");
        let said = json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": summary}]});
        Ok(Compaction::new(summary, vec![said]))
    }
}

#[allow(clippy::print_stdout)] // It is what the example is for.
fn show(text: &str) {
    println!("{text}");
}
