//! What people and the agent said.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::fields::{Fields, value_of};
use super::path;
use super::spelling::{camel, camel_names};
use crate::item::Members;
use crate::turn::ItemContent;

/// A message of the agent, with what stands beside its text.
pub(super) fn agent(text: String, item: Fields<'_, '_>) -> ItemContent {
    ItemContent::AgentMessage {
        text,
        phase: item.text("phase"),
        memory_citation: item.object("memory_citation").map(|citation| cited(&citation)),
        delivery: item.word("delivery"),
        moderation: item.value("moderation").map(camel_names),
        questions: item.value("questions").map(camel_names),
    }
}

/// What of its memory the agent cites. Records have ids of rollouts where the protocol has threads.
fn cited(citation: &Members<'_>) -> Value {
    let citation = Fields::of(citation);
    let entries = citation.values("entries").unwrap_or_default();
    let threads = citation.values("thread_ids").or_else(|| citation.values("rollout_ids"));
    json!({
        "entries": camel_names(entries.into()),
        "threadIds": threads.unwrap_or_default(),
    })
}

/// The texts of the parts of a message, one behind the other.
pub(super) fn text_of_parts(parts: &[&RawValue]) -> String {
    let text = |part: &&RawValue| Members::of_value(part).string("text");
    parts.iter().filter_map(text).collect()
}

/// A message of a user, from an event of the legacy format.
pub(super) fn legacy_user(event: Fields<'_, '_>) -> Option<ItemContent> {
    // Before 0.55 injected blocks were recorded as messages of another kind than `plain`.
    if event.text("kind").is_some_and(|kind| kind != "plain") {
        return None;
    }
    let message = event.text_or_empty("message");
    let mut content = Vec::new();
    if !message.trim().is_empty() {
        content.push(text_part(&message, event.value("text_elements")));
    }
    content.extend(images(event));
    let sounds = event.texts("audio").into_iter();
    content.extend(sounds.map(|url| json!({"type": "audio", "url": url})));
    let sounds = event.texts("local_audio").into_iter();
    content.extend(sounds.map(|path| json!({"type": "localAudio", "path": path::local(&path)})));
    Some(ItemContent::UserMessage { client_id: event.text("client_id"), content })
}

fn images(event: Fields<'_, '_>) -> Vec<Value> {
    let details = event.values("image_details").unwrap_or_default();
    let urls = event.texts("images").into_iter().enumerate();
    let images = urls.map(|(at, url)| image_part("url", url, details.get(at).cloned()));

    let local_details = event.values("local_image_details").unwrap_or_default();
    let paths = event.texts("local_images").into_iter().enumerate();
    let local_images =
        paths.map(|(at, path)| local_image_part(&path, local_details.get(at).cloned()));
    images.chain(local_images).collect()
}

/// A part of a message of a user, in the form of the protocol.
pub(super) fn user_part(part: &RawValue) -> Value {
    let members = Members::of_value(part);
    let part = Fields::of(&members);
    let kind = part.text_or_empty("type");
    match kind.as_str() {
        "text" | "input_text" => {
            text_part(&part.text_or_empty("text"), part.value("text_elements"))
        }
        "image" | "input_image" => {
            let (name, id) = place(part, "image_url");
            image_part(name, id, part.value("detail"))
        }
        "local_image" | "localImage" => {
            local_image_part(&part.text_or_empty("path"), part.value("detail"))
        }
        "audio" | "input_audio" => {
            let (name, id) = place(part, "audio_url");
            json!({"type": "audio", name: id})
        }
        "local_audio" | "localAudio" => {
            json!({"type": "localAudio", "path": path::local(&part.text_or_empty("path"))})
        }
        _ => other_part(&members, &kind),
    }
}

/// Where an image or a sound is: in the attachments, or at a URL.
fn place(part: Fields<'_, '_>, url: &str) -> (&'static str, String) {
    match part.text("file_id") {
        Some(id) => ("fileId", id),
        None => ("url", part.text(url).or_else(|| part.text("url")).unwrap_or_default()),
    }
}

pub(super) fn text_part(text: &str, elements: Option<Value>) -> Value {
    let elements = elements.filter(Value::is_array).unwrap_or_else(|| json!([]));
    // The one name that the protocol spells as the records do.
    json!({"type": "text", "text": text, "text_elements": camel_names(elements)})
}

fn image_part(name: &str, id: String, detail: Option<Value>) -> Value {
    json!({"type": "image", name: id, "detail": detail})
}

fn local_image_part(path: &str, detail: Option<Value>) -> Value {
    json!({"type": "localImage", "path": path::local(path), "detail": detail})
}

/// A part of another kind (`skill`, `mention`, …): its names and its kind are spelt anew.
fn other_part(part: &Members<'_>, kind: &str) -> Value {
    let mut members: serde_json::Map<_, _> =
        part.iter().map(|(name, value)| (camel(name), value_of(value))).collect();
    members.insert("type".into(), camel(kind).into());
    members.into()
}
