//! Codex and a store at once on one home: neither writes to a thread that the other one has.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use thread_store::{
    HistoryMode, Holder, LiveThread, ReleaseLease, ReleaseMode, ResumeThread, ThreadId,
    ThreadMetadata, ThreadMetadataPatch, ThreadStore, ThreadStoreExt as _, UpdateThreadMetadata,
};

use crate::codex::{Codex, program};
use crate::home::prepare;
use crate::records::turn;
use crate::store;
use crate::written::{config, start};

const MODES: [HistoryMode; 2] = [HistoryMode::Legacy, HistoryMode::Paginated];

/// A home with a thread in which one turn was run, open on both sides.
struct Shared {
    home: TempDir,
    store: Arc<dyn ThreadStore>,
    codex: Codex,
    id: ThreadId,
}

async fn shared(program: &std::path::Path, mode: HistoryMode) -> Shared {
    let home = tempfile::tempdir().unwrap();
    prepare(home.path());
    let store = store::open(home.path()).await;
    let id = ThreadId::generate();
    let live = LiveThread::start(Arc::clone(&store), start(id, mode), config());
    turn(&live, mode, "a question", "an answer").await;
    live.shutdown().await.unwrap();
    let codex = Codex::start(program, home.path());
    Shared { home, store, codex, id }
}

fn ours(id: ThreadId) -> ResumeThread {
    ResumeThread::new(id, Holder::new("a test"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_codex_has_loaded_is_held() {
    let Some(program) = program() else { return };
    for mode in MODES {
        let Shared { home: _home, store, mut codex, id } = shared(&program, mode).await;
        codex.ask("thread/resume", json!({"threadId": id}));
        let refused = [
            store.resume_thread(ours(id)).await.map(drop),
            store.archive_thread(id).await.map(drop),
            store.delete_thread(id.into()).await.map(drop),
        ];
        for refused in refused {
            assert_eq!(refused.unwrap_err().code(), "conflict.held", "{mode:?}");
        }
        assert!(!store.thread(id).await.unwrap().is_archived());
        assert_eq!(store.replay(id).await.unwrap().turns.len(), 1, "reading needs no lease");
        codex.stop();
        store.resume_thread(ours(id)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_that_codex_had_when_it_was_killed_is_free() {
    let Some(program) = program() else { return };
    let Shared { home: _home, store, mut codex, id } = shared(&program, HistoryMode::Legacy).await;
    codex.ask("thread/resume", json!({"threadId": id}));
    drop(codex);
    store.resume_thread(ours(id)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_keeps_out_of_a_thread_that_we_have() {
    let Some(program) = program() else { return };
    for mode in MODES {
        let Shared { home, store, mut codex, id } = shared(&program, mode).await;
        let lease = store.resume_thread(ours(id)).await.unwrap().lease;
        for method in ["thread/resume", "thread/archive", "thread/delete"] {
            let refusal = codex.refusal(method, json!({"threadId": id}));
            assert_eq!(refusal.code, -32600, "{method}");
            assert_eq!(refusal.message, format!("thread {id} already has an active writer"));
        }
        store.release_lease(ReleaseLease::new(lease, ReleaseMode::Shutdown)).await.unwrap();
        codex.ask("thread/resume", json!({"threadId": id}));
        codex.stop();
        assert!(!locks(&home).contains(&format!("{id}.lock")), "who leaves takes the lock away");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn we_leave_no_lock_behind() {
    let Some(program) = program() else { return };
    let Shared { home, store, codex, id } = shared(&program, HistoryMode::Legacy).await;
    codex.stop();
    let lease = store.resume_thread(ours(id)).await.unwrap().lease;
    assert!(locks(&home).contains(&format!("{id}.lock")));
    store.release_lease(ReleaseLease::new(lease, ReleaseMode::Discard)).await.unwrap();
    assert!(!locks(&home).contains(&format!("{id}.lock")));
}

fn locks(home: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(home.path().join("thread-writer-locks"));
    let names = entries.into_iter().flatten();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sees_what_the_other_one_wrote_meanwhile() {
    let Some(program) = program() else { return };
    for mode in MODES {
        let Shared { home: _home, store, mut codex, id } = shared(&program, mode).await;
        assert_eq!(codex.ask("thread/list", json!({}))["data"][0]["id"], json!(id));
        let before = store.next_ordinal(id).await.unwrap();
        codex.ask("thread/resume", json!({"threadId": id}));
        let message = json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "from the other side"}]});
        codex.ask("thread/inject_items", json!({"threadId": id, "items": [message]}));
        codex.ask("thread/name/set", json!({"threadId": id, "name": "named by Codex"}));
        wait_for_a_look().await;
        let after = store.thread(id).await.unwrap();
        assert!(after.next_ordinal > before, "{mode:?}");
        assert_eq!(after.metadata.name.as_deref(), Some("named by Codex"), "{mode:?}");
        let last = store.last_items(id, 1).await.unwrap();
        assert!(last[0].item.text().contains("from the other side"), "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_sees_what_we_make_move_and_delete_meanwhile() {
    let Some(program) = program() else { return };
    for mode in MODES {
        let Shared { home: _home, store, mut codex, id } = shared(&program, mode).await;
        assert_eq!(listed(&mut codex, false), [id]);
        let other = ThreadId::generate();
        let live = LiveThread::start(Arc::clone(&store), start(other, mode), config());
        turn(&live, mode, "another question", "another answer").await;
        live.shutdown().await.unwrap();
        assert_eq!(listed(&mut codex, false), [other, id]);
        store.archive_thread(other).await.unwrap();
        assert_eq!((listed(&mut codex, false), listed(&mut codex, true)), (vec![id], vec![other]));
        store.unarchive_thread(other).await.unwrap();
        assert_eq!(
            (listed(&mut codex, false), listed(&mut codex, true)),
            (vec![other, id], vec![])
        );
        codex.ask("thread/resume", json!({"threadId": other}));
        store.delete_thread(id.into()).await.unwrap();
        assert_eq!(listed(&mut codex, false), [other]);
        codex.refusal("thread/resume", json!({"threadId": id}));
        codex.stop();
    }
}

/// The ids on the list of Codex.
fn listed(codex: &mut Codex, archived: bool) -> Vec<ThreadId> {
    let answer = codex.ask("thread/list", json!({"archived": archived}));
    let rows = answer["data"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn we_see_what_codex_makes_moves_and_deletes_meanwhile() {
    let Some(program) = program() else { return };
    for mode in MODES {
        let Shared { home: _home, store, mut codex, id } = shared(&program, mode).await;
        let fork = codex.ask("thread/fork", json!({"threadId": id}));
        let fork: ThreadId = fork["thread"]["id"].as_str().unwrap().parse().unwrap();
        codex.ask("thread/archive", json!({"threadId": fork}));
        wait_for_a_look().await;
        assert!(store.thread(fork).await.unwrap().is_archived());
        assert_eq!(store.replay(fork).await.unwrap().turns.len(), 1, "{mode:?}");
        codex.ask("thread/unarchive", json!({"threadId": fork}));
        wait_for_a_look().await;
        assert!(!store.thread(fork).await.unwrap().is_archived());
        codex.ask("thread/delete", json!({"threadId": fork}));
        wait_for_a_look().await;
        assert_eq!(store.thread(fork).await.unwrap_err().code(), "not_found");
        assert_eq!(store.thread(id).await.unwrap().thread_id, id);
        codex.stop();
    }
}

/// Of a paginated thread Codex writes these into its database alone. Of two edits the later counts.
#[tokio::test(flavor = "multi_thread")]
async fn what_codex_writes_into_its_database_alone_is_seen() {
    let Some(program) = program() else { return };
    let paginated = HistoryMode::Paginated;
    let Shared { home: _home, store, mut codex, id } = shared(&program, paginated).await;
    let git = json!({"threadId": id, "gitInfo": {"branch": "theirs", "sha": "abc"}});
    codex.ask("thread/metadata/update", git);
    codex.ask("thread/memoryMode/set", json!({"threadId": id, "mode": "disabled"}));
    codex.ask("thread/name/set", json!({"threadId": id, "name": "theirs"}));
    wait_for_a_look().await;
    let metadata = store.thread(id).await.unwrap().metadata;
    assert_eq!(metadata.git_branch.as_deref(), Some("theirs"));
    assert_eq!(metadata.git_sha.as_deref(), Some("abc"));
    assert_eq!(metadata.memory_mode.as_deref(), Some("disabled"));
    assert_eq!(metadata.name.as_deref(), Some("theirs"));

    let patch =
        ThreadMetadataPatch::default().git_branch("ours".to_owned()).name("ours".to_owned());
    store.update_thread_metadata(UpdateThreadMetadata::new(id, patch)).await.unwrap();
    wait_for_a_look().await;
    let metadata = store.thread(id).await.unwrap().metadata;
    assert_eq!(metadata.git_branch.as_deref(), Some("ours"));
    assert_eq!(metadata.name.as_deref(), Some("ours"));

    codex.ask("thread/metadata/update", json!({"threadId": id, "gitInfo": {"branch": "again"}}));
    codex.ask("thread/name/set", json!({"threadId": id, "name": "again"}));
    wait_for_a_look().await;
    let metadata = store.thread(id).await.unwrap().metadata;
    assert_eq!(metadata.git_branch.as_deref(), Some("again"));
    assert_eq!(metadata.git_sha.as_deref(), Some("abc"));
    assert_eq!(metadata.name.as_deref(), Some("again"));
}

/// What an edit sets is ours, also where Codex takes a thread into its database only later.
#[tokio::test(flavor = "multi_thread")]
async fn what_we_set_stays_when_codex_finds_the_thread() {
    let Some(program) = program() else { return };
    let home = tempfile::tempdir().unwrap();
    prepare(home.path());
    let store = store::open(home.path()).await;
    let facts = |branch: &str| {
        ThreadMetadataPatch::default()
            .name(branch.to_owned())
            .git_branch(branch.to_owned())
            .git_sha("abc".to_owned())
            .memory_mode("disabled".to_owned())
    };
    let mut threads = Vec::new();
    for mode in MODES {
        for edit in [None, Some(facts("edited"))] {
            let id = ThreadId::generate();
            let metadata = facts("created").originator("a test".to_owned());
            let start = start(id, mode).with_metadata(metadata);
            let live = LiveThread::start(Arc::clone(&store), start, config());
            turn(&live, mode, "a question", "an answer").await;
            live.shutdown().await.unwrap();
            if let Some(edit) = edit {
                let edit = UpdateThreadMetadata::new(id, edit);
                store.update_thread_metadata(edit).await.unwrap();
            }
            threads.push((id, store.thread(id).await.unwrap().metadata));
        }
    }
    let mut codex = Codex::start(&program, home.path());
    for (id, _) in &threads {
        codex.ask("thread/resume", json!({"threadId": id}));
    }
    let listed = codex.ask("thread/list", json!({}));
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(threads.len()));
    codex.stop();
    wait_for_a_look().await;
    for (id, before) in threads {
        let now = store.thread(id).await.unwrap().metadata;
        let facts = |it: ThreadMetadata| (it.name, it.git_branch, it.git_sha, it.memory_mode);
        assert_eq!(facts(now), facts(before), "{id}");
    }
}

/// What another program wrote is seen after half a second at the latest.
async fn wait_for_a_look() {
    tokio::time::sleep(Duration::from_millis(600)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_name_threads_at_once_and_no_name_is_lost() {
    let Some(program) = program() else { return };
    let Shared { home, store, mut codex, id } = shared(&program, HistoryMode::Legacy).await;
    let ours = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for round in 0..50 {
                store.rename(id, Some(format!("ours {round}"))).await.unwrap();
            }
        }
    });
    for round in 0..50 {
        codex.ask("thread/name/set", json!({"threadId": id, "name": format!("theirs {round}")}));
    }
    ours.await.unwrap();
    codex.stop();
    let index = std::fs::read_to_string(home.path().join("session_index.jsonl")).unwrap();
    let whole =
        index.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
    assert_eq!(whole.count(), 100);
}
