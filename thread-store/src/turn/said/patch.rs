//! Patches as the model writes them.

use super::changes;
use crate::turn::{FileUpdateChange, PatchChangeKind};

const BEGIN: &str = "*** Begin Patch";

/// The changes of a patch, in the order of their paths, which stay as the model wrote them. A text
/// that is no patch has none.
pub(super) fn changes(text: &str) -> Vec<FileUpdateChange> {
    let Some(at) = text.find(BEGIN) else { return Vec::new() };
    let mut files: Vec<File<'_>> = Vec::new();
    for line in text[at + BEGIN.len()..].lines().skip(1) {
        match (Header::of(line), files.last_mut()) {
            (Some(Header::End), _) => break,
            (Some(Header::Move(to)), Some(file)) => file.move_to = Some(to),
            (Some(Header::File(action, path)), _) => files.push(File::new(action, path)),
            (None, Some(file)) => file.lines.push(line),
            // Before the first file there is nothing to change.
            (Some(Header::Move(_)) | None, None) => {}
        }
    }
    let mut changes: Vec<_> = files.into_iter().map(File::change).collect();
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

/// A line that says what the next lines are about.
enum Header<'a> {
    File(Action, &'a str),
    Move(&'a str),
    End,
}

#[derive(Clone, Copy)]
enum Action {
    Add,
    Update,
    Delete,
}

impl<'a> Header<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let header = line.strip_prefix("*** ")?;
        let value = |name: &str| header.strip_prefix(name).map(str::trim);
        if let Some(path) = value("Add File:") {
            Some(Self::File(Action::Add, path))
        } else if let Some(path) = value("Update File:") {
            Some(Self::File(Action::Update, path))
        } else if let Some(path) = value("Delete File:") {
            Some(Self::File(Action::Delete, path))
        } else if let Some(path) = value("Move to:") {
            Some(Self::Move(path))
        } else {
            header.starts_with("End Patch").then_some(Self::End)
        }
    }
}

/// The part of a patch that is about one file.
struct File<'a> {
    action: Action,
    path: &'a str,
    move_to: Option<&'a str>,
    lines: Vec<&'a str>,
}

impl<'a> File<'a> {
    fn new(action: Action, path: &'a str) -> Self {
        Self { action, path, move_to: None, lines: Vec::new() }
    }

    fn change(self) -> FileUpdateChange {
        let path = self.path.to_owned();
        match self.action {
            Action::Add => {
                let added = self.lines.iter().map(|line| line.strip_prefix('+').unwrap_or(line));
                FileUpdateChange { path, kind: PatchChangeKind::Add, diff: ended(added) }
            }
            // What was in the file, a patch does not tell.
            Action::Delete => {
                FileUpdateChange { path, kind: PatchChangeKind::Delete, diff: String::new() }
            }
            Action::Update => {
                let diff = ended(self.lines.iter().copied());
                changes::update(path, diff, self.move_to.map(str::to_owned))
            }
        }
    }
}

/// The lines, each with its end.
fn ended<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.flat_map(|line| [line, "\n"]).collect()
}
