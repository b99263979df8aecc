//! What tells whether a file is as it was.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Size, time of the last change, and number of a file. Nothing that a person sees is made of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// Bytes, as stored.
    pub(crate) size: u64,
    /// Nanoseconds since 1970.
    pub(crate) modified: i64,
    /// 0 where files have no numbers.
    pub(crate) inode: u64,
}

/// Clocks of file systems move in steps: two changes within one of them have the same time.
const CLOCK_STEP: Duration = Duration::from_millis(50);

impl Stamp {
    pub(crate) fn of(meta: &Metadata) -> Self {
        Self { size: meta.len(), modified: nanos(meta.modified().ok()), inode: inode(meta) }
    }

    /// Whether a later change is sure to show: the last one is so long ago that the next one has
    /// another time.
    pub(crate) fn is_settled(&self) -> bool {
        let now = nanos(Some(SystemTime::now()));
        let step = i64::try_from(CLOCK_STEP.as_nanos()).unwrap_or(i64::MAX);
        self.modified < now.saturating_sub(step)
    }
}

fn nanos(time: Option<SystemTime>) -> i64 {
    let since = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}

#[cfg(unix)]
fn inode(meta: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(meta)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}
