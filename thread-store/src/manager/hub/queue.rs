//! What one reader has still to read.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::id::ThreadId;
use crate::manager::events::{MissedThreads, ThreadEvent};

/// At most `capacity` events, and after them, if more came, what is known of those: how many, and of
/// which threads. Until that is read too, nothing new is queued, so that order is kept.
pub(super) struct Queue {
    capacity: usize,
    events: VecDeque<Arc<ThreadEvent>>,
    missed: Option<Missed>,
}

struct Missed {
    count: u64,
    threads: MissedThreads,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, events: VecDeque::new(), missed: None }
    }

    /// Takes an event of this thread, or the knowledge that there was one.
    pub(super) fn push(&mut self, thread_id: ThreadId, event: &Arc<ThreadEvent>) {
        if self.missed.is_none() && self.events.len() < self.capacity {
            self.events.push_back(Arc::clone(event));
        } else {
            self.missed.get_or_insert_default().note(thread_id, self.capacity);
        }
    }

    /// What is read next.
    pub(super) fn pop(&mut self) -> Option<Arc<ThreadEvent>> {
        self.events.pop_front().or_else(|| Some(Arc::new(self.missed.take()?.into())))
    }
}

impl Missed {
    /// Counts one more event. So many threads are remembered by id.
    fn note(&mut self, thread_id: ThreadId, remembered: usize) {
        self.count += 1;
        if let MissedThreads::These(threads) = &mut self.threads {
            threads.insert(thread_id);
            if threads.len() > remembered {
                self.threads = MissedThreads::Many;
            }
        }
    }
}

impl Default for Missed {
    fn default() -> Self {
        Self { count: 0, threads: MissedThreads::These(BTreeSet::new()) }
    }
}

impl From<Missed> for ThreadEvent {
    fn from(Missed { count, threads }: Missed) -> Self {
        Self::Missed { count, threads }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{event, id};
    use super::*;

    /// What a reader will read, written down as it comes, without any bound.
    #[derive(Debug)]
    enum Line {
        Event(ThreadEvent),
        Missed(Vec<ThreadId>),
    }

    fn write_down(
        lines: &mut Vec<Line>,
        capacity: usize,
        thread_id: ThreadId,
        event: &ThreadEvent,
    ) {
        let full = lines.len() == capacity;
        match lines.last_mut() {
            Some(Line::Missed(threads)) => threads.push(thread_id),
            _ if full => lines.push(Line::Missed(vec![thread_id])),
            _ => lines.push(Line::Event(event.clone())),
        }
    }

    fn read_off(lines: &mut Vec<Line>, capacity: usize) -> Option<ThreadEvent> {
        let first = (!lines.is_empty()).then(|| lines.remove(0))?;
        Some(match first {
            Line::Event(event) => event,
            Line::Missed(all) => {
                let threads: BTreeSet<_> = all.iter().copied().collect();
                let few = threads.len() <= capacity;
                let threads = if few { MissedThreads::These(threads) } else { MissedThreads::Many };
                ThreadEvent::Missed { count: all.len() as u64, threads }
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

        /// `None` reads, `Some` sends an event of that thread.
        #[test]
        fn a_reader_reads_what_came_in_order_with_missed_in_place_of_the_rest(
            capacity in 1..5_usize,
            steps in prop::collection::vec(prop::option::weighted(0.6, 0..6_u8), 0..60),
        ) {
            let (mut queue, mut lines) = (Queue::new(capacity), Vec::new());
            for (number, step) in (0..).zip(steps) {
                if let Some(thread) = step {
                    let event = event(thread, number);
                    write_down(&mut lines, capacity, id(thread), &event);
                    queue.push(id(thread), &Arc::new(event));
                } else {
                    let read = queue.pop().map(Arc::unwrap_or_clone);
                    prop_assert_eq!(read, read_off(&mut lines, capacity));
                }
                prop_assert!(queue.events.len() <= capacity);
            }
            while let Some(read) = queue.pop() {
                prop_assert_eq!(Some(Arc::unwrap_or_clone(read)), read_off(&mut lines, capacity));
            }
            prop_assert!(lines.is_empty());
        }
    }
}
