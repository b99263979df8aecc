//! What lists look at.

use std::collections::BTreeMap;

use crate::cwd::cwd_key;
use crate::id::ThreadId;
use crate::list::{Position, SortKey};
use crate::source::SourceKind;
use crate::thread::StoredThread;
use crate::time::Timestamp;

/// All that lists filter and sort by. A store that projects exactly this into columns needs no
/// change when metadata get a new field.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
#[allow(missing_docs)] // The fields of the thread by the same names.
pub struct ListRow<'a> {
    pub thread_id: ThreadId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub recency_at: Timestamp,
    pub archived: bool,
    pub source_kind: SourceKind,
    pub model_provider: Option<&'a str>,
    /// The working directory in the form of [`cwd_key`].
    pub cwd: Option<String>,
    /// The parent in the spawn relation.
    pub spawn_parent: Option<ThreadId>,
    pub has_preview: bool,
    /// The texts that the search term of a list is looked for in: name, title and preview.
    pub texts: [Option<&'a str>; 3],
    pub labels: &'a BTreeMap<String, String>,
}

impl ListRow<'_> {
    /// Moves when the same thread comes to have another row, such as by another form of directories:
    /// a store that keeps rows keeps this number with them, and makes them anew when it differs.
    pub const VERSION: u32 = 1;

    /// Where the thread stands in a list sorted by this key.
    #[must_use]
    pub fn position(&self, key: SortKey) -> Position {
        let time = match key {
            SortKey::Created => self.created_at,
            SortKey::Updated => self.updated_at,
            SortKey::Recency => self.recency_at,
        };
        Position { time, thread_id: self.thread_id }
    }
}

impl StoredThread {
    /// What lists filter and sort by.
    #[must_use]
    pub fn list_row(&self) -> ListRow<'_> {
        ListRow {
            thread_id: self.thread_id,
            created_at: self.identity.created_at,
            updated_at: self.metadata.updated_at,
            recency_at: self.metadata.recency_at,
            archived: self.is_archived(),
            source_kind: self.identity.source.kind(),
            model_provider: self.metadata.model_provider.as_deref(),
            cwd: self.metadata.cwd.as_deref().map(cwd_key),
            spawn_parent: self.spawn_parent(),
            has_preview: self.has_preview(),
            texts: self.list_texts(),
            labels: &self.metadata.labels,
        }
    }

    /// The time that a list sorted by this key compares.
    #[must_use]
    pub fn sort_time(&self, key: SortKey) -> Timestamp {
        match key {
            SortKey::Created => self.identity.created_at,
            SortKey::Updated => self.metadata.updated_at,
            SortKey::Recency => self.metadata.recency_at,
        }
    }

    pub(super) fn has_preview(&self) -> bool {
        self.metadata.preview.as_ref().is_some_and(|preview| !preview.is_empty())
    }

    pub(super) fn list_texts(&self) -> [Option<&str>; 3] {
        let metadata = &self.metadata;
        [metadata.name.as_deref(), metadata.title.as_deref(), metadata.preview.as_deref()]
    }
}
