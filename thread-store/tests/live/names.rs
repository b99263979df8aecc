//! Names that people give, next to those that items tell.

use serde_json::json;
use thread_store::{CreateThread, RolloutItem, ThreadMetadataPatch, ThreadStore as _};

use crate::support::{World, event, resume, said, start, user};

fn name(text: &str) -> ThreadMetadataPatch {
    ThreadMetadataPatch::default().name(text.to_owned())
}

fn named(world: &World, text: &str) -> RolloutItem {
    event(&json!({"type": "thread_name_updated", "thread_name": text}), world.now())
}

#[tokio::test(start_paused = true)]
async fn a_session_that_lost_the_thread_brings_no_name_back() {
    let world = World::new();
    world.store.inner.create_thread(CreateThread::new(world.id)).await.unwrap();
    let old = resume(&world).await;
    let new = resume(&world).await;
    world.clock.advance_millis(1000);
    new.append_items(vec![named(&world, "from an item")]).await.unwrap();
    world.clock.advance_millis(1000);
    new.update_metadata(name("by a person")).await.unwrap();
    new.shutdown().await.unwrap();
    let before = world.thread().await;
    old.append_items(vec![said("late", world.now())]).await.unwrap_err();
    assert_eq!(world.thread().await, before);
    let next = resume(&world).await;
    next.append_items(vec![said("more", world.now())]).await.unwrap();
    next.shutdown().await.unwrap();
    assert_eq!(world.thread().await.metadata.name.as_deref(), Some("by a person"));
}

#[tokio::test(start_paused = true)]
async fn an_item_that_told_nothing_new_takes_no_later_name_back_after_a_resume() {
    let world = World::new();
    let live = start(&world, world.config());
    live.append_items(vec![user("Hello", world.now())]).await.unwrap();
    live.update_metadata(name("A")).await.unwrap();
    // In the same millisecond as the edit.
    live.append_items(vec![named(&world, "A")]).await.unwrap();
    world.clock.advance_millis(60_000);
    live.update_metadata(name("B")).await.unwrap();
    live.shutdown().await.unwrap();
    let live = resume(&world).await;
    live.append_items(vec![said("more", world.now())]).await.unwrap();
    live.shutdown().await.unwrap();
    assert_eq!(world.thread().await.metadata.name.as_deref(), Some("B"));
}
