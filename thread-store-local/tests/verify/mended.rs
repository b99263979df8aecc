//! What a repair leaves.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use thread_store::{
    AppendItems, Holder, ResumeThread, RolloutItem, SetArchived, ThreadId, ThreadStore as _,
};
use thread_store_local::{Action, RepairOutcome};

use crate::common::{A, B, C, DAY, TestHome, event, header, numbered, text, usual};
use crate::support::{bytes, codes, history, open, records, repair};

const GOOD: &str =
    r#"{"timestamp":"t","type":"event_msg","payload":{"type":"user_message","message":"ä"}}"#;

/// A thread with damage of every kind in its lines, and its other records.
pub(crate) fn damaged(home: &TestHome, id: &str) -> Vec<u8> {
    let first = header(id, 1, json!({}));
    let parts: [&[u8]; 12] = [
        b"\xef\xbb\xbf",
        first.as_bytes(),
        b"\n{\"torn\n",
        b"\xff\xfe{\"a\":1}\n",
        GOOD.as_bytes(),
        GOOD.as_bytes(),
        b"x\r\n\0\0\0\0",
        GOOD.as_bytes(),
        b"\0\n{\"timestamp\":\"torn",
        GOOD.as_bytes(),
        b" \n\n7\n[1,2]\n",
        b"{\"torn at the end",
    ];
    let text = parts.concat();
    home.write(&usual(DAY, id), &text);
    text
}

#[tokio::test]
async fn a_dry_run_says_what_is_done_and_changes_no_byte() {
    let home = TestHome::new();
    damaged(&home, A);
    home.write(&usual("archived_sessions", A), text(&[header(A, 1, json!({}))]));
    home.write("session_index.jsonl", format!("{{\"id\":\"{B}\",\"thread_name\":\"b\"}}\n"));
    home.write(&format!("thread-writer-locks/{C}.lock"), "");
    let store = open(&home.path("")).await;
    let before = bytes(&home.path(""));
    let planned = store.repair(true).await.unwrap();
    store.verify().await.unwrap();
    assert_eq!(bytes(&home.path("")), before);
    assert!(planned.repairs.iter().all(|it| it.outcome == RepairOutcome::Planned));
    let done = store.repair(false).await.unwrap();
    let actions = |repairs: &thread_store_local::Repairs| -> Vec<Action> {
        repairs.repairs.iter().map(|repair| repair.action.clone()).collect()
    };
    assert_eq!(actions(&planned), actions(&done));
    assert_eq!(done.repairs.len(), 5);
}

#[tokio::test]
async fn only_what_cannot_be_read_goes_and_it_is_kept() {
    let home = TestHome::new();
    let was = damaged(&home, A);
    let (path, before) = (home.path(&usual(DAY, A)), records(&home.path("")));
    repair(&home.path("")).await;
    assert_eq!(records(&home.path("")), before);
    assert!(codes(&home.path("")).await.is_empty());

    let is = fs::read(&path).unwrap();
    let kept = home.path(&format!("{}.quarantine", usual(DAY, A)));
    assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut restored = is.clone();
    for line in fs::read_to_string(&kept).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let Some(offset) = line["offset"].as_u64() else { continue };
        let lost = match (&line["text"], &line["bytes"]) {
            (Value::String(text), _) => text.clone().into_bytes(),
            (_, Value::Array(bytes)) => bytes.iter().map(|it| it.as_u64().unwrap() as u8).collect(),
            _ => vec![0; line["zeros"].as_u64().unwrap() as usize],
        };
        let at = offset as usize..offset as usize + lost.len();
        assert!(is[at.clone()].iter().all(u8::is_ascii_whitespace));
        restored.splice(at, lost);
    }
    let torn = b"{\"torn at the end";
    assert_eq!([&restored[..], torn].concat(), was, "nothing but what was lost was changed");
    let cut = fs::read_to_string(home.path("thread-store/quarantine.jsonl")).unwrap();
    assert!(cut.contains("torn at the end"));
}

#[tokio::test]
async fn a_second_repair_has_nothing_to_do() {
    let home = TestHome::new();
    damaged(&home, A);
    repair(&home.path("")).await;
    let before = bytes(&home.path(""));
    assert!(repair(&home.path("")).await.repairs.is_empty());
    assert_eq!(bytes(&home.path("")), before);
}

#[tokio::test]
async fn the_open_store_sees_what_was_mended_and_goes_on() {
    let home = TestHome::new();
    damaged(&home, A);
    let [store, other] = [open(&home.path("")).await, open(&home.path("")).await];
    let (items, damage) = history(&store, A).await;
    assert!(damage > 0);
    store.repair(false).await.unwrap();
    for store in [&store, &other] {
        assert_eq!(history(store, A).await, (items.clone(), 0));
    }
    let id = ThreadId::parse(A).unwrap();
    let lease =
        other.resume_thread(ResumeThread::new(id, Holder::new("test"))).await.unwrap().lease;
    let item = RolloutItem::try_from(GOOD).unwrap();
    other.append_items(AppendItems::new(lease, vec![item])).await.unwrap();
    store.refresh().await.unwrap();
    let (after, damage) = history(&store, A).await;
    assert_eq!((after.len(), damage), (items.len() + 1, 0));
}

#[tokio::test]
async fn a_fork_whose_base_was_mended_reads_the_same() {
    let home = TestHome::new();
    let base = [
        numbered(0, &header(A, 1, json!({ "history_mode": "paginated" }))),
        numbered(1, &event("one")),
        "{\"ordinal\":2,\"torn".to_owned(),
        numbered(3, &event("three")),
    ];
    home.rollout(A, &base);
    let from = json!({ "history_mode": "paginated", "history_base": {
        "thread_id": A, "end_ordinal_exclusive": 4, "end_byte_offset": text(&base).len(),
    }});
    home.rollout(B, &[numbered(4, &header(B, 2, from)), numbered(5, &event("own"))]);
    let before = records(&home.path(""));
    repair(&home.path("")).await;
    assert_eq!(records(&home.path("")), before);
    assert_eq!(fs::read(home.path(&usual(DAY, A))).unwrap().len(), text(&base).len());
    assert_eq!(before[&ThreadId::parse(B).unwrap()].len(), 5);
}

#[tokio::test]
async fn duplicates_are_moved_aside_and_never_over_each_other() {
    let home = TestHome::new();
    home.rollout(A, &[header(A, 1, json!({}))]);
    let other = usual("archived_sessions", A);
    for n in ["first", "second"] {
        home.write(&other, text(&[header(A, 1, json!({})), event(n)]));
        assert_eq!(codes(&home.path("")).await, ["duplicate_files"]);
        repair(&home.path("")).await;
        assert!(codes(&home.path("")).await.is_empty());
    }
    let moved =
        |end: &str| fs::read_to_string(home.path(&format!("thread-store/duplicates/{other}{end}")));
    assert!(moved("").unwrap().contains("first"));
    assert!(moved(".1").unwrap().contains("second"));
}

#[tokio::test]
async fn a_compressed_file_stays_while_codex_may_be_writing_it() {
    let home = TestHome::new();
    home.rollout(A, &[header(A, 1, json!({}))]);
    let packed = zstd::encode_all(text(&[header(A, 1, json!({}))]).as_bytes(), 3).unwrap();
    let packed = home.write(&format!("{}.zst", usual(DAY, A)), packed);
    let marker = home.write(".tmp/rollout-compression.lock", "");
    let store = open(&home.path("")).await;
    for dry_run in [true, false] {
        let repairs = store.repair(dry_run).await.unwrap().repairs;
        assert!(matches!(repairs[0].outcome, RepairOutcome::Skipped { .. }));
    }
    assert!(packed.exists());
    fs::remove_file(marker).unwrap();
    repair(&home.path("")).await;
    assert!(!packed.exists());
    assert!(codes(&home.path("")).await.is_empty());
}

#[tokio::test]
async fn what_was_kept_of_a_thread_goes_where_the_thread_goes() {
    let home = TestHome::new();
    damaged(&home, A);
    repair(&home.path("")).await;
    let store = open(&home.path("")).await;
    let id = ThreadId::parse(A).unwrap();
    store.set_archived(SetArchived::new(id, true)).await.unwrap();
    let archived = home.path(&format!("{}.quarantine", usual("archived_sessions", A)));
    assert!(archived.exists());
    store.set_archived(SetArchived::new(id, false)).await.unwrap();
    assert!(home.path(&format!("{}.quarantine", usual(DAY, A))).exists() && !archived.exists());
    store.delete_thread(id.into()).await.unwrap();
    let left = crate::support::files(&home.path("sessions"));
    assert!(left.is_empty(), "{left:?}");
}
