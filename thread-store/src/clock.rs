//! Where time and new ids come from: injected, so that tests decide both.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::id::ThreadId;
use crate::time::Timestamp;

/// The source of "now". A store reads it only when it writes (creation without a given time,
/// archiving, leases), never in a read.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present time.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
        };
        Timestamp::from_millis(millis)
    }
}

/// A clock that stands still until it is moved. For tests.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows `start`; clones show and move the same time.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.as_millis())))
    }

    /// Moves the clock forward by so many milliseconds.
    pub fn advance_millis(&self, millis: u32) {
        self.0.fetch_add(i64::from(millis), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// The source of new thread ids, for those above the store who make them.
pub trait IdSource: Send + Sync + fmt::Debug {
    /// An id that was never answered before.
    fn thread_id(&self) -> ThreadId;
}

/// Random UUIDv7 ids.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn thread_id(&self) -> ThreadId {
        ThreadId::generate()
    }
}
