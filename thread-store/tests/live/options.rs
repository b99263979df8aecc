//! What a thread is run with.

use serde_json::json;
use thread_store::{
    BeginTurn, CreateThread, Edit, EndTurn, LiveThread, ResumeLive, RolloutItem, StartThread,
    ThreadOptions, ThreadStore as _, TurnOutcome,
};

use crate::support::{World, resume, resume_with, said, user};

fn options() -> ThreadOptions {
    ThreadOptions::default()
        .model("large".to_owned())
        .reasoning_effort(None)
        .approval_policy(json!({"ask": ["always"]}))
}

fn started(world: &World, options: ThreadOptions) -> LiveThread {
    let start = StartThread::new(world.id).with_options(options);
    LiveThread::start(std::sync::Arc::clone(&world.store) as _, start, world.config())
}

fn cheaper() -> ThreadOptions {
    ThreadOptions::default().model("small".to_owned()).personality("friendly".to_owned())
}

#[tokio::test(start_paused = true)]
async fn not_given_null_and_a_value_are_still_told_apart_after_a_resume() {
    let world = World::new();
    let live = started(&world, options());
    live.append_items(vec![user("Hello", world.now())]).await.unwrap();
    live.shutdown().await.unwrap();
    let resumed = resume(&world).await.options().await.unwrap();
    assert_eq!(resumed, options());
    assert_eq!(resumed.reasoning_effort, Edit::Set(None));
    assert_eq!(resumed.cwd, Edit::Keep);
}

#[tokio::test(start_paused = true)]
async fn overrides_hold_for_one_turn_and_leak_nowhere() {
    let world = World::new();
    let live = started(&world, options());
    let turn = live.begin_turn(BeginTurn::new().with_overrides(cheaper())).await.unwrap();
    assert_eq!(turn.options, options().overridden_by(cheaper()));
    assert_eq!(live.turn_options().await.unwrap(), turn.options);
    assert_eq!(live.options().await.unwrap(), options());
    live.end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap();
    assert_eq!(live.turn_options().await.unwrap(), options());
    assert_eq!(live.begin_turn(BeginTurn::new()).await.unwrap().options, options());
    live.end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap();
    live.shutdown().await.unwrap();
    assert_eq!(resume(&world).await.options().await.unwrap(), options());
}

#[tokio::test(start_paused = true)]
async fn what_a_list_shows_of_an_override_is_gone_with_the_next_turn() {
    let world = World::new();
    let live = started(&world, options());
    live.begin_turn(BeginTurn::new().with_overrides(cheaper())).await.unwrap();
    live.end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap();
    live.flush().await.unwrap();
    let next = live.begin_turn(BeginTurn::new()).await.unwrap();
    assert_eq!(next.options, options());
    live.flush().await.unwrap();
    assert_eq!(world.thread().await.metadata.model.as_deref(), Some("large"));
}

/// A thread that came from elsewhere, with a turn of its own.
async fn imported(world: &World) {
    let context = json!({"turn_id": "old", "model": "large", "effort": "high"});
    let items = vec![RolloutItem::new("turn_context", &context, world.now()).unwrap()];
    let metadata = thread_store::ThreadMetadataPatch::default()
        .model("large".to_owned())
        .reasoning_effort("high".to_owned());
    let create = CreateThread::new(world.id).with_items(items).with_metadata(metadata);
    world.store.create_thread(create).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn overrides_on_a_thread_without_options_do_not_leak_into_the_next_turn() {
    let world = World::new();
    imported(&world).await;
    let live = resume(&world).await;
    let before = live.options().await.unwrap();
    live.begin_turn(BeginTurn::new().with_overrides(cheaper())).await.unwrap();
    live.end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap();
    assert_eq!(live.options().await.unwrap(), before);
    assert_eq!(live.begin_turn(BeginTurn::new()).await.unwrap().options, before);
}

#[tokio::test(start_paused = true)]
async fn options_given_on_resume_are_stored_with_the_first_write_and_not_before() {
    let world = World::new();
    let live = started(&world, options());
    live.append_items(vec![user("Hello", world.now())]).await.unwrap();
    live.shutdown().await.unwrap();
    let before = world.thread().await;
    let with_options = ResumeLive::new(world.id).with_options(cheaper());

    let idle = resume_with(&world, with_options.clone()).await.unwrap();
    let changed = options().overridden_by(cheaper());
    assert_eq!(idle.options().await.unwrap(), changed);
    idle.flush().await.unwrap();
    idle.shutdown().await.unwrap();
    assert_eq!(world.thread().await, before);

    let busy = resume_with(&world, with_options).await.unwrap();
    busy.append_items(vec![said("on", world.now())]).await.unwrap();
    let thread = world.thread().await;
    assert_eq!(thread.metadata.options, Some(changed));
    assert_eq!(thread.metadata.model.as_deref(), Some("small"));
}

#[tokio::test(start_paused = true)]
async fn options_of_a_thread_that_is_not_started_are_stored_with_it() {
    let world = World::new();
    let live = started(&world, options());
    let changed = live.set_options(cheaper()).await.unwrap();
    assert_eq!(world.store.call_count(), 0);
    live.append_items(vec![user("Hello", world.now())]).await.unwrap();
    assert_eq!(world.thread().await.metadata.options, Some(changed));
}

#[tokio::test(start_paused = true)]
async fn what_a_list_shows_of_an_override_is_gone_with_its_turn() {
    let world = World::new();
    let live = started(&world, options());
    live.begin_turn(BeginTurn::new().with_overrides(cheaper())).await.unwrap();
    live.end_turn(EndTurn::new(TurnOutcome::Completed)).await.unwrap();
    assert_eq!(live.thread().await.unwrap().metadata.model.as_deref(), Some("large"));
}

#[tokio::test(start_paused = true)]
async fn a_thread_started_without_options_has_those_that_its_turns_were_run_with() {
    let world = World::new();
    let live = started(&world, ThreadOptions::default());
    let context = json!({"turn_id": "t", "cwd": "/tmp", "model": "large"});
    let context = RolloutItem::new("turn_context", &context, world.now()).unwrap();
    live.append_items(vec![context]).await.unwrap();
    assert_eq!(live.options().await.unwrap().model, Edit::Set(Some("large".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_null_override_is_told_in_the_records_of_its_turn() {
    let world = World::new();
    let live = started(&world, options());
    let overrides = ThreadOptions::default().model(None);
    live.begin_turn(BeginTurn::new().with_overrides(overrides)).await.unwrap();
    let history = world.history().await;
    let context = history.iter().find(|item| item.contains("turn_context")).unwrap();
    assert!(context.contains(r#""model":null"#), "{context}");
}

#[tokio::test]
async fn what_is_printed_of_a_live_thread_is_which_it_is() {
    let world = World::new();
    let options = ThreadOptions::default().base_instructions("s3cret".to_owned());
    let start = StartThread::new(world.id).with_options(options);
    let live = LiveThread::start(world.store.clone(), start, world.config());
    live.append_items(vec![user("s3cret", world.now())]).await.unwrap();
    let printed = format!("{live:?}");
    assert!(printed.contains(&world.id.to_string()) && !printed.contains("s3cret"), "{printed}");
}
