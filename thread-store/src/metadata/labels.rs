//! Labels, patched key by key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Edits of labels: for each key a new value, or `None` to remove it. Keys that are not named stay.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LabelsPatch(BTreeMap<String, Option<String>>);

impl LabelsPatch {
    /// Sets one label.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.insert(key.into(), Some(value.into()));
    }

    /// Removes one label.
    pub fn remove(&mut self, key: impl Into<String>) {
        self.0.insert(key.into(), None);
    }

    /// Whether it edits nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn setting(labels: &BTreeMap<String, String>) -> Self {
        Self(labels.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect())
    }

    pub(super) fn apply(&self, labels: &mut BTreeMap<String, String>) {
        for (key, value) in &self.0 {
            match value {
                Some(value) => labels.insert(key.clone(), value.clone()),
                None => labels.remove(key),
            };
        }
    }

    pub(super) fn merge(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}
