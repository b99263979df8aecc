//! Turns, forks at them, and taking them back.

use serde_json::{Value, json};

use crate::common::{Program, samples};

const ROOT: &str = "019cadc7-84e0-7000-8000-000000000001";

fn with_samples() -> Program {
    let program = Program::new();
    program.import(&samples());
    program
}

fn turn_ids(program: &Program, thread: &str) -> Vec<String> {
    let turns = program.json(&["show", thread, "--turns"]);
    turns.iter().map(|turn| turn["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn turns_have_the_form_of_the_protocol_one_on_each_line() {
    let program = with_samples();
    let turns = program.json(&["show", ROOT, "--turns"]);
    assert_eq!(turns.len(), 2);
    let names: Vec<_> = turns[0].as_object().unwrap().keys().cloned().collect();
    let mut protocol = vec![
        "id",
        "rootTurnId",
        "items",
        "itemsView",
        "status",
        "error",
        "startedAt",
        "completedAt",
        "durationMs",
    ];
    protocol.sort_unstable();
    let mut sorted = names;
    sorted.sort_unstable();
    assert_eq!(sorted, protocol);
    assert_eq!(turns[0]["status"], "completed");
    assert_eq!(turns[0]["items"][0]["type"], "userMessage");
    let text = "Why does the lamp blink twice at dawn?";
    assert_eq!(turns[0]["items"][0]["content"][0]["text"], text);
}

#[test]
fn the_last_turns_are_shown_oldest_first() {
    let program = with_samples();
    let all = program.json(&["show", ROOT, "--turns"]);
    assert_eq!(program.json(&["show", ROOT, "--turns", "--last", "1"]), all[1..]);
    assert_eq!(program.json(&["show", ROOT, "--turns", "--last", "9"]), all);
    let shown = program.run(&["show", ROOT, "--turns"]);
    assert!(
        shown.text().contains("userMessage           Why does the lamp blink"),
        "{}",
        shown.text()
    );
}

#[test]
fn a_fork_at_a_turn_has_nothing_after_it() {
    let program = with_samples();
    let ids = turn_ids(&program, ROOT);
    let fork = program.json(&["fork", ROOT, "--at-turn", &ids[0]]).remove(0);
    let id = fork["thread_id"].as_str().unwrap();
    assert_eq!(fork["forked_from_id"], ROOT);
    let turns = program.json(&["show", id, "--turns"]);
    assert_eq!(turns.len(), 1);
    assert_eq!((&turns[0]["id"], &turns[0]["inherited"]), (&json!(ids[0]), &json!(true)));
    let raw = program.run(&["history", id, "--raw"]);
    assert!(!raw.text().contains("Please fix it."));

    let before = program.json(&["fork", ROOT, "--before-turn", &ids[0]]).remove(0);
    assert!(turn_ids(&program, before["thread_id"].as_str().unwrap()).is_empty());
    program.fails(&["fork", ROOT, "--at-turn", "nobody's"], "invalid_request");
}

#[test]
fn what_was_taken_back_is_no_turn_and_stays_in_the_history() {
    let program = with_samples();
    let ids = turn_ids(&program, ROOT);
    let length = |program: &Program| program.json(&["history", ROOT]).len();
    let before = length(&program);
    let taken: Vec<Value> = program.json(&["revert", ROOT, "--turns", "1"]);
    assert_eq!(taken[0]["turn_ids"], json!([ids[1]]));
    assert_eq!(turn_ids(&program, ROOT), ids[..1]);
    assert_eq!(length(&program), before + 1);

    // To before the marker: the turn is there again.
    let marker = taken[0]["marker"].to_string();
    program.json(&["revert", ROOT, "--from", &marker]);
    assert_eq!(turn_ids(&program, ROOT), ids);

    program.json(&["revert", ROOT, "--from-turn", &ids[0]]);
    assert!(turn_ids(&program, ROOT).is_empty());
    let said = program.run(&["show", ROOT, "--turns"]);
    assert_eq!(said.text(), "no turns\n");
}

#[test]
fn a_revert_that_makes_no_sense_changes_nothing() {
    let program = with_samples();
    let before = program.run(&["history", ROOT, "--raw"]).out;
    for to in [&["--turns", "0"], &["--from-turn", "nobody's"], &["--from", "999"]] {
        program.fails(&[&["revert", ROOT], &to[..]].concat(), "invalid_request");
    }
    assert_eq!(program.run(&["revert", ROOT]).code, 2);
    assert_eq!(program.run(&["history", ROOT, "--raw"]).out, before);
}
