//! Real homes, and what the real server answers about them. Runs only where `THREAD_STORE_SHARED`
//! names the folder that holds the corpus.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod corpus_dir;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use corpus_dir::{golden_file, rollouts, unpacked};
use serde_json::{Value, json};
use thread_store::{SourceKind, ThreadMetadata, ThreadObserver};
use thread_store_local::{Rollout, read_home};

/// Where the answer is another one on purpose: home, thread, field, why. The test fails if a
/// difference is missing here, and if one listed here is gone.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
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
    ("dev", "reverted-to-empty", "preview", "what was taken back is not shown"),
    ("dev", "reverted-twice", "createdAt", REVERTED),
    ("dev", "reverted-archived", "createdAt", REVERTED),
    ("dev", "organised-1", "gitInfo", "only in the server's database"),
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
    (
        "migrated",
        "01a1f9d9-2482",
        "preview",
        "the migration marked all of this review's history as given",
    ),
];
const INHERITED: &str = "the first message of the whole history is shown";
const REVERTED: &str = "a revert does not make a thread younger";
const CONFIGURED: &str = "not recorded; the server fills in what it is configured with";
const TURN_CONTEXT: &str = "the turn context says it, and the server does not look there";

const HOMES: &[&str] = &["dev", "old", "migrated", "migrated-before", "damaged"];

#[test]
fn every_readable_line_is_an_item_in_its_place() {
    let Some(dir) = unpacked() else { return };
    for home in HOMES {
        for rollout in rollouts(&dir.path().join("homes").join(home)) {
            let items: Vec<&[u8]> = rollout.items.iter().map(|item| item.as_bytes()).collect();
            let lines = projected(&rollout.files);
            assert_eq!(items, lines, "{home} {}", rollout.thread_id);
        }
    }
}

#[test]
fn every_file_is_read_or_named_with_a_reason() {
    let Some(dir) = unpacked() else { return };
    for name in HOMES {
        let path = dir.path().join("homes").join(name);
        let home = read_home(&path).unwrap();
        let mut seen: BTreeSet<PathBuf> =
            home.unreadable().iter().map(|file| file.path.clone()).collect();
        assert_eq!(seen.len(), if *name == "damaged" { 6 } else { 0 }, "{name}");
        for rollout in rollouts(&path) {
            seen.extend(rollout.files);
            seen.extend(rollout.other_files.into_iter().map(|file| file.path));
        }
        assert_eq!(seen, rollout_files(&path), "{name}");
    }
}

#[test]
fn only_the_damaged_home_is_damaged() {
    let Some(dir) = unpacked() else { return };
    for home in HOMES {
        let damaged: u64 = rollouts(&dir.path().join("homes").join(home))
            .iter()
            .map(|rollout| rollout.damage.count)
            .sum();
        assert_eq!(damaged, if *home == "damaged" { 8 } else { 0 }, "{home}");
    }
}

#[test]
fn every_thread_of_the_server_is_found_with_what_the_server_says_of_it() {
    let Some(dir) = unpacked() else { return };
    let mut found = Vec::new();
    for home in ["dev", "old", "migrated"] {
        let rollouts = rollouts(&dir.path().join("homes").join(home));
        let golden = golden_file(dir.path(), home, "read/meta.json");
        let threads = golden["entries"].as_array().unwrap().iter().filter_map(|entry| {
            let thread = entry["result"].get("thread")?;
            Some((entry["name"].as_str()?, thread))
        });
        let mut known = 0;
        for (label, thread) in threads {
            let id = thread["id"].as_str().unwrap();
            let name = if label == "?" { &id[..13] } else { label };
            let rollout = rollouts.iter().find(|rollout| rollout.thread_id.to_string() == id);
            let rollout = rollout.unwrap_or_else(|| panic!("{home} {name} is missing"));
            known += 1;
            for field in differences(thread, rollout) {
                found.push((home.to_owned(), name.to_owned(), field));
            }
        }
        assert_eq!(known, rollouts.len(), "{home} has threads that the server does not know");
    }
    let listed = DIFFERENCES.iter().map(|(home, name, field, _)| {
        ((*home).to_owned(), (*name).to_owned(), (*field).to_owned())
    });
    let found: BTreeSet<_> = found.into_iter().collect();
    assert_eq!(found, listed.collect());
}

/// The names of the fields in which server and reader differ.
fn differences(thread: &Value, rollout: &Rollout) -> Vec<String> {
    let ours = as_the_server_says(rollout);
    let ours = ours.as_object().unwrap();
    let archived = thread["path"].as_str().unwrap().contains("/archived_sessions/");
    let mut fields: Vec<String> = ours
        .iter()
        .filter(|(name, value)| lower_case(&thread[name.as_str()]) != lower_case(value))
        .map(|(name, _)| name.clone())
        .collect();
    if archived != rollout.archived {
        fields.push("archived".into());
    }
    fields
}

/// Member names of sources are spelled `subAgent` in the protocol and `subagent` in files.
fn lower_case(value: &Value) -> String {
    value.to_string().to_lowercase()
}

fn as_the_server_says(rollout: &Rollout) -> Value {
    let mut observer = ThreadObserver::new(rollout.thread_id);
    rollout.items.iter().for_each(|item| observer.observe(item));
    let mut metadata = ThreadMetadata::default();
    observer.patch().apply(&mut metadata);
    let identity = observer.identity();
    let source = identity.source.clone();
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
        "preview": metadata.preview.unwrap_or_default(),
        "cwd": metadata.cwd,
        "modelProvider": metadata.model_provider,
        "model": metadata.model,
        "source": source,
        "parentThreadId": identity.parent_thread_id,
        "createdAt": identity.created_at.map(|time| time.as_millis().div_euclid(1000)),
        "forkedFromId": identity.forked_from.map(|from| from.thread_id),
        "cliVersion": metadata.cli_version,
        "originator": metadata.originator,
        "threadSource": metadata.thread_source,
        "agentNickname": metadata.agent_nickname,
        "agentRole": metadata.agent_role,
        "historyMode": metadata.history_mode.unwrap_or("legacy".into()),
        "gitInfo": git,
        "name": rollout.name,
    })
}

/// The lines of these files, of which each continues the one before it, by the projection rule:
/// all that can be read, with an ordinal below every later file's `end_ordinal_exclusive`.
fn projected(files: &[PathBuf]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut end = u64::MAX;
    for file in files.iter().rev() {
        let lines = readable_lines(file);
        let own_end = end;
        let header: Value = serde_json::from_slice(&lines[0]).unwrap();
        if let Some(base) = header["payload"]["history_base"]["end_ordinal_exclusive"].as_u64() {
            end = end.min(base);
        }
        let kept = lines.into_iter().filter(|line| {
            let line: Value = serde_json::from_slice(line).unwrap();
            line["ordinal"].as_u64().is_none_or(|ordinal| ordinal < own_end)
        });
        out.splice(0..0, kept);
    }
    out
}

fn readable_lines(file: &Path) -> Vec<Vec<u8>> {
    let mut bytes = fs::read(file).unwrap();
    if file.extension().is_some_and(|extension| extension == "zst") {
        bytes = zstd::decode_all(bytes.as_slice()).unwrap();
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    text.split(|&byte| byte == b'\n')
        .map(|line| line.trim_ascii().to_vec())
        .filter(|line| serde_json::from_slice::<Value>(line).is_ok_and(|value| value.is_object()))
        .collect()
}

fn rollout_files(home: &Path) -> BTreeSet<PathBuf> {
    let mut folders = vec![home.join("sessions"), home.join("archived_sessions")];
    let mut files = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path);
            }
        }
    }
    files
}
