//! Threads that another process takes over while they are changed here.

use thread_store::{Operation, ThreadStoreExt as _};

use crate::world::{World, code, id, take_over, user};
use crate::wrapped::{Door, Mishap, unavailable};

#[tokio::test]
async fn a_thread_that_is_lost_while_its_archiving_fails_is_told() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    world.told();
    let door = Door::new();
    world.store.next(Operation::SetArchived, id(1), Mishap::FailsLate(door.clone()));
    world.store.always(Operation::SetArchived, None, unavailable());
    let manager = world.manager.clone();
    let archiving = tokio::spawn(async move { manager.archive(id(1)).await });
    door.reached().await;
    take_over(world.store.inside(), id(1)).await;
    thread.live().append_items(vec![user("Hi")]).await.unwrap_err();
    door.open();
    assert_eq!(code(&archiving.await.unwrap()), "unavailable");
    thread.live().append_items(vec![user("Hi")]).await.unwrap_err();
    assert_eq!(world.told(), ["1 not loaded", "1 closed lost conflict.fenced to other"]);
    assert!(!world.is_loaded(id(1)));
}

#[tokio::test]
async fn a_thread_that_was_taken_over_is_renamed_in_the_store() {
    let world = World::new();
    world.loaded(1).await;
    take_over(world.store.inside(), id(1)).await;
    world.manager.rename(id(1), Some("A")).await.unwrap();
    assert_eq!(world.store.thread(id(1)).await.unwrap().metadata.name.as_deref(), Some("A"));
}
