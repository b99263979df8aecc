//! Operations that need nothing but the core of a store: the bodies of its second ring.
//!
//! A body here makes at most one write, since two are not atomic.

mod backward;
mod explain;
mod fork;
mod model_context;
mod revert;
mod search;
mod slice;
mod turns;
mod unplaced;

pub(crate) use explain::explain;
pub(crate) use fork::{creation_of_fork, fork_thread};
pub(crate) use model_context::load_model_context;
pub(crate) use revert::revert_thread;
pub(crate) use search::search_threads;
pub(crate) use turns::{list_items, list_turns, replay};
