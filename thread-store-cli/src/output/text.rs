//! Texts of threads and items, made fit for a terminal.

use std::ops::Range;

use thread_store::{Members, Record, RolloutItem, StoredThread, ThreadItem};

/// Characters of a text that are shown on one line.
const MOST: usize = 100;

/// The text with spaces in place of characters which could steer the terminal or turn the direction
/// of what follows: texts of threads and names of files may hold them.
pub(super) fn without_controls(text: &str) -> String {
    text.chars().map(|it| if steers(it) { ' ' } else { it }).collect()
}

fn steers(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with a part of it, in bytes, in bold; without other control characters.
pub(super) fn marked(text: &str, range: Range<usize>) -> String {
    let parts = (text.get(..range.start), text.get(range.clone()), text.get(range.end..));
    let (Some(before), Some(part), Some(after)) = parts else { return without_controls(text) };
    let [before, part, after] = [before, part, after].map(without_controls);
    format!("{before}\u{1b}[1m{part}\u{1b}[22m{after}")
}

/// A text on one line, cut where it is long, without control characters.
pub(crate) fn one_line(text: &str) -> String {
    let plain = without_controls(text);
    let mut words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = words.char_indices().nth(MOST) {
        words.truncate(at);
        words.push('…');
    }
    words
}

/// What a thread is called: its name, or what stands in for one.
pub(crate) fn label(thread: &StoredThread) -> String {
    let metadata = &thread.metadata;
    let known = metadata.name.as_ref().or(metadata.title.as_ref()).or(metadata.preview.as_ref());
    let marks = [metadata.agent_nickname.as_ref(), metadata.agent_role.as_ref()];
    match known.or(marks.into_iter().flatten().next()) {
        Some(text) => one_line(text),
        None => "(no preview)".to_owned(),
    }
}

/// An item in a few words: when, what kind, and its text if it has one.
pub(crate) fn item_summary(item: &RolloutItem) -> String {
    let time = item.timestamp().map_or_else(|| " ".repeat(24), |time| time.to_string());
    let (kind, text) = match item.record() {
        Record::SessionMeta(_) => ("session_meta".to_owned(), None),
        Record::TurnContext(context) => ("turn_context".to_owned(), context.string("model")),
        Record::Event(kind, event) => (kind, event_text(&event)),
        Record::ResponseItem(payload) | Record::BareItem(payload) => response_item(&payload),
        Record::Compacted(payload) => ("compacted".to_owned(), payload.string("message")),
        _ => (item.kind().unwrap_or_else(|| "?".to_owned()), None),
    };
    let text = text.map(|text| one_line(&text)).unwrap_or_default();
    format!("{time}  {:<22}  {text}", one_line(&kind)).trim_end().to_owned()
}

/// An item of a turn in a few words: its kind, and what says most of it.
pub(crate) fn thread_item_summary(item: &ThreadItem) -> String {
    let members = serde_json::to_value(item).unwrap_or_default();
    let text = |name: &str| members[name].as_str().map(str::to_owned);
    let kind = text("type").unwrap_or_default();
    let said = ["text", "command", "review", "query", "path", "tool"]
        .into_iter()
        .find_map(text)
        .or_else(|| item.content.searchable_text().map(|text| text.into_owned()))
        .or_else(|| members["summary"][0].as_str().map(str::to_owned))
        .or_else(|| members["changes"][0]["path"].as_str().map(str::to_owned))
        .unwrap_or_default();
    format!("{kind:<20}  {}", one_line(&said)).trim_end().to_owned()
}

fn event_text(event: &Members<'_>) -> Option<String> {
    let direct = ["message", "text", "last_agent_message", "thread_name"];
    direct.into_iter().find_map(|name| event.string(name)).or_else(|| {
        let item = event.object("item")?;
        let text = item.string("text").or_else(|| content_text(&item));
        Some([item.string("type"), text].into_iter().flatten().collect::<Vec<_>>().join(" "))
    })
}

fn response_item(payload: &Members<'_>) -> (String, Option<String>) {
    let kind = payload.string("type").unwrap_or_else(|| "message".to_owned());
    let role = payload.string("role").or_else(|| payload.string("name"));
    let text = content_text(payload)
        .or_else(|| payload.string("arguments"))
        .or_else(|| payload.string("output"));
    (kind, Some([role, text].into_iter().flatten().collect::<Vec<_>>().join(": ")))
}

fn content_text(payload: &Members<'_>) -> Option<String> {
    if let Some(text) = payload.string("content") {
        return Some(text);
    }
    let parts = payload.array("content")?;
    parts.into_iter().find_map(|part| Members::of_value(part).string("text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_steer_the_terminal_and_stays_on_its_line() {
        assert_eq!(one_line("a\u{1b}[31m\nb\t c\u{9b}2J"), "a [31m b c 2J");
        assert_eq!(one_line("a\u{202e}b\u{2066}c"), "a b c");
        assert_eq!(one_line(&"é".repeat(200)).chars().count(), MOST + 1);
    }

    #[test]
    fn a_part_of_a_text_is_marked_and_nothing_else_steers_the_terminal() {
        assert_eq!(marked("the Lämp on", 4..9), "the \u{1b}[1mLämp\u{1b}[22m on");
        assert_eq!(marked("a\u{1b}[31mb", 1..2), "a\u{1b}[1m \u{1b}[22m[31mb");
        for wrong in [2..3, 5..9, 1..2] {
            assert_eq!(marked("éé", wrong), "éé");
        }
    }

    #[test]
    fn an_item_is_told_in_a_few_words() {
        for (item, words) in [
            (
                r#"{"timestamp":"2026-11-20T16:33:40Z","type":"event_msg","payload":{"type":"user_message","message":"hi\nyou"}}"#,
                "2026-11-20T16:33:40.000Z  user_message            hi you",
            ),
            (
                r#"{"type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}}"#,
                "                          message                 user: x",
            ),
            (r#"{"future":1}"#, "                          ?"),
        ] {
            assert_eq!(item_summary(&RolloutItem::try_from(item).unwrap()), words);
        }
    }
}
