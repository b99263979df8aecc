//! Finding rollouts, and telling whose they are.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod common;

use std::fs;
use std::io::Write;

use common::{A, B, C, DAY, TestHome, event, file_name, header, items, read, text, usual};
use serde_json::json;
use thread_store_local::{OtherFileReason, read_file, read_home};

fn lines(id: &str) -> Vec<String> {
    vec![header(id, 1, json!({})), event("hello")]
}

fn zst(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 3).unwrap()
}

/// `name: path` of every thread.
fn found(home: &TestHome) -> Vec<(String, String)> {
    let threads = home.open();
    let threads = threads.threads().iter();
    threads.map(|thread| (thread.thread_id.to_string(), file_name(&thread.path))).collect()
}

#[test]
fn rollouts_are_found_in_any_nesting_and_nothing_else_is_taken_for_one() {
    let home = TestHome::new();
    home.rollout(A, &lines(A));
    home.write("archived_sessions/backup.jsonl", text(&lines(B)));
    home.write(&format!("sessions/{C}.jsonl"), text(&lines(C)));
    for other in [
        "history.jsonl",
        "sessions/history.jsonl",
        "config.toml",
        "sessions/x.lock",
        "sessions/rollout-x.jsonl.tmp",
        "log/rollout-x.jsonl",
    ] {
        home.write(other, text(&lines("dddddddd-0000-7000-8000-000000000004")));
    }
    let open = home.open();
    assert!(open.unreadable().is_empty());
    let archived: Vec<bool> = open.threads().iter().map(|thread| thread.archived).collect();
    assert_eq!(archived, [false, true, false]);
    for id in [A, B, C] {
        assert_eq!(items(&home.read(id)), lines(id));
    }
}

#[test]
fn a_plain_folder_gives_all_rollouts_below_it() {
    let home = TestHome::new();
    home.write("a/b/rollout-x.jsonl", text(&lines(A)));
    home.write("nested/archived_sessions/x.jsonl", text(&lines(B)));
    let open = home.open();
    let archived: Vec<bool> = open.threads().iter().map(|thread| thread.archived).collect();
    assert_eq!(archived, [false, true]);
}

#[test]
fn one_file_gives_its_thread_with_the_name_from_its_home() {
    let home = TestHome::new();
    home.rollout(A, &lines(A));
    let path = home.rollout(B, &lines(B));
    home.write("session_index.jsonl", json!({"id": B, "thread_name": "n"}).to_string());
    let rollout = read_file(&path).unwrap();
    assert_eq!(rollout.thread_id.to_string(), B);
    assert_eq!(rollout.name.as_deref(), Some("n"));
    assert_eq!(items(&rollout), lines(B));
}

#[test]
fn the_last_name_counts_and_an_empty_one_clears() {
    let home = TestHome::new();
    home.rollout(A, &lines(A));
    home.rollout(B, &lines(B));
    let line = |id: &str, name: &str| json!({"id": id, "thread_name": name}).to_string();
    let index = [line(A, "old"), line(B, "old"), "garbage".into(), line(A, "new"), line(B, "")];
    home.write("session_index.jsonl", text(&index));
    assert_eq!(home.read(A).name.as_deref(), Some("new"));
    assert_eq!(home.read(B).name, None);
}

#[test]
fn the_first_header_is_the_threads_own_whatever_the_file_is_called() {
    let home = TestHome::new();
    let copied = [lines(A), lines(C)].concat();
    home.rollout(B, &copied);
    assert_eq!(items(&home.read(A)), copied);
    assert_eq!(home.open().threads().len(), 1);
}

#[test]
fn where_the_first_line_is_lost_the_file_name_tells_the_thread() {
    let home = TestHome::new();
    let rest = [header(B, 1, json!({})), event("copied")];
    home.rollout(A, &[vec!["{\"torn".into()], rest.to_vec()].concat());
    let rollout = home.read(A);
    assert_eq!(items(&rollout), rest);
    assert_eq!(rollout.damage.records[0].after, None);
}

#[test]
fn where_the_file_name_has_no_id_the_first_header_tells_the_thread() {
    let home = TestHome::new();
    home.write("sessions/x.jsonl", text(&[event("first"), header(B, 1, json!({}))]));
    assert_eq!(found(&home), [(B.to_owned(), "x.jsonl".to_owned())]);
}

#[test]
fn what_cannot_be_read_is_named_with_the_reason() {
    let home = TestHome::new();
    home.rollout(A, &lines(A));
    home.write("sessions/1-empty.jsonl", "");
    home.write("sessions/2-garbage.jsonl", "garbage\n\0\0\n");
    home.write("sessions/3-bad.jsonl.zst", &zst(&text(&lines(B)))[..12]);
    home.write("sessions/4-nobody.jsonl", event("hello"));
    home.write(&format!("sessions/5-{C}.jsonl"), r#"{"type":"user","timestamp":"t","message":{}}"#);
    let open = home.open();
    let reasons: Vec<&str> = open.unreadable().iter().map(|file| file.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "the file is empty",
            "none of its records can be read",
            "its compressed data are cut off or damaged from the start",
            "neither its records nor its name tell the thread's id",
            "its records are not those of a rollout",
        ]
    );
    assert_eq!(open.threads().len(), 1);
}

#[test]
fn a_path_without_a_rollout_is_an_invalid_request() {
    let home = TestHome::new();
    let paths = [
        home.path("missing"),
        home.write("file", "text").join("below"),
        home.write("empty.jsonl", ""),
        home.write("config.toml", "a = \"s3cret\""),
    ];
    for path in paths {
        let error = read_home(&path).unwrap_err();
        assert_eq!(error.code(), "invalid_request", "{}", path.display());
        assert!(error.to_string().contains("path"), "{error}");
        assert!(!error.to_string().contains("s3cret"));
    }
    fs::create_dir(home.path("no-rollouts")).unwrap();
    assert!(read_home(&home.path("no-rollouts")).unwrap().threads().is_empty());
    assert!(read_file(&home.path("no-rollouts")).is_err());
}

#[test]
fn an_active_file_counts_before_an_archived_and_a_plain_one_before_a_compressed() {
    let home = TestHome::new();
    let stale = text(&[lines(A), vec![event("stale")]].concat());
    home.rollout(A, &lines(A));
    home.write(&format!("{}.zst", usual(DAY, A)), zst(&stale));
    home.write(&usual("archived_sessions", A), &stale);
    home.write("sessions/copy.jsonl", &stale);
    let rollout = home.read(A);
    assert!(!rollout.archived);
    assert_eq!(items(&rollout), lines(A));
    assert_eq!(rollout.other_files.len(), 3);
    assert!(rollout.other_files.iter().all(|file| file.reason == OtherFileReason::Copy));
}

#[test]
fn compressed_files_are_expanded_frame_by_frame() {
    let home = TestHome::new();
    let [first, second] = [text(&lines(A)), text(&[event("more")])];
    let frames = [zst(&first), zst(&second)].concat();
    home.write(&format!("{}.zst", usual(DAY, A)), frames);
    assert_eq!(items(&home.read(A)), [lines(A), vec![event("more")]].concat());
}

#[test]
fn a_cut_compressed_file_gives_the_whole_records_before_the_cut() {
    let home = TestHome::new();
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    let mut whole = lines(A);
    whole.extend((0..200).map(|n| event(&format!("{n} {}", "x".repeat(4000)))));
    // A flush ends a block: what stands before it can be expanded without what follows.
    for line in &whole {
        encoder.write_all(format!("{line}\n").as_bytes()).unwrap();
        encoder.flush().unwrap();
    }
    let bytes = encoder.finish().unwrap();
    home.write(&format!("{}.zst", usual(DAY, A)), &bytes[..bytes.len() / 2]);
    let rollout = home.read(A);
    assert!(rollout.items.len() > 50, "{}", rollout.items.len());
    assert_eq!(items(&rollout), whole[..rollout.items.len()]);
    let last = rollout.damage.records.last().unwrap();
    assert!(last.reason.contains("compressed data"), "{}", last.reason);
    assert_eq!(last.after.unwrap().get(), rollout.items.len() as u64 - 1);
}

#[test]
fn the_oldest_format_is_a_document_of_records() {
    let home = TestHome::new();
    let document = json!({"session": {"timestamp": "2025-08-23T01:02:03Z", "id": A, "instructions": ""},
        "items": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}, {"role": "tool"}]});
    let pretty = serde_json::to_string_pretty(&document).unwrap();
    home.write(&format!("sessions/rollout-2025-08-23-{A}.json"), pretty);
    let rollout = home.read(A);
    let values: Vec<serde_json::Value> =
        rollout.items.iter().map(|item| serde_json::from_slice(item.as_bytes()).unwrap()).collect();
    assert_eq!(values[0], document["session"]);
    assert_eq!(values[1..], document["items"].as_array().unwrap()[..]);
    assert_eq!(rollout.created_at_fallback.unwrap().to_string(), "2025-08-23T00:00:00.000Z");
}

#[test]
fn bare_lines_are_records_state_and_all() {
    let home = TestHome::new();
    let state = json!({"record_type": "state"}).to_string();
    let bare = [
        json!({"id": A, "timestamp": "2025-08-19T10:11:12.345Z", "instructions": null}).to_string(),
        state.clone(),
        json!({"type": "message", "role": "user", "content": []}).to_string(),
        state.clone(),
        state,
    ];
    home.rollout("no-id", &bare);
    assert_eq!(items(&home.read(A)), bare);
}

#[test]
fn damage_is_reported_with_its_place_in_file_and_history() {
    let home = TestHome::new();
    let [first, second] = [header(A, 1, json!({})), event("x")];
    let path =
        home.rollout(A, &[first.clone(), "garbage".into(), second.clone(), "{\"torn".into()]);
    let damage = home.read(A).damage;
    let at = |offset: usize| format!("{}:{offset}", path.display());
    assert_eq!(damage.count, 2);
    assert_eq!(damage.records[0].location, at(first.len() + 1));
    assert_eq!(damage.records[0].after.unwrap().get(), 0);
    assert_eq!(damage.records[1].location, at(first.len() + second.len() + 10));
    assert_eq!(damage.records[1].after.unwrap().get(), 1);
}

#[test]
fn a_header_of_any_length_is_read_whole() {
    let home = TestHome::new();
    let long = header(A, 1, json!({"base_instructions": {"text": "x".repeat(200_000)}}));
    home.rollout("no-id", std::slice::from_ref(&long));
    let packed = header(B, 1, json!({"base_instructions": {"text": "y".repeat(200_000)}}));
    home.write("sessions/x.jsonl.zst", zst(&packed));
    assert_eq!(items(&home.read(A)), [long]);
    assert_eq!(items(&home.read(B)), [packed]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_into_each_folder_once() {
    use std::os::unix::fs::symlink;
    let home = TestHome::new();
    home.rollout(A, &lines(A));
    home.write("elsewhere/x.jsonl", text(&lines(B)));
    symlink(home.path("sessions"), home.path("sessions/2026/loop")).unwrap();
    symlink(home.path("elsewhere"), home.path("sessions/linked")).unwrap();
    symlink(home.path("nowhere"), home.path("sessions/dangling.jsonl")).unwrap();
    let open = home.open();
    assert_eq!(open.threads().len(), 2);
    assert_eq!(open.unreadable().len(), 1);
    assert!(read(&open, A).other_files.is_empty());
}

#[test]
fn a_thread_of_another_home_is_not_found() {
    let [home, other] = [TestHome::new(), TestHome::new()];
    home.rollout(A, &lines(A));
    other.rollout(A, &lines(A));
    let error = home.open().read(&other.open().threads()[0]).unwrap_err();
    assert_eq!(error.code(), "not_found");
}

#[test]
fn a_file_that_is_gone_since_is_an_error_about_its_thread() {
    let home = TestHome::new();
    let path = home.rollout(A, &lines(A));
    let open = home.open();
    fs::remove_file(path).unwrap();
    let error = open.read(&open.threads()[0]).unwrap_err();
    assert_eq!(error.code(), "invalid_request");
    assert_eq!(error.thread_id().unwrap().to_string(), A);
}

#[cfg(unix)]
#[test]
fn pipes_and_links_to_nowhere_do_not_hold_anybody_up() {
    let home = TestHome::new();
    home.rollout(A, &[header(A, 1, json!({})), event("a")]);
    let pipe = home.path(&usual(DAY, B));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::os::unix::fs::symlink("/nowhere", home.path(&usual(DAY, C))).unwrap();
    let found = home.open();
    assert_eq!((found.threads().len(), found.unreadable().len()), (1, 1));
}
