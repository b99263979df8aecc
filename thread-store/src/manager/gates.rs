//! Whose turn it is to change a thread.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::id::ThreadId;

/// One gate for each thread, which one at a time passes, in the order of asking.
///
/// A gate is made when it is asked for and forgotten when nobody is in it or before it. Whoever
/// passes several goes through them in the order of the ids, else two may wait for each other.
#[derive(Default)]
pub(crate) struct Gates(Arc<Visited>);

/// The gates that somebody is in or before.
type Visited = Mutex<HashMap<ThreadId, Visits>>;

#[derive(Default)]
struct Visits {
    gate: Arc<AsyncMutex<()>>,
    /// How many are in it or before it.
    count: usize,
}

/// Somebody in the gate of a thread; dropping it lets the next one in.
#[must_use]
pub(crate) struct Gate {
    // Dropped in this order: who leaves last has left the gate open.
    _inside: OwnedMutexGuard<()>,
    _visit: Visit,
}

/// Somebody in or before the gate of a thread.
struct Visit {
    visited: Arc<Visited>,
    thread_id: ThreadId,
}

impl Gates {
    /// Waits until everyone who asked before is through, and goes in. Dropping the future gives the
    /// place in the queue up.
    pub(crate) async fn pass(&self, thread_id: ThreadId) -> Gate {
        let (visit, gate) = Visit::begin(&self.0, thread_id);
        Gate { _inside: gate.lock_owned().await, _visit: visit }
    }
}

impl Visit {
    fn begin(visited: &Arc<Visited>, thread_id: ThreadId) -> (Self, Arc<AsyncMutex<()>>) {
        let mut gates = lock(visited);
        let visits = gates.entry(thread_id).or_default();
        visits.count += 1;
        (Self { visited: Arc::clone(visited), thread_id }, Arc::clone(&visits.gate))
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut gates = lock(&self.visited);
        if let Some(visits) = gates.get_mut(&self.thread_id) {
            visits.count -= 1;
            if visits.count == 0 {
                gates.remove(&self.thread_id);
            }
        }
    }
}

fn lock(visited: &Visited) -> MutexGuard<'_, HashMap<ThreadId, Visits>> {
    visited.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
