//! What is searched of a history: messages.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::ordinal::Ordinal;
use crate::turn::{ItemContent, ThreadItem};

/// A message of a thread, as a search sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message<'a> {
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: Cow<'a, str>,
    /// The turn it belongs to.
    pub turn_id: &'a str,
    /// The item that it is.
    pub item_id: &'a str,
    /// Where the item stands.
    pub ordinal: Ordinal,
}

/// Who said something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// A person.
    Person,
    /// The agent.
    Agent,
}

impl<'a> Message<'a> {
    /// The message that an item is, if it is one.
    #[must_use]
    pub fn of(item: &'a ThreadItem) -> Option<Self> {
        let speaker = match item.content {
            ItemContent::UserMessage { .. } => Speaker::Person,
            _ => Speaker::Agent,
        };
        Some(Self {
            speaker,
            text: item.content.searchable_text()?,
            turn_id: &item.turn_id,
            item_id: &item.id,
            ordinal: item.ordinal,
        })
    }
}
