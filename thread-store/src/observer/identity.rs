//! What a header says of a thread's identity.

use crate::id::ThreadId;
use crate::item::SessionMeta;
use crate::ordinal::Ordinal;
use crate::source::SessionSource;
use crate::thread::{ForkedFrom, Identity};
use crate::time::Timestamp;

/// What was seen of a thread's [`Identity`], so far: each part may be missing.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct ObservedIdentity {
    /// What started it.
    pub source: Option<SessionSource>,
    /// The thread it belongs to: `parent_thread_id`, else the parent in a spawn source.
    pub parent_thread_id: Option<ThreadId>,
    /// The thread it continues; the ordinal is `forked_from_ordinal_exclusive`.
    pub forked_from: Option<ForkedFrom>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// The session it belongs to.
    pub session_id: Option<String>,
}

impl ObservedIdentity {
    /// The identity, with this time for a thread whose header does not say when it was created.
    #[must_use]
    pub fn or_created_at(&self, fallback: Timestamp) -> Identity {
        Identity {
            source: self.source.clone().unwrap_or(SessionSource::Unknown),
            parent_thread_id: self.parent_thread_id,
            forked_from: self.forked_from,
            created_at: self.created_at.unwrap_or(fallback),
            session_id: self.session_id.clone(),
        }
    }

    /// All of what is stored.
    pub(super) fn known(identity: &Identity) -> Self {
        let Identity { source, parent_thread_id, forked_from, created_at, session_id } = identity;
        Self {
            source: Some(source.clone()),
            parent_thread_id: *parent_thread_id,
            forked_from: *forked_from,
            created_at: Some(*created_at),
            session_id: session_id.clone(),
        }
    }

    /// Fills what is still missing from the thread's own header.
    pub(super) fn complete_from(&mut self, header: &SessionMeta<'_>) {
        let source = header.source();
        let parent = header.parent_thread_id();
        self.parent_thread_id = self.parent_thread_id.or(parent);
        self.source = self.source.take().or(source);
        self.forked_from = self.forked_from.or_else(|| forked_from(header));
        self.created_at = self.created_at.or_else(|| header.created_at());
        self.session_id =
            self.session_id.take().or_else(|| header.members().non_empty("session_id"));
    }
}

fn forked_from(header: &SessionMeta<'_>) -> Option<ForkedFrom> {
    let id = header.members().string("forked_from_id")?;
    let ordinal = header.members().parse("forked_from_ordinal_exclusive");
    Some(ForkedFrom::new(ThreadId::parse(&id).ok()?, ordinal.map(Ordinal::new)))
}
