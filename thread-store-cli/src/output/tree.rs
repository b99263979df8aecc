//! Threads as a tree of parents and children.

use std::collections::{BTreeMap, HashSet};
use std::io;

use thread_store::{StoredThread, ThreadId};

use super::{Output, label};

/// Prints each thread below its parent; one whose parent is not among them stands at the top.
pub(crate) fn print_tree(out: &mut Output, threads: &[StoredThread]) -> io::Result<()> {
    if threads.is_empty() {
        return out.say(format_args!("no threads"));
    }
    let tree = Tree::new(threads);
    let mut shown = HashSet::new();
    for thread in threads.iter().filter(|thread| tree.is_top(thread)).chain(threads) {
        // Whatever a ring of parents kept from being shown comes at the end.
        if !shown.contains(&thread.thread_id) {
            tree.print(out, thread, "", "", &mut shown)?;
        }
    }
    Ok(())
}

struct Tree<'a> {
    ids: HashSet<ThreadId>,
    children: BTreeMap<ThreadId, Vec<&'a StoredThread>>,
}

impl<'a> Tree<'a> {
    fn new(threads: &'a [StoredThread]) -> Self {
        let mut children: BTreeMap<ThreadId, Vec<_>> = BTreeMap::new();
        for thread in threads {
            if let Some(parent) = thread.spawn_parent() {
                children.entry(parent).or_default().push(thread);
            }
        }
        Self { ids: threads.iter().map(|thread| thread.thread_id).collect(), children }
    }

    fn is_top(&self, thread: &StoredThread) -> bool {
        thread.spawn_parent().is_none_or(|parent| !self.ids.contains(&parent))
    }

    /// Prints a thread behind `branch`, and all below it behind `indent`.
    fn print(
        &self,
        out: &mut Output,
        thread: &StoredThread,
        branch: &str,
        indent: &str,
        shown: &mut HashSet<ThreadId>,
    ) -> io::Result<()> {
        if !shown.insert(thread.thread_id) {
            return Ok(());
        }
        let archived = if thread.is_archived() { " [archived]" } else { "" };
        out.say(format_args!("{branch}{}  {}{archived}", thread.thread_id, label(thread)))?;
        let children = self.children.get(&thread.thread_id).map_or(&[][..], Vec::as_slice);
        for (at, child) in children.iter().enumerate() {
            let last = at + 1 == children.len();
            let (turn, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            self.print(out, child, &format!("{indent}{turn}"), &format!("{indent}{below}"), shown)?;
        }
        Ok(())
    }
}
