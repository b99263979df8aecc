//! Threads in use: what is told of them.
//!
//! A [`ThreadEvent`] is sent after the change that it tells of was stored.

mod events;
mod status;
mod view;

pub use events::{ClosedReason, CompactionProgress, MissedThreads, ThreadEvent};
pub use status::{ActiveFlag, ThreadStatus};
pub use view::ThreadView;
