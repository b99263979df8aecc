//! Threads in use: what is told of them, to whom, and whose turn it is to change them.
//!
//! A [`ThreadEvent`] is sent after the change that it tells of was stored. The [`hub`] carries it to
//! every [`Subscriber`] that follows the thread and waits for none of them; [`gates`] let one change
//! at a time through to a thread.

mod events;
#[allow(dead_code)] // Used by the thread manager.
mod gates;
#[allow(dead_code)] // Used by the thread manager.
mod hub;
mod status;
mod view;

pub use events::{ClosedReason, CompactionProgress, MissedThreads, ThreadEvent};
pub use hub::{Subscriber, SubscriberId};
pub use status::{ActiveFlag, ThreadStatus};
pub use view::ThreadView;
