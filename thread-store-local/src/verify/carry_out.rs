//! Doing what was planned, each under the lock that belongs to it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use thread_store::{Conflict, Error, IfHeld, Result, ThreadId};

use super::action::{Action, RepairOutcome};
use super::beside;
use super::blank;
use crate::error::ReadError;
use crate::file_name::FileName;
use crate::header;
use crate::names;
use crate::store::compact;
use crate::store::file::{RolloutFile, unavailable};
use crate::store::layout::{kept_beside, move_file, sync_folder};
use crate::store::leases;
use crate::store::look::Seen;
use crate::store::open_home::OpenHome;
use crate::store::quarantine;
use crate::walk;

/// So long Codex takes at most to compress what is cold; this is its own limit.
const COMPRESSING: Duration = Duration::from_secs(6 * 60 * 60);
/// What Codex makes while it does.
const COMPRESSION: &str = ".tmp/rollout-compression.lock";

/// Whether somebody is in the way of an action. Changes nothing.
pub(super) fn foresee(home: &OpenHome, action: &Action) -> RepairOutcome {
    if let Some(reason) = reason_against(home, action) {
        return RepairOutcome::Skipped { reason: reason.to_owned() };
    }
    let Some(thread) = action.thread() else { return RepairOutcome::Planned };
    if let Some(holder) = home.leases.seat(thread).lock().state.blocking() {
        return RepairOutcome::Held { holder: Some(holder.clone()) };
    }
    match leases::is_held(&home.layout, thread) {
        Ok(true) => RepairOutcome::Held { holder: None },
        Ok(false) => RepairOutcome::Planned,
        Err(error) => RepairOutcome::Failed { reason: error.to_string() },
    }
}

/// Does it, unless somebody is in the way.
pub(super) fn carry_out(home: &OpenHome, action: &Action) -> RepairOutcome {
    if let Some(reason) = reason_against(home, action) {
        return RepairOutcome::Skipped { reason: reason.to_owned() };
    }
    let done = match action.thread() {
        Some(thread) => alone(home, thread, || of_thread(home, action)),
        None => of_home(home, action),
    };
    match done {
        Ok(()) if is_still_there(home, action) => RepairOutcome::Skipped {
            reason: "somebody else takes or gives up locks now".to_owned(),
        },
        Ok(()) => RepairOutcome::Done,
        Err(error) => match error.as_conflict() {
            Some(Conflict::Held { holder }) => RepairOutcome::Held { holder: holder.clone() },
            _ => RepairOutcome::Failed { reason: chain(&error) },
        },
    }
}

/// Locks are removed only by who is alone with them.
fn is_still_there(home: &OpenHome, action: &Action) -> bool {
    matches!(action, Action::RemoveLock { path, .. } if home.layout.absolute(path).exists())
}

fn chain(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn reason_against(home: &OpenHome, action: &Action) -> Option<&'static str> {
    let Action::MoveDuplicate { path, compressed, .. } = action else { return None };
    let path = home.layout.absolute(path);
    if path.symlink_metadata().is_ok_and(|meta| meta.is_symlink()) {
        return Some("it is a link");
    }
    let marker = fs::metadata(home.layout.home().join(COMPRESSION)).and_then(|it| it.modified());
    let is_recent =
        |begun: std::time::SystemTime| begun.elapsed().map_or(true, |it| it < COMPRESSING);
    // It writes the compressed file before it takes the plain one away.
    (*compressed && marker.is_ok_and(is_recent)).then_some("Codex may be compressing rollouts now")
}

/// Does something while nobody, here or elsewhere, can write to the thread.
fn alone(home: &OpenHome, thread: ThreadId, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let pin = leases::Pin::new(&home.leases, &home.layout, thread)?;
    let sitting = pin.seat().lock();
    sitting.refuse_if_held(thread, IfHeld::Refuse)?;
    work()
}

fn of_thread(home: &OpenHome, action: &Action) -> Result<()> {
    let absolute = |path: &Path| home.layout.absolute(path);
    match action {
        Action::CutTail { path, .. } => cut_tail(home, &absolute(path)),
        Action::BlankLines { path, .. } => {
            let path = absolute(path);
            let header = header::read(&path)?;
            Ok(blank::blank_lines(&path, &header, &home.faults)?)
        }
        Action::MoveDuplicate { path, to, .. } => {
            let (path, to) = (absolute(path), absolute(to));
            let kept = kept_beside(&path);
            if kept.exists() {
                move_aside(home, &kept, &kept_beside(&to))?;
            }
            move_aside(home, &path, &to)
        }
        // The lock was taken, and is removed when it is given up.
        _ => Ok(()),
    }
}

fn of_home(home: &OpenHome, action: &Action) -> Result<()> {
    match action {
        // Whoever takes the journal does it first.
        Action::FinishChange { .. } => home.hold(&mut home.lock_journal()).map(drop),
        Action::ForgetNames { thread_ids } => forget_names(home, thread_ids),
        Action::CleanJournal { thread_ids, .. } => clean_journal(home, thread_ids),
        Action::MoveLeftover { path, to } => {
            move_aside(home, &home.layout.absolute(path), &home.layout.absolute(to))
        }
        Action::Reindex { path, .. } => reindex(home, &home.layout.absolute(path)),
        _ => Ok(()),
    }
}

fn cut_tail(home: &OpenHome, path: &Path) -> Result<()> {
    let file: Option<Arc<RolloutFile>> = home.read().files.get(path).cloned();
    let file = file.ok_or_else(|| gone(path))?;
    file.lock().mend_tail(&home.layout, &home.faults)
}

fn gone(path: &Path) -> Error {
    ReadError::Changed { path: path.to_owned() }.into()
}

/// Moves a file to where nothing is.
fn move_aside(home: &OpenHome, from: &Path, to: &Path) -> Result<()> {
    let moved = || {
        home.faults.check()?;
        if to.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        move_file(from, to)?;
        let folders = from.parent().into_iter().chain(to.parent());
        folders.into_iter().try_for_each(sync_folder)
    };
    moved().map_err(unavailable)
}

/// The threads of these that no file has now.
fn still_orphans(home: &OpenHome, threads: &[ThreadId]) -> Result<HashSet<ThreadId>> {
    let found = walk::find(home.layout.home())?;
    if found.files.is_empty() || !found.unreadable.is_empty() {
        return Ok(HashSet::new());
    }
    let named: HashSet<ThreadId> =
        found.files.iter().filter_map(|path: &PathBuf| FileName::of(path).thread).collect();
    let catalog = home.read();
    let is_orphan = |thread: &&ThreadId| !named.contains(thread) && !catalog.has(**thread);
    Ok(threads.iter().filter(is_orphan).copied().collect())
}

fn forget_names(home: &OpenHome, threads: &[ThreadId]) -> Result<()> {
    let threads = still_orphans(home, threads)?;
    let index = home.layout.session_index();
    let forgotten = names::forget_kept(&home.layout, &threads, |lines| {
        home.faults.check()?;
        quarantine::keep_all(&home.layout, &index, lines)?;
        home.faults.check()
    });
    forgotten.map_err(unavailable)
}

fn clean_journal(home: &OpenHome, threads: &[ThreadId]) -> Result<()> {
    let mut journal = home.lock_journal();
    let held = home.hold(&mut journal)?;
    let threads = still_orphans(home, threads)?;
    let path = home.layout.journal();
    let clean = || {
        let text = beside::read(&path)?;
        let mut lines = beside::damaged_lines(&text);
        lines.extend(beside::lines_about(&text, |thread| threads.contains(&thread)));
        if lines.is_empty() {
            return Ok(());
        }
        quarantine::keep_all(&home.layout, &path, &lines)?;
        compact::without(home, held, &threads)
    };
    clean().map_err(unavailable)
}

/// Forgets what is known of a file, and reads it.
fn reindex(home: &OpenHome, path: &Path) -> Result<()> {
    let seen = Seen::of_new(path.to_owned());
    if let Some(new) = home.load_new(&seen, None)? {
        home.take_in(&mut home.write(), &seen, new);
    }
    Ok(())
}
