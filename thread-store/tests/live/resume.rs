//! Going on with a thread: where it was left, and what was not derived.

use serde_json::json;
use thread_store::{
    AppendItems, BeginTurn, Conflict, ContinuationToken, ForkThread, LiveThread, Ordinal,
    ResumeLive, Retry, RolloutItem, StartThread, ThreadId, ThreadMetadataPatch, ThreadStore as _,
    ThreadStoreExt as _, Timestamp,
};

use crate::faulty::Fault;
use crate::support::{
    World, edited, event, resume, resume_with, said, start, taken_over, tokens, total, user,
};

async fn started(world: &World) -> LiveThread {
    let live = start(world, world.config());
    live.append_items(vec![user("Hello", world.now()), said("Hi", world.now())]).await.unwrap();
    live
}

fn with_token(world: &World, token: ContinuationToken) -> ResumeLive {
    ResumeLive::new(world.id).with_token(token)
}

/// An item that does not say when it happened.
fn untimed(text: &str) -> RolloutItem {
    let payload = json!({"type": "user_message", "message": text});
    let item = json!({"type": "event_msg", "payload": payload});
    RolloutItem::try_from(item.to_string().as_str()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_right_token_goes_on_where_the_thread_was_left() {
    let world = World::new();
    let token = started(&world).await.continuation_token().await.unwrap();
    let live = resume_with(&world, with_token(&world, token)).await.unwrap();
    let receipt = live.append_items(vec![said("on", world.now())]).await.unwrap();
    assert_eq!(receipt.first, Ordinal::new(2));
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_thread_that_left_nothing_fits_no_history() {
    let world = World::new();
    let live = start(&world, world.config());
    let token = live.continuation_token().await.unwrap();
    live.append_items(vec![said("one", world.now())]).await.unwrap();
    let error = resume_with(&world, with_token(&world, token)).await.unwrap_err();
    assert_eq!(error.code(), "conflict.ordinal");
    live.append_items(vec![said("two", world.now())]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_old_token_is_a_conflict_before_anybody_is_fenced() {
    let world = World::new();
    let live = started(&world).await;
    let token = live.continuation_token().await.unwrap();
    live.append_items(vec![said("later", world.now())]).await.unwrap();
    let error = resume_with(&world, with_token(&world, token)).await.unwrap_err();
    let conflict = Conflict::Ordinal { expected: Ordinal::new(2), actual: Ordinal::new(3) };
    assert_eq!(error.as_conflict(), Some(&conflict));
    live.append_items(vec![said("still mine", world.now())]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_same_length_of_another_history_is_a_conflict() {
    let world = World::new();
    let token = started(&world).await.continuation_token().await.unwrap();
    world.store.inner.delete_thread(world.id.into()).await.unwrap();
    let live = start(&world, world.config());
    live.append_items(vec![said("an", world.now()), said("other", world.now())]).await.unwrap();
    let error = resume_with(&world, with_token(&world, token)).await.unwrap_err();
    assert_eq!(error.code(), "conflict.ordinal");
    live.append_items(vec![said("still mine", world.now())]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn damaged_and_foreign_tokens_are_invalid_requests_before_anybody_is_fenced() {
    let world = World::new();
    let live = started(&world).await;
    let token = live.continuation_token().await.unwrap();
    let other = ThreadId::from_parts(world.now(), 8);
    let stranger = LiveThread::start(live.store().clone(), StartThread::new(other), world.config());
    let foreign = stranger.continuation_token().await.unwrap();
    let cut = token.as_str()[1..].to_owned();
    let bad = [ContinuationToken::new(""), ContinuationToken::new(cut), foreign];
    for token in bad {
        let error = resume_with(&world, with_token(&world, token)).await.unwrap_err();
        assert_eq!(error.code(), "invalid_request");
        live.append_items(vec![said("still mine", world.now())]).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn every_call_of_a_resume_with_a_token_is_repeated() {
    let world = World::new();
    let live = started(&world).await;
    let token = live.continuation_token().await.unwrap();
    let before = world.store.call_count();
    resume_with(&world, with_token(&world, token.clone())).await.unwrap();
    for call in 0..world.store.call_count() - before {
        world.store.fail(call, Fault::Refused);
        resume_with(&world, with_token(&world, token.clone())).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_an_append_and_its_edit_costs_no_facts() {
    for fault in [Fault::Refused, Fault::AnswerLost] {
        let world = World::new();
        let live = start(&world, world.config().with_retry(Retry::never()));
        live.append_items(vec![said("nothing to tell", world.now())]).await.unwrap();
        world.store.fail(1, fault);
        live.append_items(vec![user("Hello", world.now()), tokens(7, world.now())]).await.unwrap();
        drop(live);
        let live = resume(&world).await;
        assert_eq!(live.thread().await.unwrap().metadata.title.as_deref(), Some("Hello"));
        live.persist().await.unwrap();
        let thread = world.thread().await;
        assert_eq!(thread.metadata.title.as_deref(), Some("Hello"));
        assert_eq!(total(&thread), Some(7));
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_a_person_gave_after_a_crash_stands_against_one_derived_late() {
    let world = World::new();
    let live = started(&world).await;
    world.store.fail(1, Fault::Refused);
    let named = json!({"type": "thread_name_updated", "thread_name": "before the crash"});
    live.append_items(vec![event(&named, world.now())]).await.unwrap();
    drop(live);
    edited(&world, ThreadMetadataPatch::default().name("after it".to_owned())).await;
    let live = resume(&world).await;
    live.persist().await.unwrap();
    assert_eq!(world.thread().await.metadata.name.as_deref(), Some("after it"));
}

#[tokio::test(start_paused = true)]
async fn items_that_others_wrote_before_a_late_answer_are_derived() {
    let world = World::new();
    let live = start(&world, world.config().with_retry(Retry::never()));
    world.store.fail(0, Fault::AnswerLost);
    let first = vec![said("first", world.now())];
    live.append_items(first.clone()).await.unwrap_err();
    let lease = taken_over(&world).await;
    let theirs = AppendItems::new(lease, vec![user("Hello", world.now())]);
    world.store.inner.append_items(theirs).await.unwrap();
    live.append_items(first).await.unwrap();
    live.persist().await.unwrap();
    assert_eq!(world.thread().await.metadata.title.as_deref(), Some("Hello"));
    assert_eq!(world.thread().await.next_ordinal, Ordinal::new(2));
}

#[tokio::test(start_paused = true)]
async fn what_was_derived_is_not_derived_again() {
    let world = World::new();
    let live = started(&world).await;
    live.append_items(vec![tokens(7, world.now())]).await.unwrap();
    assert_eq!(world.thread().await.metadata.observed_to, Some(Ordinal::new(3)));
    world.clock.advance_millis(1);
    live.append_items(vec![said("held back", world.now())]).await.unwrap();
    live.shutdown().await.unwrap();
    assert_eq!(world.thread().await.metadata.observed_to, Some(Ordinal::new(4)));
    let before = world.store.call_count();
    resume(&world).await;
    assert_eq!(world.store.call_count() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn a_resumed_thread_stores_nothing_until_it_is_written() {
    let world = World::new();
    started(&world).await.shutdown().await.unwrap();
    let before = world.thread().await;
    world.clock.advance_millis(60_000);
    let live = resume(&world).await;
    live.flush().await.unwrap();
    live.check().await.unwrap();
    live.shutdown().await.unwrap();
    assert_eq!(world.thread().await, before);
}

/// A fork of a stored thread, without the name, title and message that it inherits.
async fn forked(world: &World) -> World {
    started(world).await.shutdown().await.unwrap();
    let id = ThreadId::from_parts(world.now(), 9);
    let fork = ForkThread::new(world.id, id).with_created_at(world.now());
    let cleared = ThreadMetadataPatch::default().title(None).preview(None).first_user_message(None);
    world.store.fork_thread(fork.with_metadata(cleared)).await.unwrap();
    World { store: world.store.clone(), clock: world.clock.clone(), id }
}

#[tokio::test(start_paused = true)]
async fn inherited_items_of_a_fork_tell_nothing_and_its_own_do() {
    let world = forked(&World::new()).await;
    let live = resume(&world).await;
    live.append_items(vec![said("own", world.now())]).await.unwrap();
    live.persist().await.unwrap();
    assert_eq!(world.thread().await.metadata.title, None);
    live.append_items(vec![user("My own", world.now())]).await.unwrap();
    live.shutdown().await.unwrap();
    assert_eq!(world.thread().await.metadata.title.as_deref(), Some("My own"));
}

#[tokio::test(start_paused = true)]
async fn inherited_items_of_a_fork_tell_nothing_after_a_crash_either() {
    let world = forked(&World::new()).await;
    let live = resume(&world).await;
    // The mark is stored; the edit after the append is not.
    world.store.fail(2, Fault::Refused);
    live.append_items(vec![tokens(7, world.now())]).await.unwrap();
    drop(live);
    let live = resume(&world).await;
    live.persist().await.unwrap();
    let thread = world.thread().await;
    assert_eq!(thread.metadata.title, None);
    assert_eq!(total(&thread), Some(7));
}

#[tokio::test(start_paused = true)]
async fn items_without_a_time_move_the_times_by_the_clock() {
    let world = World::new();
    let live = start(&world, world.config());
    live.append_items(vec![said("first", world.now())]).await.unwrap();
    world.clock.advance_millis(9000);
    let at = world.now();
    live.append_items(vec![untimed("second")]).await.unwrap();
    assert_eq!(world.thread().await.metadata.updated_at, at);
    world.clock.advance_millis(9000);
    let start = json!({"type": "event_msg", "payload": {"type": "task_started", "turn_id": "t"}});
    let start = RolloutItem::try_from(start.to_string().as_str()).unwrap();
    live.append_items(vec![start]).await.unwrap();
    assert_eq!(world.thread().await.metadata.recency_at, world.now());
}

#[tokio::test(start_paused = true)]
async fn only_the_start_of_a_turn_moves_recency() {
    let world = World::new();
    let live = start(&world, world.config());
    live.begin_turn(BeginTurn::new().with_at(world.now())).await.unwrap();
    let began = world.now();
    world.clock.advance_millis(9000);
    live.append_items(vec![user("Hello", world.now()), said("Hi", world.now())]).await.unwrap();
    let thread = world.thread().await;
    assert_eq!(thread.metadata.recency_at, began);
    assert_eq!(thread.metadata.updated_at, world.now());
}

#[tokio::test(start_paused = true)]
async fn times_do_not_go_back_with_the_clock_of_an_item() {
    let world = World::new();
    let live = started(&world).await;
    world.clock.advance_millis(9000);
    live.append_items(vec![said("old", Timestamp::from_millis(0))]).await.unwrap();
    assert_eq!(world.thread().await.metadata.updated_at, world.now());
}

/// Larger than metadata may be.
fn huge() -> String {
    "x".repeat(5 << 20)
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_for_metadata_keeps_nothing_else_from_being_stored() {
    let now = World::new().now();
    let items = [
        RolloutItem::new("turn_context", &json!({"approval_policy": [huge()]}), now),
        RolloutItem::new("turn_context", &json!({"model": huge()}), now),
        RolloutItem::new("session_meta", &json!({"id": World::new().id, "cwd": huge()}), now),
        RolloutItem::new(
            "event_msg",
            &json!({"type": "token_count", "info": {"total_token_usage": {"more": huge()}}}),
            now,
        ),
        RolloutItem::new(
            "event_msg",
            &json!({"type": "thread_name_updated", "thread_name": huge()}),
            now,
        ),
    ];
    for item in items.map(Result::unwrap) {
        let world = World::new();
        let live = start(&world, world.config());
        live.append_items(vec![item.clone()]).await.unwrap();
        live.append_items(vec![item, user("Hello", now)]).await.unwrap();
        assert_eq!(world.thread().await.metadata.title.as_deref(), Some("Hello"));
        live.update_metadata(ThreadMetadataPatch::default().name("Named".to_owned()))
            .await
            .unwrap();
        live.shutdown().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_is_refused_leaves_the_thread_as_it_was() {
    let world = World::new();
    let live = started(&world).await;
    let refused = live.update_metadata(ThreadMetadataPatch::default().name(huge())).await;
    assert_eq!(refused.unwrap_err().code(), "invalid_request");
    live.append_items(vec![tokens(3, world.now())]).await.unwrap();
    assert_eq!(total(&world.thread().await), Some(3));
    live.shutdown().await.unwrap();
    assert!(world.is_free().await);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_follows_the_history_mode_after_a_resume_too() {
    let world = World::new();
    let begin = StartThread::new(world.id).with_history_mode(thread_store::HistoryMode::Paginated);
    let live = LiveThread::start(world.store.clone() as _, begin, world.config());
    live.append_items(vec![said("kept", world.now()), user("not", world.now())]).await.unwrap();
    live.shutdown().await.unwrap();
    let live = resume(&world).await;
    live.append_items(vec![said("kept", world.now()), user("not", world.now())]).await.unwrap();
    assert_eq!(world.history().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_archived_thread_is_resumed_when_asked_for_and_stays_archived() {
    let world = World::new();
    started(&world).await.shutdown().await.unwrap();
    world.store.inner.archive_thread(world.id).await.unwrap();
    let error = resume_with(&world, ResumeLive::new(world.id)).await.unwrap_err();
    assert_eq!(error.code(), "archived");
    let asked = ResumeLive::new(world.id).with_include_archived(true);
    let live = resume_with(&world, asked).await.unwrap();
    live.append_items(vec![tokens(5, world.now())]).await.unwrap();
    live.continuation_token().await.unwrap();
    live.shutdown().await.unwrap();
    let thread = world.thread().await;
    assert!(thread.is_archived());
    assert_eq!(total(&thread), Some(5));
}
