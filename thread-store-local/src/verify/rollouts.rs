//! What is wrong with rollouts: each for itself, and which of them are which thread.

use std::fs;
use std::path::Path;

use thread_store::ThreadId;

use super::examine::Examined;
use super::finding::Finding;
use super::survey::Survey;
use crate::file_name::FileName;
use crate::lineage::{self, Broken, INCOMPLETE, Link};
use crate::segment;
use crate::store::layout::Layout;

/// What is wrong with single files.
pub(super) fn of_files(survey: &Survey, layout: &Layout) -> Vec<Finding> {
    let unreadable = survey.unreadable.iter().map(|file| Finding::NoRollout {
        path: layout.relative(&file.path).to_owned(),
        reason: file.reason.clone(),
    });
    let files = survey.sorted().into_iter();
    files.flat_map(|file| of_file(file, layout)).chain(unreadable).collect()
}

fn of_file(file: &Examined, layout: &Layout) -> Vec<Finding> {
    let (path, thread_id) = (layout.relative(&file.path).to_owned(), file.header.thread);
    let mut found = Vec::new();
    if file.is_unfinished {
        found.push(Finding::UnfinishedRepair { path: path.clone(), thread_id });
    }
    if let Some((offset, bytes)) = file.map.torn_tail() {
        found.push(Finding::TornTail { path: path.clone(), thread_id, offset, bytes });
    }
    if file.lines.count > 0 {
        let (count, bytes, places) =
            (file.lines.count, file.lines.bytes, file.lines.places.clone());
        let path = path.clone();
        found.push(Finding::UnreadableLines { path, thread_id, count, bytes, places });
    }
    if file.header_lines.count > 0 {
        let places = file.header_lines.places.clone();
        found.push(Finding::UnreadableHeader { path: path.clone(), thread_id, places });
    }
    if file.fixed.count > 0 {
        let (count, places) = (file.fixed.count, file.fixed.places.clone());
        found.push(Finding::DamagedFile { path: path.clone(), thread_id, count, places });
    }
    if let Some(named) = FileName::of(&file.path).thread.filter(|named| *named != thread_id) {
        found.push(Finding::NameDiffers { path, thread_id, named });
    }
    found
}

/// What is wrong with the files of threads together.
pub(super) fn of_threads(survey: &Survey, layout: &Layout) -> Vec<Finding> {
    let mut found = Vec::new();
    for (thread, files) in survey.plan.threads() {
        for copy in &files.copies {
            found.extend(copy_of(survey, layout, &files.segments, *copy));
        }
        if let Some(head) = survey.plan.head(files) {
            found.extend(broken(survey, layout, thread, head));
        }
    }
    found
}

/// The finding about a file that does not count.
fn copy_of(survey: &Survey, layout: &Layout, counting: &[usize], copy: usize) -> Option<Finding> {
    let copy = survey.file(copy)?;
    let mut counting = counting.iter().filter_map(|index| survey.file(*index));
    let counts = counting.find(|file| file.header.segment == copy.header.segment)?;
    if is_same_file(&counts.path, &copy.path) {
        return None;
    }
    let thread_id = copy.header.thread;
    let relative = |file: &Examined| layout.relative(&file.path).to_owned();
    let (path, other) = (relative(counts), relative(copy));
    if is_compressed_form(&path, &other) {
        return Some(Finding::PlainAndCompressed { thread_id, path, other });
    }
    let (records, other_records) = (counts.map.records(), copy.map.records());
    Some(Finding::DuplicateFiles { thread_id, path, records, other, other_records })
}

/// Two names can lead to one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    real(one).is_some_and(|one| Some(one) == real(other))
}

fn is_compressed_form(plain: &Path, other: &Path) -> bool {
    let mut name = plain.as_os_str().to_owned();
    name.push(".zst");
    name == *other
}

/// What is missing of the history that ends in this file.
fn broken(survey: &Survey, layout: &Layout, thread_id: ThreadId, head: usize) -> Vec<Finding> {
    let (links, broken) = lineage::chain(&survey.plan, head);
    let mut found = Vec::new();
    let mut push = |file: usize, reason: &str| {
        let path = layout.relative(&survey.plan.file(file).path).to_owned();
        found.push(Finding::BrokenHistory { thread_id, path, reason: reason.to_owned() });
    };
    if let Some(Broken { file, reason }) = broken {
        push(file, reason);
    }
    let mut next = 0;
    for Link { file, end } in links.iter().rev() {
        let (Some(end), Some(examined)) = (*end, survey.file(*file)) else { continue };
        let cut = segment::cut(&examined.path, &examined.map, next, end);
        next = next.max(end);
        if !cut.is_ok_and(|cut| cut.complete) {
            push(*file, INCOMPLETE);
        }
    }
    found
}
