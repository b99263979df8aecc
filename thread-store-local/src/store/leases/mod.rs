//! The leases of a home in this process.
//!
//! A lease is data, and outlives the handles of a store; what stands behind it (its epoch, the lock)
//! is kept for the life of the process, in the [registry](super::registry).

mod lock_file;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thread_store::{Epoch, Error, Holder, IfHeld, LeaseState, ThreadId};

use super::layout::Layout;
pub(crate) use lock_file::{LockFile, all as all_locks, is_held};

/// The seat of every thread that somebody of this process had a lease on.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<HashMap<ThreadId, Arc<Seat>>>);

/// Who may append to a thread. Held while they do, so that nothing of an older lease lands after a
/// newer one was granted.
#[derive(Debug, Default)]
pub(crate) struct Seat(Mutex<Sitting>);

/// The newest lease of a thread in this process.
#[derive(Debug, Default)]
pub(crate) struct Sitting {
    pub(crate) state: LeaseState,
    lock: Option<LockFile>,
}

impl Leases {
    pub(crate) fn seat(&self, thread: ThreadId) -> Arc<Seat> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(seats.entry(thread).or_default())
    }
}

impl Seat {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Sitting> {
        // No code panics while it holds it; if one did, the data are good all the same.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sitting {
    /// Makes sure that no other process can append.
    ///
    /// # Errors
    ///
    /// As [`LockFile::acquire`].
    pub(crate) fn take_lock(&mut self, layout: &Layout, thread: ThreadId) -> Result<(), Error> {
        if self.lock.is_none() {
            self.lock = Some(LockFile::acquire(layout, thread)?);
        }
        Ok(())
    }

    /// Checks whether somebody is in the way, and takes the lock.
    ///
    /// # Errors
    ///
    /// *Conflict* (held), *unavailable*.
    pub(crate) fn claim(
        &mut self,
        layout: &Layout,
        thread: ThreadId,
        if_held: IfHeld,
    ) -> Result<(), Error> {
        if if_held == IfHeld::Refuse && self.state.blocking().is_some() {
            return Err(self.state.held_error(thread));
        }
        self.take_lock(layout, thread)
    }

    /// Grants the lease; the lock was taken.
    pub(crate) fn grant(&mut self, epoch: Epoch, holder: Holder) {
        self.state = LeaseState::granted(epoch, holder);
    }

    /// Gives the lease back.
    pub(crate) fn release(&mut self) {
        self.state.released = true;
        self.lock = None;
    }

    /// Voids every lease so far.
    pub(crate) fn fence(&mut self, epoch: Epoch) {
        self.state = LeaseState::fenced(epoch);
        self.lock = None;
    }

    /// Gives up a lock that was taken for an operation which no lease stands behind.
    pub(crate) fn leave(&mut self) {
        if self.state.blocking().is_none() {
            self.lock = None;
        }
    }
}
