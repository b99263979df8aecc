//! A home of very many rollouts, as Codex would have written them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use thread_store::{RolloutItem, ThreadId, Timestamp};

use crate::Failure;
use crate::baseline::file;
use crate::generate::Generator;

/// What each rollout has, about.
const BYTES: usize = 11_000;
/// No item has as much, so that the files are alike.
const LARGE: usize = 4_096;

/// Writes so many rollouts below `sessions`, by the days of their threads.
pub(super) fn write(home: &Path, count: usize) -> Result<(), Failure> {
    let mut generator = Generator::new(91);
    for _ in 0..count {
        let thread = generator.thread();
        let (id, at) = (thread.thread_id, thread.created_at.unwrap_or_default());
        let folder = day(at).iter().fold(home.join("sessions"), |folder, part| folder.join(part));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name(id, at)), file::lines(&items(id, at, &mut generator)?))?;
    }
    Ok(())
}

/// `2026`, `11`, `20`.
fn day(at: Timestamp) -> Vec<String> {
    at.to_string()[..10].split('-').map(str::to_owned).collect()
}

fn name(id: ThreadId, at: Timestamp) -> String {
    format!("rollout-{}-{id}.jsonl", at.to_string()[..19].replace(':', "-"))
}

fn items(
    id: ThreadId,
    at: Timestamp,
    generator: &mut Generator,
) -> Result<Vec<RolloutItem>, Failure> {
    let asked = generator.text(160);
    let message = json!({"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": asked}]});
    let mut items = vec![
        RolloutItem::new("session_meta", &header(id, at), at)?,
        RolloutItem::new("response_item", &message, at)?,
        RolloutItem::new("event_msg", &json!({"type": "user_message", "message": asked}), at)?,
    ];
    let mut bytes: usize = items.iter().map(RolloutItem::len).sum();
    while bytes < BYTES {
        let item = generator.item()?;
        if item.len() < LARGE {
            bytes += item.len();
            items.push(item);
        }
    }
    Ok(items)
}

fn header(id: ThreadId, at: Timestamp) -> Value {
    json!({"id": id, "timestamp": at, "cwd": "/work", "originator": "codex_cli_rs",
        "cli_version": "0.98.0", "source": "cli", "model_provider": "mock",
        "git": {"commit_hash": "0123456789abcdef0123456789abcdef01234567", "branch": "main"}})
}
