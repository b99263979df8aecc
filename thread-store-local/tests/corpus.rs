//! Real homes, and what the real server answers about them. Runs only where `THREAD_STORE_SHARED`
//! names the folder that holds the corpus.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod corpus_dir;
mod server;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use corpus_dir::{rollouts, unpacked};
use serde_json::Value;
use server::creation;
use server::threads::{Found, answers, differences, listed};
use thread_store::Timestamp;
use thread_store_local::read_home;

const HOMES: &[&str] = &["dev", "old", "migrated", "migrated-before", "damaged"];

/// Where a single history is not enough to answer as a store on the home does: home, thread, field,
/// why.
const OF_HOMES: &[(&str, &str, &str, &str)] = &[
    ("dev", "reverted-to-empty", "preview", "of a history that was taken back nothing is left"),
    ("dev", "organised-1", "gitInfo", "only in the server's database"),
];

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
    let mut found = Found::new();
    for home in ["dev", "old", "migrated"] {
        let rollouts = rollouts(&dir.path().join("homes").join(home));
        let answers = answers(dir.path(), home);
        assert_eq!(
            answers.len(),
            rollouts.len(),
            "{home} has threads that the server does not know"
        );
        for (name, thread) in answers {
            let id = thread["id"].as_str().unwrap();
            let rollout = rollouts.iter().find(|rollout| rollout.thread_id.to_string() == id);
            let rollout = rollout.unwrap_or_else(|| panic!("{home} {name} is missing"));
            let ours = creation(rollout).to_thread(Timestamp::from_millis(0));
            let fields = differences(&thread, &ours).into_iter();
            found.extend(fields.map(|field| (home.to_owned(), name.clone(), field)));
        }
    }
    let of_homes = OF_HOMES.iter().map(|(home, name, field, _)| {
        ((*home).to_owned(), (*name).to_owned(), (*field).to_owned())
    });
    assert_eq!(found, listed().into_iter().chain(of_homes).collect());
}

#[test]
fn the_readme_gives_the_reason_of_every_difference() {
    let readme = include_str!("../README.md");
    for (_, name, field, why) in OF_HOMES {
        assert!(readme.contains(why), "{name} {field}: {why}");
    }
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
