//! Spawn subtrees.

use std::collections::HashSet;

use crate::id::ThreadId;

/// The thread and everything below it in the spawn relation, each once, parents before children, also
/// where parents form a ring. `children_of` answers the children of a thread in any order.
pub fn spawn_subtree<I: IntoIterator<Item = ThreadId>>(
    root: ThreadId,
    children_of: impl Fn(ThreadId) -> I,
) -> Vec<ThreadId> {
    let mut found = vec![root];
    let mut seen = HashSet::from([root]);
    let mut next = 0;
    while let Some(parent) = found.get(next) {
        let children = children_of(*parent).into_iter().filter(|child| seen.insert(*child));
        let children: Vec<_> = children.collect();
        found.extend(children);
        next += 1;
    }
    found
}
