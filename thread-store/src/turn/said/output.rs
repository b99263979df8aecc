//! What came of a call.

use std::borrow::Cow;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::fields::{Fields, value_of};
use super::tool;
use crate::item::{Members, text_of};

/// What came of a call.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct CallOutput {
    pub(crate) call_id: String,
    /// Its parts, in the form of the protocol.
    pub(super) parts: Vec<Value>,
    /// Whether the tool says that it succeeded.
    pub(super) success: Option<bool>,
}

impl CallOutput {
    /// The output in a record that names its call.
    pub(super) fn of(item: Fields<'_, '_>) -> Option<Self> {
        let mut output = Self::empty(item.text("call_id")?);
        if let Some(body) = item.raw("output") {
            output.take(body);
        }
        Some(output)
    }

    /// What a message of the role `tool` carries, in the oldest format.
    pub(super) fn message(call_id: String, content: Option<&RawValue>) -> Self {
        let mut output = Self::empty(call_id);
        if let Some(content) = content {
            output.take(content);
        }
        output
    }

    fn empty(call_id: String) -> Self {
        Self { call_id, parts: Vec::new(), success: None }
    }

    /// Takes over a body: a text, a list of parts, or either under `content`, beside `success`.
    fn take(&mut self, body: &RawValue) {
        match body.get().as_bytes().first() {
            Some(b'"') => self.add_text(text_of(body).unwrap_or_default()),
            Some(b'[') => {
                let parts = serde_json::from_str::<Vec<&RawValue>>(body.get()).unwrap_or_default();
                parts.into_iter().for_each(|part| self.add_part(part));
            }
            Some(b'{') => self.take_object(&Members::of_value(body)),
            _ => {}
        }
    }

    /// One level only: what stands under `content` is a text or a list.
    fn take_object(&mut self, body: &Members<'_>) {
        let fields = Fields::of(body);
        self.success = fields.scalar("success");
        let content = fields.raw("content_items").or_else(|| fields.raw("content"));
        if let Some(content) = content.filter(|content| !content.get().starts_with('{')) {
            self.take(content);
        }
    }

    /// The texts of its parts, one behind the other.
    pub(super) fn text(&self) -> Cow<'_, str> {
        let texts = || self.parts.iter().filter_map(|part| part["text"].as_str());
        match self.parts.as_slice() {
            [_] => Cow::Borrowed(texts().next().unwrap_or_default()),
            _ => Cow::Owned(texts().collect()),
        }
    }

    fn add_text(&mut self, text: String) {
        self.parts.push(json!({"type": "inputText", "text": text}));
    }

    fn add_part(&mut self, part: &RawValue) {
        let members = Members::of_value(part);
        match (Fields::of(&members).word("type").as_deref(), members.string("text")) {
            (Some("inputText" | "outputText" | "text"), Some(text)) => self.add_text(text),
            _ => self.parts.push(tool::content_item(value_of(part))),
        }
    }
}

/// What a command gave: the forms in which the model was told.
#[derive(Default, PartialEq, Debug)]
pub(super) struct CommandOutput {
    pub(super) text: String,
    pub(super) exit_code: Option<i64>,
    pub(super) duration_ms: Option<i64>,
    /// Whether it still runs.
    pub(super) running: bool,
}

impl CommandOutput {
    pub(super) fn of(text: &str) -> Self {
        Self::json(text)
            .or_else(|| Self::with_header(text))
            .unwrap_or_else(|| Self { text: text.to_owned(), ..Self::default() })
    }

    /// Older versions: `{"output":…,"metadata":{"exit_code":0,"duration_seconds":0.3}}`.
    fn json(text: &str) -> Option<Self> {
        if !text.starts_with('{') {
            return None;
        }
        let members = Members::of(text.as_bytes());
        let metadata = members.object("metadata")?;
        let metadata = Fields::of(&metadata);
        Some(Self {
            text: members.string("output")?,
            exit_code: metadata.scalar("exit_code"),
            duration_ms: metadata.scalar("duration_seconds").and_then(milliseconds),
            running: false,
        })
    }

    /// Newer versions: lines about the run, then `Output:` and what the command wrote.
    fn with_header(text: &str) -> Option<Self> {
        const STARTS: [&str; 3] = ["Exit code:", "Wall time", "Chunk ID:"];
        if !STARTS.iter().any(|start| text.starts_with(start)) {
            return None;
        }
        let (header, written) = text.split_once("\nOutput:")?;
        let mut output = Self::default();
        header.lines().for_each(|line| output.take_header(line));
        output.text = written.strip_prefix('\n').unwrap_or(written).to_owned();
        Some(output)
    }

    fn take_header(&mut self, line: &str) {
        if let Some(code) = line
            .strip_prefix("Exit code:")
            .or_else(|| line.strip_prefix("Process exited with code"))
        {
            self.exit_code = code.trim().parse().ok();
        } else if let Some(time) = line.strip_prefix("Wall time") {
            let time = time.trim_start_matches(':').trim().trim_end_matches(" seconds");
            self.duration_ms = time.parse().ok().and_then(milliseconds);
        } else if line.starts_with("Process running") {
            self.running = true;
        }
    }
}

/// Seconds as whole milliseconds.
fn milliseconds(seconds: f64) -> Option<i64> {
    let ms = std::time::Duration::try_from_secs_f64(seconds).ok()?.as_millis();
    i64::try_from(ms).ok()
}
