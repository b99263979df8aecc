//! Real Codex homes, and what the real server answers on them. Runs only where
//! `THREAD_STORE_SHARED` names the folder that holds the corpus.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::common::Program;
use serde_json::Value;
use tempfile::TempDir;

/// Where our answer is another one on purpose: home, last characters of the id, field. The reasons
/// stand in the README of `thread-store-local`. The test fails if one is missing here, and if one listed here is gone.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("dev", "245111", "created_at"),
    ("dev", "9c1954", "created_at"),
    ("migrated", "73418b", "model_provider"),
    ("migrated", "7175ee", "model_provider"),
    ("migrated", "f7852d", "model_provider"),
    ("migrated", "ee428c", "preview"),
    ("old", "73418b", "model_provider"),
    ("old", "7175ee", "model_provider"),
    ("old", "f7852d", "model_provider"),
];

#[test]
fn every_home_imports_and_lists_as_the_server_lists_it() {
    let Some(corpus) = unpacked() else { return };
    let mut found = BTreeSet::new();
    for home in ["dev", "old", "migrated", "migrated-before", "damaged"] {
        let program = Program::new();
        let imported = program.import(&corpus.path().join("homes").join(home));
        let rows = rows(&program);
        let threads = imported.iter().filter(|line| line["outcome"] == "imported").count();
        assert_eq!(rows.len(), threads, "{home}");
        if let Some(server) = server(corpus.path(), home) {
            let ids: BTreeSet<_> = server.keys().collect();
            assert_eq!(rows.keys().collect::<BTreeSet<_>>(), ids, "{home}");
            for (id, answers) in server {
                found.extend(
                    answers
                        .differences(&rows[&id])
                        .into_iter()
                        .map(|field| (home, id[30..].to_owned(), field)),
                );
            }
        }
    }
    let listed = DIFFERENCES.iter().map(|(home, id, field)| (*home, (*id).to_owned(), *field));
    assert_eq!(found, listed.collect());
}

#[test]
fn rollouts_of_one_file_come_back_byte_for_byte() {
    let Some(corpus) = unpacked() else { return };
    let mut compared = 0;
    for home in ["dev", "old", "migrated", "migrated-before"] {
        let path = corpus.path().join("homes").join(home);
        let program = Program::new();
        program.import(&path);
        for (id, file) in files_alone(&path) {
            let answer = program.run(&["history", &id, "--raw"]);
            assert_eq!(answer.out, std::fs::read(&file).unwrap(), "{home} {id}");
            compared += 1;
        }
    }
    assert_eq!(compared, 130);
}

#[test]
fn importing_a_home_again_changes_nothing() {
    let Some(corpus) = unpacked() else { return };
    let home = corpus.path().join("homes/dev");
    let program = Program::new();
    program.import(&home);
    let before = rows(&program);
    assert!(program.import(&home).iter().all(|line| line["outcome"] == "unchanged"));
    assert_eq!(rows(&program), before);
}

fn unpacked() -> Option<TempDir> {
    let shared = PathBuf::from(std::env::var_os("THREAD_STORE_SHARED")?);
    let folder = tempfile::tempdir().unwrap();
    let unpack =
        std::process::Command::new(shared.join("corpus/unpack")).arg(folder.path()).status();
    assert!(unpack.unwrap().success());
    Some(folder)
}

fn rows(program: &Program) -> BTreeMap<String, Value> {
    let rows = [program.json(&["list"]), program.json(&["list", "--archived"])].concat();
    rows.into_iter().map(|row| (row["thread_id"].as_str().unwrap().to_owned(), row)).collect()
}

/// Plain files of threads that have one file and continue no other.
fn files_alone(home: &Path) -> Vec<(String, PathBuf)> {
    let mut files: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for folder in ["sessions", "archived_sessions"] {
        walk(&home.join(folder), &mut |path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            files.entry(name[28..64].to_owned()).or_default().push(path.to_owned());
        });
    }
    let alone = files
        .into_iter()
        .filter_map(|(id, paths)| Some((id, <[PathBuf; 1]>::try_from(paths).ok()?)));
    alone.map(|(id, [path])| (id, path)).filter(|(_, path)| is_plain_and_first(path)).collect()
}

fn is_plain_and_first(path: &Path) -> bool {
    let text = std::fs::read(path).unwrap();
    path.extension().unwrap() == "jsonl" && {
        let first = text.split(|byte| *byte == b'\n').next().unwrap();
        let header: Value = serde_json::from_slice(first).unwrap();
        header["payload"].get("history_base").is_none()
    }
}

fn walk(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, visit) } else { visit(&path) }
    }
}

/// What the server says of one thread, in all its answers.
#[derive(Default)]
struct Answers {
    read: Value,
    archived: bool,
    /// Reading and listing a fork give different previews.
    previews: BTreeSet<String>,
}

/// The answers of the server with its databases, for the homes that have them.
fn server(corpus: &Path, home: &str) -> Option<BTreeMap<String, Answers>> {
    let golden = corpus.join("golden").join(home);
    let read = entries(&golden.join("read/meta.json"))?;
    let mut threads: BTreeMap<String, Answers> = BTreeMap::new();
    for entry in read {
        if let Some(thread) = entry["result"].get("thread") {
            let answers = threads.entry(thread["id"].as_str()?.to_owned()).or_default();
            answers.previews.insert(thread["preview"].as_str()?.to_owned());
            answers.read = thread.clone();
        }
    }
    for entry in entries(&golden.join("list/all_sources.json"))? {
        for thread in entry["result"]["data"].as_array().into_iter().flatten() {
            let answers = threads.get_mut(thread["id"].as_str()?)?;
            answers.archived |= entry["params"]["archived"] == true;
            answers.previews.insert(thread["preview"].as_str()?.to_owned());
        }
    }
    Some(threads)
}

fn entries(path: &Path) -> Option<Vec<Value>> {
    let text = std::fs::read(path).ok()?;
    serde_json::from_slice::<Value>(&text).unwrap()["entries"].as_array().cloned()
}

impl Answers {
    fn differences(&self, row: &Value) -> Vec<&'static str> {
        let text = |name: &str| row.get(name).and_then(Value::as_str);
        let preview = text("preview").unwrap_or_default();
        let created =
            thread_store::Timestamp::parse(text("created_at").unwrap()).unwrap().as_millis() / 1000;
        let checks = [
            ("name", text("name") == self.read["name"].as_str()),
            ("cwd", text("cwd") == self.read["cwd"].as_str()),
            ("model_provider", text("model_provider") == self.read["modelProvider"].as_str()),
            ("parent_thread_id", text("parent_thread_id") == self.read["parentThreadId"].as_str()),
            ("forked_from_id", text("forked_from_id") == self.read["forkedFromId"].as_str()),
            ("preview", self.previews.contains(preview)),
            ("created_at", Some(created) == self.read["createdAt"].as_i64()),
            ("archived_at", text("archived_at").is_some() == self.archived),
        ];
        checks.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
    }
}
