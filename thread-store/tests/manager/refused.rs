//! What the store refuses leaves everything as it was.

use thread_store::{
    Conflict, Error, Holder, LoadedThread, Operation, ThreadId, ThreadStatus, ThreadStoreExt as _,
};

use crate::world::{World, code, id, take_over, user};
use crate::wrapped::{Mishap, Wrapped, unavailable};

/// A parent and its child, both loaded.
async fn family(world: &mut World) -> [LoadedThread; 2] {
    let parent = world.loaded(1).await;
    world.spawned(2, id(1)).await;
    let child = world.resume(id(2)).await;
    world.told();
    [parent, child]
}

fn refusals(operation: Operation) -> Vec<(&'static str, Mishap)> {
    let held = Conflict::Held { holder: Some(Holder::new("another program")) };
    let referenced = Conflict::Referenced { by: vec![id(9)] };
    let mut refusals = vec![
        ("unsupported", Mishap::Fails(Error::unsupported("descendants"))),
        ("conflict.held", Mishap::Fails(Error::conflict(id(1), held))),
        ("unavailable", unavailable()),
    ];
    if operation == Operation::DeleteThread {
        let referenced = Error::conflict(id(1), referenced);
        refusals.push(("conflict.referenced", Mishap::Fails(referenced)));
    }
    refusals
}

async fn change(world: &World, operation: Operation) -> &'static str {
    match operation {
        Operation::SetArchived => code(&world.manager.archive(id(1)).await),
        _ => code(&world.manager.delete(id(1)).await),
    }
}

/// All are in use as before, and nothing was told.
async fn assert_untouched(world: &mut World, family: &[LoadedThread]) {
    assert_eq!(world.told(), [""; 0]);
    for thread in family {
        assert_eq!(thread.status(), ThreadStatus::Idle);
        assert!(world.is_loaded(thread.thread_id()));
        assert!(!world.store.thread(thread.thread_id()).await.unwrap().is_archived());
        thread.live().append_items(vec![user("Hi")]).await.unwrap();
    }
    world.told();
}

#[tokio::test]
async fn a_tree_that_the_store_refuses_to_change_is_in_use_as_before() {
    for operation in [Operation::SetArchived, Operation::DeleteThread] {
        for (expected, mishap) in refusals(operation) {
            let mut world = World::new();
            let family = family(&mut world).await;
            world.store.always(operation, None, mishap);
            assert_eq!(change(&world, operation).await, expected);
            world.store.heal();
            assert_untouched(&mut world, &family).await;
            take_over(world.store.inside(), id(1)).await;
            family[0].live().append_items(vec![user("Hi")]).await.unwrap_err();
            let lost = ["1 not loaded", "1 closed lost conflict.fenced to other"];
            assert_eq!(world.told(), lost, "a loss is told again after {expected}");
        }
    }
}

#[tokio::test]
async fn a_tree_that_cannot_be_listed_or_stored_is_in_use_as_before() {
    let refused = [
        (Operation::ListThreads, Operation::SetArchived),
        (Operation::ListThreads, Operation::DeleteThread),
        (Operation::FlushThread, Operation::SetArchived),
    ];
    for (failing, operation) in refused {
        let mut world = World::new();
        let family = family(&mut world).await;
        world.store.always(failing, None, unavailable());
        assert_eq!(change(&world, operation).await, "unavailable");
        world.store.heal();
        assert_untouched(&mut world, &family).await;
    }
}

#[tokio::test]
async fn an_answer_that_nobody_heard_is_asked_for_again() {
    for operation in [Operation::SetArchived, Operation::DeleteThread] {
        let mut world = World::new();
        family(&mut world).await;
        world.store.next(operation, id(1), Mishap::Unheard);
        assert_eq!(change(&world, operation).await, "ok", "{operation:?}");
        let gone = world.store.thread(id(1)).await.map_or(true, |thread| thread.is_archived());
        assert!(gone);
        assert!(!world.is_loaded(id(1)) && !world.is_loaded(id(2)));
        let mut closed = world.told();
        closed.retain(|line| line.contains("closed"));
        closed.sort();
        assert_eq!(closed.len(), 2, "{closed:?}");
    }
}

#[tokio::test]
async fn a_store_without_subtrees_changes_what_has_no_children() {
    let mut world = World::with(Wrapped::without_descendants(), |config| config);
    let [parent, child] = family(&mut world).await;
    assert_eq!(code(&world.manager.archive(id(1)).await), "unsupported");
    assert_eq!(code(&world.manager.delete(id(1)).await), "unsupported");
    assert_untouched(&mut world, &[parent, child]).await;
    assert_eq!(code(&world.manager.archive(id(2)).await), "ok");
    assert_eq!(world.told(), ["2 not loaded", "2 archived", "2 closed archived"]);
    assert_eq!(code(&world.manager.unarchive(id(2)).await), "ok");
    assert_eq!(code(&world.manager.delete(id(2)).await), "ok");
    assert_eq!(code(&world.manager.archive(id(1)).await), "ok");
}

#[tokio::test]
async fn a_member_that_was_lost_is_no_obstacle_and_its_loss_is_told() {
    let mut world = World::new();
    family(&mut world).await;
    take_over(world.store.inside(), id(2)).await;
    assert_eq!(code(&world.manager.archive(id(1)).await), "ok");
    let lines = world.told();
    let expected = [
        "2 not loaded",
        "2 closed lost conflict.fenced to other",
        "1 not loaded",
        "1 archived",
        "1 closed archived",
        "2 archived",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_thread_that_an_archive_left_as_it_was_tells_of_its_loss_later() {
    let mut world = World::new();
    let id: ThreadId = world.cold(1).await;
    world.store.archive_thread(id).await.unwrap();
    let resume = thread_store::ResumeLive::new(id).with_include_archived(true);
    let thread = world.manager.resume(resume).await.unwrap();
    world.told();
    assert_eq!(world.manager.archive(id).await.unwrap().thread_ids, []);
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    take_over(world.store.inside(), id).await;
    thread.live().append_items(vec![user("Hi")]).await.unwrap_err();
    assert_eq!(world.told(), ["1 not loaded", "1 closed lost conflict.fenced to other"]);
}
