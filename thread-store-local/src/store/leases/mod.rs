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
    /// Operations that need the lock to stay, whoever gives the lease back meanwhile.
    pins: usize,
}

/// The lock of a thread, held for an operation that changes its files. Given up when it is dropped,
/// unless a lease stands.
#[derive(Debug)]
pub(crate) struct Pin {
    seat: Arc<Seat>,
    /// Whether another process could have had the thread before.
    is_new: bool,
}

impl Pin {
    /// Takes the lock, unless this process has it.
    ///
    /// # Errors
    ///
    /// As [`LockFile::acquire`].
    pub(crate) fn new(leases: &Leases, layout: &Layout, thread: ThreadId) -> Result<Self, Error> {
        let seat = leases.seat(thread);
        let mut sitting = seat.lock();
        let is_new = sitting.lock.is_none();
        sitting.take_lock(layout, thread)?;
        sitting.pins += 1;
        drop(sitting);
        Ok(Self { seat, is_new })
    }

    pub(crate) fn seat(&self) -> &Seat {
        &self.seat
    }

    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether a lease on the thread was ever granted in this process.
    pub(crate) fn was_granted(&self) -> bool {
        self.seat.lock().state.epoch != Epoch::default()
    }

    /// Voids every lease so far.
    pub(crate) fn fence(&self, epoch: Epoch) {
        self.seat.lock().fence(epoch);
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut sitting = self.seat.lock();
        sitting.pins = sitting.pins.saturating_sub(1);
        sitting.leave();
    }
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
    fn take_lock(&mut self, layout: &Layout, thread: ThreadId) -> Result<(), Error> {
        if self.lock.is_none() {
            self.lock = Some(LockFile::acquire(layout, thread)?);
        }
        Ok(())
    }

    /// Whether somebody of this process is in the way of who does not take over.
    ///
    /// # Errors
    ///
    /// *Conflict* (held).
    pub(crate) fn refuse_if_held(&self, thread: ThreadId, if_held: IfHeld) -> Result<(), Error> {
        if if_held == IfHeld::Refuse && self.state.blocking().is_some() {
            return Err(self.state.held_error(thread));
        }
        Ok(())
    }

    /// Grants the lease; the lock was taken.
    pub(crate) fn grant(&mut self, epoch: Epoch, holder: Holder) {
        self.state = LeaseState::granted(epoch, holder);
    }

    /// Gives the lease back.
    pub(crate) fn release(&mut self) {
        self.state.released = true;
        self.leave();
    }

    /// Voids every lease so far.
    pub(crate) fn fence(&mut self, epoch: Epoch) {
        self.state = LeaseState::fenced(epoch);
        self.leave();
    }

    /// Gives up the lock, unless a lease or an operation needs it.
    fn leave(&mut self) {
        if self.state.blocking().is_none() && self.pins == 0 {
            self.lock = None;
        }
    }
}
