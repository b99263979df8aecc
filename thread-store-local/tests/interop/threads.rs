//! The threads of the homes that Codex made, through a store: their records, turns and items.

use thread_store::{
    ListThreads, LoadHistory, RolloutItem, ThreadId, ThreadStore, ThreadStoreExt as _,
};
use thread_store_local::read_home;

use crate::corpus_dir::unpacked;
use crate::written::written;
use crate::{server, store};

/// Homes of which answers were recorded.
const HOMES: &[&str] = &["dev", "old", "migrated"];

#[tokio::test]
async fn every_thread_of_codex_is_stored_with_what_codex_says_of_it() {
    let Some(dir) = unpacked() else { return };
    let mut found = server::threads::Found::new();
    for home in HOMES {
        let store = store::open(&dir.path().join("homes").join(home)).await;
        let answers = server::threads::answers(dir.path(), home);
        let all = store.list_threads(ListThreads::new().with_page_size(200)).await.unwrap();
        assert_eq!(all.threads.len(), answers.len(), "{home}");
        for (name, theirs) in answers {
            let id = theirs["id"].as_str().unwrap().parse().unwrap();
            let ours = store.thread(id).await.unwrap();
            let fields = server::threads::differences(&theirs, &ours).into_iter();
            found.extend(fields.map(|field| ((*home).to_owned(), name.clone(), field)));
        }
    }
    assert_eq!(found, server::threads::listed());
}

#[tokio::test]
async fn the_history_of_every_thread_is_what_its_files_say_whatever_their_state() {
    let Some(dir) = unpacked() else { return };
    for name in ["dev", "old", "migrated", "migrated-before", "damaged"] {
        let path = dir.path().join("homes").join(name);
        let home = read_home(&path).unwrap();
        let store = store::open(&path).await;
        let all = store.list_threads(ListThreads::new().with_page_size(200)).await.unwrap();
        assert_eq!(all.threads.len(), home.threads().len(), "{name}");
        for thread in home.threads() {
            let rollout = home.read(thread).unwrap();
            let (items, damaged) = history(&*store, thread.thread_id).await;
            assert_eq!(items, rollout.items, "{name} {}", thread.thread_id);
            assert_eq!(damaged, rollout.damage.count, "{name} {}", thread.thread_id);
        }
    }
}

#[tokio::test]
async fn the_rollouts_that_we_write_are_read_as_what_they_are() {
    let home = written().await;
    let store = store::open(home.home()).await;
    let read = read_home(home.home()).unwrap();
    assert_eq!(read.threads().len(), home.threads().count());
    for thread in read.threads() {
        let (items, _) = history(&*store, thread.thread_id).await;
        let name = home.name(thread.thread_id);
        assert_eq!(read.read(thread).unwrap().items, items, "{name}");
    }
}

/// All items, and how many records are damaged.
async fn history(store: &dyn ThreadStore, id: ThreadId) -> (Vec<RolloutItem>, u64) {
    let load = LoadHistory::new(id).with_include_archived(true);
    let page = store.load_history(load).await.unwrap();
    assert!(page.rest.is_none());
    (page.items.iter().map(|stored| stored.item).collect(), page.damage.count)
}

#[tokio::test]
async fn the_turns_and_items_of_every_thread_are_those_that_codex_answers() {
    let Some(dir) = unpacked() else { return };
    let mut found = server::turns::Found::new();
    let mut compared = 0;
    for home in HOMES {
        let store = store::open(&dir.path().join("homes").join(home)).await;
        for (_, theirs) in server::threads::answers(dir.path(), home) {
            let id: ThreadId = theirs["id"].as_str().unwrap().parse().unwrap();
            let check = server::turns::Check { store: store.clone(), id };
            let outcome = check.all_answers(dir.path(), home).await;
            compared += outcome.compared;
            found.extend(outcome.named(home, id));
        }
    }
    assert_eq!(found, server::turns::listed());
    assert!(compared > 1500, "only {compared} answers were compared");
}
