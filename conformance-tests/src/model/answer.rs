//! What a store said, in a form that can be compared.

use std::fmt;

use serde_json::Value;
use thread_store::StoredItem;

/// An answer without what stores are free to choose.
#[derive(Clone, Default)]
pub(super) struct Answer {
    said: Vec<Value>,
    items: Vec<StoredItem>,
}

impl Answer {
    pub(super) fn nothing() -> Self {
        Self::default()
    }

    pub(super) fn and(mut self, said: Value) -> Self {
        self.said.push(said);
        self
    }

    pub(super) fn joined(mut self, other: Self) -> Self {
        self.said.extend(other.said);
        self.items.extend(other.items);
        self
    }

    pub(super) fn and_items(mut self, items: impl IntoIterator<Item = StoredItem>) -> Self {
        self.items.extend(items);
        self
    }
}

impl From<Value> for Answer {
    fn from(said: Value) -> Self {
        Self::nothing().and(said)
    }
}

/// A file format may add a member `ordinal` to items.
impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        let same = |(a, b): (&StoredItem, &StoredItem)| {
            a.ordinal == b.ordinal && a.item.same_record(&b.item)
        };
        self.said == other.said
            && self.items.len() == other.items.len()
            && self.items.iter().zip(&other.items).all(same)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for said in &self.said {
            write!(f, "{said} ")?;
        }
        for stored in &self.items {
            write!(f, "{}:{} ", stored.ordinal, stored.item.text())?;
        }
        Ok(())
    }
}
