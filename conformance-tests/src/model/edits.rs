//! Edits of metadata.

use serde_json::json;
use thread_store::{ThreadMetadataPatch, TokenUsage};

use super::step::Time;

/// An edit of one field; `None` clears.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Name(Option<u8>),
    Title(Option<u8>),
    Preview(Option<u8>),
    Cwd(Option<u8>),
    Provider(Option<u8>),
    Policy(Option<u8>),
    Tokens(Option<u8>),
    UpdatedAt(Time),
    RecencyAt(Time),
    Label(u8, Option<u8>),
    /// A member that this version does not know.
    Unknown(u8, Option<u8>),
    /// A member that is no metadata: the whole patch is refused.
    NotMetadata,
}

/// Texts with what databases take for wildcards and escapes.
pub(super) const TEXTS: [&str; 6] =
    ["Alpha", "alpha beta", "", "100%_\\x", "größe 'ß'", "BETA\u{0}\u{10ffff}"];
/// Directories, of which some are the same.
pub(super) const CWDS: [&str; 6] = ["/srv/a", "/srv/./a/", "C:\\Work", "c:/work/", "/srv/A", ""];
pub(super) const PROVIDERS: [&str; 3] = ["openai", "OpenAI", ""];

/// One of a table.
pub(super) fn pick(table: &[&str], n: u8) -> String {
    table[usize::from(n) % table.len()].to_owned()
}

pub(super) fn key(n: u8) -> String {
    format!("key {n}")
}

pub(super) fn value(n: u8) -> String {
    format!("value {n}")
}

/// The patch that does all of these edits, one after the other.
pub(super) fn patch(edits: &[Edit]) -> ThreadMetadataPatch {
    edits.iter().fold(ThreadMetadataPatch::default(), |patch, edit| patch.merge(edit.patch()))
}

impl Edit {
    fn patch(&self) -> ThreadMetadataPatch {
        let text = |n: &Option<u8>| n.map(|n| pick(&TEXTS, n));
        let mut patch = ThreadMetadataPatch::default();
        match self {
            Self::Name(n) => patch.name(text(n)),
            Self::Title(n) => patch.title(text(n)),
            Self::Preview(n) => patch.preview(text(n)),
            Self::Cwd(n) => patch.cwd(n.map(|n| pick(&CWDS, n))),
            Self::Provider(n) => patch.model_provider(n.map(|n| pick(&PROVIDERS, n))),
            Self::Policy(n) => patch.approval_policy(n.map(|n| json!({ "never": [n, 0.5] }))),
            Self::Tokens(n) => patch.token_usage(n.map(tokens)),
            Self::UpdatedAt(time) => patch.updated_at(time.get()),
            Self::RecencyAt(time) => patch.recency_at(time.get()),
            Self::Label(n, Some(v)) => {
                patch.labels.set(key(*n), value(*v));
                patch
            }
            Self::Label(n, None) => {
                patch.labels.remove(key(*n));
                patch
            }
            Self::Unknown(n, v) => {
                patch.extra.insert(format!("new_{n}"), json!(v));
                patch
            }
            Self::NotMetadata => {
                patch.extra.insert("created_at".to_owned(), json!(0));
                patch
            }
        }
    }
}

fn tokens(n: u8) -> TokenUsage {
    let mut usage = TokenUsage::default();
    usage.total_tokens = u64::MAX - u64::from(n);
    usage
}
