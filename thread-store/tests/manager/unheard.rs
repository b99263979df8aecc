//! What is told of changes whose answers nobody heard.

use thread_store::{Operation, Retry, ThreadStore as _, ThreadStoreExt as _, UpdateThreadMetadata};

use crate::world::{World, id, live_config, named, tokens};
use crate::wrapped::{Mishap, Wrapped};

#[tokio::test]
async fn an_archiving_and_a_deletion_are_told_whole() {
    for (operation, what) in
        [(Operation::SetArchived, "archived"), (Operation::DeleteThread, "deleted")]
    {
        let mut world = World::new();
        world.loaded(1).await;
        world.told();
        world.store.next(operation, id(1), Mishap::Unheard);
        match operation {
            Operation::SetArchived => world.manager.archive(id(1)).await.unwrap(),
            _ => world.manager.delete(id(1)).await.unwrap(),
        };
        let expected = ["1 not loaded", &format!("1 {what}"), &format!("1 closed {what}")];
        assert_eq!(world.told(), expected);
        assert!(!world.is_loaded(id(1)));
    }
}

#[tokio::test]
async fn token_usage_is_told_though_somebody_edited_since() {
    let mut world = World::with(Wrapped::new(), |config| {
        config.with_live(live_config().with_retry(Retry::never()))
    });
    let thread = world.loaded(1).await;
    world.told();
    world.store.next(Operation::UpdateThreadMetadata, id(1), Mishap::Unheard);
    thread.live().append_items(vec![tokens(5)]).await.unwrap();
    let theirs = UpdateThreadMetadata::new(id(1), named("theirs"));
    world.store.inside().update_thread_metadata(theirs).await.unwrap();
    thread.live().flush().await.unwrap();
    let stored = world.store.thread(id(1)).await.unwrap().metadata.token_usage.unwrap();
    assert_eq!(stored.total_tokens, 5);
    assert!(world.told().contains(&"1 tokens 5".to_owned()));
}
