//! The trait by itself: a thread, a lease, an append, a list.
//! `cargo run -p thread-store-sqlite --example embed`

use thread_store::{
    AppendItems, CreateThread, ListThreads, RolloutItem, ThreadId, ThreadStore, ThreadStoreExt,
};
use thread_store_sqlite::{SqliteStore, this_process};

#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;

    let store = SqliteStore::open(folder.path().join("threads.db")).await?;
    let create = CreateThread::new(ThreadId::generate()).with_lease(this_process("my server"));
    let created = store.create_thread(create).await?;
    let lease = created.lease.ok_or("a lease was asked for")?;
    let item = RolloutItem::try_from(
        r#"{"type":"event_msg","payload":{"type":"user_message","message":"hi"}}"#,
    )?;
    let receipt = store.append_items(AppendItems::new(lease, vec![item])).await?;
    assert_eq!(receipt.next, store.next_ordinal(created.thread.thread_id).await?);
    let page = store.list_threads(ListThreads::new().with_page_size(20)).await?;

    println!("{} thread, {} item", page.threads.len(), receipt.next);
    store.close().await;
    Ok(())
}
