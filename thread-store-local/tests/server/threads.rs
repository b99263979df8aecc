//! The records of threads: ours against the answers of the server.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use thread_store::{SourceKind, StoredThread};

use crate::corpus_dir::golden_file;

/// Where the answer is another one on purpose: home, thread, field, why. The test fails if a
/// difference is missing here, and if one listed here is gone.
pub(crate) const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    // Thread/read of the server takes the first message of the fork's own file, thread/list that of
    // the source. Here it is the first message of the history.
    ("dev", "fork-full", "preview", INHERITED),
    ("dev", "fork-last-turn", "preview", INHERITED),
    ("dev", "fork-before-turn", "preview", INHERITED),
    ("dev", "fork-of-fork", "preview", INHERITED),
    ("dev", "fork-other-cwd-model", "preview", INHERITED),
    ("dev", "fork-of-reverted", "preview", INHERITED),
    ("dev", "fork-cold", "preview", INHERITED),
    ("dev", "reverted-archived", "preview", INHERITED),
    ("dev", "reverted-twice", "createdAt", REVERTED),
    ("dev", "reverted-archived", "createdAt", REVERTED),
    ("old", "01a1f9d8-bda8", "modelProvider", CONFIGURED),
    ("old", "01a1f9d8-c423", "modelProvider", CONFIGURED),
    ("old", "01a1f9d8-cfe5", "modelProvider", CONFIGURED),
    ("migrated", "01a1f9d8-bda8", "modelProvider", CONFIGURED),
    ("migrated", "01a1f9d8-c423", "modelProvider", CONFIGURED),
    ("migrated", "01a1f9d8-cfe5", "modelProvider", CONFIGURED),
    ("old", "01a1f9d8-bda8", "model", TURN_CONTEXT),
    ("old", "01a1f9d8-c423", "model", TURN_CONTEXT),
    ("old", "01a1f9d8-cfe5", "model", TURN_CONTEXT),
    ("migrated", "01a1f9d8-bda8", "model", TURN_CONTEXT),
    ("migrated", "01a1f9d8-c423", "model", TURN_CONTEXT),
    ("migrated", "01a1f9d9-2482", "preview", GIVEN),
];
pub(crate) const GIVEN: &str = "the migration marked all of this review's history as given";
const INHERITED: &str = "the first message of the whole history is shown";
const REVERTED: &str = "a revert does not make a thread younger";
pub(crate) const CONFIGURED: &str = "not recorded; Codex fills in what it is configured with";
pub(crate) const TURN_CONTEXT: &str =
    "the turn context says it, and the server does not look there";

/// Home, thread, field.
pub(crate) type Found = BTreeSet<(String, String, String)>;

/// The table.
pub(crate) fn listed() -> Found {
    let row = |(home, name, field, _): &(&str, &str, &str, &str)| {
        ((*home).to_owned(), (*name).to_owned(), (*field).to_owned())
    };
    DIFFERENCES.iter().map(row).collect()
}

/// All that the server answered about the threads of a home, by what the threads were made for.
pub(crate) fn answers(corpus: &Path, home: &str) -> Vec<(String, Value)> {
    let golden = golden_file(corpus, home, "read/meta.json");
    let threads = golden["entries"].as_array().unwrap().iter().filter_map(|entry| {
        let thread = entry["result"].get("thread")?.clone();
        let label = match entry["name"].as_str()? {
            "?" => thread["id"].as_str()?[..13].to_owned(),
            label => label.to_owned(),
        };
        Some((label, thread))
    });
    threads.collect()
}

/// The names of the fields in which we and the server differ.
pub(crate) fn differences(theirs: &Value, ours: &StoredThread) -> Vec<String> {
    let archived = theirs["path"].as_str().unwrap().contains("/archived_sessions/");
    let is_archived = ours.is_archived();
    let ours = as_the_server_says(ours);
    let ours = ours.as_object().unwrap();
    let mut fields: Vec<String> = ours
        .iter()
        .filter(|(name, value)| lower_case(&theirs[name.as_str()]) != lower_case(value))
        .map(|(name, _)| name.clone())
        .collect();
    if archived != is_archived {
        fields.push("archived".into());
    }
    fields
}

/// Member names of sources are spelled `subAgent` in the protocol and `subagent` in files.
fn lower_case(value: &Value) -> String {
    value.to_string().to_lowercase()
}

fn as_the_server_says(thread: &StoredThread) -> Value {
    let StoredThread { metadata, identity, .. } = thread;
    let source = Some(identity.source.clone());
    let git = [&metadata.git_sha, &metadata.git_branch, &metadata.git_origin_url];
    let git = git.iter().any(|part| part.is_some()).then(|| {
        json!({"sha": metadata.git_sha, "branch": metadata.git_branch, "originUrl": metadata.git_origin_url})
    });
    // The server answers `null` members of a spawn source, which are left out here.
    let source = match source.as_ref().and_then(|source| source.spawn()) {
        Some(spawn) => {
            json!({"subAgent": {"thread_spawn": {"parent_thread_id": spawn.parent_thread_id,
            "depth": spawn.depth, "agent_path": spawn.agent_path, "agent_nickname": spawn.agent_nickname,
            "agent_role": spawn.agent_role}}})
        }
        None if source.as_ref().is_none_or(|source| source.kind() == SourceKind::Unknown) => {
            json!("unknown")
        }
        None => json!(source),
    };
    json!({
        "preview": metadata.preview.clone().unwrap_or_default(),
        "cwd": metadata.cwd,
        "modelProvider": metadata.model_provider,
        "model": metadata.model,
        "source": source,
        "parentThreadId": identity.parent_thread_id,
        "createdAt": identity.created_at.as_millis().div_euclid(1000),
        "forkedFromId": identity.forked_from.map(|from| from.thread_id),
        "cliVersion": metadata.cli_version,
        "originator": metadata.originator,
        "threadSource": metadata.thread_source,
        "agentNickname": metadata.agent_nickname,
        "agentRole": metadata.agent_role,
        "historyMode": metadata.history_mode.as_deref().unwrap_or("legacy"),
        "gitInfo": git,
        "name": metadata.name,
    })
}
