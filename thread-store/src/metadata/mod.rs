//! What can be edited about a thread: its metadata, and the patch that edits them.

mod edit;
mod fields;
mod labels;
pub(crate) mod size;
mod token_usage;

use serde_json::{Map, Value};

use crate::error::Error;
use crate::thread::StoredThread;
use crate::time::Timestamp;

pub use edit::Edit;
pub use fields::{ThreadMetadata, ThreadMetadataPatch};
pub use labels::LabelsPatch;
pub use size::{MAX_METADATA_BYTES, MAX_METADATA_DEPTH};
pub use token_usage::TokenUsage;

impl ThreadMetadata {
    /// The metadata of a new thread: nothing but its times, which all start as its creation.
    #[must_use]
    pub fn new(created_at: Timestamp) -> Self {
        Self { updated_at: created_at, recency_at: created_at, ..Self::default() }
    }

    /// Whether events tell of every item of the history.
    pub(crate) fn is_paginated(&self) -> bool {
        self.history_mode.as_deref() == Some("paginated")
    }

    /// What a fork takes over: everything but the times, the marks of a sub-agent, and how far the
    /// history was observed.
    #[must_use]
    pub fn inherited_by_fork(&self) -> ThreadMetadataPatch {
        let mut patch = self.to_patch();
        patch.updated_at = Edit::Keep;
        patch.recency_at = Edit::Keep;
        patch.thread_source = Edit::Keep;
        patch.agent_nickname = Edit::Keep;
        patch.agent_role = Edit::Keep;
        patch.agent_path = Edit::Keep;
        // The items of a fork stand elsewhere, and what they say came along.
        patch.observed_to = Edit::Keep;
        patch
    }
}

impl ThreadMetadataPatch {
    /// Whether it sets nothing but what moves with activity: the two times, and how far the history
    /// was observed. Such a *touch* does not move the metadata version.
    #[must_use]
    pub fn is_touch(&self) -> bool {
        self.edits_only(&["updated_at", "recency_at", "observed_to"]) && !self.is_empty()
    }

    /// Reads a patch from JSON: an absent member keeps, `null` clears, a value sets; of `labels`
    /// likewise key by key. Members that are not known are patched alike.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `patch`) for a value of the wrong type, for `null` where a field
    /// cannot be empty, and for members that belong to the identity of a thread.
    pub fn from_json(json: &Value) -> Result<Self, Error> {
        use serde::Deserialize;
        // The messages of serde name members and types, and quote scalar values: drop those.
        let patch = Self::deserialize(json).map_err(|error| {
            let text = error.to_string();
            let reason = text.split(": ").next().unwrap_or_default().to_owned();
            Error::invalid("patch", reason)
        })?;
        patch.validate()?;
        Ok(patch)
    }

    /// Checks what the types cannot: that no unknown member has the name of a known member of the
    /// record, and that the patch is no deeper than [`MAX_METADATA_DEPTH`] and no larger than
    /// [`MAX_METADATA_BYTES`].
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `patch`).
    pub fn validate(&self) -> Result<(), Error> {
        match self.extra.keys().find(|name| is_reserved(name)) {
            Some(name) => Err(Error::invalid(
                "patch",
                format!("{name} cannot be patched as an unknown member"),
            )),
            None => size::check("patch", self),
        }
    }
}

/// Whether a member of this name is part of a [`StoredThread`]'s JSON, so that no unknown member can
/// have it: its own members, and the fields, which have edits of their own.
fn is_reserved(name: &str) -> bool {
    StoredThread::OWN_MEMBERS.contains(&name)
        || ThreadMetadata::FIELD_NAMES.contains(&name)
        || name == "labels"
}

/// Applies edits of members that this version does not know: `null` removes.
fn apply_extra(members: &mut Map<String, Value>, edits: &Map<String, Value>) {
    for (name, value) in edits {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests;
