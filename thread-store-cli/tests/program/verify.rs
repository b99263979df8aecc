//! Looking homes over, and mending them.

use crate::common::{Answer, Program, samples};
use serde_json::Value;

const ROLLOUT: &str = "home/sessions/2026/11/20/rollout-2026-11-20T16-33-14-aaaaaaaa-0000-7000-8000-000000000001.jsonl";
const THREAD: &str = "aaaaaaaa-0000-7000-8000-000000000001";
const RECORD: &str = r#"{"timestamp":"t","type":"x","payload":{}}"#;

/// A home with a damaged line and a torn tail.
fn damaged() -> Program {
    let program = Program::new();
    let header = format!(
        r#"{{"timestamp":"2026-11-20T16:33:14Z","type":"session_meta","payload":{{"id":"{THREAD}"}}}}"#
    );
    program.file(ROLLOUT, format!("{header}\nsecret words\n{RECORD}\n{{\"torn"));
    program
}

fn run(program: &Program, args: &[&str]) -> Answer {
    program.run_on("local:home", args)
}

fn values(lines: &[Value], member: &str) -> Vec<String> {
    lines.iter().map(|line| line[member].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_wrong_is_told_line_by_line_and_by_the_exit_code() {
    let program = damaged();
    let answer = run(&program, &["verify", "--json"]);
    assert_eq!(answer.code, 1);
    assert_eq!(values(&answer.lines(), "code"), ["torn_tail", "unreadable_lines"]);
    let error: Value = serde_json::from_str(answer.err.trim()).unwrap();
    assert_eq!(error["error"]["code"], "damaged");
}

#[test]
fn people_see_findings_by_kind_and_never_what_threads_hold() {
    let program = damaged();
    let answer = run(&program, &["verify"]);
    assert_eq!(answer.code, 1);
    let lines: Vec<_> = answer.text().lines().collect();
    assert_eq!(lines[0], "rollouts that end inside a record (1)");
    assert!(lines[1].starts_with("  sessions/2026/11/20/rollout-"), "{}", lines[1]);
    assert!(answer.text().contains("`repair` mends 2 of them"));
    assert!(!answer.text().contains("secret"));
}

#[test]
fn a_repair_is_said_first_and_then_done() {
    let program = damaged();
    let before = std::fs::read(program.path(ROLLOUT)).unwrap();
    let planned = run(&program, &["repair", "--dry-run", "--json"]);
    assert_eq!((planned.code, std::fs::read(program.path(ROLLOUT)).unwrap()), (0, before));
    let done = run(&program, &["repair", "--json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let [planned, done] = [planned.lines(), done.lines()];
    assert_eq!(values(&planned, "outcome"), ["planned", "planned"]);
    assert_eq!(values(&done, "outcome"), ["done", "done"]);
    assert_eq!(values(&planned, "action"), values(&done, "action"));

    let answer = run(&program, &["verify"]);
    assert_eq!(answer.code, 0, "{}", answer.text());
    assert_eq!(answer.text(), "1 threads in 1 rollouts with 2 records: all is well\n");
    assert_eq!(run(&program, &["repair"]).text(), "nothing to mend\n");
    let raw = run(&program, &["history", THREAD, "--raw"]);
    assert_eq!(raw.text().lines().count(), 2);
    assert!(raw.err.is_empty(), "{}", raw.err);
}

#[test]
fn looking_leaves_nothing_behind_in_a_home() {
    let program = damaged();
    for args in [&["verify"][..], &["repair", "--dry-run"]] {
        run(&program, args);
        let entries = std::fs::read_dir(program.path("home")).unwrap();
        let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["sessions"], "{args:?}");
    }
}

#[test]
fn people_are_told_what_would_be_done() {
    let program = damaged();
    let answer = run(&program, &["repair", "--dry-run"]);
    let lines: Vec<_> = answer.text().lines().collect();
    assert!(lines[0].starts_with("would cut sessions/"));
    assert!(lines[1].starts_with("would blank 12 bytes of sessions/"));
    assert_eq!(lines[2], "2 repairs would be done");
}

#[test]
fn what_cannot_be_mended_is_said() {
    let program = damaged();
    program.file("home/sessions/empty.jsonl", "");
    let answer = run(&program, &["repair"]);
    assert_eq!(answer.code, 0);
    assert!(answer.text().contains("sessions/empty.jsonl: the file is empty"), "{}", answer.text());
}

#[test]
fn a_thread_that_somebody_writes_to_is_left_alone_and_said() {
    let program = damaged();
    let lock = program.file(&format!("home/thread-writer-locks/{THREAD}.lock"), "");
    let lock = std::fs::File::open(lock).unwrap();
    lock.lock().unwrap();
    let answer = run(&program, &["repair"]);
    assert!(answer.text().contains("left alone: somebody writes to the thread"));
    assert!(answer.text().ends_with("0 repairs done, 2 left alone\n"), "{}", answer.text());
}

#[test]
fn other_stores_have_nothing_to_verify_yet() {
    let program = Program::new();
    program.import(&samples());
    program.fails(&["verify"], "unsupported");
    program.fails(&["repair"], "unsupported");
    assert_eq!(program.run_on("memory:", &["verify"]).code, 1);
}
