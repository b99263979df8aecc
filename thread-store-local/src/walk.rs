//! Finding rollout files.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::ReadError;
use crate::home::UnreadableFile;
use crate::names;
use crate::store::layout::Layout;

pub(crate) const ACTIVE: &str = "sessions";
pub(crate) const ARCHIVED: &str = "archived_sessions";

/// Files in Codex's form that are no rollouts.
const OTHER_FILES: &[&str] = &["history.jsonl", names::FILE];

/// What was found, in the order of paths.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) unreadable: Vec<UnreadableFile>,
    /// Real paths of the folders that were entered: links lead into each only once.
    entered: HashSet<PathBuf>,
}

/// Finds all files below a folder that may be rollouts. In a home these are only the files below
/// `sessions` and `archived_sessions`, elsewhere all.
pub(crate) fn find(folder: &Path) -> Result<Found, ReadError> {
    let mut found = Found::default();
    let parts: Vec<PathBuf> = [ACTIVE, ARCHIVED]
        .map(|part| folder.join(part))
        .into_iter()
        .filter(|part| part.is_dir())
        .collect();
    // Tells at once whether the folder can be read at all.
    fs::read_dir(folder).map_err(|error| ReadError::io(folder, error))?;
    found.pass_over_own(folder);
    let starts = if parts.is_empty() { vec![folder.to_owned()] } else { parts };
    for start in starts {
        found.enter(start);
    }
    Ok(found)
}

impl Found {
    /// What the store keeps beside the rollouts of a home is none of them.
    fn pass_over_own(&mut self, home: &Path) {
        let layout = Layout::new(home.to_owned());
        if layout.journal().exists() || layout.index().exists() {
            self.entered.extend(layout.own().canonicalize());
        }
    }

    fn enter(&mut self, start: PathBuf) {
        let mut folders = vec![start];
        while let Some(folder) = folders.pop() {
            if let Err(error) = self.list(&folder, &mut folders) {
                self.unreadable.push(UnreadableFile { reason: error.reason(), path: folder });
            }
        }
    }

    fn list(&mut self, folder: &Path, folders: &mut Vec<PathBuf>) -> Result<(), ReadError> {
        let failed = |error| ReadError::io(folder, error);
        if !self.entered.insert(folder.canonicalize().map_err(failed)?) {
            return Ok(());
        }
        let mut below = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            below.extend(is_folder(&entry).map(|folder| (entry.path(), folder)));
        }
        // All are in one folder: their texts are in the order of their paths.
        below.sort_unstable_by(|(a, _), (b, _)| a.as_os_str().cmp(b.as_os_str()));
        let (inner, files): (Vec<_>, Vec<_>) = below.into_iter().partition(|(_, folder)| *folder);
        self.files.extend(files.into_iter().map(|(path, _)| path).filter(|it| may_be_rollout(it)));
        folders.extend(inner.into_iter().rev().map(|(path, _)| path));
        Ok(())
    }
}

/// Whether it is a folder, or a link to one; `None` if it is no file either: to read from a pipe would
/// wait for somebody who writes.
fn is_folder(entry: &fs::DirEntry) -> Option<bool> {
    let kind = match entry.file_type() {
        Ok(kind) if !kind.is_symlink() => kind,
        _ => match entry.path().metadata() {
            Ok(meta) => meta.file_type(),
            // A link to nowhere is told as a file that is missing.
            Err(_) => return Some(false),
        },
    };
    (kind.is_dir() || kind.is_file()).then(|| kind.is_dir())
}

/// Whether a file is looked into, by its name: `.jsonl`, with or without `.zst`, whatever comes
/// before it, and `rollout…json`.
fn may_be_rollout(path: &Path) -> bool {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy().to_lowercase()) else {
        return false;
    };
    let plain = name.strip_suffix(".zst").unwrap_or(&name);
    let lines = plain.ends_with(".jsonl") && !OTHER_FILES.contains(&plain);
    lines || (plain.ends_with(".json") && plain.contains("rollout"))
}

/// Whether a file lies below `archived_sessions`, or nearer below `sessions`.
pub(crate) fn is_archived(path: &Path) -> bool {
    part_of_home(path).is_some_and(|part| part.ends_with(ARCHIVED))
}

/// The home around a file or folder: what has `sessions` or `archived_sessions` above it, or in it.
pub(crate) fn home_of(path: &Path) -> Option<&Path> {
    part_of_home(path)?.parent()
}

fn part_of_home(path: &Path) -> Option<&Path> {
    path.ancestors().find(|above| above.ends_with(ACTIVE) || above.ends_with(ARCHIVED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rollouts_are_told_from_other_files_by_their_names() {
        for name in ["rollout-x.jsonl", "rollout-x.jsonl.zst", "backup.JSONL", "rollout-x.json"] {
            assert!(may_be_rollout(Path::new(name)), "{name}");
        }
        for name in [
            "history.jsonl",
            "session_index.jsonl",
            "session_index.jsonl.lock",
            "config.toml",
            "catalog.json",
            "state_5.sqlite",
            "rollout-x.jsonl.tmp",
            "rollout-x.jsonl.quarantine",
            "rollout-x.jsonl.zst.tmp",
            "x.zst",
        ] {
            assert!(!may_be_rollout(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn the_nearest_part_of_a_home_says_whether_a_file_is_archived() {
        assert!(is_archived(Path::new("/h/archived_sessions/2026/x.jsonl")));
        assert!(!is_archived(Path::new("/archived_sessions/h/sessions/x.jsonl")));
        assert!(!is_archived(Path::new("/h/x.jsonl")));
        assert_eq!(home_of(Path::new("/h/sessions/1/x")), Some(Path::new("/h")));
        assert_eq!(home_of(Path::new("/h/x")), None);
    }
}
