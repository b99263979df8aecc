//! One changed file.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One changed file (`FileUpdateChange`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FileUpdateChange {
    /// The file, before it was moved.
    pub path: String,
    /// What was done to it.
    pub kind: PatchChangeKind,
    /// The whole text of a file that was added or deleted, else a unified diff, with the new path
    /// at its end if the file was moved.
    pub diff: String,
}

/// What was done to a file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum PatchChangeKind {
    /// It is new.
    Add,
    /// It is gone.
    Delete,
    /// Its text changed, or its place.
    Update {
        /// Where it was moved to.
        move_path: Option<String>,
    },
    /// Anything else, as it is.
    #[serde(untagged)]
    Unknown(Value),
}
