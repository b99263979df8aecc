//! What the README shows: the threads of a server.
//! `cargo run -p thread-store-sqlite --example server`

use std::sync::Arc;
use std::time::Duration;

use thread_store::{
    BeginTurn, EndTurn, ListThreads, ManagerConfig, RolloutItem, StartThread, ThreadId,
    ThreadManager, TurnOutcome,
};
use thread_store_sqlite::{SqliteStore, this_process};

#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;

    let store = Arc::new(SqliteStore::open(folder.path().join("threads.db")).await?);
    let manager = ThreadManager::new(store, ManagerConfig::new(this_process("my server")));

    let thread = manager.start(StartThread::new(ThreadId::generate())).await?; // Nothing is stored yet.
    let said = RolloutItem::try_from(
        r#"{"type":"event_msg","payload":{"type":"user_message","message":"hi"}}"#,
    )?;
    thread.live().begin_turn(BeginTurn::new().with_items(vec![said])).await?;
    thread.live().end_turn(EndTurn::new(TurnOutcome::Completed)).await?;

    let page = manager.list(ListThreads::new().with_page_size(20)).await?;
    let report = manager.shutdown(Duration::from_secs(5)).await;

    let title = page.threads[0].thread.metadata.title.as_deref();
    println!("{title:?} is listed; {} thread was closed", report.closed.len());
    Ok(())
}
