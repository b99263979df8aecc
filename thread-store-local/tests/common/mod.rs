//! Homes made for one test.

#![allow(dead_code)] // Not every test file uses all of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use thread_store_local::{Home, Rollout, read_home};

/// Ids that are easy to tell apart.
pub(crate) const A: &str = "aaaaaaaa-0000-7000-8000-000000000001";
pub(crate) const B: &str = "bbbbbbbb-0000-7000-8000-000000000002";
pub(crate) const C: &str = "cccccccc-0000-7000-8000-000000000003";
pub(crate) const DAY: &str = "sessions/2026/11/20";

pub(crate) struct TestHome(TempDir);

impl TestHome {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// A rollout in its usual place: `rollout-<time>-<name>.jsonl`.
    pub(crate) fn rollout(&self, name: &str, lines: &[String]) -> PathBuf {
        self.write(&usual(DAY, name), text(lines))
    }

    pub(crate) fn open(&self) -> Home {
        read_home(self.0.path()).unwrap()
    }

    pub(crate) fn read(&self, id: &str) -> Rollout {
        read(&self.open(), id)
    }
}

pub(crate) fn usual(folder: &str, name: &str) -> String {
    format!("{folder}/rollout-2026-11-20T16-33-14-{name}.jsonl")
}

pub(crate) fn read(home: &Home, id: &str) -> Rollout {
    let mut threads = home.threads().iter();
    let thread = threads.find(|thread| thread.thread_id.to_string() == id);
    home.read(thread.unwrap()).unwrap()
}

pub(crate) fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

pub(crate) fn header(id: &str, second: u8, more: Value) -> String {
    let mut payload = json!({"id": id, "timestamp": format!("2026-11-20T16:33:{second:02}Z")});
    let members = more.as_object().unwrap().clone();
    payload.as_object_mut().unwrap().extend(members);
    json!({"timestamp": "t", "type": "session_meta", "payload": payload}).to_string()
}

pub(crate) fn event(text: &str) -> String {
    json!({"timestamp": "t", "type": "event_msg", "payload": {"type": "user_message", "message": text}}).to_string()
}

/// A line of a paginated history.
pub(crate) fn numbered(ordinal: u64, line: &str) -> String {
    format!("{{\"ordinal\":{ordinal},{}", &line[1..])
}

pub(crate) fn items(rollout: &Rollout) -> Vec<String> {
    let items = rollout.items.iter();
    items.map(|item| item.text().into_owned()).collect()
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
