//! Going on with a thread, running or not.

use serde_json::json;
use thread_store::{
    Edit, LiveThread, Operation, Ordinal, ResumeLive, ThreadOptions, ThreadStoreExt as _,
};

use crate::world::{World, code, event, id, live_config, start, take_over, told, turn, user};
use crate::wrapped::unavailable;

fn resume() -> ResumeLive {
    ResumeLive::new(id(1))
}

#[tokio::test]
async fn the_running_thread_is_answered() {
    let world = World::new();
    let first = world.loaded(1).await;
    let second = world.resume(id(1)).await;
    first.live().append_items(vec![user("Hi")]).await.unwrap();
    assert_eq!(second.live().next_ordinal().await.unwrap(), Ordinal::new(4));
}

#[tokio::test]
async fn a_thread_that_is_not_started_is_answered_as_well() {
    let world = World::new();
    world.manager.start(start(1)).await.unwrap();
    let same = world.resume(id(1)).await;
    assert!(!same.live().is_started());
    assert!(world.store.thread(id(1)).await.is_err());
}

#[tokio::test]
async fn an_end_that_was_not_expected_harms_nothing() {
    let mut world = World::new();
    let thread = world.loaded(1).await;
    world.cold(2).await;
    let record = world.store.thread(id(1)).await.unwrap();
    world.told();
    for n in [1, 2] {
        let resume = ResumeLive::new(id(n)).with_expected_ordinal(Ordinal::new(9));
        assert_eq!(code(&world.manager.resume(resume).await), "conflict.ordinal");
    }
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.store.thread(id(1)).await.unwrap(), record);
    assert!(!world.is_loaded(id(2)) && !world.is_held(id(2)).await);
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
}

#[tokio::test]
async fn the_end_that_was_expected_is_accepted() {
    let world = World::new();
    let thread = world.loaded(1).await;
    let expecting = || resume().with_expected_ordinal(Ordinal::new(3));
    assert_eq!(code(&world.manager.resume(expecting()).await), "ok");
    let token = thread.live().continuation_token().await.unwrap();
    assert_eq!(code(&world.manager.resume(resume().with_token(token.clone())).await), "ok");
    world.manager.unload(id(1)).await.unwrap();
    assert_eq!(code(&world.manager.resume(resume().with_token(token)).await), "ok");
}

#[tokio::test]
async fn a_token_of_another_end_harms_nothing() {
    let world = World::new();
    let thread = world.loaded(1).await;
    let token = thread.live().continuation_token().await.unwrap();
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    let with_token = || resume().with_token(token.clone());
    assert_eq!(code(&world.manager.resume(with_token()).await), "conflict.ordinal");
    thread.live().append_items(vec![user("Hi")]).await.unwrap();
    world.manager.unload(id(1)).await.unwrap();
    assert_eq!(code(&world.manager.resume(with_token()).await), "conflict.ordinal");
    assert!(!world.is_held(id(1)).await);
}

#[tokio::test]
async fn options_count_for_a_running_thread_and_for_one_that_is_loaded() {
    let world = World::new();
    world.loaded(1).await;
    world.cold(2).await;
    for n in [1, 2] {
        let options = ThreadOptions::default().model("a model".to_owned());
        let resume = ResumeLive::new(id(n)).with_options(options);
        let thread = world.manager.resume(resume).await.unwrap();
        let options = thread.live().options().await.unwrap();
        assert_eq!(options.model, Edit::Set(Some("a model".to_owned())));
    }
}

#[tokio::test]
async fn options_are_not_taken_when_the_end_was_not_expected() {
    let world = World::new();
    let thread = world.loaded(1).await;
    let options = ThreadOptions::default().model("a model".to_owned());
    let wrong = resume().with_options(options).with_expected_ordinal(Ordinal::new(9));
    world.manager.resume(wrong).await.unwrap_err();
    assert!(thread.live().options().await.unwrap().model.is_keep());
}

#[tokio::test]
async fn a_thread_that_was_fenced_elsewhere_is_opened_anew() {
    let mut world = World::new();
    let old = world.loaded(1).await;
    let mut follower = world.follower(id(1));
    world.told();
    let other = LiveThread::resume(
        std::sync::Arc::new(world.store.inside().clone()),
        resume(),
        live_config(),
    );
    other.await.unwrap().append_items(turn("turn-2")).await.unwrap();
    let new = world.resume(id(1)).await;
    let lost = ["1 not loaded", "1 closed lost conflict.fenced to this"];
    assert_eq!(told(&mut follower), lost);
    assert_eq!(world.told(), [lost.as_slice(), &["1 idle"]].concat());
    assert_eq!(new.live().next_ordinal().await.unwrap(), Ordinal::new(6));
    new.live().append_items(vec![user("Hi")]).await.unwrap();
    assert_eq!(code(&old.live().append_items(vec![user("Hi")]).await), "conflict.fenced");
    assert!(world.is_loaded(id(1)), "the loss of the old one is not that of the new one");
}

#[tokio::test]
async fn a_thread_that_was_closed_through_the_handle_is_opened_anew() {
    let world = World::new();
    let old = world.loaded(1).await;
    old.live().shutdown().await.unwrap();
    let new = world.resume(id(1)).await;
    new.live().append_items(vec![user("Hi")]).await.unwrap();
}

#[tokio::test]
async fn a_thread_that_was_deleted_elsewhere_is_not_found() {
    let mut world = World::new();
    world.loaded(1).await;
    world.told();
    use thread_store::ThreadStore as _;
    world.store.delete_thread(id(1).into()).await.unwrap();
    assert_eq!(code(&world.manager.resume(resume()).await), "not_found");
    assert_eq!(world.told(), ["1 not loaded", "1 closed lost not_found to -"]);
}

#[tokio::test]
async fn a_thread_that_others_hold_is_taken_over_unless_refused() {
    let world = World::new();
    world.cold(1).await;
    take_over(world.store.inside(), id(1)).await;
    let refusing = resume().with_if_held(thread_store::IfHeld::Refuse);
    assert_eq!(code(&world.manager.resume(refusing).await), "conflict.held");
    assert!(!world.is_loaded(id(1)));
    assert_eq!(code(&world.manager.resume(resume()).await), "ok");
}

#[tokio::test]
async fn a_name_given_after_a_crash_stands_against_one_that_is_derived_on_resume() {
    let crashed = World::new();
    let thread = crashed.loaded(1).await;
    crashed.store.always(Operation::UpdateThreadMetadata, id(1), unavailable());
    let named = json!({"type": "thread_name_updated", "thread_name": "from an item"});
    thread.live().append_items(vec![event(&named)]).await.unwrap();
    crashed.store.heal();
    let world = World::with(crashed.store.clone(), |config| config);
    world.manager.rename(id(1), Some("by a person")).await.unwrap();
    let thread = world.resume(id(1)).await;
    thread.live().append_items(vec![user("more")]).await.unwrap();
    thread.live().persist().await.unwrap();
    let name = world.store.thread(id(1)).await.unwrap().metadata.name;
    assert_eq!(name.as_deref(), Some("by a person"));
}
