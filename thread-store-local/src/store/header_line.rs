//! The first line of a rollout.

use serde::Deserialize as _;
use serde_json::{Map, Value, json};
use thread_store::{Record, RolloutItem, SessionSource, StoredThread, SubAgentSource};

use super::codex_header::{CodexHeader, Source};

/// Who made a header that is no item.
pub(crate) const MADE_BY: &str = "thread-store";

/// Whether a record can be the first line of the rollout of this thread: Codex reads it as a header,
/// and to us it is an item.
pub(crate) fn is_header_of(item: &RolloutItem, thread: &StoredThread) -> bool {
    let Record::SessionMeta(meta) = item.record() else { return false };
    let members = item.members();
    item.kind().as_deref() == Some("session_meta")
        && members.string("timestamp").is_some()
        && members.parse::<CodexHeader>("payload").is_some()
        && meta.thread_id() == Some(thread.thread_id)
        && meta.created_at().is_some()
        && meta.members().string("made_by").as_deref() != Some(MADE_BY)
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
    set("source", Some(codex_source(&identity.source)));
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

/// The source in a form that Codex reads: what is a sub-agent to us must not become a session to it.
fn codex_source(source: &SessionSource) -> Value {
    let is_known = |value: &Value| Source::deserialize(value).is_ok();
    let as_it_is = serde_json::to_value(source).ok().filter(is_known);
    as_it_is.unwrap_or_else(|| match source {
        SessionSource::SubAgent(SubAgentSource::ThreadSpawn(spawn)) => {
            json!({"subagent": {"thread_spawn": {
                "parent_thread_id": spawn.parent_thread_id,
                "depth": i32::try_from(spawn.depth).unwrap_or(i32::MAX),
                "agent_nickname": spawn.agent_nickname,
                "agent_role": spawn.agent_role,
            }}})
        }
        SessionSource::SubAgent(_) => json!({"subagent": {"other": source.kind().as_str()}}),
        _ => json!("unknown"),
    })
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

#[cfg(test)]
mod tests {
    use thread_store::{CreateThread, ThreadId, Timestamp};

    use super::*;

    fn thread(id: ThreadId) -> StoredThread {
        CreateThread::new(id).to_thread(Timestamp::from_millis(0))
    }

    /// A header as Codex writes it, with another value of this member.
    fn with(id: ThreadId, name: &str, value: Value) -> RolloutItem {
        let mut payload = json!({"id": id, "timestamp": "2026-11-20T10:00:00Z", "cwd": "/",
            "originator": "o", "cli_version": "1", "source": "cli"});
        payload[name] = value;
        RolloutItem::new("session_meta", &payload, Timestamp::from_millis(0)).unwrap()
    }

    #[test]
    fn headers_that_codex_reads_are_the_first_line() {
        let id = ThreadId::generate();
        for (name, value) in [
            ("of a newer version", json!([7])),
            ("source", json!("whatever")),
            ("source", json!({"custom": "x"})),
            ("source", json!({"subagent": "review"})),
            ("source", json!({"subagent": {"other": "x"}})),
            ("git", json!({})),
            ("git", json!({"commit_hash": "a", "branch": null})),
            ("model_provider", json!(null)),
            ("base_instructions", json!({"text": "x"})),
            ("history_mode", json!("paginated")),
            ("forked_from_id", json!(null)),
            ("dynamic_tools", json!([{"name": "x", "description": "", "inputSchema": {}}])),
        ] {
            assert!(is_header_of(&with(id, name, value.clone()), &thread(id)), "{name} {value}");
        }
    }

    #[test]
    fn headers_that_codex_cannot_read_are_not_the_first_line() {
        let id = ThreadId::generate();
        for (name, value) in [
            ("id", json!(ThreadId::generate())),
            ("timestamp", json!("later")),
            ("cwd", json!(null)),
            ("session_id", json!(null)),
            ("session_id", json!("mine")),
            ("source", json!(null)),
            ("source", json!({"subagent": "guardian"})),
            ("source", json!({"subagent": {"thread_spawn": {"parent_thread_id": id}}})),
            ("git", json!({"branch": 7})),
            ("model_provider", json!(7)),
            ("base_instructions", json!("x")),
            ("history_mode", json!("tree")),
            ("history_base", json!({"thread_id": id, "end_ordinal_exclusive": 3})),
            ("made_by", json!(MADE_BY)),
        ] {
            assert!(!is_header_of(&with(id, name, value.clone()), &thread(id)), "{name} {value}");
        }
    }

    #[test]
    fn every_header_of_ours_is_one_that_codex_reads() {
        let parent = ThreadId::generate();
        let mut path = SessionSource::spawned_by(parent, u32::MAX);
        if let SessionSource::SubAgent(SubAgentSource::ThreadSpawn(spawn)) = &mut path {
            spawn.agent_path = Some("no path".to_owned());
        }
        for source in [
            SessionSource::Cli,
            SessionSource::Custom("x".to_owned()),
            SessionSource::Unknown,
            SessionSource::Other(json!({"new": 1})),
            SessionSource::SubAgent(SubAgentSource::Guardian),
            SessionSource::SubAgent(SubAgentSource::Other(json!({"new": 1}))),
            path,
        ] {
            let create = CreateThread::new(ThreadId::generate()).with_source(source.clone());
            let header = header(&create.to_thread(Timestamp::from_millis(0)));
            let read = CodexHeader::deserialize(&header["payload"]);
            assert!(read.is_ok(), "{source:?}: {read:?}");
        }
    }
}
