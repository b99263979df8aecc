//! Many threads, and the end of all of them.

use std::time::Duration;

use futures::future::join_all;
use thread_store::{Error, Operation, ThreadStoreExt as _};
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::world::{World, id, settle, start, user};
use crate::wrapped::{Mishap, Wrapped, unavailable};

const MANY: u64 = 1000;

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// So many threads, each with one item.
async fn world_of(count: u64) -> World {
    let world = World::with(Wrapped::new(), |config| config.with_event_capacity(10_000));
    let starting = (1..=count).map(|n| {
        let manager = world.manager.clone();
        async move {
            let thread = manager.start(start(n)).await.unwrap();
            thread.live().append_items(vec![user("Hi")]).await.unwrap();
        }
    });
    join_all(starting).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_threads_are_unloaded_when_their_followers_leave() {
    let world = world_of(MANY).await;
    let follower = world.manager.subscriber();
    for n in 1..=MANY {
        world.manager.subscribe(follower.id(), id(n)).unwrap();
    }
    drop(follower);
    let manager = world.manager.clone();
    let mut all = world.all;
    let mut closed = 0;
    while closed < MANY {
        closed += u64::from(all.next().await.unwrap().kind() == "closed");
    }
    assert_eq!(manager.loaded(None, 10).unwrap().thread_ids, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_threads_are_shut_down_and_no_task_is_left() {
    let mut world = world_of(MANY).await;
    let report = world.manager.shutdown(Duration::from_secs(30)).await;
    assert!(report.is_complete());
    assert_eq!(report.closed.len() as u64, MANY);
    let mut closed = 0;
    while let Some(event) = world.all.next().await {
        closed += u64::from(event.kind() == "closed");
    }
    assert_eq!(closed, MANY);
    for n in [1, MANY / 2, MANY] {
        assert!(!world.is_held(id(n)).await);
        assert_eq!(world.store.history(id(n)).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn no_task_is_left_after_the_shutdown() {
    let before = tasks();
    let mut world = World::new();
    for n in 1..=10 {
        world.loaded(n).await;
        drop(world.follower(id(n)));
    }
    world.manager.shutdown(Duration::from_secs(5)).await;
    settle().await;
    assert_eq!(tasks(), before);
    while world.all.next().await.is_some() {}
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_in_time_and_says_what_it_did_not_close() {
    let mut world = World::new();
    for n in 1..=3 {
        world.loaded(n).await;
    }
    world.told();
    let blocked = world.store.block(Operation::ReleaseLease, id(2));
    world.store.always(Operation::ReleaseLease, id(3), unavailable());
    let (begun, bound) = (Instant::now(), Duration::from_secs(7));
    let report = world.manager.shutdown(bound).await;
    assert_eq!(begun.elapsed(), bound);
    assert_eq!(report.closed, [id(1)]);
    assert_eq!(report.timed_out, [id(2)]);
    let failed: Vec<_> = report.failed.iter().map(|(id, error)| (*id, error.code())).collect();
    assert_eq!(failed, [(id(3), "unavailable")]);
    assert_eq!(world.told(), ["1 not loaded", "1 closed shutdown"]);
    assert!(world.is_loaded(id(2)) && world.is_loaded(id(3)));
    blocked.open();
    world.store.heal();
    let report = world.manager.shutdown(bound).await;
    assert!(report.is_complete());
    assert_eq!(report.closed.len(), 2);
    while world.all.next().await.is_some() {}
    for n in 1..=3 {
        assert!(!world.is_held(id(n)).await);
    }
}

#[tokio::test(start_paused = true)]
async fn more_threads_than_are_closed_at_once_time_out_together() {
    let world = world_of(200).await;
    let door = crate::wrapped::Door::new();
    world.store.always(Operation::ReleaseLease, None, Mishap::Waits(door));
    let report = world.manager.shutdown(Duration::from_secs(1)).await;
    assert_eq!(report.timed_out.len(), 200);
    world.store.heal();
    assert!(world.manager.shutdown(Duration::from_secs(1)).await.is_complete());
}

#[tokio::test]
async fn a_thread_that_leaves_something_behind_is_reported_and_closed() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    let refused = Mishap::Fails(Error::internal("refused"));
    world.store.always(Operation::UpdateThreadMetadata, id(1), refused);
    thread.live().append_items(vec![crate::world::tokens(5)]).await.unwrap();
    let report = world.manager.shutdown(Duration::from_secs(5)).await;
    assert_eq!(report.failed[0].1.code(), "internal");
    assert!(!world.is_loaded(id(1)) && !world.is_held(id(1)).await);
    while world.all.next().await.is_some() {}
}

#[tokio::test]
async fn a_shutdown_of_nothing_ends_the_streams() {
    let mut world = World::new();
    assert!(world.manager.shutdown(Duration::ZERO).await.is_complete());
    assert_eq!(world.all.next().await, None);
}
