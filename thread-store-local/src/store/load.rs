//! Reading a rollout for the first time.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thread_store::{RolloutItem, ThreadId};

use super::arrange::Arrangement;
use super::catalog::{Entry as Thread, recall};
use super::file::RolloutFile;
use super::fold::{Fold, Kept};
use super::journal::{Entry, Place};
use super::log::Log;
use super::outside::Outside;
use crate::error::ReadError;
use crate::header::{self, Header};
use crate::segment::{self, FileMap};

/// What the journal says, by thread.
pub(crate) type Entries = HashMap<ThreadId, Vec<(Entry, Place)>>;

/// What is known of a file, as the index keeps it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) header: Header,
    pub(crate) map: FileMap,
    /// Of the file that a thread ends in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fold: Option<Kept>,
}

/// A file that was read, and what it says of its thread if it has all of its history.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) file: Arc<RolloutFile>,
    pub(crate) fold: Option<Fold>,
    /// Whether it is as the index knew it, but for what was appended since.
    pub(crate) is_known: bool,
}

/// The entries by thread. A thread that was deleted has only those since.
pub(crate) fn by_thread(entries: Vec<(Entry, Place)>) -> Entries {
    let mut threads = Entries::new();
    for (entry, place) in entries {
        let is_deletion = matches!(entry, Entry::Delete { .. });
        for thread in entry.threads() {
            if is_deletion {
                threads.remove(&thread);
            } else {
                threads.entry(thread).or_default().push((entry.clone(), place));
            }
        }
    }
    threads
}

/// Reads a file, once, from its start to its end.
pub(crate) fn load(path: &Path, entries: &Entries) -> Result<Loaded, ReadError> {
    let header = header::read(path)?;
    let said = entries.get(&header.thread).map_or(&[][..], Vec::as_slice);
    let mut fold = header.base.is_none().then(|| Fold::new(header.thread, said));
    let (map, stamp) = segment::scan(path, &mut |line| {
        if let Some(fold) = &mut fold {
            fold.observe(line.record, &line.item, line.marked);
        }
    })?;
    let file = RolloutFile::new(header, path.to_owned(), stamp, map);
    Ok(Loaded { file: Arc::new(file), fold, is_known: false })
}

/// Makes a thread of its files; the fold is that of a beginning of its history, if there is one.
pub(crate) fn thread(
    thread: ThreadId,
    files: Arrangement,
    fold: Option<Fold>,
    entries: &Entries,
    outside: &Outside,
) -> Result<Option<Thread>, ReadError> {
    let Some(log) = Log::new(thread, &files) else { return Ok(None) };
    let new = std::mem::take(&mut log.head().lock().unobserved);
    let fold = fold.map(|fold| with_new(fold, &log, &new));
    let fold = fold.unwrap_or_else(|| {
        let said = entries.get(&thread).map_or(&[][..], Vec::as_slice);
        Fold::new(thread, said)
    });
    let mut fold = read_fold(fold, &log)?;
    fold.finish(log.end().get());
    recall(&files, &mut fold);
    Ok(Some(Thread::new(files, log, fold, outside)))
}

/// Goes on with records that are known already.
fn with_new(mut fold: Fold, log: &Log, new: &[(u64, RolloutItem, bool)]) -> Fold {
    let first = new.first().map(|(record, ..)| log.before() + record);
    if first.is_some_and(|first| first <= fold.position()) {
        let own = log.head().header.thread == fold.thread_id();
        for (record, item, marked) in new {
            fold.observe(log.before() + record, item, *marked && own);
        }
    }
    fold
}

/// Goes on to the end of a history.
fn read_fold(mut fold: Fold, log: &Log) -> Result<Fold, ReadError> {
    if fold.position() < log.end().get() {
        log.each(fold.position(), &mut |position, item, marked| {
            fold.observe(position, item, marked);
        })?;
    }
    Ok(fold)
}
