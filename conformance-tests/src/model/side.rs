//! One of the two stores, with what it has handed out.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use thread_store::{
    Conflict, CreatedThread, Epoch, Error, ErrorKind, StoredThread, ThreadId, ThreadStore,
    WriterLease,
};

use super::lists::Bookmark;
use super::step::Lease;

/// A store, and the leases and cursors that it has handed out: the n-th of one side stands for the
/// n-th of the other.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) store: Arc<dyn ThreadStore>,
    pub(super) leases: Vec<WriterLease>,
    pub(super) bookmarks: Vec<Bookmark>,
    /// Whether both sides have one clock, so that times which stores choose are equal too.
    pub(super) one_clock: bool,
}

impl Side {
    pub(super) fn new(store: Arc<dyn ThreadStore>, one_clock: bool) -> Self {
        Self { store, leases: Vec::new(), bookmarks: Vec::new(), one_clock }
    }

    /// Counting back goes round: there is one as soon as any was granted.
    pub(super) fn lease(&self, lease: Lease) -> Option<WriterLease> {
        let back = usize::from(lease.0).checked_rem(self.leases.len())?;
        self.leases.iter().nth_back(back).cloned()
    }

    /// Takes note of a lease, and says of it what both sides have to agree on.
    pub(super) fn granted(&mut self, lease: &WriterLease) -> Value {
        let newer = self
            .leases
            .iter()
            .filter(|earlier| earlier.thread_id == lease.thread_id)
            .all(|earlier| earlier.epoch < lease.epoch);
        self.leases.push(lease.clone());
        json!({
            "thread_id": lease.thread_id,
            "holder": lease.holder,
            "next_ordinal": lease.next_ordinal,
            "newer than all before": newer,
        })
    }

    pub(super) fn created(&mut self, created: &CreatedThread) -> Value {
        let lease = created.lease.as_ref().map(|lease| self.granted(lease));
        json!({ "thread": self.thread(&created.thread), "lease": lease })
    }

    /// The record of a thread, without what stores choose.
    pub(super) fn thread(&self, thread: &StoredThread) -> Value {
        let mut thread = thread.clone();
        thread.location = None;
        let mut json = to_json(&thread);
        if !self.one_clock && thread.is_archived() {
            json["archived_at"] = json!("set");
        }
        json
    }

    /// The code and the data of an error, without texts.
    pub(super) fn error(&self, error: &Error) -> Value {
        let data = match error.kind() {
            ErrorKind::InvalidRequest { field, .. } => json!(field),
            ErrorKind::Corrupt { .. } => Value::Null,
            ErrorKind::Conflict(conflict) => self.conflict(conflict, error.thread_id()),
            kind => to_json(kind),
        };
        json!({ "error": error.code(), "data": data })
    }

    fn conflict(&self, conflict: &Conflict, thread_id: Option<ThreadId>) -> Value {
        match conflict {
            Conflict::Fenced { epoch, current, holder, next_ordinal } => json!({
                "epoch": self.name_of(*epoch, thread_id),
                "current": self.name_of(*current, thread_id),
                "holder": holder,
                "next_ordinal": next_ordinal,
            }),
            Conflict::Closed { epoch, next_ordinal } => json!({
                "epoch": self.name_of(*epoch, thread_id),
                "next_ordinal": next_ordinal,
            }),
            conflict => to_json(conflict),
        }
    }

    /// The number of the lease with this epoch; none for an epoch that nobody was granted.
    fn name_of(&self, epoch: Epoch, thread_id: Option<ThreadId>) -> Option<usize> {
        self.leases
            .iter()
            .position(|lease| lease.epoch == epoch && Some(lease.thread_id) == thread_id)
    }
}

pub(super) fn to_json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_else(|error| json!(error.to_string()))
}
