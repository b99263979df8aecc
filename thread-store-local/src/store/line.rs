//! Records as lines of a rollout.

use serde_json::{Map, Value, json};
use thread_store::{Record, RolloutItem, SessionMeta, StoredThread};

/// Behind a record that this store appends to a rollout, before the line feed. White space around a
/// record means nothing to any reader; to us it says that the record is ours.
pub(crate) const MARK: &[u8] = b" \n";

/// Who made a header that is no item.
pub(crate) const MADE_BY: &str = "thread-store";

/// How lines of a file are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Numbering {
    /// Records as they are.
    Legacy,
    /// Each with its number, the first of which is this.
    Paginated(u64),
}

impl Numbering {
    pub(crate) fn of(mode: Option<&str>, first: u64) -> Self {
        if mode == Some("paginated") { Self::Paginated(first) } else { Self::Legacy }
    }

    /// The number of the next record, if they have one, and then of the one after it.
    pub(crate) fn take(&mut self) -> Option<u64> {
        match self {
            Self::Legacy => None,
            Self::Paginated(next) => {
                let number = *next;
                *next = number.saturating_add(1);
                Some(number)
            }
        }
    }
}

/// Lines that were written into a buffer.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pub(crate) text: Vec<u8>,
    /// Bytes of each.
    pub(crate) lengths: Vec<u32>,
    pub(crate) last_number: Option<u64>,
}

impl Lines {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.lengths.clear();
        self.last_number = None;
    }

    pub(crate) fn push(&mut self, item: &RolloutItem, number: Option<u64>, end: &[u8]) {
        let start = self.text.len();
        match number {
            None => self.text.extend_from_slice(item.as_bytes()),
            Some(number) => {
                self.text.extend_from_slice(item.with_line_ordinal(number).as_bytes());
                self.last_number = Some(number);
            }
        }
        self.text.extend_from_slice(end);
        let length = self.text.len() - start;
        // No store takes an item of 4 GiB.
        self.lengths.push(u32::try_from(length).unwrap_or(u32::MAX));
    }
}

/// Whether a record can be the first line of a rollout of this thread: Codex reads nothing of a file
/// whose first line is not such a header.
pub(crate) fn is_header_of(item: &RolloutItem, thread: &StoredThread) -> bool {
    const REQUIRED: [&str; 5] = ["id", "timestamp", "cwd", "originator", "cli_version"];
    let Record::SessionMeta(meta) = item.record() else { return false };
    let complete = REQUIRED.iter().all(|name| meta.members().string(name).is_some());
    item.kind().as_deref() == Some("session_meta")
        && complete
        && meta.thread_id() == Some(thread.thread_id)
        && is_known_mode(&meta)
        // It would begin in another file, and the items are the whole history.
        && !meta.members().has("history_base")
}

fn is_known_mode(meta: &SessionMeta<'_>) -> bool {
    match meta.members().get("history_mode") {
        None => true,
        Some(_) => {
            matches!(meta.members().string("history_mode").as_deref(), Some("legacy" | "paginated"))
        }
    }
}

/// The header of a thread whose first item is none: what Codex has to know of it, and who made it.
///
/// `id`, `timestamp`, `cwd`, `originator` and `cli_version` must be there; a provider that Codex is
/// not configured with would hide the thread, so none is made up.
pub(crate) fn header(thread: &StoredThread) -> Value {
    let (identity, metadata) = (&thread.identity, &thread.metadata);
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut payload = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            payload.insert(name.to_owned(), value);
        }
    };
    set("id", Some(json!(thread.thread_id)));
    set("session_id", session_id(thread));
    set("forked_from_id", identity.forked_from.map(|from| json!(from.thread_id)));
    set("parent_thread_id", identity.parent_thread_id.map(|id| json!(id)));
    set("timestamp", Some(json!(identity.created_at)));
    set("cwd", Some(json!(text(&metadata.cwd))));
    set("originator", Some(json!(metadata.originator.as_deref().unwrap_or(MADE_BY))));
    let version = metadata.cli_version.as_deref().unwrap_or(env!("CARGO_PKG_VERSION"));
    set("cli_version", Some(json!(version)));
    set("source", codex_source(thread));
    for (name, value) in [
        ("thread_source", &metadata.thread_source),
        ("agent_nickname", &metadata.agent_nickname),
        ("agent_role", &metadata.agent_role),
        ("agent_path", &metadata.agent_path),
        ("model_provider", &metadata.model_provider),
        ("memory_mode", &metadata.memory_mode),
    ] {
        set(name, value.as_ref().filter(|text| !text.is_empty()).map(|text| json!(text)));
    }
    let mode = metadata.history_mode.as_deref().filter(|mode| *mode == "paginated");
    set("history_mode", mode.map(|mode| json!(mode)));
    set("git", git(thread));
    set("made_by", Some(json!(MADE_BY)));
    json!({ "timestamp": identity.created_at, "type": "session_meta", "payload": payload })
}

/// Codex takes a session id only if it is a UUID.
fn session_id(thread: &StoredThread) -> Option<Value> {
    let id = thread.identity.session_id.as_deref()?;
    thread_store::ThreadId::parse(id).ok().map(|id| json!(id))
}

/// The source, as far as Codex knows such a shape: it reads nothing of a file with another one.
fn codex_source(thread: &StoredThread) -> Option<Value> {
    use thread_store::{SessionSource, SubAgentSource};
    match &thread.identity.source {
        SessionSource::Other(_) | SessionSource::SubAgent(SubAgentSource::Other(_)) => None,
        source => serde_json::to_value(source).ok(),
    }
}

fn git(thread: &StoredThread) -> Option<Value> {
    let metadata = &thread.metadata;
    let mut git = Map::new();
    for (name, value) in [
        ("commit_hash", &metadata.git_sha),
        ("branch", &metadata.git_branch),
        ("repository_url", &metadata.git_origin_url),
    ] {
        if let Some(value) = value {
            git.insert(name.to_owned(), json!(value));
        }
    }
    (!git.is_empty()).then_some(Value::Object(git))
}
