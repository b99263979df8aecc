//! What the real server answers from these databases (only where the corpus is).

use std::process::Command;

use serde_json::Value;

use super::*;

fn corpus() -> Option<TempDir> {
    let shared = PathBuf::from(std::env::var_os("THREAD_STORE_SHARED")?);
    let dir = tempfile::tempdir().unwrap();
    let mut unpack = Command::new(shared.join("corpus/unpack"));
    assert!(unpack.arg(dir.path()).status().unwrap().success());
    Some(dir)
}

/// Threads as the server answered them.
fn answered(corpus: &Path, home: &str) -> Vec<Value> {
    let golden = corpus.join("golden").join(home).join("read/meta.json");
    let golden: Value = serde_json::from_slice(&fs::read(golden).unwrap()).unwrap();
    let entries = golden["entries"].as_array().unwrap().iter();
    entries.map(|entry| entry["result"]["thread"].clone()).filter(Value::is_object).collect()
}

#[tokio::test]
async fn names_and_git_are_those_that_the_server_answers() {
    let Some(corpus) = corpus() else { return };
    for (home, named, with_git) in [("dev", 5, 30), ("migrated", 2, 0)] {
        let folder = corpus.path().join("homes").join(home);
        let before = fs::read_dir(&folder).unwrap().count();
        let found = read_state(&folder).await.unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), before);

        let threads = answered(corpus.path(), home);
        let paginated: Vec<_> =
            threads.iter().filter(|thread| thread["historyMode"] == "paginated").collect();
        for thread in &paginated {
            let facts = &found[&id(thread["id"].as_str().unwrap())];
            let git = &thread["gitInfo"];
            assert!(facts.paginated);
            assert_eq!(facts.name.as_deref(), thread["name"].as_str());
            assert_eq!(facts.git_sha.as_deref(), git["sha"].as_str());
            assert_eq!(facts.git_branch.as_deref(), git["branch"].as_str());
            assert_eq!(facts.git_origin_url.as_deref(), git["originUrl"].as_str());
            let archived = thread["path"].as_str().unwrap().contains("/archived_sessions/");
            assert_eq!(facts.archived_at.is_some(), archived);
        }
        let count = |member: &str| paginated.iter().filter(|it| !it[member].is_null()).count();
        assert!(count("name") >= named && count("gitInfo") >= with_git, "{home}");
    }
}

#[tokio::test]
async fn an_older_database_has_fewer_columns() {
    let Some(corpus) = corpus() else { return };
    let found = read_state(&corpus.path().join("homes/old")).await.unwrap();
    assert_eq!(found.len(), 20);
    assert!(found.values().all(|facts| facts.name.is_none() && !facts.paginated));
    assert_eq!(found.values().filter(|facts| facts.archived_at.is_some()).count(), 1);
}
