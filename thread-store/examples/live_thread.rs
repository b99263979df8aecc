//! A session that writes one thread: it starts, takes turns, is stopped and goes on.
//!
//! `cargo run -p thread-store --example live_thread`

use std::sync::Arc;

use serde_json::json;
use thread_store::{
    BeginTurn, ContinuationToken, EndTurn, Holder, ListTurns, LiveConfig, LiveThread,
    LiveThreadInitGuard, Result, ResumeLive, RolloutItem, StartThread, SystemClock, ThreadId,
    ThreadOptions, ThreadStore, ThreadStoreExt as _, TurnOutcome,
};
use thread_store_memory::MemoryStore;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // Any store will do; only this line knows which it is.
    let store: Arc<dyn ThreadStore> = Arc::new(MemoryStore::new());
    let thread_id = ThreadId::generate();
    let token = first_session(Arc::clone(&store), thread_id).await?;
    second_session(Arc::clone(&store), thread_id, token).await?;

    let thread = store.thread(thread_id).await?;
    show(&format!(
        "{:?}: {} items",
        thread.metadata.title.unwrap_or_default(),
        thread.next_ordinal
    ));
    for turn in store.list_turns(ListTurns::new(thread_id)).await?.turns {
        show(&format!("  {:?}, {} items", turn.status, turn.items.len()));
    }
    Ok(())
}

/// Starts a thread. Nothing is stored before the first turn, which is stored in one step.
async fn first_session(
    store: Arc<dyn ThreadStore>,
    thread_id: ThreadId,
) -> Result<ContinuationToken> {
    let options = ThreadOptions::default().model("large".to_owned()).cwd("/work".to_owned());
    let start = StartThread::new(thread_id).with_options(options);
    let live = LiveThread::start(store, start, config());
    turn(&live, "Plan the release", BeginTurn::new()).await?;
    let token = live.continuation_token().await?;
    live.shutdown().await?;
    Ok(token)
}

/// Goes on where the first session stopped, and nowhere else: the token is checked before anybody
/// loses the thread. Until the session is up the guard gives the thread back if something fails.
async fn second_session(
    store: Arc<dyn ThreadStore>,
    thread_id: ThreadId,
    token: ContinuationToken,
) -> Result<()> {
    let resume = ResumeLive::new(thread_id).with_token(token);
    let guard = LiveThreadInitGuard::resume(store, resume, config()).await?;
    let live = guard.commit();
    // This turn alone is run with another model; the thread keeps its own.
    let overrides = ThreadOptions::default().model("small".to_owned());
    turn(&live, "Summarise it", BeginTurn::new().with_overrides(overrides)).await?;
    show(&format!("{:?}", live.options().await?.model));
    live.shutdown().await
}

/// A turn: the person's message with its start, what the agent says with its end.
async fn turn(live: &LiveThread, text: &str, begin: BeginTurn) -> Result<()> {
    let begun = live.begin_turn(begin.with_items(vec![said("user_message", text)?])).await?;
    show(&format!("{} is run with {:?}", begun.turn_id, begun.options.model));
    let answer = said("agent_message", "Done.")?;
    live.end_turn(EndTurn::new(TurnOutcome::Completed).with_items(vec![answer])).await?;
    Ok(())
}

fn said(kind: &str, text: &str) -> Result<RolloutItem> {
    use thread_store::Clock as _;
    RolloutItem::new("event_msg", &json!({"type": kind, "message": text}), SystemClock.now())
}

fn config() -> LiveConfig {
    LiveConfig::new(Holder::new("example").with_process(std::process::id()))
}

#[allow(clippy::print_stdout)] // It is what the example is for.
fn show(text: &str) {
    println!("{text}");
}
