//! Futures that are dropped half-way: their operations are done and told, or undone.

use std::time::Duration;

use thread_store::{
    ForkThread, LoadedThread, Operation, Result, ResumeLive, ThreadManager, ThreadStoreExt as _,
};
use tokio::task::JoinHandle;

use crate::world::{World, code, hear, id, settle, user};
use crate::wrapped::Door;

/// Drops a call when it stands at the door.
async fn drop_at<T: Send + 'static>(
    door: &Door,
    call: impl Future<Output = Result<T>> + Send + 'static,
) {
    let calling = tokio::spawn(call);
    door.reached().await;
    calling.abort();
    assert!(calling.await.is_err());
}

fn resuming(manager: &ThreadManager) -> JoinHandle<Result<LoadedThread>> {
    let manager = manager.clone();
    tokio::spawn(async move { manager.resume(ResumeLive::new(id(1))).await })
}

#[tokio::test]
async fn a_resume_that_is_dropped_does_not_fence_the_next() {
    let mut world = World::new();
    world.cold(1).await;
    let door = world.store.block(Operation::ResumeThread, id(1));
    let manager = world.manager.clone();
    drop_at(&door, async move { manager.resume(ResumeLive::new(id(1))).await }).await;
    let next = resuming(&world.manager);
    settle().await;
    door.open();
    let thread = next.await.unwrap().unwrap();
    settle().await;
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    assert_eq!(world.told(), ["1 idle"]);
    assert!(world.is_loaded(id(1)));
}

#[tokio::test]
async fn a_resume_that_is_dropped_is_done_and_told() {
    let mut world = World::new();
    world.cold(1).await;
    let door = world.store.hold_answer(Operation::ResumeThread, id(1));
    let manager = world.manager.clone();
    drop_at(&door, async move { manager.resume(ResumeLive::new(id(1))).await }).await;
    door.open();
    hear(&mut world.all, "1 idle").await;
    assert!(world.is_loaded(id(1)) && world.is_held(id(1)).await);
    world.manager.unload(id(1)).await.unwrap();
    assert!(!world.is_held(id(1)).await);
}

#[tokio::test]
async fn a_fork_that_is_dropped_is_done_and_told() {
    let mut world = World::new();
    world.cold(1).await;
    let door = world.store.hold_answer(Operation::CreateThread, id(2));
    let manager = world.manager.clone();
    drop_at(&door, async move { manager.fork(ForkThread::new(id(1), id(2))).await }).await;
    door.open();
    hear(&mut world.all, "2 started idle").await;
    assert!(world.is_loaded(id(2)));
}

#[tokio::test]
async fn an_archive_that_is_dropped_is_done_and_told() {
    let mut world = World::new();
    world.loaded(1).await;
    world.told();
    let door = world.store.hold_answer(Operation::SetArchived, id(1));
    let manager = world.manager.clone();
    drop_at(&door, async move { manager.archive(id(1)).await }).await;
    door.open();
    let before = hear(&mut world.all, "1 closed archived").await;
    assert_eq!(before, ["1 not loaded", "1 archived"]);
    world.manager.unarchive(id(1)).await.unwrap();
    world.resume(id(1)).await;
}

#[tokio::test]
async fn an_edit_that_is_dropped_is_done_and_told() {
    for loaded in [false, true] {
        let mut world = World::new();
        let id = world.cold(1).await;
        if loaded {
            world.resume(id).await;
            world.told();
        }
        let door = world.store.block(Operation::UpdateThreadMetadata, id);
        let manager = world.manager.clone();
        drop_at(&door, async move { manager.rename(id, Some("A")).await }).await;
        door.open();
        hear(&mut world.all, "1 name A").await;
        assert_eq!(world.store.thread(id).await.unwrap().metadata.name.as_deref(), Some("A"));
    }
}

#[tokio::test]
async fn a_revert_that_is_dropped_is_done_and_told_and_gives_the_lease_back() {
    let mut world = World::new();
    let id = world.cold(1).await;
    let door = world.store.block(Operation::ResumeThread, id);
    let manager = world.manager.clone();
    drop_at(&door, async move { manager.rollback(id, 1).await }).await;
    door.open();
    hear(&mut world.all, "1 reverted from 0: turn-1").await;
    settle().await;
    assert!(!world.is_held(id).await);
}

#[tokio::test]
async fn an_unload_that_is_dropped_is_done_and_told() {
    let mut world = World::new();
    world.loaded(1).await;
    let door = world.store.block(Operation::ReleaseLease, id(1));
    let manager = world.manager.clone();
    drop_at(&door, async move { manager.unload(id(1)).await }).await;
    door.open();
    hear(&mut world.all, "1 closed unloaded").await;
    assert!(!world.is_held(id(1)).await);
}

#[tokio::test]
async fn a_shutdown_that_is_dropped_can_be_repeated() {
    let mut world = World::new();
    world.loaded(1).await;
    let door = world.store.block(Operation::ReleaseLease, id(1));
    let manager = world.manager.clone();
    let calling = tokio::spawn(async move { manager.shutdown(Duration::from_secs(60)).await });
    door.reached().await;
    calling.abort();
    assert!(calling.await.is_err());
    door.open();
    assert!(world.manager.shutdown(Duration::from_secs(5)).await.is_complete());
    hear(&mut world.all, "1 closed shutdown").await;
    assert_eq!(world.all.next().await, None);
}

#[tokio::test]
async fn nothing_is_left_behind_the_gates() {
    let world = World::new();
    world.cold(1).await;
    for _ in 0..10 {
        let resuming = resuming(&world.manager);
        resuming.abort();
        let _ = resuming.await;
    }
    settle().await;
    assert_eq!(code(&world.manager.rename(id(1), Some("A")).await), "ok");
    world.resume(id(1)).await;
    world.manager.unload(id(1)).await.unwrap();
    assert!(!world.is_held(id(1)).await);
}
