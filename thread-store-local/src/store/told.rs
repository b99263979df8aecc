//! What Codex's database alone says of a paginated thread, field by field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thread_store::{
    HistoryMode, Record, RolloutItem, StoredThread, ThreadMetadata, ThreadMetadataPatch,
};

use super::header_line::is_header_of;
use crate::codex_state::CodexFacts;

/// A field that Codex keeps there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Field {
    Name,
    GitSha,
    GitBranch,
    GitOriginUrl,
    MemoryMode,
}

/// What Codex said of each field when this store set it. What it says otherwise later is newer.
pub(crate) type Told = BTreeMap<Field, Option<String>>;

impl Field {
    pub(crate) const ALL: [Self; 5] =
        [Self::Name, Self::GitSha, Self::GitBranch, Self::GitOriginUrl, Self::MemoryMode];

    pub(crate) fn of_codex(self, codex: &CodexFacts) -> &Option<String> {
        match self {
            Self::Name => &codex.name,
            Self::GitSha => &codex.git_sha,
            Self::GitBranch => &codex.git_branch,
            Self::GitOriginUrl => &codex.git_origin_url,
            Self::MemoryMode => &codex.memory_mode,
        }
    }

    pub(crate) fn of_record(self, record: &mut ThreadMetadata) -> &mut Option<String> {
        match self {
            Self::Name => &mut record.name,
            Self::GitSha => &mut record.git_sha,
            Self::GitBranch => &mut record.git_branch,
            Self::GitOriginUrl => &mut record.git_origin_url,
            Self::MemoryMode => &mut record.memory_mode,
        }
    }

    fn is_set_by(self, patch: &ThreadMetadataPatch) -> bool {
        let edit = match self {
            Self::Name => &patch.name,
            Self::GitSha => &patch.git_sha,
            Self::GitBranch => &patch.git_branch,
            Self::GitOriginUrl => &patch.git_origin_url,
            Self::MemoryMode => &patch.memory_mode,
        };
        !edit.is_keep()
    }

    /// What a header says of it.
    fn of_header(self, header: &RolloutItem) -> Option<String> {
        let Record::SessionMeta(meta) = header.record() else { return None };
        let git = |name: &str| meta.git().and_then(|git| git.string(name));
        match self {
            Self::Name => None,
            Self::GitSha => git("commit_hash"),
            Self::GitBranch => git("branch"),
            Self::GitOriginUrl => git("repository_url"),
            Self::MemoryMode => meta.members().string("memory_mode"),
        }
    }

    /// What Codex makes of it when it finds the rollout: it knows of no name, and takes a thread for
    /// one that is remembered.
    fn found(self, in_header: Option<String>) -> Option<String> {
        match self {
            Self::Name => None,
            Self::MemoryMode => in_header.or_else(|| Some("enabled".to_owned())),
            _ => in_header,
        }
    }
}

/// What Codex is going to say of a new thread.
pub(crate) fn at_creation(record: &StoredThread, items: &[RolloutItem]) -> Told {
    let mut metadata = record.metadata.clone();
    if !is_paginated(&metadata) {
        return Told::new();
    }
    let own = items.first().filter(|item| is_header_of(item, record));
    let mut in_header = |field: Field| match own {
        Some(header) => field.of_header(header),
        // The header that we make says what the record does.
        None => field.of_record(&mut metadata).clone(),
    };
    Field::ALL.into_iter().map(|field| (field, field.found(in_header(field)))).collect()
}

/// What Codex says now of the fields that an edit sets: what its database does if it has the thread,
/// else what it is going to.
pub(crate) fn at_edit(
    record: &StoredThread,
    patch: &ThreadMetadataPatch,
    codex: Option<&CodexFacts>,
    known: &Told,
) -> Told {
    let mut metadata = record.metadata.clone();
    if codex.is_none() && !is_paginated(&metadata) {
        return Told::new();
    }
    let mut told = |field: Field| match (codex, known.get(&field)) {
        (Some(codex), _) => field.of_codex(codex).clone(),
        (None, Some(known)) => known.clone(),
        (None, None) => field.found(field.of_record(&mut metadata).clone()),
    };
    let set = Field::ALL.into_iter().filter(|field| field.is_set_by(patch));
    set.map(|field| (field, told(field))).collect()
}

fn is_paginated(metadata: &ThreadMetadata) -> bool {
    metadata.history_mode.as_deref() == Some(HistoryMode::Paginated.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codex(branch: &str) -> CodexFacts {
        CodexFacts { git_branch: Some(branch.to_owned()), paginated: true, ..Default::default() }
    }

    fn record(history_mode: &str) -> StoredThread {
        let id = thread_store::ThreadId::generate();
        let patch = ThreadMetadataPatch::default()
            .history_mode(history_mode.to_owned())
            .git_branch("as created".to_owned());
        let create = thread_store::CreateThread::new(id).with_metadata(patch);
        create.to_thread(thread_store::Timestamp::MIN)
    }

    fn branch() -> ThreadMetadataPatch {
        ThreadMetadataPatch::default().git_branch("ours".to_owned())
    }

    fn told(branch: &str) -> Told {
        Told::from([(Field::GitBranch, Some(branch.to_owned()))])
    }

    #[test]
    fn only_what_an_edit_sets_is_remembered() {
        let facts = codex("theirs");
        let edited = at_edit(&record("paginated"), &branch(), Some(&facts), &Told::new());
        assert_eq!(edited, told("theirs"));
    }

    #[test]
    fn a_thread_that_codex_has_not_seen_is_going_to_be_as_it_was_created() {
        let record = record("paginated");
        let created = at_creation(&record, &[]);
        assert_eq!(created[&Field::GitBranch].as_deref(), Some("as created"));
        assert_eq!(at_edit(&record, &branch(), None, &created), told("as created"));
        assert_eq!(at_edit(&record, &branch(), None, &told("before")), told("before"));
    }

    #[test]
    fn of_legacy_threads_nothing_is_remembered() {
        let record = record("legacy");
        assert!(at_creation(&record, &[]).is_empty());
        assert!(at_edit(&record, &branch(), None, &Told::new()).is_empty());
    }
}
