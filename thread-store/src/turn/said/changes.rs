//! Changes of files, as events record them.

use super::fields::Fields;
use super::path;
use super::spelling::camel;
use crate::item::Members;
use crate::turn::{FileUpdateChange, PatchChangeKind};

/// The changes of an item or event, in the order of their paths.
pub(super) fn of(item: Fields<'_, '_>) -> Vec<FileUpdateChange> {
    let changes = item.object("changes").unwrap_or_default();
    let mut changes: Vec<_> = changes
        .iter()
        .map(|(path, change)| one(path::local(path), &Members::of_value(change)))
        .collect();
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

/// A change: `{"type":"add",…}`, in old versions `{"add":{…}}`.
fn one(path: String, change: &Members<'_>) -> FileUpdateChange {
    let fields = Fields::of(change);
    if let Some(kind) = fields.text("type") {
        return of_kind(path, &kind, fields);
    }
    let kind = change.iter().next().map(|(name, _)| name.to_owned()).unwrap_or_default();
    let inner = fields.object(&kind).unwrap_or_default();
    of_kind(path, &kind, Fields::of(&inner))
}

fn of_kind(path: String, kind: &str, change: Fields<'_, '_>) -> FileUpdateChange {
    let content = || change.text_or_empty("content");
    match kind {
        "add" => FileUpdateChange { path, kind: PatchChangeKind::Add, diff: content() },
        "delete" => FileUpdateChange { path, kind: PatchChangeKind::Delete, diff: content() },
        "update" => update(
            path,
            change.text_or_empty("unified_diff"),
            change.text("move_path").map(|to| path::local(&to)),
        ),
        other => {
            let kind = PatchChangeKind::Unknown(serde_json::json!({ "type": camel(other) }));
            FileUpdateChange { path, kind, diff: content() }
        }
    }
}

/// An update. Where the file was moved to stands in the diff, too: it may be all that happened.
pub(super) fn update(path: String, diff: String, move_path: Option<String>) -> FileUpdateChange {
    let diff = match &move_path {
        Some(to) => format!("{diff}\n\nMoved to: {to}"),
        None => diff,
    };
    FileUpdateChange { path, kind: PatchChangeKind::Update { move_path }, diff }
}
