//! Reading, with what only this process knows.

use serde_json::json;
use thread_store::{
    AppendItems, Holder, ListThreads, ListTurns, Operation, ReadThread, ResumeThread, ThreadId,
    ThreadStatus, ThreadStore as _, TurnStatus,
};

use crate::world::{World, begin_turn, code, end_turn, event, id, number, start, status, user};

async fn shown(world: &World, id: ThreadId) -> String {
    status(&world.manager.read(ReadThread::new(id)).await.unwrap().status)
}

async fn listed(world: &World) -> Vec<(u32, String)> {
    let page = world.manager.list(ListThreads::new()).await.unwrap();
    let row =
        |view: &thread_store::ThreadView| (number(view.thread.thread_id), status(&view.status));
    page.threads.iter().map(row).collect()
}

async fn last_turn(world: &World, id: ThreadId) -> TurnStatus {
    let page = world.manager.list_turns(ListTurns::new(id)).await.unwrap();
    page.turns.last().unwrap().status
}

/// Somebody else began a turn, and did not come to end it.
async fn leave_open(world: &World, id: ThreadId) {
    let store = world.store.inside();
    let resumed = store.resume_thread(ResumeThread::new(id, Holder::new("other"))).await.unwrap();
    let begun = event(&json!({"type": "task_started", "turn_id": "open"}));
    let append = AppendItems::new(resumed.lease, vec![begun, user("Hi")]);
    store.append_items(append).await.unwrap();
}

#[tokio::test]
async fn the_status_lies_over_what_is_read_and_listed() {
    let world = World::new();
    world.cold(1).await;
    world.loaded(2).await;
    let active = world.loaded(3).await;
    begin_turn(&active, "turn-2").await;
    let expected = ["not loaded", "idle", "active"];
    for (n, expected) in (1..).zip(expected) {
        assert_eq!(shown(&world, id(n)).await, expected);
    }
    let rows: Vec<_> = (1..).zip(expected.map(str::to_owned)).collect();
    assert_eq!(listed(&world).await, rows);
}

#[tokio::test]
async fn an_open_turn_that_nobody_here_runs_was_interrupted() {
    let world = World::new();
    world.cold(1).await;
    leave_open(&world, id(1)).await;
    assert_eq!(last_turn(&world, id(1)).await, TurnStatus::Interrupted);
    let thread = world.resume(id(1)).await;
    assert_eq!(thread.status(), ThreadStatus::Idle);
    assert_eq!(last_turn(&world, id(1)).await, TurnStatus::Interrupted);
    begin_turn(&thread, "turn-3").await;
    assert_eq!(last_turn(&world, id(1)).await, TurnStatus::InProgress);
    end_turn(&thread).await;
    assert_eq!(last_turn(&world, id(1)).await, TurnStatus::Completed);
}

#[tokio::test]
async fn the_turn_in_progress_is_so_also_after_a_system_error() {
    let world = World::new();
    let thread = world.loaded(1).await;
    begin_turn(&thread, "turn-2").await;
    thread.set_system_error(true);
    assert_eq!(last_turn(&world, id(1)).await, TurnStatus::InProgress);
}

#[tokio::test]
async fn a_turn_that_completes_while_it_is_listed_was_not_interrupted() {
    let world = World::new();
    let thread = world.loaded(1).await;
    begin_turn(&thread, "turn-2").await;
    let door = world.store.hold_answer(Operation::LoadHistory, id(1));
    let manager = world.manager.clone();
    let listing = tokio::spawn(async move { manager.list_turns(ListTurns::new(id(1))).await });
    door.reached().await;
    end_turn(&thread).await;
    door.open();
    let turns = listing.await.unwrap().unwrap().turns;
    assert_ne!(turns.last().unwrap().status, TurnStatus::Interrupted);
}

#[tokio::test]
async fn a_thread_that_is_not_started_is_read_and_on_no_list() {
    let world = World::new();
    let start = start(1).with_metadata(crate::world::named("A"));
    world.manager.start(start).await.unwrap();
    let view = world.manager.read(ReadThread::new(id(1))).await.unwrap();
    assert_eq!(view.thread.metadata.name.as_deref(), Some("A"));
    assert_eq!((view.status, view.thread.next_ordinal.get()), (ThreadStatus::Idle, 0));
    assert_eq!(world.manager.list_turns(ListTurns::new(id(1))).await.unwrap().turns.len(), 0);
    assert_eq!(listed(&world).await.len(), 0);
}

#[tokio::test]
async fn a_page_size_of_0_is_refused_of_a_draft_as_of_others() {
    let world = World::new();
    world.manager.start(start(1)).await.unwrap();
    world.cold(2).await;
    for n in [1, 2] {
        let turns = ListTurns::new(id(n)).with_page_size(0);
        assert_eq!(code(&world.manager.list_turns(turns).await), "invalid_request");
        let items = thread_store::ListItems::new(id(n)).with_page_size(0);
        assert_eq!(code(&world.manager.list_items(items).await), "invalid_request");
    }
}

#[tokio::test]
async fn ephemeral_threads_are_on_no_list_but_among_the_loaded() {
    let world = World::new();
    let thread = world.manager.start(start(1).with_ephemeral(true)).await.unwrap();
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    assert_eq!(listed(&world).await.len(), 0);
    assert_eq!(world.manager.loaded(None, 10).unwrap().thread_ids, [id(1)]);
    let view = world.manager.read(ReadThread::new(id(1))).await.unwrap();
    assert!(view.ephemeral);
    assert_eq!(last_turn(&world, id(1)).await, TurnStatus::Completed);
}

#[tokio::test]
async fn the_loaded_are_listed_in_pages() {
    let world = World::new();
    for n in (1..=7).rev() {
        world.manager.start(start(n)).await.unwrap();
    }
    assert_eq!(code(&world.manager.loaded(None, 0)), "invalid_request");
    let (mut after, mut sizes, mut all) = (None, Vec::new(), Vec::new());
    loop {
        let page = world.manager.loaded(after, 3).unwrap();
        sizes.push(page.thread_ids.len());
        all.extend(page.thread_ids);
        after = page.next_after;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [3, 3, 1]);
    assert_eq!(all, (1..=7).map(id).collect::<Vec<_>>());
    assert_eq!(world.manager.loaded(Some(id(4)), 3).unwrap().next_after, None);
    assert_eq!(world.manager.loaded(Some(id(9)), 3).unwrap().thread_ids, []);
}

#[tokio::test]
async fn a_thread_of_no_store_has_the_status_not_loaded() {
    assert_eq!(World::new().manager.status(id(1)), ThreadStatus::NotLoaded);
}
