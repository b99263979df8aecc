//! Real homes with damage of every kind that was seen. Runs only where `THREAD_STORE_SHARED` names
//! the folder that holds the corpus.

use std::collections::BTreeSet;

use thread_store_local::RepairOutcome;

use crate::corpus_dir::unpacked;
use crate::support::{bytes, codes, found, open, records};

#[tokio::test]
async fn homes_that_are_not_damaged_have_stale_locks_at_most() {
    let Some(dir) = unpacked() else { return };
    for name in ["dev", "old", "migrated", "migrated-before"] {
        let home = dir.path().join("homes").join(name);
        let others: Vec<_> =
            found(&home).await.into_iter().filter(|it| it["code"] != "stale_lock").collect();
        assert!(others.is_empty(), "{name}: {others:#?}");
    }
}

#[tokio::test]
async fn the_damaged_home_is_mended_and_keeps_every_record() {
    let Some(dir) = unpacked() else { return };
    let home = dir.path().join("homes/damaged");
    let before = records(&home);
    let store = open(&home).await;
    let files = bytes(&home);
    let planned = store.repair(true).await.unwrap();
    assert_eq!(bytes(&home), files);
    let done = store.repair(false).await.unwrap();
    assert_eq!(planned.repairs.len(), done.repairs.len());
    for (planned, done) in planned.repairs.iter().zip(&done.repairs) {
        assert_eq!(planned.action, done.action);
        assert_eq!(done.outcome, RepairOutcome::Done, "{}", done.action);
    }
    assert_eq!(records(&home), before);

    let after: BTreeSet<_> = codes(&home).await.into_iter().collect();
    let left: BTreeSet<_> = done
        .left
        .iter()
        .map(|it| serde_json::to_value(it).unwrap()["code"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(after, left, "only what cannot be mended is left");
    assert!(open(&home).await.repair(false).await.unwrap().repairs.is_empty());
}
