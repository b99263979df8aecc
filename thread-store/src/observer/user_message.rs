//! What a user said, from each of the forms in which it is recorded.

use serde_json::value::RawValue;

use crate::item::{Members, user_text};

/// The most bytes of a text that is derived: every row of a list carries it.
pub(super) const MAX_TEXT_BYTES: usize = 32 << 10;

/// The text, or as much of it as a record should carry.
pub(super) fn cut(text: &str) -> String {
    let end = (0..=MAX_TEXT_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text[..end.unwrap_or(0)].to_owned()
}

/// A message of the user in which something was said or shown.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum UserMessage {
    /// Text, without surrounding white space, and without what an editor put before it.
    Text(String),
    /// No text, but images.
    Images,
    /// No text and no images, but sound.
    Audio,
}

impl UserMessage {
    /// An event `user_message` of the legacy format.
    pub(super) fn legacy(event: &Members<'_>) -> Option<Self> {
        // Before 0.55 injected blocks were recorded as messages of another kind than `plain`.
        if event.string("kind").is_some_and(|kind| kind != "plain") {
            return None;
        }
        let has = |name: &str| event.array(name).is_some_and(|list| !list.is_empty());
        Self::of(
            &event.string("message").unwrap_or_default(),
            has("images") || has("local_images"),
            has("audio") || has("local_audio"),
        )
    }

    /// An event `item_completed` of the paginated format, if its item is a user message.
    pub(super) fn completed_item(event: &Members<'_>) -> Option<Self> {
        let item = event.object("item")?;
        (item.string("type")? == "UserMessage").then_some(())?;
        Self::of_parts(&item.array("content")?)
    }

    /// A response item without an envelope, if the user said it. Its content is a list of parts
    /// or, in the oldest format, a text.
    pub(super) fn bare(item: &Members<'_>) -> Option<Self> {
        (item.string("role")? == "user").then_some(())?;
        let message = match item.string("content") {
            Some(text) => Self::of(&text, false, false),
            None => Self::of_parts(&item.array("content")?),
        }?;
        (!message.is_injected()).then_some(message)
    }

    fn of_parts(parts: &[&RawValue]) -> Option<Self> {
        let (mut text, mut images, mut audio) = (String::new(), false, false);
        for part in parts {
            let part = Members::of_value(part);
            let kind = part.string("type").unwrap_or_default();
            images |= kind.contains("image");
            audio |= kind.contains("audio");
            if matches!(kind.as_str(), "text" | "input_text") {
                text.push_str(&part.string("text").unwrap_or_default());
            }
        }
        Self::of(&text, images, audio)
    }

    fn of(text: &str, images: bool, audio: bool) -> Option<Self> {
        match user_text::typed(text) {
            "" if images => Some(Self::Images),
            "" if audio => Some(Self::Audio),
            "" => None,
            typed => Some(Self::Text(cut(typed))),
        }
    }

    fn is_injected(&self) -> bool {
        matches!(self, Self::Text(text) if user_text::is_injected(text))
    }

    /// What a list shows of it.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Images => "[Image]",
            Self::Audio => "[Audio]",
        }
    }

    /// Its text, for a title.
    pub(super) fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Images | Self::Audio => None,
        }
    }
}
