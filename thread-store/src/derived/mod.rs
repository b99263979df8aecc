//! Operations that need nothing but the core of a store: the bodies of its second ring.
//!
//! A body here makes at most one write, since two are not atomic.

mod explain;
mod fork;

pub(crate) use explain::explain;
pub(crate) use fork::fork_thread;
