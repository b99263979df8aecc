//! Threads that are given back when their session fails to start.

use std::pin::pin;
use std::sync::Arc;

use thread_store::{
    LiveThread, LiveThreadInitGuard, ResumeLive, Retry, StartThread, ThreadStoreExt as _,
};

use crate::faulty::Fault;
use crate::support::{World, said, start, user};

/// A world with a stored thread that nobody holds.
async fn stored() -> World {
    let world = World::new();
    let live = start(&world, world.config());
    live.append_items(vec![user("Hello", world.now())]).await.unwrap();
    live.shutdown().await.unwrap();
    world
}

async fn guarded(world: &World) -> LiveThreadInitGuard {
    let store = Arc::clone(&world.store) as _;
    LiveThreadInitGuard::resume(store, ResumeLive::new(world.id), world.config()).await.unwrap()
}

/// Lets the tasks run that were spawned.
async fn settle() {
    for _ in 0..32 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_committed_thread_is_the_callers() {
    let world = stored().await;
    let live = guarded(&world).await.commit();
    settle().await;
    live.append_items(vec![said("mine", world.now())]).await.unwrap();
    assert!(!world.is_free().await);
}

#[tokio::test(start_paused = true)]
async fn a_discarded_thread_is_free() {
    let world = stored().await;
    guarded(&world).await.discard().await.unwrap();
    assert!(world.is_free().await);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_guard_frees_the_thread() {
    let world = stored().await;
    drop(guarded(&world).await);
    settle().await;
    assert!(world.is_free().await);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_guard_frees_the_thread_though_the_store_fails_now_and_then() {
    let world = stored().await;
    let guard = guarded(&world).await;
    world.store.fail(0, Fault::Refused);
    drop(guard);
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    assert!(world.is_free().await);
}

#[tokio::test(start_paused = true)]
async fn an_opening_dropped_at_any_moment_frees_the_thread() {
    for polls in 0..12 {
        let world = stored().await;
        world.store.pause(2);
        {
            let mut opening = pin!(guarded(&world));
            for _ in 0..polls {
                if futures::poll!(opening.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        settle().await;
        assert!(world.is_free().await, "dropped after {polls} polls");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_was_never_stored_leaves_nothing_behind() {
    let world = World::new();
    drop(LiveThreadInitGuard::new(start(&world, world.config())));
    settle().await;
    assert!(world.store.inner.thread(world.id).await.is_err());
    assert_eq!(world.store.call_count(), 0);
}

#[test]
fn without_a_runtime_a_dropped_guard_gives_up_and_does_not_panic() {
    let world = World::new();
    let start = StartThread::new(world.id);
    let live = LiveThread::start(Arc::clone(&world.store) as _, start, world.config());
    futures::executor::block_on(live.append_items(vec![user("Hello", world.now())])).unwrap();
    drop(LiveThreadInitGuard::new(live));
    assert!(!futures::executor::block_on(world.is_free()));
}

#[tokio::test(start_paused = true)]
async fn discarding_a_thread_whose_creation_is_in_doubt_creates_nothing() {
    let world = World::new();
    let live = start(&world, world.config().with_retry(Retry::never()));
    world.store.fail(0, Fault::RequestLost);
    live.append_items(vec![user("Hello", world.now())]).await.unwrap_err();
    live.discard().await.unwrap();
    assert!(world.store.inner.thread(world.id).await.is_err());
}
