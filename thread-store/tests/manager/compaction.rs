//! Compaction, and all the ways in which it comes to nothing.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use thread_store::{
    Compaction, CompactionReporter, Compactor, ItemContent, ListTurns, LoadModelContext,
    ModelContext, Operation, ThreadStatus, ThreadStore as _, ThreadStoreExt as _,
};

use crate::world::{World, begin, begin_turn, code, id, settle, start, user};
use crate::wrapped::{Door, Wrapped, unavailable};

/// A compactor that does as it is told.
#[derive(Debug)]
pub(crate) struct Summary(Conduct);

#[derive(Debug)]
enum Conduct {
    Good,
    Behind(Door),
    Fails,
    Panics,
}

impl Summary {
    pub(crate) fn good() -> Arc<Self> {
        Arc::new(Self(Conduct::Good))
    }

    /// It goes on when the door opens.
    pub(crate) fn behind(door: Door) -> Arc<Self> {
        Arc::new(Self(Conduct::Behind(door)))
    }
}

#[async_trait]
impl Compactor for Summary {
    async fn compact(
        &self,
        _context: ModelContext,
        progress: &CompactionReporter,
    ) -> Result<Compaction, Box<dyn StdError + Send + Sync>> {
        match &self.0 {
            Conduct::Good => progress.advance(1, Some(2)),
            Conduct::Behind(door) => door.pass().await,
            Conduct::Fails => return Err("no".into()),
            Conduct::Panics => panic!("expected"),
        }
        let said = json!({"type": "message", "role": "user", "content": []});
        Ok(Compaction::new("All of it", vec![said]))
    }
}

fn world(conduct: Conduct) -> World {
    World::with(Wrapped::new(), |config| config.with_compactor(Arc::new(Summary(conduct))))
}

type Compacting = tokio::task::JoinHandle<thread_store::Result<thread_store::AppendReceipt>>;

/// A compaction in progress, with the door that it waits at.
async fn in_progress() -> (World, Door, Compacting) {
    let door = Door::new();
    let world = world(Conduct::Behind(door.clone()));
    world.loaded(1).await;
    let manager = world.manager.clone();
    let compacting = tokio::spawn(async move { manager.compact(id(1)).await });
    door.reached().await;
    (world, door, compacting)
}

/// The history is what it was, and the thread does nothing.
async fn assert_untouched(world: &World) {
    assert_eq!(world.store.history(id(1)).await.unwrap().len(), 3);
    assert_eq!(world.manager.status(id(1)), ThreadStatus::Idle);
}

#[tokio::test]
async fn a_compaction_is_told_with_its_progress() {
    let mut world = world(Conduct::Good);
    world.loaded(1).await;
    world.told();
    let receipt = world.manager.compact(id(1)).await.unwrap();
    assert_eq!((receipt.first.get(), receipt.next.get()), (3, 7));
    let expected = [
        "1 active",
        "1 compaction started",
        "1 compaction advanced 1 of Some(2)",
        "1 compaction completed at 4",
        "1 idle",
    ];
    assert_eq!(world.told(), expected);
}

#[tokio::test]
async fn a_summary_takes_the_place_of_what_it_sums_up() {
    let world = world(Conduct::Good);
    let thread = world.loaded(1).await;
    world.manager.compact(id(1)).await.unwrap();
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    let context = world.store.load_model_context(LoadModelContext::new(id(1))).await.unwrap();
    assert_eq!(context.compaction.unwrap().ordinal.get(), 4);
    assert_eq!(context.items.first().unwrap().ordinal.get(), 5);
}

#[tokio::test]
async fn a_summary_is_shown_as_a_turn_of_its_own() {
    for mode in [None, Some(thread_store::HistoryMode::Paginated)] {
        let world = world(Conduct::Good);
        let thread = world.manager.start(start(1).with_history_mode(mode)).await.unwrap();
        thread.live().append_items(crate::world::turn("turn-1")).await.unwrap();
        world.manager.compact(id(1)).await.unwrap();
        let turns = world.manager.list_turns(ListTurns::new(id(1))).await.unwrap().turns;
        assert_eq!(turns.len(), 2);
        let shown: Vec<_> = turns[1].items.iter().map(|item| item.content.kind()).collect();
        assert_eq!(shown, ["contextCompaction"], "{mode:?}");
    }
}

#[tokio::test]
async fn a_compactor_that_fails_leaves_the_history_as_it_was() {
    for conduct in [Conduct::Fails, Conduct::Panics] {
        let mut world = world(conduct);
        world.loaded(1).await;
        world.told();
        assert_eq!(code(&world.manager.compact(id(1)).await), "internal");
        let expected =
            ["1 active", "1 compaction started", "1 compaction failed internal", "1 idle"];
        assert_eq!(world.told(), expected);
        assert_untouched(&world).await;
    }
}

#[tokio::test]
async fn a_store_that_is_unavailable_leaves_the_history_as_it_was() {
    for operation in [Operation::FlushThread, Operation::LoadHistory, Operation::AppendItems] {
        let mut world = world(Conduct::Good);
        world.loaded(1).await;
        world.told();
        world.store.always(operation, id(1), unavailable());
        assert_eq!(code(&world.manager.compact(id(1)).await), "unavailable");
        world.store.heal();
        assert!(world.told().contains(&"1 compaction failed unavailable".to_owned()));
        assert_untouched(&world).await;
    }
}

#[tokio::test]
async fn a_summary_of_a_history_that_moved_is_not_stored() {
    let (mut world, door, compacting) = in_progress().await;
    let thread = world.manager.get(id(1)).unwrap();
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    door.open();
    assert_eq!(code(&compacting.await.unwrap()), "conflict.ordinal");
    assert_eq!(world.store.history(id(1)).await.unwrap().len(), 4);
    assert!(
        world.told().ends_with(&["1 compaction failed conflict.ordinal".into(), "1 idle".into()])
    );
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
}

#[tokio::test]
async fn one_compaction_at_a_time_and_none_during_a_turn() {
    let (world, door, compacting) = in_progress().await;
    assert_eq!(code(&world.manager.compact(id(1)).await), "invalid_request");
    door.open();
    compacting.await.unwrap().unwrap();
    begin_turn(&world.manager.get(id(1)).unwrap(), "turn-2").await;
    assert_eq!(code(&world.manager.compact(id(1)).await), "invalid_request");
}

/// The turn began after the compaction, and before the history was read for it.
#[tokio::test]
async fn a_turn_that_began_meanwhile_is_not_cut_in_two() {
    let world = world(Conduct::Good);
    let thread = world.loaded(1).await;
    let load = world.store.block(Operation::ReadThread, id(1));
    let manager = world.manager.clone();
    let compacting = tokio::spawn(async move { manager.compact(id(1)).await });
    load.reached().await;
    let live = thread.live().clone();
    let beginning = tokio::spawn(async move { live.begin_turn(begin("turn-2")).await });
    settle().await;
    load.open();
    beginning.await.unwrap().unwrap();
    assert_ne!(code(&compacting.await.unwrap()), "ok");
    assert!(thread.status().is_active());
    let turns = world.manager.list_turns(ListTurns::new(id(1))).await.unwrap().turns;
    assert_eq!(turns.last().unwrap().id, "turn-2");
}

#[tokio::test]
async fn without_a_compactor_it_is_unsupported() {
    let world = World::new();
    world.loaded(1).await;
    assert_eq!(code(&world.manager.compact(id(1)).await), "unsupported");
    assert_untouched(&world).await;
}

#[tokio::test]
async fn a_compaction_goes_on_when_its_caller_is_gone() {
    let (mut world, door, compacting) = in_progress().await;
    compacting.abort();
    door.open();
    crate::world::hear(&mut world.all, "1 compaction completed at 4").await;
    settle().await;
    assert_eq!(world.manager.status(id(1)), ThreadStatus::Idle);
}

#[tokio::test]
async fn an_unload_during_a_compaction_is_the_last_that_is_heard() {
    let (mut world, door, compacting) = in_progress().await;
    world.told();
    let mut follower = world.follower(id(1));
    world.manager.unload(id(1)).await.unwrap();
    door.open();
    assert_eq!(code(&compacting.await.unwrap()), "conflict.closed");
    assert_eq!(crate::world::told(&mut follower).last().unwrap(), "1 closed unloaded");
    assert_eq!(world.told().last().unwrap(), "1 closed unloaded");
    assert_eq!(world.store.history(id(1)).await.unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_compaction_holds_up_no_shutdown_and_its_streams_end() {
    let (mut world, _door, compacting) = in_progress().await;
    let before = tokio::time::Instant::now();
    let report = world.manager.shutdown(Duration::from_secs(60)).await;
    assert!(report.is_complete());
    assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
    assert_ne!(code(&compacting.await.unwrap()), "ok");
    while world.all.next().await.is_some() {}
}

#[tokio::test]
async fn a_compaction_item_says_what_it_is() {
    let world = world(Conduct::Good);
    world.loaded(1).await;
    world.manager.compact(id(1)).await.unwrap();
    let turns = world.manager.list_turns(ListTurns::new(id(1))).await.unwrap().turns;
    assert!(matches!(turns[1].items[0].content, ItemContent::ContextCompaction));
}
