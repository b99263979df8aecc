//! Calls of which nobody knows whether they were done.

use std::pin::pin;

use serde_json::json;
use thread_store::{
    BeginTurn, CreateThread, Edit, EndTurn, IfHeld, LiveThread, Operation, Ordinal, Outcome,
    ResumeLive, Retry, RevertTo, ThreadMetadataPatch, ThreadOptions, ThreadStore as _, TurnOutcome,
    UpdateThreadMetadata,
};

use crate::faulty::Fault;
use crate::support::{
    World, edited, event, resume_with, said, start, tokens, total, turn_end, turn_start,
    unavailable, user,
};

fn impatient(world: &World) -> LiveThread {
    start(world, world.config().with_retry(Retry::never()))
}

async fn started(world: &World) -> LiveThread {
    let live = impatient(world);
    live.append_items(vec![user("Hello", world.now())]).await.unwrap();
    live
}

/// Polls a call until a call to the store hangs, and drops it.
async fn dropped_when_it_hangs<T>(world: &World, call: impl Future<Output = T>) {
    let mut call = pin!(call);
    while !world.store.is_hanging() {
        assert!(futures::poll!(call.as_mut()).is_pending());
    }
}

#[tokio::test(start_paused = true)]
async fn an_append_in_doubt_is_recognised_when_repeated() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let world = World::new();
        let live = started(&world).await;
        let items = vec![said("one", world.now()), said("two", world.now())];
        world.store.fail(0, fault);
        let error = live.append_items(items.clone()).await.unwrap_err();
        assert_eq!(unavailable(&error), Some(Outcome::Unknown));
        let receipt = live.append_items(items).await.unwrap();
        assert_eq!((receipt.first, receipt.next), (Ordinal::new(1), Ordinal::new(3)));
        assert_eq!(world.history().await.len(), 3);
        let appends = world.store.calls().into_iter().filter_map(|call| call.ordinal);
        assert_eq!(appends.collect::<Vec<_>>(), [Ordinal::new(1); 2]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_append_in_doubt_that_a_barrier_settled_is_recognised_when_repeated() {
    let world = World::new();
    let live = started(&world).await;
    let items = vec![said("one", world.now()), said("two", world.now())];
    world.store.fail(0, Fault::AnswerLost);
    live.append_items(items.clone()).await.unwrap_err();
    live.flush().await.unwrap();
    let receipt = live.append_items(items).await.unwrap();
    assert_eq!((receipt.first, receipt.next), (Ordinal::new(1), Ordinal::new(3)));
    assert_eq!(world.history().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn first_items_in_doubt_that_a_barrier_settled_are_recognised_when_repeated() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let world = World::new();
        let live = impatient(&world);
        let items = vec![user("Hello", world.now())];
        world.store.fail(0, fault);
        live.append_items(items.clone()).await.unwrap_err();
        live.persist().await.unwrap();
        live.append_items(items).await.unwrap();
        assert_eq!(world.history().await.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_append_in_doubt_is_recognised_though_another_call_was_refused_since() {
    let world = World::new();
    let live = started(&world).await;
    let items = vec![said("one", world.now())];
    world.store.fail(0, Fault::AnswerLost);
    live.append_items(items.clone()).await.unwrap_err();
    live.revert(RevertTo::LastTurns(0)).await.unwrap_err();
    live.append_items(items).await.unwrap();
    assert_eq!(world.history().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_same_items_appended_twice_on_purpose_stand_twice() {
    let world = World::new();
    let live = started(&world).await;
    for _ in 0..2 {
        live.append_items(vec![said("again", world.now())]).await.unwrap();
    }
    assert_eq!(world.history().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn first_items_appended_twice_on_purpose_stand_twice() {
    let world = World::new();
    let live = impatient(&world);
    for _ in 0..2 {
        live.append_items(vec![said("again", world.now())]).await.unwrap();
    }
    assert_eq!(world.history().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn another_append_settles_the_one_in_doubt_first() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let world = World::new();
        let live = started(&world).await;
        world.store.fail(0, fault);
        live.append_items(vec![said("one", world.now())]).await.unwrap_err();
        let receipt = live.append_items(vec![said("two", world.now())]).await.unwrap();
        assert_eq!(receipt.first, Ordinal::new(2));
        assert_eq!(world.history().await.len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn repeating_an_older_append_does_not_forget_the_one_in_doubt() {
    let world = World::new();
    let live = started(&world).await;
    let (one, two) = (vec![said("one", world.now())], vec![said("two", world.now())]);
    world.store.fail(0, Fault::AnswerLost);
    live.append_items(one.clone()).await.unwrap_err();
    world.store.fail(1, Fault::RequestLost);
    live.append_items(two.clone()).await.unwrap_err();
    assert_eq!(live.append_items(one).await.unwrap().first, Ordinal::new(1));
    live.flush().await.unwrap();
    assert_eq!(live.append_items(two).await.unwrap().first, Ordinal::new(2));
    assert_eq!(world.history().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_append_in_doubt_that_another_append_settled_is_recognised_when_repeated() {
    let world = World::new();
    let live = started(&world).await;
    let one = vec![said("one", world.now())];
    world.store.fail(0, Fault::AnswerLost);
    live.append_items(one.clone()).await.unwrap_err();
    live.clone().append_items(vec![said("two", world.now())]).await.unwrap();
    live.append_items(one).await.unwrap();
    assert_eq!(world.history().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn first_items_in_doubt_that_another_append_settled_are_recognised_when_repeated() {
    let world = World::new();
    let live = start(&world, world.config().with_retry(Retry::never()));
    let one = vec![said("one", world.now())];
    world.store.fail(0, Fault::AnswerLost);
    live.append_items(one.clone()).await.unwrap_err();
    live.append_items(vec![said("two", world.now())]).await.unwrap();
    assert_eq!(live.append_items(one).await.unwrap().first, Ordinal::ZERO);
    assert_eq!(world.history().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn taking_back_a_turn_once_more_after_another_turn_takes_that_one_back() {
    // Whichever call of it loses its answer: the last one is the append of the marker.
    for call in 0..5 {
        let world = World::new();
        let live = started(&world).await;
        let turn = |id: &'static str| vec![turn_start(id, world.now()), turn_end(id, world.now())];
        live.append_items(turn("one")).await.unwrap();
        world.store.fail(call, Fault::AnswerLost);
        live.revert(RevertTo::LastTurns(1)).await.unwrap_err();
        let last = world.store.calls().last().map(|call| call.operation);
        assert!(call < 4 || last == Some(Operation::AppendItems));
        live.append_items(turn("two")).await.unwrap();
        let taken_back = live.revert(RevertTo::LastTurns(1)).await.unwrap();
        assert_eq!(taken_back.turn_ids, ["two"], "call {call}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_append_stays_in_doubt_though_the_store_breaks_when_it_is_asked_again() {
    let world = World::new();
    let live = start(&world, world.config());
    live.append_items(vec![user("Hello", world.now())]).await.unwrap();
    world.store.fail(0, Fault::AnswerLost);
    world.store.fail(1, Fault::Broken);
    live.append_items(vec![said("one", world.now())]).await.unwrap_err();
    let calls = world.store.calls();
    let broke = calls.iter().find(|call| call.fault == Some(Fault::Broken)).unwrap();
    assert_eq!(broke.operation, Operation::AppendItems);
    live.append_items(vec![said("two", world.now())]).await.unwrap();
    assert_eq!(world.history().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_append_dropped_while_its_facts_are_stored_is_recognised_when_repeated() {
    let world = World::new();
    let live = started(&world).await;
    let items = vec![tokens(10, world.now())];
    world.store.fail(1, Fault::HangsUndone);
    dropped_when_it_hangs(&world, live.append_items(items.clone())).await;
    let receipt = live.append_items(items).await.unwrap();
    assert_eq!((receipt.first, receipt.next), (Ordinal::new(1), Ordinal::new(2)));
    assert_eq!(world.history().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_revert_dropped_while_metadata_are_stored_is_recognised_when_repeated() {
    let world = World::new();
    let live = started(&world).await;
    world.clock.advance_millis(6000);
    world.store.fail(3, Fault::HangsUndone);
    dropped_when_it_hangs(&world, live.revert(RevertTo::Ordinal(Ordinal::ZERO))).await;
    let reverted = live.revert(RevertTo::Ordinal(Ordinal::ZERO)).await.unwrap();
    assert_eq!(reverted.marker.ordinal, Ordinal::new(1));
    assert_eq!(world.history().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn newer_facts_survive_that_the_answer_to_an_edit_of_older_ones_was_lost() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let world = World::new();
        let live = started(&world).await;
        world.store.fail(1, fault);
        live.append_items(vec![tokens(10, world.now())]).await.unwrap();
        live.append_items(vec![tokens(20, world.now())]).await.unwrap();
        live.flush().await.unwrap();
        assert_eq!(total(&world.thread().await), Some(20), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn newer_facts_survive_a_lost_answer_and_an_edit_from_elsewhere() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let world = World::new();
        let live = started(&world).await;
        world.store.fail(1, fault);
        live.append_items(vec![tokens(10, world.now())]).await.unwrap();
        edited(&world, ThreadMetadataPatch::default().name("Named".to_owned())).await;
        live.append_items(vec![tokens(20, world.now())]).await.unwrap();
        live.flush().await.unwrap();
        let thread = world.thread().await;
        assert_eq!(total(&thread), Some(20), "{fault:?}");
        assert_eq!(thread.metadata.name.as_deref(), Some("Named"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_with_an_expected_version_in_doubt_is_recognised_when_repeated() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let world = World::new();
        let live = started(&world).await;
        let patch = ThreadMetadataPatch::default().name("Named".to_owned());
        let edit = UpdateThreadMetadata::new(world.id, patch).with_expected_version(1);
        // The lease is checked first.
        world.store.fail(1, fault);
        let error = live.update_thread_metadata(edit.clone()).await.unwrap_err();
        assert_eq!(unavailable(&error), Some(Outcome::Unknown));
        let thread = live.update_thread_metadata(edit).await.unwrap();
        assert_eq!(thread.metadata.name.as_deref(), Some("Named"));
        assert_eq!(thread.metadata_version, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_with_an_expected_version_that_another_call_settled_is_recognised_when_repeated() {
    for request_id in [None, Some("mine".to_owned())] {
        let world = World::new();
        let live = started(&world).await;
        let patch = ThreadMetadataPatch::default().name("Named".to_owned());
        let mut edit = UpdateThreadMetadata::new(world.id, patch).with_expected_version(1);
        edit.request_id = request_id.clone();
        // The lease is checked first.
        world.store.fail(1, Fault::AnswerLost);
        live.update_thread_metadata(edit.clone()).await.unwrap_err();
        match request_id {
            None => live.flush().await.unwrap(),
            // Facts are stored, which moves the version.
            Some(_) => drop(live.append_items(vec![tokens(5, world.now())]).await.unwrap()),
        }
        live.update_thread_metadata(edit).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_polite_resume_whose_answer_was_lost_is_not_refused_by_itself() {
    let world = World::new();
    world.store.inner.create_thread(CreateThread::new(world.id)).await.unwrap();
    world.store.fail(0, Fault::AnswerLost);
    resume_with(&world, ResumeLive::new(world.id).with_if_held(IfHeld::Refuse)).await.unwrap();
}

fn beginning(world: &World, id: &str) -> BeginTurn {
    let overrides = ThreadOptions::default().personality("friendly".to_owned());
    BeginTurn::new()
        .with_turn_id(id.to_owned())
        .with_at(world.now())
        .with_overrides(overrides)
        .with_items(vec![user(id, world.now())])
}

#[tokio::test(start_paused = true)]
async fn a_turn_whose_beginning_is_in_doubt_is_in_progress_for_the_next_call() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let world = World::new();
        let live = started(&world).await;
        world.store.fail(0, fault);
        live.begin_turn(beginning(&world, "first")).await.unwrap_err();
        let refused = live.begin_turn(beginning(&world, "second")).await.unwrap_err();
        assert_eq!(refused.code(), "invalid_request");
        live.end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap();
        let replay = thread_store::ThreadStoreExt::replay(&world.store.inner, world.id).await;
        let turns: Vec<_> = replay.unwrap().turns.into_iter().map(|turn| turn.id).collect();
        assert!(turns.ends_with(&["first".to_owned()]), "{turns:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_begins_with_the_options_that_an_append_in_doubt_has_set() {
    let world = World::new();
    let live = started(&world).await;
    live.set_options(ThreadOptions::default().model("large".to_owned())).await.unwrap();
    let settings =
        json!({"type": "thread_settings_applied", "thread_settings": {"model": "small"}});
    world.store.fail(0, Fault::AnswerLost);
    live.append_items(vec![event(&settings, world.now())]).await.unwrap_err();
    let turn = live.begin_turn(BeginTurn::new()).await.unwrap();
    assert_eq!(turn.options.model, Edit::Set(Some("small".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_turn_in_doubt_is_settled_before_the_next_one_begins() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let world = World::new();
        let live = started(&world).await;
        live.begin_turn(beginning(&world, "first")).await.unwrap();
        world.store.fail(0, fault);
        live.end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap_err();
        live.begin_turn(beginning(&world, "second")).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_a_barrier_settled_is_recognised_when_begun_and_ended_again() {
    let world = World::new();
    let live = started(&world).await;
    world.store.fail(0, Fault::AnswerLost);
    live.begin_turn(beginning(&world, "first")).await.unwrap_err();
    live.flush().await.unwrap();
    let turn = live.begin_turn(beginning(&world, "first")).await.unwrap();
    assert_eq!(live.turn_options().await.unwrap(), turn.options);
    let end = EndTurn::new(TurnOutcome::Interrupted).with_at(world.now());
    world.store.fail(0, Fault::AnswerLost);
    live.end_turn(end.clone()).await.unwrap_err();
    live.flush().await.unwrap();
    live.end_turn(end).await.unwrap();
    assert_eq!(world.history().await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_taken_back_while_a_turn_in_doubt_turns_out_to_be_in_progress() {
    let world = World::new();
    let live = started(&world).await;
    world.store.fail(0, Fault::AnswerLost);
    live.append_items(vec![turn_start("turn", world.now())]).await.unwrap_err();
    let refused = live.revert(RevertTo::Ordinal(Ordinal::ZERO)).await.unwrap_err();
    assert_eq!(refused.code(), "invalid_request");
    assert_eq!(world.history().await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_waits_for_another_was_never_made() {
    let world = World::new();
    let live = started(&world).await;
    world.store.fail(0, Fault::HangsUndone);
    let mut first = Box::pin(live.append_items(vec![said("first", world.now())]));
    assert!(futures::poll!(first.as_mut()).is_pending());
    let mut second = Box::pin(live.append_items(vec![said("second", world.now())]));
    assert!(futures::poll!(second.as_mut()).is_pending());
    drop(second);
    drop(first);
    live.append_items(vec![said("third", world.now())]).await.unwrap();
    let history = world.history().await;
    assert_eq!(history.len(), 3);
    assert!(history[1].contains("first") && history[2].contains("third"));
}
