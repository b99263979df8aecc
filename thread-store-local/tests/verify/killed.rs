//! Repairs that end half-way.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};

use serde_json::json;
use thread_store_local::{Faults, LocalOptions};

use crate::common::{A, B, DAY, TestHome, header, text, usual};
use crate::mended::damaged;
use crate::support::{codes, open_with, records, repair};

fn home() -> TestHome {
    let home = TestHome::new();
    damaged(&home, A);
    home.write(&usual("archived_sessions", A), text(&[header(A, 1, json!({}))]));
    home.write("session_index.jsonl", format!("{{\"id\":\"{B}\",\"thread_name\":\"b\"}}\n"));
    home
}

#[tokio::test]
async fn a_repair_that_ends_after_any_write_loses_nothing_and_is_finished_by_the_next() {
    for writes in 0..16 {
        let home = home();
        let before = records(&home.path(""));
        let faults = Faults::default();
        let options = LocalOptions::new().without_sqlite().with_faults(faults.clone());
        let store = open_with(&home.path(""), options).await;
        faults.fail_after(writes);
        let half = store.repair(false).await.unwrap();
        assert_eq!(half.repairs.len(), 4);
        assert_eq!(records(&home.path("")), before, "after {writes}");
        drop(store);
        repair(&home.path("")).await;
        assert_eq!(records(&home.path("")), before, "after {writes}, and repaired");
        assert!(codes(&home.path("")).await.is_empty(), "after {writes}");
        let index = fs::read_to_string(home.path("session_index.jsonl")).unwrap();
        assert!(index.is_empty());
    }
}

#[tokio::test]
async fn what_was_kept_and_blanked_by_half_is_blanked() {
    let home = TestHome::new();
    let first = text(&[header(A, 1, json!({}))]);
    let lost = "{\"torn\":{\"a\":1}";
    let path = home.write(&usual(DAY, A), format!("{first}{lost}\n"));
    let before = records(&home.path(""));
    let kept = format!("{}.quarantine", usual(DAY, A));
    home.write(&kept, format!("{}\n", json!({ "offset": first.len(), "text": lost })));
    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(first.len() as u64)).unwrap();
    // What is left looks like a record.
    file.write_all(&b" ".repeat("{\"torn\":".len())).unwrap();
    assert_ne!(records(&home.path("")), before);

    assert_eq!(codes(&home.path("")).await, ["unfinished_repair"]);
    repair(&home.path("")).await;
    assert_eq!(records(&home.path("")), before);
    assert!(codes(&home.path("")).await.is_empty());
}

#[tokio::test]
async fn what_was_kept_of_a_file_that_is_another_now_is_left() {
    let home = TestHome::new();
    let lines = text(&[header(A, 1, json!({}))]);
    let path = home.write(&usual(DAY, A), &lines);
    let kept = format!("{}.quarantine", usual(DAY, A));
    home.write(
        &kept,
        "{\"offset\":3,\"text\":\"something else\"}\n{\"offset\":30000,\"zeros\":5}\n{\"offs",
    );
    repair(&home.path("")).await;
    assert_eq!(fs::read_to_string(path).unwrap(), lines);
    assert!(codes(&home.path("")).await.is_empty());
}
