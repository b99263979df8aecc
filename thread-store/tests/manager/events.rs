//! What is told, and in which order.

use std::sync::Arc;
use std::time::Duration;

use thread_store::{
    ActiveFlag, ForkThread, ManagerConfig, RevertTo, ThreadEvent, ThreadId, ThreadManager,
    ThreadStatus, ThreadStoreExt as _,
};

use crate::compaction::Summary;
use crate::world::{
    World, begin_turn, config, end_turn, hear, id, named, settle, start, take_over, tokens, told,
    turn, user,
};
use crate::wrapped::{Wrapped, unavailable};

#[tokio::test]
async fn a_start_is_told_once_and_its_first_append_is_not() {
    let mut world = World::new();
    let thread = world.manager.start(start(1)).await.unwrap();
    assert_eq!(world.told(), ["1 started idle"]);
    thread.live().append_items(vec![user("Hello")]).await.unwrap();
    assert_eq!(world.told(), [""; 0]);
    world.manager.start(start(2).with_ephemeral(true)).await.unwrap();
    assert_eq!(world.told(), ["2 started idle ephemeral"]);
}

#[tokio::test]
async fn a_fork_is_told_as_a_start() {
    let mut world = World::new();
    let from = world.cold(1).await;
    world.manager.fork(ForkThread::new(from, id(2))).await.unwrap();
    world.manager.fork_ephemeral(ForkThread::new(from, id(3))).await.unwrap();
    assert_eq!(world.told(), ["2 started idle", "3 started idle ephemeral"]);
}

#[tokio::test]
async fn a_fork_of_a_loaded_thread_has_what_was_appended_and_derived() {
    let world = World::new();
    let from = world.loaded(1).await;
    from.live().append_items(vec![tokens(7)]).await.unwrap();
    let fork = world.manager.fork(ForkThread::new(id(1), id(2))).await.unwrap();
    let thread = fork.live().thread().await.unwrap();
    assert_eq!(thread.next_ordinal, from.live().next_ordinal().await.unwrap());
}

#[tokio::test]
async fn only_a_resume_that_loads_is_told() {
    let mut world = World::new();
    let id = world.cold(1).await;
    world.resume(id).await;
    assert_eq!(world.told(), ["1 idle"]);
    world.resume(id).await;
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn each_rename_is_told_loaded_or_not_also_to_the_same_name() {
    let mut world = World::new();
    let id = world.cold(1).await;
    for name in [Some("A"), Some("A"), None] {
        world.manager.rename(id, name).await.unwrap();
    }
    assert_eq!(world.told(), ["1 name A", "1 name A", "1 name -"]);
    world.resume(id).await;
    world.told();
    for name in [Some("A"), Some("A"), None] {
        world.manager.rename(id, name).await.unwrap();
    }
    assert_eq!(world.told(), ["1 name A", "1 name A", "1 name -"]);
}

#[tokio::test]
async fn a_rename_through_the_handle_is_told_as_well() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    world.told();
    thread.live().update_metadata(named("A")).await.unwrap();
    assert_eq!(world.told(), ["1 name A"]);
}

#[tokio::test]
async fn edits_of_other_fields_are_not_told() {
    let mut world = World::new();
    let id = world.cold(1).await;
    let patch = || thread_store::ThreadMetadataPatch::default().title("A".to_owned());
    let update = || thread_store::UpdateThreadMetadata::new(id, patch());
    world.manager.update_metadata(update()).await.unwrap();
    world.resume(id).await;
    world.told();
    world.manager.update_metadata(update()).await.unwrap();
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn token_usage_is_told_when_it_is_counted_and_when_it_is_edited() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    world.told();
    thread.live().append_items(vec![tokens(7)]).await.unwrap();
    assert_eq!(world.told(), ["1 tokens 7"]);
    let usage = world.store.thread(id(1)).await.unwrap().metadata.token_usage.unwrap();
    let patch = thread_store::ThreadMetadataPatch::default().token_usage(usage);
    for n in [1, 2] {
        let target = if n == 1 { id(1) } else { world.cold(2).await };
        let update = thread_store::UpdateThreadMetadata::new(target, patch.clone());
        world.manager.update_metadata(update).await.unwrap();
        assert_eq!(world.told(), [format!("{n} tokens 7")]);
    }
}

/// 1 spawned 2 and 3, 2 spawned 4; 1 and 4 are loaded.
async fn family(world: &World) -> ThreadId {
    let root = world.loaded(1).await.thread_id();
    let child = world.spawned(2, root).await;
    world.spawned(3, root).await;
    let grandchild = world.spawned(4, child).await;
    world.resume(grandchild).await;
    root
}

/// The lines of these kinds.
fn only(lines: &[String], what: &str) -> Vec<String> {
    lines.iter().filter(|line| line.ends_with(what)).cloned().collect()
}

fn position(lines: &[String], line: &str) -> usize {
    lines.iter().position(|told| told == line).unwrap()
}

#[tokio::test]
async fn an_archived_tree_is_told_parents_first() {
    let mut world = World::new();
    let root = family(&world).await;
    world.told();
    world.manager.archive(root).await.unwrap();
    let lines = world.told();
    assert_eq!(lines[..3], ["1 not loaded", "1 archived", "1 closed archived"]);
    assert_eq!(only(&lines, " archived").len(), 4 + 2);
    assert!(position(&lines, "2 archived") < position(&lines, "4 archived"));
    let at = position(&lines, "4 not loaded");
    assert_eq!(lines[at..at + 3], ["4 not loaded", "4 archived", "4 closed archived"]);
    assert_eq!(lines.len(), 4 + 4);
    assert!(!world.is_loaded(id(1)) && !world.is_loaded(id(4)));
}

#[tokio::test]
async fn a_tree_out_of_the_archive_is_told_parents_first() {
    let mut world = World::new();
    let root = family(&world).await;
    world.manager.archive(root).await.unwrap();
    world.told();
    world.manager.unarchive(root).await.unwrap();
    let lines = world.told();
    assert_eq!(lines[0], "1 unarchived");
    assert!(position(&lines, "2 unarchived") < position(&lines, "4 unarchived"));
    assert_eq!(only(&lines, "unarchived").len(), 4);
    world.manager.unarchive(root).await.unwrap();
    assert_eq!(world.told(), [""; 0]);
}

#[tokio::test]
async fn a_deleted_tree_is_told_children_first() {
    let mut world = World::new();
    let root = family(&world).await;
    world.told();
    world.manager.delete(root).await.unwrap();
    let lines = world.told();
    assert_eq!(lines[lines.len() - 3..], ["1 not loaded", "1 deleted", "1 closed deleted"]);
    assert!(position(&lines, "4 deleted") < position(&lines, "2 deleted"));
    assert_eq!(lines.len(), 4 + 4);
}

#[tokio::test]
async fn a_thread_that_was_not_started_is_deleted_and_told() {
    let mut world = World::new();
    world.manager.start(start(1)).await.unwrap();
    world.told();
    world.manager.delete(id(1)).await.unwrap();
    assert_eq!(world.told(), ["1 not loaded", "1 deleted", "1 closed deleted"]);
}

#[tokio::test]
async fn taking_back_is_told_loaded_or_not() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    world.cold(2).await;
    thread.live().append_items(turn("turn-2")).await.unwrap();
    world.told();
    world.manager.revert(id(1), RevertTo::BeforeTurn("turn-2".to_owned())).await.unwrap();
    assert_eq!(world.told(), ["1 reverted from 3: turn-2"]);
    world.manager.rollback(id(2), 9).await.unwrap();
    assert_eq!(world.told(), ["2 reverted from 0: turn-1"]);
    assert!(!world.is_loaded(id(2)) && !world.is_held(id(2)).await);
}

#[tokio::test]
async fn a_cold_thread_is_given_back_after_taking_back_though_metadata_cannot_be_stored() {
    let world = World::new();
    let id = world.cold(1).await;
    world.store.always(thread_store::Operation::UpdateThreadMetadata, id, unavailable());
    world.manager.rollback(id, 1).await.unwrap();
    assert!(!world.is_held(id).await);
}

#[tokio::test]
async fn a_turn_is_told_from_its_start_to_its_end() {
    let mut world = World::new();
    let thread = world.manager.start(start(1)).await.unwrap();
    world.told();
    begin_turn(&thread, "turn-1").await;
    assert_eq!(world.told(), ["1 active"]);
    thread.set_flag(ActiveFlag::WaitingOnApproval, true);
    thread.set_flag(ActiveFlag::WaitingOnApproval, true);
    thread.set_flag(ActiveFlag::WaitingOnUserInput, true);
    thread.set_flag(ActiveFlag::WaitingOnApproval, false);
    end_turn(&thread).await;
    let expected = [
        "1 active {WaitingOnApproval}",
        "1 active {WaitingOnApproval, WaitingOnUserInput}",
        "1 active {WaitingOnUserInput}",
        "1 idle",
    ];
    assert_eq!(world.told(), expected);
    thread.live().append_items(turn("turn-2")).await.unwrap();
    assert_eq!(world.told(), [""; 0], "a turn in one batch is over when it is told");
}

#[tokio::test]
async fn a_flag_without_a_turn_is_not_kept_for_what_comes_next() {
    let mut world = World::with(Wrapped::new(), |config| config.with_compactor(Summary::good()));
    let thread = world.loaded(1).await;
    world.told();
    thread.set_flag(ActiveFlag::WaitingOnApproval, true);
    world.manager.compact(id(1)).await.unwrap();
    assert_eq!(world.told()[0], "1 active");
    thread.set_flag(ActiveFlag::WaitingOnApproval, true);
    begin_turn(&thread, "turn-2").await;
    assert_eq!(world.told(), ["1 active"]);
}

#[tokio::test]
async fn a_system_error_is_told_and_the_next_turn_takes_it_back() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    begin_turn(&thread, "turn-2").await;
    world.told();
    thread.set_system_error(true);
    end_turn(&thread).await;
    assert_eq!(thread.status(), ThreadStatus::SystemError);
    begin_turn(&thread, "turn-3").await;
    assert_eq!(world.told(), ["1 SystemError", "1 active"]);
}

#[tokio::test]
async fn an_unload_is_told() {
    let mut world = World::new();
    world.loaded(1).await;
    world.told();
    world.manager.unload(id(1)).await.unwrap();
    assert_eq!(world.told(), ["1 not loaded", "1 closed unloaded"]);
    assert!(!world.is_held(id(1)).await);
}

#[tokio::test]
async fn a_takeover_is_told_at_the_next_call_with_the_new_holder() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    begin_turn(&thread, "turn-2").await;
    world.told();
    take_over(world.store.inside(), id(1)).await;
    assert!(thread.live().append_items(vec![user("Hi")]).await.is_err());
    assert!(thread.live().append_items(vec![user("Hi")]).await.is_err());
    assert_eq!(world.told(), ["1 not loaded", "1 closed lost conflict.fenced to other"]);
    assert!(!world.is_loaded(id(1)));
}

#[tokio::test]
async fn a_thread_whose_id_was_taken_is_lost_at_its_first_append() {
    let mut world = World::new();
    world.cold(1).await;
    let thread = world.manager.start(start(1)).await.unwrap();
    world.told();
    assert!(thread.live().append_items(vec![user("Hi")]).await.is_err());
    assert_eq!(world.told(), ["1 not loaded", "1 closed lost conflict.already_exists to -"]);
}

#[tokio::test]
async fn a_shutdown_is_told_of_each_thread_and_ends_the_streams() {
    let mut world = World::new();
    world.loaded(1).await;
    world.told();
    let mut follower = world.follower(id(1));
    let report = world.manager.shutdown(Duration::from_secs(5)).await;
    assert_eq!((report.is_complete(), report.closed), (true, vec![id(1)]));
    for subscriber in [&mut world.all, &mut follower] {
        assert_eq!(told(subscriber), ["1 not loaded", "1 closed shutdown"]);
        assert_eq!(subscriber.next().await, None);
    }
}

#[tokio::test]
async fn closed_is_the_last_that_a_follower_hears() {
    let mut world = World::new();
    world.loaded(1).await;
    let mut follower = world.follower(id(1));
    world.manager.unload(id(1)).await.unwrap();
    world.resume(id(1)).await;
    world.manager.rename(id(1), Some("A")).await.unwrap();
    assert_eq!(told(&mut follower), ["1 not loaded", "1 closed unloaded"]);
    assert_eq!(world.told().last().unwrap(), "1 name A");
}

#[tokio::test]
async fn what_is_closed_through_the_handle_is_not_loaded_any_more() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    world.told();
    thread.live().shutdown().await.unwrap();
    assert_eq!(world.told(), ["1 not loaded", "1 closed unloaded"]);
    assert_eq!(world.manager.unload(id(1)).await.unwrap_err().code(), "not_found");
}

/// Looks for the change in the store when it is told.
async fn is_stored(world: &World, event: &ThreadEvent) -> bool {
    let store = world.store.inside();
    let Some(id) = event.thread_id() else { return true };
    let thread = store.thread(id).await;
    match event {
        ThreadEvent::Deleted { .. } => thread.is_err(),
        ThreadEvent::Archived { .. } => thread.unwrap().is_archived(),
        ThreadEvent::Unarchived { .. } => !thread.unwrap().is_archived(),
        ThreadEvent::NameUpdated { name, .. } => thread.unwrap().metadata.name == *name,
        ThreadEvent::TokenUsageUpdated { token_usage, .. } => {
            thread.unwrap().metadata.token_usage.as_ref() == Some(token_usage)
        }
        ThreadEvent::Reverted { from, .. } => thread.unwrap().next_ordinal > *from,
        ThreadEvent::StatusChanged { status: ThreadStatus::NotLoaded, .. } => !world.is_loaded(id),
        _ => true,
    }
}

#[tokio::test]
async fn whoever_hears_of_a_change_finds_it_in_the_store() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    let mut heard = 0;
    for step in 0..8 {
        match step {
            0 => drop(thread.live().append_items(vec![tokens(3)]).await.unwrap()),
            1 => drop(world.manager.rename(id(1), Some("A")).await.unwrap()),
            2 => drop(world.manager.rollback(id(1), 1).await.unwrap()),
            3 => drop(world.manager.archive(id(1)).await.unwrap()),
            4 => drop(world.manager.unarchive(id(1)).await.unwrap()),
            5 => drop(world.resume(id(1)).await),
            6 => world.manager.unload(id(1)).await.unwrap(),
            _ => drop(world.manager.delete(id(1)).await.unwrap()),
        }
        use futures::FutureExt as _;
        while let Some(event) = world.all.next().now_or_never().flatten() {
            assert!(is_stored(&world, &event).await, "{event:?}");
            heard += 1;
        }
    }
    assert_eq!(heard, 1 + 1 + 1 + 1 + 3 + 1 + 1 + 2 + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_come_in_the_order_of_the_changes() {
    const EACH: u64 = 50;
    let mut world = World::with(Wrapped::new(), |config| config.with_event_capacity(10_000));
    let thread = world.manager.start(start(1)).await.unwrap();
    world.told();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let live = thread.live().clone();
            tokio::spawn(async move {
                for n in 0..EACH {
                    let total = writer * EACH + n + 1;
                    live.append_items(vec![tokens(total)]).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let stored = world.store.history(id(1)).await.unwrap();
    let counts: Vec<_> = stored
        .iter()
        .map(|stored| {
            let text = stored.item.text().into_owned();
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            format!("1 tokens {}", json["payload"]["info"]["total_token_usage"]["total_tokens"])
        })
        .collect();
    assert_eq!(world.told(), counts);
}

#[tokio::test]
async fn a_slow_reader_is_told_what_it_missed_and_holds_nobody_up() {
    let mut world = World::with(Wrapped::new(), |config| config.with_event_capacity(2));
    let thread = world.loaded(1).await;
    for total in 1..=10 {
        thread.live().append_items(vec![tokens(total)]).await.unwrap();
    }
    assert_eq!(world.told(), ["1 idle", "1 tokens 1", "missed 9"]);
}

#[tokio::test]
async fn streams_end_when_the_manager_is_dropped() {
    let config: ManagerConfig = config();
    let manager = ThreadManager::new(Arc::new(Wrapped::new()), config);
    let thread = manager.start(start(1)).await.unwrap();
    let mut all = manager.subscriber();
    all.follow_all();
    drop(manager);
    settle().await;
    assert_eq!(all.next().await, None);
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_stream_comes_after_what_is_queued() {
    let mut world = World::new();
    world.loaded(1).await;
    world.manager.shutdown(Duration::from_secs(5)).await;
    hear(&mut world.all, "1 closed shutdown").await;
    assert_eq!(world.all.next().await, None);
}
