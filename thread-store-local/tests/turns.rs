//! Turns and items of real threads, and what the real server answers about them. Runs only where
//! `THREAD_STORE_SHARED` names the folder that holds the corpus.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod corpus_dir;
mod server;

use std::sync::Arc;

use corpus_dir::{golden_file, rollouts, unpacked};
use serde_json::{Value, json};
use server::creation;
use server::turns::{Check, DIFFERENCES, Found, OPEN, listed};
use thread_store::ThreadStore as _;
use thread_store_local::Rollout;
use thread_store_memory::MemoryStore;

/// Where the answer about the damaged home is another one: thread, what, why.
const DAMAGED: &[(&str, &str, &str)] = &[
    ("01a1f9ff-0002", "turn 07711b276c51 status", OPEN),
    ("01a1f9ff-001f", "turn cb14101d8469 status", OPEN),
    ("01a1f9ff-0012", "turns", START),
    ("01a1f9ff-0019", "turns", "the server shows none of an archived file in a dated folder"),
];
const START: &str = "a start record begins a turn";

#[tokio::test]
async fn turns_and_items_are_those_that_the_server_answers() {
    let Some(dir) = unpacked() else { return };
    let mut found = Found::new();
    let mut compared = 0;
    for home in ["dev", "old", "migrated"] {
        for rollout in rollouts(&dir.path().join("homes").join(home)) {
            let check = check(&rollout).await;
            let outcome = check.all_answers(dir.path(), home).await;
            compared += outcome.compared;
            found.extend(outcome.named(home, rollout.thread_id));
        }
    }
    assert_eq!(found, listed());
    assert!(compared > 1500, "only {compared} answers were compared");
}

#[tokio::test]
async fn damaged_threads_have_what_is_left() {
    let Some(dir) = unpacked() else { return };
    let golden = golden_file(dir.path(), "damaged", "answers.json");
    // The server shows paginated threads in full only once they were resumed.
    let entries = golden["entries"].as_array().unwrap();
    let resumed = |entry: &&Value| {
        entry["name"].as_str().is_some_and(|name| name.starts_with("read after resume"))
    };
    let (mut found, mut compared, mut beyond) = (Found::new(), 0, 0);
    for rollout in rollouts(&dir.path().join("homes/damaged")) {
        let id = json!(rollout.thread_id);
        let of_this = |entry: &&Value| entry["params"]["threadId"] == id;
        let answers: Vec<_> = entries.iter().filter(resumed).filter(of_this).cloned().collect();
        let check = check(&rollout).await;
        let outcome = check.answers(&answers).await;
        compared += outcome.compared;
        if outcome.compared == 0 && !check.turns(&json!({}), &mut None).await.is_empty() {
            beyond += 1;
        }
        found.extend(outcome.named("damaged", rollout.thread_id));
    }
    let listed = DAMAGED
        .iter()
        .map(|(id, what, _)| ("damaged".to_owned(), (*id).to_owned(), (*what).to_owned()));
    assert_eq!(found, listed.collect());
    // Of these the server answers an error.
    assert_eq!((compared, beyond), (41, 11));
}

#[test]
fn the_readme_gives_the_reason_of_every_difference() {
    let readme = include_str!("../README.md");
    let damaged = DAMAGED.iter().map(|(_, what, why)| (what, why));
    for (what, why) in DIFFERENCES.iter().map(|(_, _, what, why)| (what, why)).chain(damaged) {
        assert!(readme.contains(why), "{what}: {why}");
    }
}

async fn check(rollout: &Rollout) -> Check {
    let store = MemoryStore::new();
    store.create_thread(creation(rollout)).await.unwrap();
    Check { store: Arc::new(store), id: rollout.thread_id }
}
