//! How a store is opened.

use std::sync::Arc;
use std::time::Duration;

use thread_store::{Clock, SystemClock};

/// How a store is opened: with the system's clock and without compression, unless said.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqliteOptions {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) compression: Compression,
    pub(crate) rest: Duration,
}

/// Which histories are compressed. Reading does not depend on it: it can differ each time a store is
/// opened, and between the processes that use it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Compression {
    /// None: a history is read about as fast as a file.
    #[default]
    None,
    /// Threads that rest (zstd): about a third of the size, and reading them whole takes longer.
    AtRest,
}

impl SqliteOptions {
    /// The clock that creation, archiving and leases are timed by.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// How long a thread has nothing new before it is settled: between so long and twice as long. One
    /// second unless said. Sooner means more work beside the writes of a thread that goes on.
    #[must_use]
    pub fn with_rest(self, rest: Duration) -> Self {
        Self { rest, ..self }
    }

    /// Which histories are compressed.
    #[must_use]
    pub fn with_compression(self, compression: Compression) -> Self {
        Self { compression, ..self }
    }
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let (clock, compression) = (Arc::new(SystemClock), Compression::default());
        Self { clock, compression, rest: Duration::from_secs(1) }
    }
}
