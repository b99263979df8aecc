//! Histories like those of agents, the same each time: from a seed.
//!
//! A turn has about ten records: its start and end, its settings, what the person and the agent
//! said, some commands with outputs of very different lengths, and the copies that the model reads.

use rand::{RngExt as _, SeedableRng as _};
use rand_xorshift::XorShiftRng;
use serde_json::{Value, json};
use thread_store::{Result, RolloutItem, Timestamp};

/// How items are recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// Events for people beside the model's own records.
    Legacy,
    /// One event for each item.
    Paginated,
}

impl Mode {
    pub(crate) fn is_paginated(self) -> bool {
        matches!(self, Self::Paginated)
    }
}

/// A history that grows.
#[derive(Debug)]
pub(crate) struct History {
    rng: XorShiftRng,
    mode: Mode,
    items: Vec<RolloutItem>,
    turns: usize,
}

impl History {
    /// A history with at least so many items, with a compaction every 40 turns.
    pub(crate) fn of(mode: Mode, count: usize) -> Result<Vec<RolloutItem>> {
        let rng = XorShiftRng::seed_from_u64(42);
        let mut history = Self { rng, mode, items: Vec::new(), turns: 0 };
        let header = match mode {
            Mode::Legacy => json!({"id": "01a1f9ce-0000-7000-8000-000000000000"}),
            Mode::Paginated => {
                json!({"id": "01a1f9ce-0000-7000-8000-000000000000", "history_mode": "paginated"})
            }
        };
        history.push("session_meta", &header)?;
        while history.items.len() < count {
            history.turn()?;
        }
        Ok(history.items)
    }

    fn turn(&mut self) -> Result<()> {
        self.turns += 1;
        let id = format!("01a1f9ce-0000-7000-8000-{:012}", self.turns);
        let (asked, said) = (self.text(200), self.text(900));
        self.event(&json!({"type": "task_started", "turn_id": id, "started_at": 1_795_000_000}))?;
        self.push("turn_context", &json!({"turn_id": id, "cwd": "/work", "model": "m"}))?;
        self.message("user", &asked)?;
        self.person_said(&id, &asked)?;
        for call in 0..self.rng.random_range(1..4_u32) {
            self.command(&id, call)?;
        }
        self.agent_said(&id, &said)?;
        self.message("assistant", &said)?;
        self.event(&json!({"type": "task_complete", "turn_id": id, "duration_ms": 1200}))?;
        if self.turns.is_multiple_of(40) {
            let summary = self.text(2000);
            let history = json!([{"type": "message", "role": "user", "content": []}]);
            self.push("compacted", &json!({"message": summary, "replacement_history": history}))?;
        }
        Ok(())
    }

    fn person_said(&mut self, turn: &str, text: &str) -> Result<()> {
        match self.mode {
            Mode::Legacy => self.event(&json!({"type": "user_message", "message": text})),
            Mode::Paginated => {
                let item = json!({"type": "UserMessage", "id": self.id(), "content": [{"type": "text", "text": text}]});
                self.completed(turn, &item)
            }
        }
    }

    fn agent_said(&mut self, turn: &str, text: &str) -> Result<()> {
        match self.mode {
            Mode::Legacy => self.event(&json!({"type": "agent_message", "message": text})),
            Mode::Paginated => {
                let item = json!({"type": "AgentMessage", "id": self.id(), "content": [{"type": "Text", "text": text}]});
                self.completed(turn, &item)
            }
        }
    }

    fn command(&mut self, turn: &str, call: u32) -> Result<()> {
        let id = format!("call_{turn}_{call}");
        let output = self.output();
        let arguments = r#"{"command":["bash","-lc","cargo test"],"workdir":"/work"}"#;
        self.push(
            "response_item",
            &json!({"type": "function_call", "name": "shell", "arguments": arguments, "call_id": id}),
        )?;
        self.push(
            "response_item",
            &json!({"type": "function_call_output", "call_id": id, "output": output}),
        )?;
        if let Mode::Paginated = self.mode {
            let item = json!({"type": "CommandExecution", "id": id, "command": ["bash", "-lc", "cargo test"],
                "cwd": "/work", "status": "completed", "aggregated_output": output, "exit_code": 0});
            self.completed(turn, &item)?;
        }
        Ok(())
    }

    fn message(&mut self, role: &str, text: &str) -> Result<()> {
        let content = json!([{"type": "text", "text": text}]);
        self.push("response_item", &json!({"type": "message", "role": role, "content": content}))
    }

    fn completed(&mut self, turn: &str, item: &Value) -> Result<()> {
        self.event(&json!({"type": "item_completed", "turn_id": turn, "item": item}))
    }

    fn event(&mut self, payload: &Value) -> Result<()> {
        self.push("event_msg", payload)
    }

    fn push(&mut self, kind: &str, payload: &Value) -> Result<()> {
        let at = Timestamp::from_millis(1_795_000_000_000 + self.items.len() as i64);
        self.items.push(RolloutItem::new(kind, payload, at)?);
        Ok(())
    }

    fn id(&self) -> String {
        format!("item_{}", self.items.len())
    }

    /// Around 1 KB by the median, log-normal; some are 50 KB.
    fn output(&mut self) -> String {
        let normal: f64 = (0..12).map(|_| self.rng.random_range(0.0..1.0)).sum::<f64>() - 6.0;
        let long = self.rng.random_range(0..300) == 0;
        let length = if long { 50_000.0 } else { 700.0 * normal.exp() };
        self.text(length as usize)
    }

    fn text(&mut self, length: usize) -> String {
        const WORDS: &[&str] =
            &["the", "store", "keeps", "items", "\n", "größer", "fn", "\"quoted\"", "turns", "and"];
        let mut text = String::with_capacity(length + 8);
        while text.len() < length {
            text.push_str(WORDS[self.rng.random_range(0..WORDS.len())]);
            text.push(' ');
        }
        text
    }
}
