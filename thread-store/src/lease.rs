//! Leases: the right to append to one thread.

use serde::{Deserialize, Serialize};

use crate::id::ThreadId;
use crate::ordinal::Ordinal;

/// The number of a lease. Larger is newer; a number is never used twice for an id, not even after
/// the thread was deleted and created again.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Epoch(u64);

impl Epoch {
    /// The epoch with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Who has a lease: told to whoever is refused or fenced, and used to find out whether the holder
/// is still alive.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Holder {
    /// What the holder calls itself, for people.
    pub label: String,
    /// The name of its machine, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Its process number on that machine, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
    /// Tells two processes apart that had the same number one after the other. Opaque; compared
    /// for equality only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incarnation: Option<String>,
}

impl Holder {
    /// A holder with a label and nothing else.
    #[must_use]
    pub fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), host: None, process: None, incarnation: None }
    }

    /// Names the machine.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Names the process.
    #[must_use]
    pub fn with_process(mut self, process: u32) -> Self {
        self.process = Some(process);
        self
    }

    /// Tells this process from an earlier one with the same number.
    #[must_use]
    pub fn with_incarnation(mut self, incarnation: impl Into<String>) -> Self {
        self.incarnation = Some(incarnation.into());
        self
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.label)?;
        match (self.process, &self.host) {
            (Some(process), Some(host)) => write!(f, " (process {process} on {host})"),
            (Some(process), None) => write!(f, " (process {process})"),
            (None, Some(host)) => write!(f, " (on {host})"),
            (None, None) => Ok(()),
        }
    }
}

/// The right to append to one thread. Plain data: it can be cloned and stored, and dropping it
/// does nothing.
///
/// A newer lease on the same thread makes every use of this one a conflict (fenced).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WriterLease {
    /// The thread it allows to append to.
    pub thread_id: ThreadId,
    /// Its number.
    pub epoch: Epoch,
    /// Who asked for it.
    pub holder: Holder,
    /// Where the history ended when the lease was granted. It does not move with appends: position
    /// is checked by `expected_ordinal` alone.
    pub next_ordinal: Ordinal,
}

impl WriterLease {
    /// A lease, as a store grants it.
    #[must_use]
    pub fn new(thread_id: ThreadId, epoch: Epoch, holder: Holder, next_ordinal: Ordinal) -> Self {
        Self { thread_id, epoch, holder, next_ordinal }
    }
}
