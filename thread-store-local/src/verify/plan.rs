//! What is done about what is wrong.

use std::path::PathBuf;

use super::action::Action;
use super::finding::Finding;
use crate::store::layout::{Layout, kept_beside};

/// What is done about these findings, in the order in which it is done.
pub(super) fn plan(findings: &[Finding], layout: &Layout) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::new();
    for action in findings.iter().filter_map(|finding| single(finding, layout)) {
        // A file may have more to blank beside what was begun.
        match actions.iter_mut().find(|known| is_same_blanking(known, &action)) {
            Some(known) => *known = action,
            None => actions.push(action),
        }
    }
    actions.extend(forget_names(findings));
    actions.extend(clean_journal(findings));
    actions.sort_by_key(order);
    actions
}

fn single(finding: &Finding, layout: &Layout) -> Option<Action> {
    Some(match finding.clone() {
        Finding::UnfinishedChange { thread_ids } => Action::FinishChange { thread_ids },
        Finding::TornTail { path, thread_id, offset, bytes } => {
            Action::CutTail { path, thread_id, offset, bytes }
        }
        Finding::UnreadableLines { path, thread_id, bytes, .. } => {
            let kept = kept_beside(&path);
            Action::BlankLines { path, thread_id, bytes, kept }
        }
        Finding::UnfinishedRepair { path, thread_id } => {
            let kept = kept_beside(&path);
            Action::BlankLines { path, thread_id, bytes: 0, kept }
        }
        Finding::DuplicateFiles { thread_id, other: path, .. } => {
            let to = free(layout, layout.duplicates().join(&path));
            Action::MoveDuplicate { path, thread_id, to, compressed: false }
        }
        Finding::PlainAndCompressed { thread_id, other: path, .. } => {
            let to = free(layout, layout.duplicates().join(&path));
            Action::MoveDuplicate { path, thread_id, to, compressed: true }
        }
        Finding::Leftover { path, .. } => {
            let to = free(layout, layout.quarantined().join(path.file_name()?));
            Action::MoveLeftover { path, to }
        }
        Finding::StaleLock { path, thread_id } => Action::RemoveLock { path, thread_id },
        Finding::IndexDrift { path, thread_id } => Action::Reindex { path, thread_id },
        _ => return None,
    })
}

fn is_same_blanking(one: &Action, other: &Action) -> bool {
    match (one, other) {
        (Action::BlankLines { path: one, .. }, Action::BlankLines { path: other, .. }) => {
            one == other
        }
        _ => false,
    }
}

fn forget_names(findings: &[Finding]) -> Option<Action> {
    let orphan = |finding: &Finding| match finding {
        Finding::OrphanedName { thread_id, .. } => Some(*thread_id),
        _ => None,
    };
    let thread_ids: Vec<_> = findings.iter().filter_map(orphan).collect();
    (!thread_ids.is_empty()).then_some(Action::ForgetNames { thread_ids })
}

fn clean_journal(findings: &[Finding]) -> Option<Action> {
    let (mut damaged, mut thread_ids) = (0, Vec::new());
    for finding in findings {
        match finding {
            Finding::DamagedJournal { count, .. } => damaged += count,
            Finding::OrphanedEntries { thread_id, .. } => thread_ids.push(*thread_id),
            _ => {}
        }
    }
    (damaged > 0 || !thread_ids.is_empty()).then_some(Action::CleanJournal { damaged, thread_ids })
}

/// A place like this one where nothing is, relative to the home.
fn free(layout: &Layout, wanted: PathBuf) -> PathBuf {
    let numbered = |number: u32| {
        let mut name = wanted.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    let mut place = wanted.clone();
    let mut number = 1;
    while place.symlink_metadata().is_ok() {
        place = numbered(number);
        number += 1;
    }
    layout.relative(&place).to_owned()
}

/// Files come to rest before what is said about them is looked at.
fn order(action: &Action) -> u8 {
    match action {
        Action::FinishChange { .. } => 0,
        Action::CutTail { .. } => 1,
        Action::BlankLines { .. } => 2,
        Action::MoveDuplicate { .. } => 3,
        Action::ForgetNames { .. } => 4,
        Action::CleanJournal { .. } => 5,
        Action::MoveLeftover { .. } => 6,
        Action::RemoveLock { .. } => 7,
        Action::Reindex { .. } => 8,
    }
}
