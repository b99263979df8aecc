//! What is searched of a history: messages.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::item::RolloutItem;
use crate::ordinal::Ordinal;
use crate::turn::{ItemContent, ThreadItem, spoken};

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

impl Speaker {
    /// Who said an item of this content, which is a message.
    fn of(content: &ItemContent) -> Self {
        match content {
            ItemContent::UserMessage { .. } => Self::Person,
            _ => Self::Agent,
        }
    }
}

/// What an index over messages has to know of a record: the text, and who said it, that a search may
/// come to find through this record, in whatever history it stands.
///
/// Every [`Message`] of a thread has the speaker and the text that this gives for some record of it,
/// and no two messages have them of the same record. A record may give something that is no message
/// where it stands: one that was taken back, or that tells again what another one tells. So an index
/// over this names every place at which [`SearchPlan::judge`](super::SearchPlan::judge) finds a
/// term, and a few at which it does not.
///
/// Records that cannot be messages, most and the longest, cost little more than to step over them.
#[must_use]
pub fn searchable_message(item: &RolloutItem) -> Option<(Speaker, String)> {
    let content = spoken(item)?;
    let text = content.searchable_text()?.into_owned();
    Some((Speaker::of(&content), text))
}

impl<'a> Message<'a> {
    /// The message that an item is, if it is one.
    #[must_use]
    pub fn of(item: &'a ThreadItem) -> Option<Self> {
        Some(Self {
            speaker: Speaker::of(&item.content),
            text: item.content.searchable_text()?,
            turn_id: &item.turn_id,
            item_id: &item.id,
            ordinal: item.ordinal,
        })
    }
}
