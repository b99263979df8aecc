//! One life of a thread, with every call to the store failing in every way.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use thread_store::{
    BeginTurn, EndTurn, ErrorKind, LiveConfig, LiveThread, Ordinal, Result, ResumeLive, Retry,
    RevertTo, StartThread, ThreadMetadata, ThreadMetadataPatch, ThreadOptions, TurnOutcome,
};

use crate::faulty::Fault;
use crate::support::{World, said, tokens, turn_end, turn_start, user};

/// Longer than any call fails in these tests.
const PATIENCE: usize = 8;

/// What is left of the thread.
#[derive(PartialEq, Debug)]
struct Left {
    history: Vec<String>,
    metadata: ThreadMetadata,
    next: Ordinal,
    calls: usize,
}

/// Makes a call until it is answered: one that is unavailable is repeated, one that hangs is dropped
/// and repeated.
async fn insist<T, F: Future<Output = Result<T>>>(world: &World, call: impl Fn() -> F) -> T {
    for _ in 0..PATIENCE {
        match until_it_hangs(world, call()).await {
            Some(Ok(answer)) => return answer,
            Some(Err(error)) => {
                let unavailable = matches!(error.kind(), ErrorKind::Unavailable { .. });
                assert!(unavailable, "{error}");
            }
            None => {}
        }
    }
    panic!("unavailable for ever");
}

async fn until_it_hangs<T>(world: &World, call: impl Future<Output = T>) -> Option<T> {
    let mut call = pin!(call);
    poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if world.store.is_hanging() => Poll::Ready(None),
        Poll::Pending => Poll::Pending,
    })
    .await
}

async fn first_session(world: &World, config: LiveConfig) {
    let start =
        StartThread::new(world.id).with_options(ThreadOptions::default().model("a".to_owned()));
    let live = LiveThread::start(Arc::clone(&world.store) as _, start, config);
    let append = async |items: Vec<_>| {
        world.clock.advance_millis(700);
        insist(world, || live.append_items(items.clone())).await;
    };
    append(vec![user("Hello", world.now()), said("one", world.now())]).await;
    append(vec![said("two", world.now())]).await;
    append(vec![tokens(10, world.now())]).await;
    append(vec![tokens(20, world.now())]).await;
    insist(world, || live.update_metadata(ThreadMetadataPatch::default().name("Named".to_owned())))
        .await;
    append(vec![turn_start("turn-1", world.now()), turn_end("turn-1", world.now())]).await;
    world.clock.advance_millis(6000);
    append(vec![said("three", world.now())]).await;
    turn(world, &live, "turn-2").await;
    insist(world, || live.flush()).await;
    turn(world, &live, "turn-3").await;
    insist(world, || live.revert(RevertTo::LastTurns(1))).await;
    insist(world, || live.set_options(ThreadOptions::default().model("b".to_owned()))).await;
    insist(world, || live.shutdown()).await;
}

async fn turn(world: &World, live: &LiveThread, id: &str) {
    world.clock.advance_millis(700);
    let begin = BeginTurn::new()
        .with_turn_id(id.to_owned())
        .with_at(world.now())
        .with_overrides(ThreadOptions::default().personality("pragmatic".to_owned()))
        .with_items(vec![user(id, world.now())]);
    insist_on_turn(world, || live.begin_turn(begin.clone())).await;
    let end = EndTurn::new(TurnOutcome::Completed).with_at(world.now());
    insist_on_turn(world, || live.end_turn(end.clone())).await;
}

async fn insist_on_turn<T, F: Future<Output = Result<T>>>(world: &World, call: impl Fn() -> F) {
    insist(world, call).await;
}

async fn second_session(world: &World, config: LiveConfig) {
    let store = || Arc::clone(&world.store) as _;
    let resume = || LiveThread::resume(store(), ResumeLive::new(world.id), config.clone());
    let live = insist(world, resume).await;
    world.clock.advance_millis(700);
    let items = vec![turn_start("turn-4", world.now()), said("four", world.now())];
    insist(world, || live.append_items(items.clone())).await;
    insist(world, || live.shutdown()).await;
}

/// The whole life, with these faults at these calls.
async fn live(retry: &Retry, faults: &[(usize, Fault)]) -> Left {
    let world = World::new();
    faults.iter().for_each(|(at, fault)| world.store.fail(*at, *fault));
    first_session(&world, world.config().with_retry(retry.clone())).await;
    second_session(&world, world.config().with_retry(retry.clone())).await;
    world.store.heal();
    assert!(world.is_free().await, "{faults:?}");
    let thread = world.thread().await;
    Left {
        history: world.history().await,
        metadata: thread.metadata,
        next: thread.next_ordinal,
        calls: world.store.call_count(),
    }
}

async fn leaves_the_same(retry: &Retry, faults: &[Fault], at_once: usize) {
    let whole = live(retry, &[]).await;
    for at in 0..whole.calls {
        for fault in faults {
            let planned: Vec<_> = (at..at + at_once).map(|at| (at, *fault)).collect();
            let left = live(retry, &planned).await;
            assert_eq!(left.history, whole.history, "{planned:?}");
            assert_eq!(left.metadata, whole.metadata, "{planned:?}");
            assert_eq!(left.next, whole.next, "{planned:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_failing_call_anywhere_is_made_good_by_retries() {
    leaves_the_same(&Retry::default(), &Fault::FAILING, 1).await;
}

#[tokio::test(start_paused = true)]
async fn three_failing_calls_in_a_row_anywhere_are_made_good_by_retries() {
    leaves_the_same(&Retry::default(), &Fault::FAILING, 3).await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_repeats_what_was_unavailable_loses_and_doubles_nothing() {
    leaves_the_same(&Retry::never(), &Fault::FAILING, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_repeats_twice_what_was_unavailable_loses_and_doubles_nothing() {
    leaves_the_same(&Retry::never(), &Fault::FAILING, 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_drops_a_call_and_repeats_it_loses_and_doubles_nothing() {
    leaves_the_same(&Retry::default(), &Fault::HANGING, 1).await;
}
