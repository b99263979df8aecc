//! Who follows threads, and what becomes of those that nobody follows.

use std::time::Duration;

use thread_store::{
    Error, Operation, ReadThread, Subscriber, ThreadStatus, ThreadStoreExt as _, Unsubscribed,
};
use tokio::time::{Instant, advance};

use crate::compaction::Summary;
use crate::world::{
    World, begin_turn, code, end_turn, hear, id, settle, start, tokens, told, user,
};
use crate::wrapped::{Door, Mishap, Wrapped, unavailable};

const DELAY: Duration = Duration::from_secs(20);
const CLOSED: &str = "1 closed unloaded";

fn with_delay() -> World {
    World::with(Wrapped::new(), |config| config.with_unload_after(DELAY))
}

fn leave(world: &World, subscriber: &Subscriber) -> Unsubscribed {
    world.manager.unsubscribe(subscriber.id(), id(1))
}

#[tokio::test]
async fn unsubscribing_answers_what_came_of_it() {
    let world = World::new();
    world.loaded(1).await;
    let (first, second) = (world.follower(id(1)), world.follower(id(1)));
    assert_eq!(leave(&world, &first), Unsubscribed::Unsubscribed);
    assert_eq!(leave(&world, &first), Unsubscribed::NotSubscribed);
    world.manager.unload(id(1)).await.unwrap();
    assert_eq!(leave(&world, &second), Unsubscribed::NotLoaded);
}

#[tokio::test]
async fn a_subscriber_that_is_gone_cannot_subscribe() {
    let world = World::new();
    world.loaded(1).await;
    let gone = world.manager.subscriber().id();
    assert_eq!(code(&world.manager.subscribe(gone, id(1))), "invalid_request");
    settle().await;
    assert!(world.is_loaded(id(1)));
}

#[tokio::test]
async fn a_thread_is_unloaded_when_the_last_subscriber_leaves() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    let (first, second) = (world.follower(id(1)), world.follower(id(1)));
    leave(&world, &first);
    settle().await;
    assert!(world.is_loaded(id(1)));
    leave(&world, &second);
    hear(&mut world.all, CLOSED).await;
    assert!(!world.is_loaded(id(1)) && !world.is_held(id(1)).await);
}

#[tokio::test]
async fn who_follows_all_keeps_nothing_loaded() {
    let mut world = World::new();
    world.loaded(1).await;
    drop(world.follower(id(1)));
    hear(&mut world.all, CLOSED).await;
}

#[tokio::test]
async fn a_thread_that_was_never_followed_stays() {
    let world = World::new();
    let thread = world.loaded(1).await;
    begin_turn(&thread, "turn-2").await;
    end_turn(&thread).await;
    settle().await;
    assert!(world.is_loaded(id(1)));
}

#[tokio::test(start_paused = true)]
async fn a_thread_stays_the_whole_delay_after_the_last_subscriber() {
    let mut world = with_delay();
    world.loaded(1).await;
    let left = Instant::now();
    drop(world.follower(id(1)));
    hear(&mut world.all, CLOSED).await;
    let stayed = left.elapsed();
    assert!(stayed >= DELAY && stayed < DELAY + Duration::from_secs(1), "{stayed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_new_subscriber_before_the_delay_keeps_the_thread() {
    let world = with_delay();
    world.loaded(1).await;
    drop(world.follower(id(1)));
    settle().await;
    advance(DELAY / 2).await;
    let _follower = world.follower(id(1));
    advance(DELAY * 3).await;
    settle().await;
    assert!(world.is_loaded(id(1)));
}

#[tokio::test(start_paused = true)]
async fn the_delay_is_counted_anew_when_a_subscriber_comes_and_leaves() {
    let mut world = with_delay();
    world.loaded(1).await;
    drop(world.follower(id(1)));
    settle().await;
    advance(DELAY - Duration::from_secs(5)).await;
    let left = Instant::now();
    drop(world.follower(id(1)));
    hear(&mut world.all, CLOSED).await;
    assert!(left.elapsed() >= DELAY, "{:?}", left.elapsed());
}

#[tokio::test(start_paused = true)]
async fn coming_and_leaving_often_leaves_no_tasks_behind() {
    let world = with_delay();
    world.loaded(1).await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for _ in 0..100 {
        drop(world.follower(id(1)));
        settle().await;
    }
    assert!(tasks() <= before + 1, "{} tasks", tasks());
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_is_resumed_before_the_delay_can_be_followed_after_it() {
    let mut world = with_delay();
    world.loaded(1).await;
    drop(world.follower(id(1)));
    settle().await;
    world.resume(id(1)).await;
    advance(DELAY * 3).await;
    settle().await;
    drop(world.follower(id(1)));
    hear(&mut world.all, CLOSED).await;
}

#[tokio::test]
async fn a_thread_is_not_unloaded_during_a_turn_but_right_after_it() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    begin_turn(&thread, "turn-2").await;
    drop(world.follower(id(1)));
    settle().await;
    assert!(world.is_loaded(id(1)));
    end_turn(&thread).await;
    hear(&mut world.all, CLOSED).await;
}

#[tokio::test(start_paused = true)]
async fn a_turn_within_the_delay_keeps_the_thread_until_it_ends() {
    let mut world = with_delay();
    let thread = world.loaded(1).await;
    drop(world.follower(id(1)));
    settle().await;
    begin_turn(&thread, "turn-2").await;
    advance(DELAY * 2).await;
    settle().await;
    assert!(world.is_loaded(id(1)));
    end_turn(&thread).await;
    hear(&mut world.all, CLOSED).await;
}

#[tokio::test]
async fn a_thread_is_not_unloaded_during_a_compaction_but_right_after_it() {
    let door = Door::new();
    let mut world =
        World::with(Wrapped::new(), |config| config.with_compactor(Summary::behind(door.clone())));
    world.loaded(1).await;
    let manager = world.manager.clone();
    let compacting = tokio::spawn(async move { manager.compact(id(1)).await });
    door.reached().await;
    drop(world.follower(id(1)));
    settle().await;
    assert!(world.is_loaded(id(1)));
    door.open();
    hear(&mut world.all, CLOSED).await;
    compacting.await.unwrap().unwrap();
}

#[test]
fn a_subscriber_that_is_dropped_outside_of_the_runtime_leaves_as_well() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut world, follower) = runtime.block_on(async {
        let world = World::new();
        world.loaded(1).await;
        let follower = world.follower(id(1));
        (world, follower)
    });
    drop(follower);
    runtime.block_on(hear(&mut world.all, CLOSED));
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_cannot_be_unloaded_stays_and_is_tried_again() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    world.store.always(Operation::ReleaseLease, id(1), unavailable());
    drop(world.follower(id(1)));
    advance(Duration::from_secs(10)).await;
    settle().await;
    assert!(world.is_loaded(id(1)));
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    world.store.heal();
    hear(&mut world.all, CLOSED).await;
    assert!(!world.is_held(id(1)).await);
}

#[tokio::test]
async fn an_unload_that_fails_keeps_the_thread_loaded() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    world.told();
    world.store.always(Operation::ReleaseLease, id(1), unavailable());
    assert_eq!(code(&world.manager.unload(id(1)).await), "unavailable");
    assert_eq!(thread.status(), ThreadStatus::Idle);
    assert_eq!(world.told(), [""; 0]);
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    world.store.heal();
    world.manager.unload(id(1)).await.unwrap();
}

/// What cannot be stored at all does not keep a live thread open, so it is not loaded either.
#[tokio::test]
async fn an_unload_that_leaves_something_behind_closes_the_thread_all_the_same() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    let refused = || Mishap::Fails(Error::internal("refused"));
    world.store.always(Operation::UpdateThreadMetadata, id(1), refused());
    thread.live().append_items(vec![tokens(5)]).await.unwrap();
    world.told();
    assert_eq!(code(&world.manager.unload(id(1)).await), "internal");
    assert!(!world.is_held(id(1)).await);
    assert!(!world.is_loaded(id(1)));
    assert_eq!(world.told(), ["1 not loaded", CLOSED]);
}

#[tokio::test]
async fn an_ephemeral_thread_is_gone_when_it_is_unloaded() {
    let world = World::new();
    let thread = world.manager.start(start(1).with_ephemeral(true)).await.unwrap();
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    assert!(world.manager.read(id(1).into()).await.unwrap().ephemeral);
    world.manager.unload(id(1)).await.unwrap();
    let read = ReadThread::new(id(1)).with_include_archived(true);
    assert_eq!(code(&world.manager.read(read.clone()).await), "not_found");
    use thread_store::ThreadStore as _;
    assert_eq!(code(&world.ephemeral.read_thread(read).await), "not_found");
}

#[tokio::test]
async fn a_follower_hears_its_threads_and_no_others() {
    let world = World::new();
    world.loaded(1).await;
    world.loaded(2).await;
    let mut follower = world.follower(id(1));
    world.manager.rename(id(2), Some("B")).await.unwrap();
    world.manager.rename(id(1), Some("A")).await.unwrap();
    assert_eq!(told(&mut follower), ["1 name A"]);
}

#[tokio::test]
async fn a_thread_whose_agent_failed_is_unloaded_when_its_turn_ends() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    begin_turn(&thread, "turn-2").await;
    drop(world.follower(id(1)));
    settle().await;
    assert!(world.is_loaded(id(1)));
    thread.set_system_error(true);
    end_turn(&thread).await;
    hear(&mut world.all, CLOSED).await;
    assert_eq!(world.manager.status(id(1)), ThreadStatus::NotLoaded);
}

#[tokio::test]
async fn an_ephemeral_thread_that_is_closed_through_its_handle_leaves_nothing_behind() {
    let world = World::new();
    let thread = world.manager.start(start(1).with_ephemeral(true)).await.unwrap();
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    thread.live().shutdown().await.unwrap();
    assert_eq!(world.manager.status(id(1)), ThreadStatus::NotLoaded);
    settle().await;
    assert_eq!(code(&world.ephemeral.inside().thread(id(1)).await), "not_found");
}
