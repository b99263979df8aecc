//! That the driver drives.

use serde_json::{Value, json};

use crate::codex::{Codex, program};
use crate::corpus_dir::unpacked;
use crate::home::prepare;

/// A thread of the home `dev` in which a single turn was run.
const LEGACY: &str = "01a1f9ce-2ca0-7420-acdd-40ee86300986";

#[test]
fn codex_answers_about_an_empty_home() {
    let Some(program) = program() else { return };
    let home = tempfile::tempdir().unwrap();
    prepare(home.path());
    let mut codex = Codex::start(&program, home.path());
    assert_eq!(codex.ask("thread/list", json!({}))["data"], json!([]));
    let unknown = json!({"threadId": LEGACY});
    assert_eq!(codex.refusal("thread/read", unknown).code, -32600);
    codex.stop();
}

#[test]
fn codex_answers_about_a_home_of_the_corpus() {
    let Some(program) = program() else { return };
    let Some(dir) = unpacked() else { return };
    let home = dir.path().join("homes/dev");
    prepare(&home);
    let mut codex = Codex::start(&program, &home);
    let rows = codex.ask("thread/list", json!({"limit": 100, "sortKey": "recency_at"}));
    assert_eq!(rows["data"].as_array().map(Vec::len), Some(59));
    let thread = codex.ask("thread/read", json!({"threadId": LEGACY, "includeTurns": true}));
    assert!(thread["thread"]["turns"].as_array().is_some_and(|turns| !turns.is_empty()));
    codex.ask("thread/name/set", json!({"threadId": LEGACY, "name": "driven"}));
    let renamed: Value = codex.notified("thread/name/updated");
    assert_eq!(renamed["threadName"], "driven");
    codex.stop();
}
