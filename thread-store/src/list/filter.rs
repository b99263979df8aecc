//! Which threads are on a list.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::Mismatch;
use crate::cwd::cwd_key;
use crate::id::ThreadId;
use crate::source::SourceKind;
use crate::thread::StoredThread;
use crate::time::Timestamp;

/// Which threads are on a list: those that match every filter given. `None` is any; an empty list
/// of alternatives matches nothing.
///
/// In JSON filters that are not given are left out.
///
/// [`matches`](Self::matches) is the reference: a store may answer a list in any way that gives the
/// same threads.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ListFilter {
    /// Archived threads only, or active ones only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Threads of any of these sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_kinds: Option<Vec<SourceKind>>,
    /// Threads of any of these providers. A thread without a provider has none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_providers: Option<Vec<String>>,
    /// Threads in any of these directories, compared by [`cwd_key`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwds: Option<Vec<String>>,
    /// Children or descendants of a thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<Relation>,
    /// Threads that have all of these labels, with these values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Threads that have a preview, or threads that have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_preview: Option<bool>,
    /// Threads whose name, title or preview contains this text. Case counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_term: Option<String>,
    /// Threads created in this stretch of time.
    #[serde(skip_serializing_if = "TimeRange::is_all")]
    pub created: TimeRange,
    /// Threads last updated in this stretch of time.
    #[serde(skip_serializing_if = "TimeRange::is_all")]
    pub updated: TimeRange,
}

/// A place in the *spawn* relation; see [`StoredThread::spawn_parent`]. The thread named need not
/// exist, and no other filter is implied.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Relation {
    /// The threads spawned by this one.
    ChildrenOf(ThreadId),
    /// The threads spawned by this one, by those, and so on. A chain ends at a thread that is gone.
    DescendantsOf(ThreadId),
}

/// A stretch of time: `from` inclusive, `to` exclusive.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TimeRange {
    /// The first moment; `None` for no bound.
    pub from: Option<Timestamp>,
    /// The first moment that is too late; `None` for no bound.
    pub to: Option<Timestamp>,
}

impl TimeRange {
    /// From a moment to before another.
    #[must_use]
    pub const fn new(from: Option<Timestamp>, to: Option<Timestamp>) -> Self {
        Self { from, to }
    }

    /// Whether it has no bound.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the moment lies in it.
    #[must_use]
    pub fn contains(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time < to)
    }
}

/// Finds the parent of a stored thread in the spawn relation; `None` for a thread that has none or
/// is gone.
pub(crate) type SpawnParentOf<'a> = &'a dyn Fn(ThreadId) -> Option<ThreadId>;

/// What each filter has against a thread, if anything. `DescendantsOf` is beside this table, since
/// it needs other threads than the one it judges.
const CHECKS: [fn(&ListFilter, &StoredThread) -> Option<Mismatch>; 10] = [
    |filter, thread| {
        let wanted = filter.archived?;
        (wanted != thread.is_archived()).then_some(Mismatch::Archived { wanted })
    },
    |filter, thread| {
        let kind = thread.identity.source.kind();
        (!filter.source_kinds.as_ref()?.contains(&kind))
            .then_some(Mismatch::SourceKind { actual: kind })
    },
    |filter, thread| {
        let actual = &thread.metadata.model_provider;
        let found = actual
            .as_ref()
            .is_some_and(|own| filter.model_providers.iter().flatten().any(|it| it == own));
        (filter.model_providers.is_some() && !found)
            .then(|| Mismatch::ModelProvider { actual: actual.clone() })
    },
    |filter, thread| {
        let wanted = filter.cwds.as_ref()?;
        let actual = thread.metadata.cwd.as_deref().map(cwd_key);
        let found = actual.as_ref().is_some_and(|own| wanted.iter().any(|it| cwd_key(it) == *own));
        (!found).then(|| Mismatch::Cwd { actual: thread.metadata.cwd.clone() })
    },
    |filter, thread| {
        let Some(Relation::ChildrenOf(parent)) = filter.relation else {
            return None;
        };
        let actual = thread.spawn_parent();
        (actual != Some(parent)).then_some(Mismatch::Parent { actual })
    },
    |filter, thread| {
        let labels = &thread.metadata.labels;
        let (key, _) =
            filter.labels.iter().find(|(key, value)| labels.get(*key) != Some(*value))?;
        Some(Mismatch::Label { key: key.clone(), actual: labels.get(key).cloned() })
    },
    |filter, thread| {
        let wanted = filter.has_preview?;
        (wanted != thread.has_preview()).then_some(Mismatch::HasPreview { wanted })
    },
    |filter, thread| {
        let term = filter.search_term.as_ref()?;
        let found = thread.list_texts().into_iter().flatten().any(|text| text.contains(term));
        (!found).then_some(Mismatch::SearchTerm)
    },
    |filter, thread| {
        let actual = thread.identity.created_at;
        (!filter.created.contains(actual)).then_some(Mismatch::Created { actual })
    },
    |filter, thread| {
        let actual = thread.metadata.updated_at;
        (!filter.updated.contains(actual)).then_some(Mismatch::Updated { actual })
    },
];

impl ListFilter {
    /// Whether the thread is on the list. `spawn_parent_of` answers the spawn parent of any stored
    /// thread (`None` for one that has none, or is gone); it is asked only for `DescendantsOf`.
    pub fn matches(
        &self,
        thread: &StoredThread,
        spawn_parent_of: impl Fn(ThreadId) -> Option<ThreadId>,
    ) -> bool {
        CHECKS.iter().all(|check| check(self, thread).is_none())
            && self.check_ancestor(thread, &spawn_parent_of).is_none()
    }

    /// Every filter that keeps the thread off the list.
    pub fn mismatches(
        &self,
        thread: &StoredThread,
        spawn_parent_of: impl Fn(ThreadId) -> Option<ThreadId>,
    ) -> Vec<Mismatch> {
        CHECKS
            .iter()
            .filter_map(|check| check(self, thread))
            .chain(self.check_ancestor(thread, &spawn_parent_of))
            .collect()
    }

    fn check_ancestor(
        &self,
        thread: &StoredThread,
        spawn_parent_of: SpawnParentOf<'_>,
    ) -> Option<Mismatch> {
        let Some(Relation::DescendantsOf(ancestor)) = self.relation else {
            return None;
        };
        let mut chain = Vec::new();
        // Parents are given by callers and may form a ring; nobody is their own descendant.
        let mut seen = HashSet::from([thread.thread_id]);
        let mut next = thread.spawn_parent();
        while let Some(parent) = next {
            if parent == ancestor && thread.thread_id != ancestor {
                return None;
            }
            chain.push(parent);
            if !seen.insert(parent) {
                break;
            }
            next = spawn_parent_of(parent);
        }
        Some(Mismatch::Ancestor { chain })
    }
}

macro_rules! setters {
    ($( $(#[$doc:meta])* $with:ident($field:ident: $type:ty) ),* $(,)?) => {
        impl ListFilter {
            $( $(#[$doc])* #[must_use] pub fn $with(mut self, $field: $type) -> Self {
                self.$field = $field.into();
                self
            } )*
        }
    };
}

setters! {
    /// Archived threads only, or active ones only.
    with_archived(archived: bool),
    /// Threads of any of these sources.
    with_source_kinds(source_kinds: Vec<SourceKind>),
    /// Threads of any of these providers.
    with_model_providers(model_providers: Vec<String>),
    /// Threads in any of these directories.
    with_cwds(cwds: Vec<String>),
    /// Children or descendants of a thread.
    with_relation(relation: Relation),
    /// Threads that have all of these labels.
    with_labels(labels: BTreeMap<String, String>),
    /// Threads that have a preview, or threads that have none.
    with_has_preview(has_preview: bool),
    /// Threads whose name, title or preview contains this text.
    with_search_term(search_term: String),
    /// Threads created in this stretch of time.
    with_created(created: TimeRange),
    /// Threads last updated in this stretch of time.
    with_updated(updated: TimeRange),
}
