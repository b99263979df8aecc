//! Which files are which thread.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use thread_store::ThreadId;

use super::file::RolloutFile;
use crate::lineage;
use crate::plan::{Plan, PlannedFile};
use crate::walk;

/// The files of one thread.
#[derive(Clone, Debug)]
pub(crate) struct Arrangement {
    /// The files of its history, the first first, each but the last with the line ordinal that it is
    /// cut off at.
    pub(crate) links: Vec<(Arc<RolloutFile>, Option<u64>)>,
    /// Why the history starts later than it did, and the file that says so.
    pub(crate) broken: Option<(PathBuf, &'static str)>,
    /// Branches of the history that were taken back.
    pub(crate) reverted: Vec<Arc<RolloutFile>>,
    /// Copies of files that count.
    pub(crate) copies: Vec<Arc<RolloutFile>>,
}

impl Arrangement {
    /// The arrangement of a thread that is one file.
    pub(crate) fn of_one(file: Arc<RolloutFile>) -> Self {
        let links = vec![(file, None)];
        Self { links, broken: None, reverted: Vec::new(), copies: Vec::new() }
    }

    /// The file that the history ends in.
    pub(crate) fn head(&self) -> Option<&Arc<RolloutFile>> {
        self.links.last().map(|(file, _)| file)
    }

    /// Every file of the thread's own.
    pub(crate) fn own(&self, thread: ThreadId) -> Vec<Arc<RolloutFile>> {
        let links = self.links.iter().map(|(file, _)| file);
        let all = links.chain(&self.reverted).chain(&self.copies);
        let mut own: Vec<Arc<RolloutFile>> = Vec::new();
        for file in all.filter(|file| file.header.thread == thread) {
            if !own.iter().any(|known| Arc::ptr_eq(known, file)) {
                own.push(Arc::clone(file));
            }
        }
        own
    }

    /// Whether both are the same files in the same order.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same = |one: &[Arc<RolloutFile>], other: &[Arc<RolloutFile>]| {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| Arc::ptr_eq(a, b))
        };
        self.links.len() == other.links.len()
            && self
                .links
                .iter()
                .zip(&other.links)
                .all(|((a, cut), (b, other))| Arc::ptr_eq(a, b) && cut == other)
            && self.broken == other.broken
            && same(&self.reverted, &other.reverted)
            && same(&self.copies, &other.copies)
    }
}

/// The threads of these files.
pub(crate) fn arrange(files: &[Arc<RolloutFile>]) -> HashMap<ThreadId, Arrangement> {
    let by_path: HashMap<PathBuf, &Arc<RolloutFile>> =
        files.iter().map(|file| (file.path(), file)).collect();
    let planned = by_path.iter().map(|(path, file)| PlannedFile {
        path: path.clone(),
        header: file.header.clone(),
        archived: walk::is_archived(path),
    });
    let plan = Plan::of_files(planned.collect());
    let find = |index: usize| by_path.get(&plan.file(index).path).map(|file| Arc::clone(file));
    plan.threads()
        .filter_map(|(thread, files)| {
            let head = plan.head(files)?;
            let (links, broken) = lineage::chain(&plan, head);
            let broken = broken.map(|broken| (plan.file(broken.file).path.clone(), broken.reason));
            let chain: Vec<usize> = links.iter().map(|link| link.file).collect();
            let links = links.iter().rev().filter_map(|link| Some((find(link.file)?, link.end)));
            let reverted = files.segments.iter().filter(|index| !chain.contains(index));
            let arrangement = Arrangement {
                links: links.collect(),
                broken,
                reverted: reverted.filter_map(|index| find(*index)).collect(),
                copies: files.copies.iter().filter_map(|index| find(*index)).collect(),
            };
            Some((thread, arrangement))
        })
        .collect()
}
