//! Who may append.

use serde::{Deserialize, Serialize};

use crate::error::{Conflict, Error};
use crate::id::ThreadId;
use crate::lease::{Epoch, Holder, WriterLease};
use crate::ordinal::Ordinal;
use crate::params::ReleaseMode;

/// What a store keeps of the newest lease of a thread, next to its history, and checks in the same
/// atomic step as the append.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeaseState {
    /// The newest epoch that the thread has seen.
    pub epoch: Epoch,
    /// Who has it; `None` if nobody does: it was never granted, or the thread was fenced without a
    /// new holder.
    pub holder: Option<Holder>,
    /// Whether it was released.
    pub released: bool,
}

/// The state of a thread that nobody ever had a lease on.
impl Default for LeaseState {
    fn default() -> Self {
        Self::fenced(Epoch::default())
    }
}

impl LeaseState {
    /// Grants the lease with this epoch, which must be larger than any that the id ever had.
    #[must_use]
    pub fn granted(epoch: Epoch, holder: Holder) -> Self {
        Self { epoch, holder: Some(holder), released: false }
    }

    /// Voids every lease so far: the state after archiving.
    #[must_use]
    pub fn fenced(epoch: Epoch) -> Self {
        Self { epoch, holder: None, released: true }
    }

    /// The holder who is in the way of somebody that does not want to take over; `None` if the way
    /// is free.
    #[must_use]
    pub fn blocking(&self) -> Option<&Holder> {
        self.holder.as_ref().filter(|_| !self.released)
    }

    /// Checks that the lease may be used: it is the newest, and not released (W2, W4, I9).
    ///
    /// # Errors
    ///
    /// *Conflict* (fenced or closed), with the next ordinal.
    pub fn check(&self, lease: &WriterLease, next_ordinal: Ordinal) -> Result<(), Error> {
        if lease.epoch != self.epoch {
            return Err(self.fenced_error(lease, next_ordinal));
        }
        if self.released {
            let closed = Conflict::Closed { epoch: lease.epoch, next_ordinal };
            return Err(Error::conflict(lease.thread_id, closed));
        }
        Ok(())
    }

    /// Checks that the lease may be released: releasing again is fine, a fenced lease can only be
    /// discarded (W4). Answers whether there is anything to do.
    ///
    /// # Errors
    ///
    /// *Conflict* (fenced), for the shutdown of a fenced lease.
    pub fn check_release(
        &self,
        lease: &WriterLease,
        mode: ReleaseMode,
        next_ordinal: Ordinal,
    ) -> Result<bool, Error> {
        if lease.epoch == self.epoch {
            return Ok(!self.released);
        }
        match mode {
            ReleaseMode::Discard => Ok(false),
            ReleaseMode::Shutdown => Err(self.fenced_error(lease, next_ordinal)),
        }
    }

    /// The conflict (held) of somebody who does not want to take over.
    #[must_use]
    pub fn held_error(&self, thread_id: ThreadId) -> Error {
        Error::conflict(thread_id, Conflict::Held { holder: self.holder.clone() })
    }

    fn fenced_error(&self, lease: &WriterLease, next_ordinal: Ordinal) -> Error {
        let fenced = Conflict::Fenced {
            epoch: lease.epoch,
            current: self.epoch,
            holder: self.holder.clone(),
            next_ordinal,
        };
        Error::conflict(lease.thread_id, fenced)
    }
}
