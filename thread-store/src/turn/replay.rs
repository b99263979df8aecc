//! A whole history, replayed.

use super::{Backward, Head, Reducer, Replay};
use crate::history::DamageReport;
use crate::item::StoredItem;
use crate::thread::StoredThread;

impl Replay {
    /// All turns of a thread, from its whole history, oldest record first: what
    /// [`replay`](crate::ThreadStoreExt::replay) derives from what it reads. For a store that has
    /// the records at hand. Of damaged records that have no ordinal only those are known that the
    /// report describes.
    #[must_use]
    pub fn of(thread: &StoredThread, mut history: Vec<StoredItem>, damage: DamageReport) -> Self {
        let head = Head::of(thread, &history);
        let (mut backward, mut standing) = (Backward::default(), Vec::new());
        while let Some(item) = history.pop() {
            let marker = backward.take(item, &head, &mut standing);
            if let Some(marker) = marker.filter(|_| !damage.is_empty()) {
                backward.reaches_to(marker.reaches_to_in(&history, &damage));
            }
        }
        backward.finish(&head, &mut standing);
        let mut reducer = Reducer::new(&head);
        for record in standing.iter().rev() {
            reducer.push(record);
        }
        Self::new(reducer.finish(), damage)
    }
}

impl Head {
    /// What the start of a whole history says.
    fn of(thread: &StoredThread, history: &[StoredItem]) -> Self {
        let inherited_to = thread.identity.forked_from.as_ref().and_then(|from| from.ordinal);
        let mut head = Self::new(inherited_to, thread.metadata.is_paginated());
        let is_start = |stored: &&StoredItem| stored.ordinal.get() < Self::MAX_ITEMS as u64;
        // Stops at the record after which all is known.
        let _ = history.iter().take_while(is_start).any(|stored| head.read(&stored.item));
        head
    }
}
