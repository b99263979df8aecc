//! Records without an envelope: the model's own history is all there is.

use serde_json::Value;
use serde_json::value::RawValue;

use super::fields::Fields;
use super::{By, CallOutput, Said, call, message};
use crate::item::{Members, text_of, user_text};
use crate::turn::ItemContent;

/// What a bare item says. The oldest format has only a role where later ones have a type.
pub(super) fn said(item: &Members<'_>) -> Option<Said> {
    let fields = Fields::of(item);
    match fields.text("type").as_deref() {
        None | Some("message") => said_by(fields),
        Some("reasoning") => Some(Said::item(By::Call, fields.text("id"), reasoning(fields)?)),
        Some(_) => call::said(item),
    }
}

/// A message, by who said it. What developers and systems say is not for people.
fn said_by(item: Fields<'_, '_>) -> Option<Said> {
    let content = match item.text("role")?.as_str() {
        "user" => user(item)?,
        "assistant" => assistant(item)?,
        "tool" => {
            let call_id = item.text("tool_call_id")?;
            return Some(Said::Output(CallOutput::message(call_id, item.raw("content"))));
        }
        _ => return None,
    };
    Some(Said::item(By::Call, item.text("id"), content))
}

/// A message of a user, without the parts that the agent put in the user's name.
fn user(item: Fields<'_, '_>) -> Option<ItemContent> {
    let content: Vec<Value> = parts(item).into_iter().filter(is_users).collect();
    let client_id = None;
    (!content.is_empty()).then_some(ItemContent::UserMessage { client_id, content })
}

fn is_users(part: &Value) -> bool {
    match part["text"].as_str().map(user_text::typed) {
        Some(typed) => !typed.is_empty() && !user_text::is_injected(typed),
        None => true,
    }
}

/// The parts of a message: a list, or one text.
fn parts(item: Fields<'_, '_>) -> Vec<Value> {
    match item.text("content") {
        Some(text) => vec![message::text_part(&text, None)],
        None => item.list("content").into_iter().map(message::user_part).collect(),
    }
}

fn assistant(item: Fields<'_, '_>) -> Option<ItemContent> {
    let text =
        item.text("content").unwrap_or_else(|| message::text_of_parts(&item.list("content")));
    (!text.is_empty()).then(|| message::agent(text, item))
}

/// Reasoning of which there is something to read.
fn reasoning(item: Fields<'_, '_>) -> Option<ItemContent> {
    let (summary, content) = (texts(&item.list("summary")), texts(&item.list("content")));
    let is_readable = !summary.is_empty() || !content.is_empty();
    is_readable.then_some(ItemContent::Reasoning { summary, content })
}

/// The texts of parts, or of texts that stand for parts.
fn texts(parts: &[&RawValue]) -> Vec<String> {
    let text = |part: &&RawValue| text_of(part).or_else(|| Members::of_value(part).string("text"));
    parts.iter().filter_map(text).filter(|text| !text.is_empty()).collect()
}
