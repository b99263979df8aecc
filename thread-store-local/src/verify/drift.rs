//! What is known of rollouts, and is not so.

use std::collections::HashMap;
use std::path::PathBuf;

use super::examine::Examined;
use super::finding::Finding;
use super::survey::Survey;
use crate::stamp::Stamp;
use crate::store::load::Facts;
use crate::store::open_home::OpenHome;

/// What the index has, by absolute path.
pub(super) type Rows = HashMap<PathBuf, (Stamp, Vec<u8>)>;

/// The files of which the index or this process says something else than is in them, though by their
/// stamps they are what it says it of.
pub(super) fn drift(home: &OpenHome, survey: &Survey, rows: &Rows) -> Vec<Finding> {
    let files = survey.sorted().into_iter();
    let wrong = files.filter(|file| is_wrong_in_index(file, rows) || is_wrong_here(home, file));
    let finding = |file: &Examined| Finding::IndexDrift {
        path: home.layout.relative(&file.path).to_owned(),
        thread_id: file.header.thread,
    };
    wrong.map(finding).collect()
}

fn is_wrong_in_index(file: &Examined, rows: &Rows) -> bool {
    let Some((_, facts)) = rows.get(&file.path).filter(|(stamp, _)| *stamp == file.stamp) else {
        return false;
    };
    // One of another version is passed over by whoever opens the home.
    serde_json::from_slice(facts).is_ok_and(|Facts { header, map, .. }| {
        header != file.header || !map.says_the_same(&file.map)
    })
}

fn is_wrong_here(home: &OpenHome, file: &Examined) -> bool {
    let known = home.read().files.get(&file.path).cloned();
    known.is_some_and(|known| {
        let state = known.lock();
        let is_of_this = state.stamp == file.stamp && !state.has_writer();
        is_of_this && (known.header != file.header || !state.map.says_the_same(&file.map))
    })
}
