//! What of an item may be searched.

use std::borrow::Cow;

use serde_json::Value;

use super::ItemContent;
use crate::item::user_text;

impl ItemContent {
    /// The text that a search looks into: what a person said, without what an editor put before it,
    /// or what the agent said to a person. Nothing of tools, reasoning and plans.
    #[must_use]
    pub fn searchable_text(&self) -> Option<Cow<'_, str>> {
        let text = match self {
            Self::UserMessage { content, .. } => typed_text(content),
            Self::AgentMessage { text, .. } => Cow::Borrowed(text.as_str()),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }
}

fn typed_text(parts: &[Value]) -> Cow<'_, str> {
    let texts: Vec<&str> = parts
        .iter()
        .filter(|part| part["type"] == "text")
        .filter_map(|part| part["text"].as_str())
        .collect();
    match texts.as_slice() {
        [text] => Cow::Borrowed(user_text::typed(text)),
        texts => Cow::Owned(user_text::typed(&texts.join("\n")).to_owned()),
    }
}
