//! Who wants to know what a live thread stores.

use std::fmt;

use crate::error::Error;
use crate::metadata::ThreadMetadataPatch;
use crate::thread::StoredThread;
use crate::turn::RevertedThread;

/// Is told of each change after it was stored, in the order of the changes. It is called while the
/// thread is held, and must not wait for anything.
pub(crate) trait Listener: Send + Sync + fmt::Debug {
    fn hear(&self, heard: Heard<'_>);
}

/// A change that was stored.
#[derive(Debug)]
pub(crate) enum Heard<'a> {
    /// A turn began, or the one in progress ended.
    TurnInProgress(bool),
    /// The metadata were edited, by what is derived or by somebody.
    Edited(&'a ThreadMetadataPatch, &'a StoredThread),
    /// The end was taken back.
    Reverted(&'a RevertedThread),
    /// The thread is no longer this session's.
    Lost(&'a Error),
    /// The session gave the thread back.
    Closed,
}
