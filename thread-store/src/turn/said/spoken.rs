//! Messages: what a record alone says that a person or the agent said.

use super::{Said, said};
use crate::item::{RolloutItem, glance, word};
use crate::turn::ItemContent;

/// What a record says of an item, if that is a message: in any history, wherever it stands there.
/// A message that a replay gives is what one of its records says here.
pub(crate) fn spoken(item: &RolloutItem) -> Option<ItemContent> {
    if !may_be_message(item.as_bytes()).unwrap_or(true) {
        return None;
    }
    // Where events do not tell of every item, calls and their outputs come to this: no messages.
    match said(&item.record(), true)? {
        Said::Item(said) if is_message(&said.content) => Some(said.content),
        _ => None,
    }
}

pub(super) fn is_message(content: &ItemContent) -> bool {
    matches!(content, ItemContent::UserMessage { .. } | ItemContent::AgentMessage { .. })
}

/// Most records are none, and long; so this is told before any is taken apart. `None` where a
/// glance does not tell.
fn may_be_message(record: &[u8]) -> Option<bool> {
    let [kind, payload] = glance(record, ["type", "payload"])?;
    match word(kind?)? {
        b"event_msg" => may_be_said_by(payload?),
        kind => Some(kind == b"message"),
    }
}

fn may_be_said_by(event: &[u8]) -> Option<bool> {
    let [kind, item] = glance(event, ["type", "item"])?;
    match word(kind?)? {
        b"item_completed" => {
            let [kind] = glance(item?, ["type"])?;
            Some(matches!(word(kind?)?, b"UserMessage" | b"AgentMessage"))
        }
        kind => Some(matches!(kind, b"user_message" | b"agent_message")),
    }
}
