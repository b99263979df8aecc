//! The threads of the homes that Codex made, through a store: their records, turns and items.

use thread_store::{ListThreads, ThreadId, ThreadStoreExt as _};

use crate::corpus_dir::unpacked;
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
