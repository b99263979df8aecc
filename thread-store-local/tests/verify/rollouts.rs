//! What is found in rollouts.

use std::fs;

use serde_json::json;
use thread_store::{
    AppendItems, CreateThread, Holder, ResumeThread, RolloutItem, ThreadId, ThreadStore as _,
};

use crate::common::{A, B, C, DAY, TestHome, event, header, numbered, text, usual};
use crate::support::{bytes, codes, found, open};

fn lines(id: &str) -> Vec<String> {
    vec![header(id, 1, json!({})), event("hello")]
}

#[tokio::test]
async fn a_home_in_order_has_no_findings_and_is_counted() {
    let home = TestHome::new();
    home.rollout(A, &lines(A));
    home.rollout(B, &lines(B));
    let found = open(&home.path("")).await.verify().await.unwrap();
    assert!(found.findings.is_empty(), "{:?}", found.findings);
    assert_eq!((found.files, found.threads, found.records), (2, 2, 4));
}

#[tokio::test]
async fn an_empty_home_has_no_findings() {
    assert!(codes(&TestHome::new().path("")).await.is_empty());
}

#[tokio::test]
async fn a_torn_tail_is_found_with_its_place() {
    let home = TestHome::new();
    let whole = text(&lines(A));
    home.write(&usual(DAY, A), format!("{whole}{{\"torn"));
    assert_eq!(
        found(&home.path("")).await,
        [
            json!({ "code": "torn_tail", "path": usual(DAY, A), "thread_id": A, "offset": whole.len(), "bytes": 6 })
        ]
    );
}

#[tokio::test]
async fn a_last_line_that_only_wants_its_line_feed_is_no_damage() {
    let home = TestHome::new();
    home.write(&usual(DAY, A), text(&lines(A)).trim_end());
    home.write(&usual(DAY, B), format!("{}  ", text(&lines(B))));
    assert!(codes(&home.path("")).await.is_empty());
}

#[tokio::test]
async fn unreadable_lines_are_counted_and_the_first_places_told() {
    let home = TestHome::new();
    let first = format!("{}\n", header(A, 1, json!({})));
    let garbage = "garbage\n".repeat(20);
    home.write(&usual(DAY, A), format!("{first}{garbage}{}\n", event("x")));
    let found = found(&home.path("")).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["code"], "unreadable_lines");
    assert_eq!((&found[0]["count"], &found[0]["bytes"]), (&json!(20), &json!(140)));
    let places = found[0]["places"].as_array().unwrap();
    assert_eq!(places.len(), 8);
    assert_eq!(places[1]["offset"], json!(first.len() + 8));
    assert!(!found[0].to_string().contains("garbage"), "contents are told");
}

#[tokio::test]
async fn a_file_that_is_no_rollout_is_found_with_the_reason() {
    let home = TestHome::new();
    home.rollout(A, &lines(A));
    home.write(&usual(DAY, B), "not json\n");
    let found = found(&home.path("")).await;
    assert_eq!(
        found,
        [
            json!({ "code": "no_rollout", "path": usual(DAY, B), "reason": "none of its records can be read" })
        ]
    );
}

#[tokio::test]
async fn duplicates_are_found_with_the_file_that_counts() {
    let home = TestHome::new();
    home.rollout(A, &lines(A));
    let archived = usual("archived_sessions", A);
    home.write(&archived, format!("{}{}\n", text(&lines(A)), event("more")));
    let found = found(&home.path("")).await;
    assert_eq!(
        found,
        [
            json!({ "code": "duplicate_files", "thread_id": A, "path": usual(DAY, A), "records": 2, "other": archived, "other_records": 3 })
        ]
    );
}

#[cfg(unix)]
#[tokio::test]
async fn another_name_of_the_same_file_is_no_duplicate() {
    let home = TestHome::new();
    let path = home.rollout(A, &lines(A));
    std::os::unix::fs::symlink(path, home.path("sessions/link.jsonl")).unwrap();
    assert!(codes(&home.path("")).await.is_empty());
}

#[tokio::test]
async fn a_file_that_is_plain_and_compressed_is_found() {
    let home = TestHome::new();
    home.rollout(A, &lines(A));
    let packed = zstd::encode_all(text(&lines(A)).as_bytes(), 3).unwrap();
    home.write(&format!("{}.zst", usual(DAY, A)), packed);
    assert_eq!(codes(&home.path("")).await, ["plain_and_compressed"]);
}

#[tokio::test]
async fn a_damaged_compressed_file_is_found() {
    let home = TestHome::new();
    let long: Vec<_> = lines(A)
        .into_iter()
        .chain((0..9000).map(|n| event(&format!("{n} {}", n * 7919))))
        .collect();
    let mut packed = zstd::encode_all(text(&long).as_bytes(), 3).unwrap();
    packed.truncate(packed.len() - 10);
    home.write(&format!("{}.zst", usual(DAY, A)), packed);
    let found = found(&home.path("")).await;
    assert_eq!(found[0]["code"], "damaged_file");
    assert!(found[0]["places"].to_string().contains("compressed data"));
    let before = bytes(&home.path("sessions"));
    assert!(crate::support::repair(&home.path("")).await.repairs.is_empty());
    assert_eq!(bytes(&home.path("sessions")), before);
}

#[tokio::test]
async fn a_history_without_its_beginning_is_found() {
    let home = TestHome::new();
    let base = json!({ "history_mode": "paginated", "history_base": { "thread_id": B, "end_ordinal_exclusive": 4 } });
    home.rollout(A, &[numbered(4, &header(A, 1, base))]);
    assert_eq!(codes(&home.path("")).await, ["broken_history"]);
    home.rollout(B, &[numbered(0, &header(B, 1, json!({}))), numbered(1, &event("x"))]);
    let found = found(&home.path("")).await;
    assert_eq!((&found[0]["code"], &found[0]["thread_id"]), (&json!("broken_history"), &json!(A)));
    assert_eq!(found[0]["path"], usual(DAY, B));
}

#[tokio::test]
async fn a_name_that_tells_another_thread_is_found() {
    let home = TestHome::new();
    home.rollout(C, &lines(A));
    assert_eq!(
        found(&home.path("")).await,
        [json!({ "code": "name_differs", "path": usual(DAY, C), "thread_id": A, "named": C })]
    );
}

#[tokio::test]
async fn a_header_that_makes_room_for_another_threads_is_left() {
    let home = TestHome::new();
    let path = home.write(
        &usual(DAY, A),
        format!("{{\"timestamp\":\"t\",\"torn\n{}\n{}\n", header(B, 1, json!({})), event("x")),
    );
    let before = fs::read(&path).unwrap();
    assert_eq!(codes(&home.path("")).await, ["unreadable_header"]);
    crate::support::repair(&home.path("")).await;
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_header_of_ours_that_only_wants_its_line_feed_is_kept_when_items_come() {
    let home = TestHome::new();
    let store = open(&home.path("")).await;
    let id = ThreadId::parse(A).unwrap();
    let path = store.create_thread(CreateThread::new(id)).await.unwrap().thread.location.unwrap();
    let header = fs::read_to_string(&path).unwrap();
    fs::write(&path, header.trim_end()).unwrap();
    assert!(codes(&home.path("")).await.is_empty());
    let store = open(&home.path("")).await;
    let lease =
        store.resume_thread(ResumeThread::new(id, Holder::new("test"))).await.unwrap().lease;
    let item = RolloutItem::try_from(event("x").as_str()).unwrap();
    store.append_items(AppendItems::new(lease, vec![item])).await.unwrap();
    assert!(fs::read_to_string(&path).unwrap().starts_with(&header));
}

#[tokio::test]
async fn what_was_set_aside_is_not_found_again_where_all_else_is_gone() {
    let home = TestHome::new();
    home.rollout(A, &lines(A));
    home.write(&usual("archived_sessions", A), text(&lines(A)));
    crate::support::repair(&home.path("")).await;
    for part in ["sessions", "archived_sessions"] {
        fs::remove_dir_all(home.path(part)).unwrap();
    }
    home.write("thread-store/journal.jsonl", "");
    let found = open(&home.path("")).await.verify().await.unwrap();
    assert_eq!((found.files, found.findings), (0, Vec::new()));
}
