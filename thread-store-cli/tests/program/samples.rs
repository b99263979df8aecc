//! The sample rollouts that ship with the program are made here, and are what is checked in.
//!
//! `UPDATE_SAMPLES=1 cargo test -p thread-store-cli --test program` writes them anew.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use thread_store::{RolloutItem, ThreadId, Timestamp};

/// 2026-03-02T09:00:00.000Z.
const START: i64 = 1_772_442_000_000;

fn id(n: u64) -> ThreadId {
    ThreadId::from_parts(at(n * 60), u128::from(n))
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(START + i64::try_from(seconds).unwrap() * 1000)
}

/// One rollout under the pen: every line a second after the one before.
struct Pen {
    lines: Vec<String>,
    clock: u64,
    paginated: bool,
}

impl Pen {
    fn new(start: u64, paginated: bool) -> Self {
        Self { lines: Vec::new(), clock: start, paginated }
    }

    fn line(&mut self, kind: &str, payload: Value) {
        let item = RolloutItem::new(kind, &payload, at(self.clock)).unwrap();
        let mut text = item.text().into_owned();
        if self.paginated {
            text = text.replacen(
                ",\"type\"",
                &format!(",\"ordinal\":{},\"type\"", self.lines.len()),
                1,
            );
        }
        self.lines.push(text);
        self.clock += 1;
    }

    fn header(&mut self, thread: ThreadId, more: Value) {
        let mut header = json!({
            "id": thread, "timestamp": at(self.clock), "cwd": "/work/lighthouse", "originator": "sample",
            "cli_version": "0.169.0", "source": "cli", "model_provider": "acme",
            "history_mode": if self.paginated { "paginated" } else { "legacy" },
            "git": {"commit_hash": "4f1c2a9", "branch": "main"},
        });
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.line("session_meta", header);
    }

    /// One turn: a question, maybe a command, an answer.
    fn turn(&mut self, question: &str, command: Option<&str>, answer: &str) {
        let turn = format!("turn-{}", self.clock);
        self.line("event_msg", json!({"type": "task_started", "turn_id": turn}));
        self.line(
            "turn_context",
            json!({"turn_id": turn, "cwd": "/work/lighthouse", "model": "beacon-1",
            "approval_policy": "on-request", "effort": "medium"}),
        );
        self.line(
            "response_item",
            json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": question}]}),
        );
        self.said("UserMessage", &turn, question);
        if let Some(command) = command {
            let call = format!("call-{}", self.clock);
            self.line(
                "response_item",
                json!({"type": "function_call", "name": "shell", "call_id": call,
                "arguments": json!({"command": command}).to_string()}),
            );
            self.line(
                "response_item",
                json!({"type": "function_call_output", "call_id": call, "output": "ok"}),
            );
        }
        self.line(
            "response_item",
            json!({"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": answer}]}),
        );
        self.said("AgentMessage", &turn, answer);
        let total = 100 * self.clock;
        self.line(
            "event_msg",
            json!({"type": "token_count", "info": {"total_token_usage": {
            "input_tokens": total - 20, "cached_input_tokens": 0, "output_tokens": 20,
            "reasoning_output_tokens": 0, "total_tokens": total}}}),
        );
        self.line(
            "event_msg",
            json!({"type": "task_complete", "turn_id": turn, "last_agent_message": answer}),
        );
    }

    /// What a person reads: an item in paginated histories, an event in legacy ones.
    fn said(&mut self, kind: &str, turn: &str, text: &str) {
        let event = match (self.paginated, kind) {
            (true, _) => json!({"type": "item_completed", "turn_id": turn,
                "item": {"type": kind, "id": format!("item-{}", self.clock),
                         "content": [{"type": "text", "text": text}]}}),
            (false, "UserMessage") => json!({"type": "user_message", "message": text}),
            (false, _) => json!({"type": "agent_message", "message": text}),
        };
        self.line("event_msg", event);
    }

    fn text(self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

fn spawned_by(parent: ThreadId, depth: u32, nickname: &str) -> Value {
    json!({
        "parent_thread_id": parent,
        "source": {"subagent": {"thread_spawn": {"parent_thread_id": parent, "depth": depth,
            "agent_nickname": nickname, "agent_role": "explorer"}}},
    })
}

/// Every file of the sample home.
fn samples() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut add = |folder: &str, n: u64, pen: Pen| {
        let time = at(n * 60).to_string()[..19].replace(':', "-");
        files.insert(format!("{folder}/rollout-{time}-{}.jsonl", id(n)), pen.text());
    };
    let day = "sessions/2026/03/02";

    let mut root = Pen::new(60, true);
    root.header(id(1), json!({}));
    root.turn(
        "Why does the lamp blink twice at dawn?",
        Some("rg -n blink src"),
        "Two timers fire; I will look at both.",
    );
    root.turn("Please fix it.", Some("cargo test"), "One timer is enough. All tests pass.");
    add(day, 1, root);

    let mut timers = Pen::new(120, true);
    timers.header(id(2), spawned_by(id(1), 1, "Fresnel"));
    timers.turn(
        "Find every timer in the lamp controller.",
        Some("rg -n Timer src"),
        "There are two: dawn and dusk.",
    );
    add(day, 2, timers);

    let mut clock = Pen::new(180, true);
    clock.header(id(3), spawned_by(id(2), 2, "Argand"));
    clock.turn("Which clock do they use?", None, "Both use the wall clock.");
    add(day, 3, clock);

    let mut tests = Pen::new(240, true);
    tests.header(id(4), spawned_by(id(1), 1, "Stevenson"));
    tests.turn("Write a test for dawn.", Some("cargo test dawn"), "It fails as expected.");
    add(day, 4, tests);

    let mut legacy = Pen::new(300, false);
    legacy.header(id(5), json!({"cli_version": "0.100.0", "source": "vscode"}));
    legacy.turn("Übersetze die README, bitte. 日本語も。", None, "Gern! 完了です。");
    add(day, 5, legacy);

    let mut old = Pen::new(360, false);
    old.header(id(6), json!({"source": "exec"}));
    old.turn("Summarise last week's changes.", None, "Three fixes and a new lens.");
    add("archived_sessions", 6, old);

    let name = |n: u64, name: &str| {
        format!("{}\n", json!({"id": id(n), "thread_name": name, "updated_at": at(400)}))
    };
    files.insert(
        "session_index.jsonl".to_owned(),
        name(1, "Blinking lamp") + &name(6, "Weekly summary"),
    );
    files
}

#[test]
fn the_samples_are_what_this_test_makes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let samples = samples();
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        for (name, text) in &samples {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    for (name, text) in samples {
        let checked_in = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert!(checked_in == text, "{name} differs; UPDATE_SAMPLES=1 writes it anew");
    }
}
