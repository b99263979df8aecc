//! Everything in a home, read anew: nothing that is known of it already is relied on.

use std::collections::{HashMap, HashSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use thread_store::ThreadId;

use super::examine::{Examined, examine};
use crate::error::ReadError;
use crate::file_name::FileName;
use crate::home::UnreadableFile;
use crate::plan::{Plan, PlannedFile};
use crate::store::Progress;
use crate::store::progress::Counter;
use crate::walk;

/// The rollouts of a home.
pub(crate) struct Survey {
    /// By path.
    pub(crate) files: HashMap<PathBuf, Examined>,
    pub(crate) unreadable: Vec<UnreadableFile>,
    pub(crate) plan: Plan,
    /// Threads of which there is a file, also where that cannot be read.
    present: HashSet<ThreadId>,
    /// Whether a thread of which no file was found has none.
    is_complete: bool,
}

impl Survey {
    pub(crate) fn of(home: &Path, progress: Option<&Progress>) -> Result<Self, ReadError> {
        let found = walk::find(home)?;
        let mut present: HashSet<ThreadId> =
            found.files.iter().filter_map(|path| FileName::of(path).thread).collect();
        // Where a folder is missing or cannot be read, so may be anything in it.
        let is_complete = found.unreadable.is_empty() && !found.files.is_empty();
        let mut unreadable = found.unreadable;
        let mut files = HashMap::new();
        for (path, examined) in all(found.files, progress) {
            match examined {
                Ok(examined) => {
                    present.insert(examined.header.thread);
                    files.insert(path, examined);
                }
                // It was moved or deleted meanwhile.
                Err(ReadError::Missing { .. }) => {}
                Err(error) => unreadable.push(UnreadableFile { reason: error.reason(), path }),
            }
        }
        unreadable.sort_by(|a, b| a.path.cmp(&b.path));
        let planned = files.values().map(|file| PlannedFile {
            path: file.path.clone(),
            header: file.header.clone(),
            archived: walk::is_archived(&file.path),
        });
        let plan = Plan::of_files(planned.collect());
        Ok(Self { plan, files, unreadable, present, is_complete })
    }

    /// The file of the plan with this number.
    pub(crate) fn file(&self, index: usize) -> Option<&Examined> {
        self.files.get(&self.plan.get(index)?.path)
    }

    /// The rollouts, by path.
    pub(crate) fn sorted(&self) -> Vec<&Examined> {
        let mut files: Vec<&Examined> = self.files.values().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// Whether no file has this thread, as far as can be known.
    pub(crate) fn is_orphan(&self, thread: ThreadId) -> bool {
        self.is_complete && !self.present.contains(&thread)
    }
}

type Results = Vec<(PathBuf, Result<Examined, ReadError>)>;

/// Reads all files, on all processors.
fn all(paths: Vec<PathBuf>, progress: Option<&Progress>) -> Results {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(8);
    let counter = Counter::new(progress, paths.len());
    let (next, all) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(paths.len())));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(paths.len()) {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let read = (path.clone(), examine_at_rest(path));
                    all.lock().unwrap_or_else(PoisonError::into_inner).push(read);
                    counter.step();
                }
            });
        }
    });
    all.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// A line that is being written looks torn for a moment.
fn examine_at_rest(path: &Path) -> Result<Examined, ReadError> {
    let examined = examine(path)?;
    if examined.map.torn_tail().is_none() || examined.stamp.is_settled() {
        return Ok(examined);
    }
    std::thread::sleep(Duration::from_millis(100));
    examine(path)
}
