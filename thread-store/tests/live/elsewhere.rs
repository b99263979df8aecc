//! Threads that somebody else takes, closes, archives, deletes and edits.

use thread_store::{
    AppendItems, Conflict, DeleteThread, LiveThread, Ordinal, Result, Retry, ThreadMetadataPatch,
    ThreadStore as _, ThreadStoreExt as _, UpdateThreadMetadata, WriterLease,
};

use crate::faulty::Fault;
use crate::support::{World, edited, event, resume, said, start, taken_over, tokens, total, user};

async fn started(world: &World) -> LiveThread {
    let live = start(world, world.config());
    live.append_items(vec![user("Hello", world.now())]).await.unwrap();
    live
}

fn name(text: &str) -> ThreadMetadataPatch {
    ThreadMetadataPatch::default().name(text.to_owned())
}

/// The code of what a call of each kind is answered.
async fn codes(world: &World, live: &LiveThread) -> Vec<&'static str> {
    let code = |result: Result<()>| result.map_or_else(|error| error.code(), |()| "ok");
    vec![
        code(live.append_items(vec![said("late", world.now())]).await.map(drop)),
        code(live.update_metadata(name("late")).await.map(drop)),
        code(live.persist().await),
        code(live.flush().await),
        code(live.check().await),
        code(live.thread().await.map(drop)),
        code(live.shutdown().await),
    ]
}

fn first_calls(
    live: &LiveThread,
    world: &World,
) -> Vec<futures::future::BoxFuture<'static, Result<()>>> {
    let (live, now) = (live.clone(), world.now());
    let (a, b, c, d, e, f) =
        (live.clone(), live.clone(), live.clone(), live.clone(), live.clone(), live);
    vec![
        Box::pin(async move { a.append_items(vec![said("late", now)]).await.map(drop) }),
        Box::pin(async move { b.update_metadata(name("late")).await.map(drop) }),
        Box::pin(async move { c.persist().await }),
        Box::pin(async move { d.flush().await }),
        Box::pin(async move { e.check().await }),
        Box::pin(async move { f.shutdown().await }),
    ]
}

#[tokio::test(start_paused = true)]
async fn whoever_is_fenced_is_told_by_whom_at_the_next_call_whichever_it_is() {
    for call in 0..6 {
        let world = World::new();
        let live = started(&world).await;
        live.append_items(vec![said("one", world.now())]).await.unwrap();
        taken_over(&world).await;
        let before = (world.thread().await, world.history().await);
        let error = first_calls(&live, &world).remove(call).await.unwrap_err();
        let Some(Conflict::Fenced { holder: Some(holder), .. }) = error.as_conflict() else {
            panic!("call {call}: {error}");
        };
        assert_eq!(holder.label, "other");
        assert!(codes(&world, &live).await.iter().all(|code| *code == "conflict.fenced"));
        assert_eq!((world.thread().await, world.history().await), before, "call {call}");
        live.discard().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_fenced_moves_no_times_back() {
    let world = World::new();
    let live = started(&world).await;
    world.clock.advance_millis(1000);
    live.append_items(vec![said("held back", world.now())]).await.unwrap();
    let other = resume(&world).await;
    world.clock.advance_millis(1000);
    other.append_items(vec![said("theirs", world.now())]).await.unwrap();
    other.persist().await.unwrap();
    let theirs = world.thread().await;
    assert!(live.shutdown().await.is_err());
    assert_eq!(world.thread().await, theirs);
}

#[tokio::test(start_paused = true)]
async fn a_lease_released_from_elsewhere_is_closed_for_good() {
    let world = World::new();
    let live = started(&world).await;
    let lease = lease_of(&world).await;
    world.store.inner.shutdown_thread(lease).await.unwrap();
    let codes = codes(&world, &live).await;
    assert!(codes.iter().all(|code| *code == "conflict.closed"), "{codes:?}");
    assert_eq!(world.history().await.len(), 1);
}

/// The lease that the session has: the memory store counts epochs from 1.
async fn lease_of(world: &World) -> WriterLease {
    let thread = world.thread().await;
    let epoch = thread_store::Epoch::new(1);
    let holder = world.config().holder;
    WriterLease::new(world.id, epoch, holder, thread.next_ordinal)
}

#[tokio::test(start_paused = true)]
async fn a_thread_archived_from_elsewhere_is_fenced_without_a_holder() {
    let world = World::new();
    let live = started(&world).await;
    world.store.inner.archive_thread(world.id).await.unwrap();
    let before = world.thread().await;
    let error = live.append_items(vec![said("late", world.now())]).await.unwrap_err();
    let conflict = error.as_conflict();
    assert!(matches!(conflict, Some(Conflict::Fenced { holder: None, .. })), "{error}");
    assert!(codes(&world, &live).await.iter().all(|code| *code == "conflict.fenced"));
    assert_eq!(world.thread().await, before);
}

#[tokio::test(start_paused = true)]
async fn a_thread_deleted_from_elsewhere_is_not_found_for_good() {
    for call in 0..6 {
        let world = World::new();
        let live = started(&world).await;
        world.store.inner.delete_thread(DeleteThread::new(world.id)).await.unwrap();
        let error = first_calls(&live, &world).remove(call).await.unwrap_err();
        assert_eq!(error.code(), "not_found", "call {call}");
        assert!(codes(&world, &live).await.iter().all(|code| *code == "not_found"));
        live.discard().await.unwrap();
        assert!(world.store.inner.thread(world.id).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn items_of_somebody_who_wrote_with_our_lease_are_a_conflict_for_good() {
    let world = World::new();
    let live = started(&world).await;
    let append = AppendItems::new(lease_of(&world).await, vec![said("theirs", world.now())]);
    world.store.inner.append_items(append).await.unwrap();
    let codes = codes(&world, &live).await;
    assert!(codes.iter().all(|code| *code == "conflict.ordinal"), "{codes:?}");
    assert_eq!(world.history().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_another_thread_has_is_a_conflict_for_good() {
    let world = World::new();
    started(&world).await;
    let second = start(&world, world.config());
    let codes = codes(&world, &second).await;
    assert!(codes.iter().all(|code| *code == "conflict.already_exists"), "{codes:?}");
    assert_eq!(world.history().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_preview_and_a_name_from_elsewhere_stand_against_facts_that_come_late() {
    let world = World::new();
    let live = start(&world, world.config());
    live.append_items(vec![said("nothing of a user", world.now())]).await.unwrap();
    // The edit of what the message tells fails, and is kept.
    world.store.fail(1, Fault::Refused);
    let renamed = event(
        &serde_json::json!({"type": "thread_name_updated", "thread_name": "Late"}),
        world.now(),
    );
    live.append_items(vec![user("Late", world.now()), tokens(10, world.now()), renamed])
        .await
        .unwrap();
    edited(&world, name("Named").preview("Shown".to_owned())).await;
    live.flush().await.unwrap();
    let thread = world.thread().await;
    assert_eq!(thread.metadata.preview.as_deref(), Some("Shown"));
    assert_eq!(thread.metadata.name.as_deref(), Some("Named"));
    assert_eq!(thread.metadata.title.as_deref(), Some("Late"));
    assert_eq!(total(&thread), Some(10));
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_expects_a_version_from_elsewhere_brings_no_facts_from_before_it() {
    let world = World::new();
    let live = start(&world, world.config());
    live.append_items(vec![said("nothing of a user", world.now())]).await.unwrap();
    world.store.fail(1, Fault::Refused);
    live.append_items(vec![user("Late", world.now())]).await.unwrap();
    let theirs = edited(&world, ThreadMetadataPatch::default().preview("Shown".to_owned())).await;
    let edit = UpdateThreadMetadata::new(world.id, name("Named"))
        .with_expected_version(theirs.metadata_version);
    let thread = live.update_thread_metadata(edit).await.unwrap();
    assert_eq!(thread.metadata.preview.as_deref(), Some("Shown"));
    assert_eq!(thread.metadata.title.as_deref(), Some("Late"));
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_expects_an_older_version_is_a_conflict_and_no_loss() {
    let world = World::new();
    let live = started(&world).await;
    edited(&world, name("Named")).await;
    let edit = UpdateThreadMetadata::new(world.id, name("Late")).with_expected_version(1);
    let error = live.update_thread_metadata(edit).await.unwrap_err();
    assert_eq!(error.code(), "conflict.metadata_version");
    live.append_items(vec![said("on", world.now())]).await.unwrap();
    assert_eq!(world.thread().await.metadata.name.as_deref(), Some("Named"));
}

#[tokio::test(start_paused = true)]
async fn a_title_never_takes_the_place_of_a_name() {
    let world = World::new();
    let live = start(&world, world.config());
    live.update_metadata(name("Named")).await.unwrap();
    live.append_items(vec![user("A title", world.now())]).await.unwrap();
    live.shutdown().await.unwrap();
    let thread = world.thread().await;
    assert_eq!(thread.metadata.name.as_deref(), Some("Named"));
    assert_eq!(thread.metadata.title.as_deref(), Some("A title"));
    assert_eq!(thread.next_ordinal, Ordinal::new(1));
}

#[tokio::test(start_paused = true)]
async fn facts_are_stored_at_once_after_an_edit_that_gave_way() {
    let world = World::new();
    let live = started(&world).await;
    world.clock.advance_millis(1000);
    // They set the name, and the same moment, to what the item tells.
    edited(&world, name("theirs").updated_at(world.now())).await;
    let ours = serde_json::json!({"type": "thread_name_updated", "thread_name": "ours"});
    live.append_items(vec![event(&ours, world.now())]).await.unwrap();
    live.append_items(vec![tokens(5, world.now())]).await.unwrap();
    assert_eq!(total(&world.thread().await), Some(5));
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_was_refused_is_not_sent_again_when_its_version_has_come() {
    let world = World::new();
    let live = started(&world).await;
    let next = world.thread().await.metadata_version + 1;
    let early = UpdateThreadMetadata::new(world.id, name("early")).with_expected_version(next);
    live.update_thread_metadata(early).await.unwrap_err();
    edited(&world, ThreadMetadataPatch::default().git_branch("main".to_owned())).await;
    live.persist().await.unwrap();
    assert_eq!(world.thread().await.metadata.name, None);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_given_again_stands_over_what_others_gave_meanwhile() {
    let world = World::new();
    let live = start(&world, world.config().with_retry(Retry::never()));
    live.append_items(vec![user("Hello", world.now())]).await.unwrap();
    world.store.fail(1, Fault::AnswerLost);
    live.update_metadata(name("mine")).await.unwrap_err();
    live.flush().await.unwrap();
    edited(&world, name("theirs")).await;
    live.update_metadata(name("mine")).await.unwrap();
    assert_eq!(world.thread().await.metadata.name.as_deref(), Some("mine"));
}
