//! What each operation answers, whatever state the thread is in.

use std::time::Duration;

use thread_store::{
    ForkThread, ListItems, ListTurns, ReadThread, ResumeLive, ThreadId, ThreadMetadataPatch,
    ThreadStoreExt as _, Unsubscribed, UpdateThreadMetadata,
};

use crate::compaction::Summary;
use crate::world::{World, code, id, named, start, take_over, user};
use crate::wrapped::Wrapped;

#[derive(Clone, Copy, Debug)]
enum State {
    Missing,
    NotStarted,
    Loaded,
    LoadedArchived,
    Cold,
    ColdArchived,
    Ephemeral,
    Lost,
    AfterShutdown,
}

use State::{
    AfterShutdown, Cold, ColdArchived, Ephemeral, Loaded, LoadedArchived, Lost, Missing, NotStarted,
};

const STATES: [State; 9] = [
    Missing,
    NotStarted,
    Loaded,
    LoadedArchived,
    Cold,
    ColdArchived,
    Ephemeral,
    Lost,
    AfterShutdown,
];

/// A world with one thread in this state.
async fn world(state: State) -> (World, ThreadId) {
    let world = World::with(Wrapped::new(), |config| config.with_compactor(Summary::good()));
    let id = id(1);
    match state {
        Missing => {}
        NotStarted => drop(world.manager.start(start(1)).await.unwrap()),
        Loaded => drop(world.loaded(1).await),
        LoadedArchived => {
            world.cold(1).await;
            world.store.archive_thread(id).await.unwrap();
            let resume = ResumeLive::new(id).with_include_archived(true);
            world.manager.resume(resume).await.unwrap();
        }
        Cold => drop(world.cold(1).await),
        ColdArchived => {
            world.cold(1).await;
            world.store.archive_thread(id).await.unwrap();
        }
        Ephemeral => {
            let thread = world.manager.start(start(1).with_ephemeral(true)).await.unwrap();
            thread.live().append_items(crate::world::turn("turn-1")).await.unwrap();
        }
        Lost => {
            world.loaded(1).await;
            take_over(world.store.inside(), id).await;
        }
        AfterShutdown => {
            world.loaded(1).await;
            world.manager.shutdown(Duration::from_secs(5)).await;
        }
    }
    (world, id)
}

/// Asks an operation in every state, and compares the answers.
async fn check(
    operation: &str,
    expected: [&str; STATES.len()],
    ask: impl AsyncFn(&World, ThreadId) -> &'static str,
) {
    for (state, expected) in STATES.into_iter().zip(expected) {
        let (world, id) = world(state).await;
        assert_eq!(ask(&world, id).await, expected, "{operation} of {state:?}");
    }
}

const OK: &str = "ok";
const NOT_FOUND: &str = "not_found";
const ARCHIVED: &str = "archived";
const INVALID: &str = "invalid_request";
const EXISTS: &str = "conflict.already_exists";
const FENCED: &str = "conflict.fenced";
const GONE: &str = "unavailable";

#[tokio::test]
async fn read_answers_by_the_record() {
    let expected = [NOT_FOUND, OK, OK, ARCHIVED, OK, ARCHIVED, OK, OK, OK];
    check("read", expected, async |world, id| code(&world.manager.read(id.into()).await)).await;
    let expected = [NOT_FOUND, OK, OK, OK, OK, OK, OK, OK, OK];
    check("read with archived", expected, async |world, id| {
        code(&world.manager.read(ReadThread::new(id).with_include_archived(true)).await)
    })
    .await;
}

#[tokio::test]
async fn lists_of_turns_and_items_answer_by_the_record() {
    let expected = [NOT_FOUND, OK, OK, ARCHIVED, OK, ARCHIVED, OK, OK, OK];
    check("list_turns", expected, async |world, id| {
        code(&world.manager.list_turns(ListTurns::new(id)).await)
    })
    .await;
    check("list_items", expected, async |world, id| {
        code(&world.manager.list_items(ListItems::new(id)).await)
    })
    .await;
}

#[tokio::test]
async fn edits_are_refused_of_archived_and_ephemeral_threads() {
    let expected = [NOT_FOUND, OK, OK, ARCHIVED, OK, ARCHIVED, INVALID, OK, OK];
    check("rename", expected, async |world, id| code(&world.manager.rename(id, Some("A")).await))
        .await;
    check("update", expected, async |world, id| {
        let update = UpdateThreadMetadata::new(id, ThreadMetadataPatch::default());
        code(&world.manager.update_metadata(update).await)
    })
    .await;
    let expected = [NOT_FOUND, OK, OK, OK, OK, OK, INVALID, OK, OK];
    check("update with archived", expected, async |world, id| {
        let update = UpdateThreadMetadata::new(id, named("A")).with_include_archived(true);
        code(&world.manager.update_metadata(update).await)
    })
    .await;
}

#[tokio::test]
async fn taking_back_is_refused_of_archived_threads_and_of_those_that_others_have() {
    let held = "conflict.held";
    let expected = [NOT_FOUND, INVALID, OK, ARCHIVED, OK, ARCHIVED, OK, held, OK];
    check("rollback", expected, async |world, id| code(&world.manager.rollback(id, 1).await)).await;
}

#[tokio::test]
async fn subtrees_are_changed_of_stored_threads() {
    let expected = [NOT_FOUND, NOT_FOUND, OK, OK, OK, OK, INVALID, OK, OK];
    check("archive", expected, async |world, id| code(&world.manager.archive(id).await)).await;
    check("unarchive", expected, async |world, id| code(&world.manager.unarchive(id).await)).await;
    let expected = [NOT_FOUND, OK, OK, OK, OK, OK, INVALID, OK, OK];
    check("delete", expected, async |world, id| code(&world.manager.delete(id).await)).await;
}

#[tokio::test]
async fn forks_are_made_of_stored_threads_until_the_shutdown() {
    let expected = [NOT_FOUND, NOT_FOUND, OK, ARCHIVED, OK, ARCHIVED, INVALID, OK, GONE];
    check("fork", expected, async |world, from| {
        code(&world.manager.fork(ForkThread::new(from, id(2))).await)
    })
    .await;
    check("fork_ephemeral", expected, async |world, from| {
        code(&world.manager.fork_ephemeral(ForkThread::new(from, id(2))).await)
    })
    .await;
}

#[tokio::test]
async fn threads_are_loaded_until_the_shutdown() {
    let expected = [NOT_FOUND, OK, OK, ARCHIVED, OK, ARCHIVED, OK, OK, GONE];
    check("resume", expected, async |world, id| {
        code(&world.manager.resume(ResumeLive::new(id)).await)
    })
    .await;
    let expected = [NOT_FOUND, OK, OK, OK, OK, OK, OK, OK, GONE];
    check("resume with archived", expected, async |world, id| {
        code(&world.manager.resume(ResumeLive::new(id).with_include_archived(true)).await)
    })
    .await;
    let expected = [OK, EXISTS, EXISTS, EXISTS, OK, OK, EXISTS, EXISTS, GONE];
    check("start", expected, async |world, _| code(&world.manager.start(start(1)).await)).await;
}

#[tokio::test]
async fn only_what_is_loaded_is_followed_unloaded_and_compacted() {
    let expected = [NOT_FOUND, OK, OK, OK, NOT_FOUND, NOT_FOUND, OK, OK, NOT_FOUND];
    check("subscribe", expected, async |world, id| {
        let subscriber = world.manager.subscriber();
        code(&world.manager.subscribe(subscriber.id(), id))
    })
    .await;
    let expected = [NOT_FOUND, OK, OK, OK, NOT_FOUND, NOT_FOUND, OK, FENCED, NOT_FOUND];
    check("unload", expected, async |world, id| code(&world.manager.unload(id).await)).await;
    let expected = [NOT_FOUND, NOT_FOUND, OK, OK, NOT_FOUND, NOT_FOUND, OK, FENCED, NOT_FOUND];
    check("compact", expected, async |world, id| code(&world.manager.compact(id).await)).await;
}

#[tokio::test]
async fn unsubscribing_tells_whether_the_thread_is_loaded() {
    const NOT_LOADED: &str = "not loaded";
    const NOT_SUBSCRIBED: &str = "not subscribed";
    let expected = [
        NOT_LOADED,
        NOT_SUBSCRIBED,
        NOT_SUBSCRIBED,
        NOT_SUBSCRIBED,
        NOT_LOADED,
        NOT_LOADED,
        NOT_SUBSCRIBED,
        NOT_SUBSCRIBED,
        NOT_LOADED,
    ];
    check("unsubscribe", expected, async |world, id| {
        let subscriber = world.manager.subscriber();
        match world.manager.unsubscribe(subscriber.id(), id) {
            Unsubscribed::Unsubscribed => OK,
            Unsubscribed::NotSubscribed => NOT_SUBSCRIBED,
            Unsubscribed::NotLoaded => NOT_LOADED,
        }
    })
    .await;
}

#[tokio::test]
async fn what_fails_after_the_loss_leaves_the_thread_not_loaded() {
    let (mut world, id) = world(Lost).await;
    world.told();
    assert_eq!(code(&world.manager.unload(id).await), FENCED);
    assert_eq!(world.told(), ["1 not loaded", "1 closed lost conflict.fenced to other"]);
    assert!(!world.is_loaded(id));
    assert_eq!(code(&world.manager.resume(ResumeLive::new(id)).await), OK);
}

#[tokio::test]
async fn names_are_trimmed_and_must_not_be_empty() {
    let (world, id) = world(Cold).await;
    for empty in ["", " \t\n"] {
        assert_eq!(code(&world.manager.rename(id, Some(empty)).await), INVALID);
    }
    let thread = world.manager.rename(id, Some("  A name \n")).await.unwrap();
    assert_eq!(thread.metadata.name.as_deref(), Some("A name"));
    let thread = world.manager.rename(id, None).await.unwrap();
    assert_eq!(thread.metadata.name, None);
}

#[tokio::test]
async fn ephemeral_threads_need_a_store_of_their_own() {
    let world = World::with(Wrapped::new(), |mut config| {
        config.ephemeral = None;
        config
    });
    let ephemeral = world.manager.start(start(1).with_ephemeral(true)).await;
    assert_eq!(code(&ephemeral), INVALID);
    let from = world.cold(2).await;
    let fork = world.manager.fork_ephemeral(ForkThread::new(from, id(3))).await;
    assert_eq!(code(&fork), INVALID);
}

#[tokio::test]
async fn a_child_that_is_not_stored_goes_with_its_parent() {
    let world = World::new();
    world.loaded(1).await;
    let child = world.manager.start(start(2).spawned_by(id(1), 1)).await.unwrap();
    world.manager.delete(id(1)).await.unwrap();
    assert_ne!(code(&child.live().append_items(vec![user("late")]).await), OK);
    assert!(world.store.thread(id(2)).await.is_err());
}
