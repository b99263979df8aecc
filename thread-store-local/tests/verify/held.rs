//! Threads that somebody writes to.

use std::fs;

use serde_json::json;
use thread_store::{Holder, IfHeld, ResumeThread, ThreadId, ThreadStore as _, ThreadStoreExt as _};
use thread_store_local::{Action, LocalStore, RepairOutcome};

use crate::common::{A, B, DAY, TestHome, usual};
use crate::mended::damaged;
use crate::support::{bytes, codes, open};

/// The threads that a repair of both left alone.
async fn left_alone(store: &LocalStore, dry_run: bool) -> Vec<String> {
    let repairs = store.repair(dry_run).await.unwrap().repairs;
    let held = repairs.iter().filter(|it| matches!(it.outcome, RepairOutcome::Held { .. }));
    let threads = held.map(|it| match &it.action {
        Action::CutTail { thread_id, .. } | Action::BlankLines { thread_id, .. } => {
            thread_id.to_string()
        }
        other => panic!("{other}"),
    });
    threads.collect()
}

#[tokio::test]
async fn a_thread_that_another_program_holds_is_left_alone() {
    let home = TestHome::new();
    damaged(&home, A);
    damaged(&home, B);
    let lock = fs::File::open(home.write(&format!("thread-writer-locks/{A}.lock"), "")).unwrap();
    lock.lock().unwrap();
    let store = open(&home.path("")).await;
    let was = fs::read(home.path(&usual(DAY, A))).unwrap();
    assert_eq!(left_alone(&store, true).await, [A, A]);
    assert_eq!(left_alone(&store, false).await, [A, A]);
    assert_eq!(fs::read(home.path(&usual(DAY, A))).unwrap(), was);
    assert_eq!(codes(&home.path("")).await, ["torn_tail", "unreadable_lines"]);
    drop(lock);
    assert!(left_alone(&store, false).await.is_empty());
    assert!(codes(&home.path("")).await.is_empty());
}

#[tokio::test]
async fn a_thread_that_this_store_holds_is_left_alone_until_it_is_released() {
    let home = TestHome::new();
    damaged(&home, A);
    let store = open(&home.path("")).await;
    let resume = ResumeThread::new(ThreadId::parse(A).unwrap(), Holder::new("test"));
    let lease = store.resume_thread(resume.with_if_held(IfHeld::Refuse)).await.unwrap().lease;
    let before = bytes(&home.path("sessions"));
    for dry_run in [true, false] {
        assert_eq!(left_alone(&store, dry_run).await, [A, A]);
    }
    assert_eq!(bytes(&home.path("sessions")), before);
    store.shutdown_thread(lease).await.unwrap();
    assert!(left_alone(&store, false).await.is_empty());
    assert!(codes(&home.path("")).await.is_empty());
    let locks = fs::read_dir(home.path("thread-writer-locks")).unwrap().count();
    assert_eq!(locks, 1, "no lock stays but that of those who take locks");
}

#[tokio::test]
async fn a_held_repair_says_so_in_its_json() {
    let home = TestHome::new();
    damaged(&home, A);
    let lock = fs::File::open(home.write(&format!("thread-writer-locks/{A}.lock"), "")).unwrap();
    lock.lock().unwrap();
    let repairs = open(&home.path("")).await.repair(true).await.unwrap().repairs;
    let line = serde_json::to_value(&repairs[0]).unwrap();
    assert_eq!(line["action"], "cut_tail");
    assert_eq!(line["outcome"], "held");
    assert_eq!(line["path"], json!(usual(DAY, A)));
}
