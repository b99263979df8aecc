//! Histories that span several files.
//!
//! A header with `history_base {thread_id, end_ordinal_exclusive}` continues the file of that
//! *segment*, of its own thread (after a revert) or of another one (a fork). The history is then
//! that of the base up to the ordinal, and the file's own records. Bases have bases.

use std::collections::HashSet;

use thread_store::RolloutItem;

use crate::error::ReadError;
use crate::item_source::{self, Piece};
use crate::plan::Plan;
use crate::rollout::Rollout;
use crate::segment;

/// A file of a chain, and where it is cut off.
pub(crate) struct Link {
    pub(crate) file: usize,
    /// The first envelope ordinal that is not part of the history; `None` for the last file.
    pub(crate) end: Option<u64>,
}

/// Why the chain starts later than the history.
pub(crate) struct Broken {
    pub(crate) file: usize,
    pub(crate) reason: &'static str,
}

/// Why a file that others continue is damaged.
pub(crate) const INCOMPLETE: &str = "records that a later file continues are missing at its end";

/// Reads the history that ends with the file `head` into `rollout`. Only that file must be
/// readable: what is missing of the others is reported as damage.
pub(crate) fn read(plan: &Plan, head: usize, rollout: &mut Rollout) -> Result<(), ReadError> {
    let (links, broken) = chain(plan, head);
    if let Some(Broken { file, reason }) = broken {
        lost(plan, file, reason, rollout);
    }
    for Link { file, end } in links.iter().rev() {
        let path = &plan.file(*file).path;
        match (item_source::read(path), end) {
            (Ok(mut pieces), Some(end)) => {
                take_made_header(&mut pieces);
                if !append_before(*end, pieces, path, rollout) {
                    lost(plan, *file, INCOMPLETE, rollout);
                }
            }
            (Ok(mut pieces), None) => {
                rollout.header = take_made_header(&mut pieces);
                pieces.into_iter().for_each(|piece| append(piece, path, rollout));
            }
            (Err(error), Some(_)) => lost(plan, *file, &error.reason(), rollout),
            (Err(error), None) => return Err(error),
        }
        rollout.files.push(path.clone());
    }
    Ok(())
}

fn lost(plan: &Plan, file: usize, reason: &str, rollout: &mut Rollout) {
    rollout.push_lost(plan.file(file).path.display().to_string(), reason);
}

/// The files of a history, the last first.
pub(crate) fn chain(plan: &Plan, head: usize) -> (Vec<Link>, Option<Broken>) {
    let mut links = vec![Link { file: head, end: None }];
    let mut seen = HashSet::from([head]);
    let (mut file, mut end) = (head, u64::MAX);
    while let Some(base) = plan.file(file).header.base {
        end = end.min(base.end);
        let broken = |reason| Some(Broken { file, reason });
        let Some(next) = base.segment.and_then(|segment| plan.segment(segment)) else {
            return (links, broken("the history that it continues is missing"));
        };
        if !seen.insert(next) {
            return (links, broken("it continues itself"));
        }
        links.push(Link { file: next, end: Some(end) });
        file = next;
    }
    (links, None)
}

/// Takes out the header that a store of ours made, if the file begins with one.
fn take_made_header(pieces: &mut Vec<Piece>) -> Option<RolloutItem> {
    let first = pieces.first().and_then(Piece::record);
    let made = first.filter(|item| segment::is_made_header(item)).cloned();
    made.inspect(|_| drop(pieces.remove(0)))
}

fn append(piece: Piece, path: &std::path::Path, rollout: &mut Rollout) {
    match piece {
        Piece::Record(item) => rollout.items.push(item),
        Piece::Damage(damage) => rollout.push_damage(path, &damage),
    }
}

/// Appends the records with an envelope ordinal below `end`; what has none belongs to the record
/// before it. Answers whether the records up to `end` are there.
fn append_before(
    end: u64,
    pieces: Vec<Piece>,
    path: &std::path::Path,
    rollout: &mut Rollout,
) -> bool {
    let mut next = rollout.items.last().and_then(ordinal).map_or(0, |last| last + 1);
    let mut inside = next < end;
    for piece in pieces {
        if let Some(ordinal) = piece.record().and_then(ordinal) {
            inside = ordinal < end;
            next = next.max(ordinal.saturating_add(1));
        }
        if inside {
            append(piece, path, rollout);
        }
    }
    next >= end
}

fn ordinal(item: &RolloutItem) -> Option<u64> {
    item.members().parse("ordinal")
}
