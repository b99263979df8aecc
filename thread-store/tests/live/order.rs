//! Many handles at once.

use serde_json::json;
use thread_store::{AppendReceipt, LiveThread, RolloutItem};

use crate::faulty::Fault;
use crate::support::{World, event, start, total, user};

const CLONES: u64 = 64;
const BATCHES: u64 = 50;

/// What one batch of a clone says: who, which, and a total that no other batch has.
fn batch(world: &World, clone: u64, number: u64) -> Vec<RolloutItem> {
    let total = clone * BATCHES + number;
    let usage = json!({"total_tokens": total});
    let tokens = json!({
        "type": "token_count", "clone": clone, "batch": number,
        "info": {"total_token_usage": usage},
    });
    let name = json!({"type": "thread_name_updated", "thread_name": format!("{clone}/{number}")});
    vec![
        user(&format!("{clone}/{number}"), world.now()),
        event(&tokens, world.now()),
        event(&name, world.now()),
    ]
}

async fn append_all(world: &World, live: LiveThread, clone: u64) -> Vec<AppendReceipt> {
    let mut receipts = Vec::new();
    for number in 0..BATCHES {
        receipts.push(live.append_items(batch(world, clone, number)).await.unwrap());
    }
    receipts
}

/// The receipts of each clone, and the thread after all of them.
async fn many_at_once() -> (std::sync::Arc<World>, Vec<Vec<AppendReceipt>>) {
    many_on(World::new()).await
}

async fn many_on(world: World) -> (std::sync::Arc<World>, Vec<Vec<AppendReceipt>>) {
    let world = std::sync::Arc::new(world);
    let live = start(&world, world.config());
    let tasks = (0..CLONES).map(|clone| {
        let (world, live) = (std::sync::Arc::clone(&world), live.clone());
        tokio::spawn(async move { append_all(&world, live, clone).await })
    });
    let tasks: Vec<_> = tasks.collect();
    let mut receipts = Vec::new();
    for task in tasks {
        receipts.push(task.await.unwrap());
    }
    live.shutdown().await.unwrap();
    (world, receipts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_handle_keeps_its_order_and_its_receipts_say_where_its_items_stand() {
    let (world, receipts) = many_at_once().await;
    each_stands_where_it_should(&world, &receipts).await;
}

#[tokio::test(start_paused = true)]
async fn each_handle_keeps_its_order_though_every_third_call_fails() {
    let world = World::new();
    for (call, fault) in (0..30_000).step_by(3).zip(Fault::FAILING.into_iter().cycle()) {
        world.store.fail(call, fault);
    }
    let (world, receipts) = many_on(world).await;
    each_stands_where_it_should(&world, &receipts).await;
    world.store.heal();
    let (replayed, thread) = (world.replayed().await, world.thread().await);
    assert_eq!(replayed.patch().token_usage.value(), Some(&thread.metadata.token_usage));
}

async fn each_stands_where_it_should(world: &World, receipts: &[Vec<AppendReceipt>]) {
    let items = world.items().await;
    assert_eq!(items.len() as u64, CLONES * BATCHES * 3);
    for (clone, receipts) in (0..).zip(receipts) {
        assert!(receipts.is_sorted_by(|one, next| one.next <= next.first));
        for (number, receipt) in (0..).zip(receipts) {
            let range = receipt.first.get() as usize..receipt.next.get() as usize;
            assert_eq!(items[range], batch(world, clone, number));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn items_are_observed_in_the_order_in_which_they_stand() {
    let (world, _) = many_at_once().await;
    let replayed = world.replayed().await;
    let (said, thread) = (replayed.patch(), world.thread().await);
    assert_eq!(said.title.value(), Some(&thread.metadata.title));
    assert_eq!(said.preview.value(), Some(&thread.metadata.preview));
    assert_eq!(said.name.value(), Some(&thread.metadata.name));
    assert_eq!(said.token_usage.value(), Some(&thread.metadata.token_usage));
    assert!(total(&thread).is_some());
}
