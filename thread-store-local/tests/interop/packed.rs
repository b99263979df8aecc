//! Compressed rollouts of ours: whoever continues one first makes a plain file of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use thread_store::{ThreadId, ThreadStore, ThreadStoreExt as _};

use crate::codex::{Codex, program};
use crate::ours::{go_on, inject, resume, turns};
use crate::store;
use crate::written::{Written, written};

/// Threads whose files are compressed.
const PACKED: &[&str] = &["legacy", "legacy fork", "paginated renamed", "paginated fork"];

/// A home with compressed rollouts, and the answers about them before they were.
async fn packed() -> (Written, Vec<Value>) {
    let home = written().await;
    let store = store::open(home.home()).await;
    let before = answers(&*store, &home).await;
    drop(store);
    PACKED.iter().for_each(|name| pack(&rollout(&home, name)));
    (home, before)
}

/// All that a store says of the threads.
async fn answers(store: &dyn ThreadStore, home: &Written) -> Vec<Value> {
    let mut answers = Vec::new();
    for name in PACKED {
        let mut thread = store.thread(home.id(name)).await.unwrap();
        thread.location = None;
        answers.push(json!([thread, store.replay(home.id(name)).await.unwrap().turns]));
    }
    answers
}

fn rollout(home: &Written, name: &str) -> PathBuf {
    let mut files = files(home.home(), home.id(name));
    assert_eq!(files.len(), 1, "{files:?}");
    files.pop_first().unwrap()
}

/// The rollouts of a thread.
fn files(folder: &Path, id: ThreadId) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path, id));
        } else if name.starts_with("rollout-") && name.contains(&id.to_string()) {
            found.insert(path);
        }
    }
    found
}

/// Compresses a rollout as Codex does.
fn pack(path: &Path) {
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    let packed = path.with_extension("jsonl.zst");
    let text = zstd::encode_all(fs::read(path).unwrap().as_slice(), 3).unwrap();
    fs::write(&packed, text).unwrap();
    fs::File::options().write(true).open(&packed).unwrap().set_modified(modified).unwrap();
    fs::remove_file(path).unwrap();
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zst")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_rollout_says_what_it_said_before() {
    let (home, before) = packed().await;
    let store = store::open(home.home()).await;
    assert_eq!(answers(&*store, &home).await, before);
    assert!(PACKED.iter().all(|name| is_packed(&rollout(&home, name))), "reading changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_appended_to_a_compressed_rollout_codex_reads() {
    let Some(program) = program() else { return };
    let (home, _) = packed().await;
    let store = store::open(home.home()).await;
    for name in PACKED {
        go_on(&store, home.id(name)).await;
        assert!(!is_packed(&rollout(&home, name)), "{name}");
    }
    let mut codex = Codex::start(&program, home.home());
    for name in PACKED {
        let id = home.id(name);
        resume(&mut codex, id);
        let theirs: Vec<Value> =
            turns(&mut codex, id).iter().map(|turn| turn["id"].clone()).collect();
        let ours = store.replay(id).await.unwrap().turns;
        let ours: Vec<Value> = ours.iter().map(|turn| json!(turn.id)).collect();
        assert_eq!(ours, theirs, "{name}");
    }
    codex.stop();
}

/// While the store is open: it finds the plain file in the place of the other one.
#[tokio::test(flavor = "multi_thread")]
async fn what_codex_appended_to_a_compressed_rollout_of_ours_we_read() {
    let Some(program) = program() else { return };
    let (home, before) = packed().await;
    let store = store::open(home.home()).await;
    assert_eq!(answers(&*store, &home).await, before);
    let mut codex = Codex::start(&program, home.home());
    for name in PACKED {
        let id = home.id(name);
        resume(&mut codex, id);
        inject(&mut codex, id, &format!("injected into {name}"));
        let last = store.last_items(id, 1).await.unwrap();
        assert!(last[0].item.text().contains(&format!("injected into {name}")), "{name}");
    }
    codex.stop();
    for name in PACKED {
        assert!(!is_packed(&rollout(&home, name)), "{name}");
        go_on(&store, home.id(name)).await;
    }
}
