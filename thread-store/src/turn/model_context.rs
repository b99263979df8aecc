//! What a model is to be told of a thread.

use crate::history::DamageReport;
use crate::id::ThreadId;
use crate::item::StoredItem;
use crate::ordinal::Ordinal;
use crate::params::{from_thread_id, params};

params! {
    /// Reads what a model is to be told of a thread.
    LoadModelContext(
        /// The thread.
        thread_id: ThreadId,
    ) {
        /// Archived threads too; not unless said.
        with_include_archived(include_archived: bool = false);
        /// Whether damage in the part that is read is an error; it is reported beside the items
        /// unless said.
        with_strict(strict: bool = false);
    }
}

from_thread_id!(LoadModelContext);

/// What [`load_model_context`](crate::ThreadStore::load_model_context) answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ModelContext {
    /// The latest compaction that stands and carries a replacement history, which stands for
    /// everything before it. `None` if there is none.
    pub compaction: Option<StoredItem>,
    /// The items after it that stand, oldest first; all that stand if there is none. Markers, which
    /// have done their work, are not among them.
    pub items: Vec<StoredItem>,
    /// Where the history ends.
    pub next_ordinal: Ordinal,
    /// Records after the compaction that could not be read.
    pub damage: DamageReport,
}

impl ModelContext {
    pub(crate) fn new(
        compaction: Option<StoredItem>,
        items: Vec<StoredItem>,
        next_ordinal: Ordinal,
    ) -> Self {
        Self { compaction, items, next_ordinal, damage: DamageReport::default() }
    }

    /// The context with what damage was met.
    #[must_use]
    pub fn with_damage(mut self, damage: DamageReport) -> Self {
        self.damage = damage;
        self
    }
}
