//! What kind of record an item is.

use serde_json::value::RawValue;

use super::{Members, RolloutItem};
use crate::id::ThreadId;
use crate::source::SessionSource;
use crate::time::Timestamp;

/// An item by its kind, with the members that matter. A view: nothing is checked, unknown kinds and
/// odd shapes are [`Record::Unknown`].
///
/// The kinds are those of Codex rollouts: envelopes `{"timestamp","type","payload"}`, the bare
/// format before 0.34 (response items on lines of their own, under a header without `type`) and the
/// chat messages of the oldest format, which have a `role` and no `type`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Record<'a> {
    /// The header of a thread, its own or one that was copied with its history.
    SessionMeta(SessionMeta<'a>),
    /// The settings of a turn.
    TurnContext(Members<'a>),
    /// An event, by its type.
    Event(String, Members<'a>),
    /// What the model saw or said, in an envelope.
    ResponseItem(Members<'a>),
    /// The same without an envelope.
    BareItem(Members<'a>),
    /// A compaction.
    Compacted(Members<'a>),
    /// Anything else.
    Unknown,
}

impl<'a> Record<'a> {
    pub(crate) fn of(members: Members<'a>) -> Self {
        let kind = members.string("type");
        let payload = members.object("payload");
        match (kind.as_deref(), payload) {
            (Some("session_meta"), Some(payload)) => Self::SessionMeta(SessionMeta(payload)),
            (Some("turn_context"), Some(payload)) => Self::TurnContext(payload),
            (Some("event_msg"), Some(payload)) => match payload.string("type") {
                Some(event) => Self::Event(event, payload),
                None => Self::Unknown,
            },
            (Some("response_item"), Some(payload)) => Self::ResponseItem(payload),
            (Some("compacted"), Some(payload)) => Self::Compacted(payload),
            (None, _) if members.has("id") && members.has("timestamp") && !members.has("role") => {
                Self::SessionMeta(SessionMeta(members))
            }
            (None, _) if members.has("role") => Self::BareItem(members),
            (Some(_), None) if !members.has("payload") && !members.has("timestamp") => {
                Self::BareItem(members)
            }
            _ => Self::Unknown,
        }
    }
}

/// An item, taken apart once for all who look at it.
#[derive(Clone, Debug)]
pub(crate) struct Seen<'a> {
    /// When it happened, if it says so.
    pub(crate) time: Option<Timestamp>,
    ordinal: Option<&'a RawValue>,
    pub(crate) record: Record<'a>,
}

impl<'a> Seen<'a> {
    pub(crate) fn of(item: &'a RolloutItem) -> Self {
        let members = item.members();
        Self {
            time: members.timestamp("timestamp"),
            ordinal: members.get("ordinal"),
            record: Record::of(members),
        }
    }

    /// The number that a file format gave the record.
    pub(crate) fn file_ordinal(&self) -> Option<u64> {
        serde_json::from_str(self.ordinal?.get()).ok()
    }
}

/// The header of a thread.
#[derive(Clone, Debug)]
pub struct SessionMeta<'a>(Members<'a>);

impl<'a> SessionMeta<'a> {
    /// The thread it belongs to.
    #[must_use]
    pub fn thread_id(&self) -> Option<ThreadId> {
        ThreadId::parse(&self.0.string("id")?).ok()
    }

    /// When the thread was created: RFC 3339, or the form of file names,
    /// `2026-11-20T16-33-14`, which is read as UTC.
    #[must_use]
    pub fn created_at(&self) -> Option<Timestamp> {
        let text = self.0.string("timestamp")?;
        Timestamp::parse(&text).ok().or_else(|| file_name_time(&text))
    }

    /// What started the thread.
    #[must_use]
    pub fn source(&self) -> Option<SessionSource> {
        self.0.parse("source")
    }

    /// The thread that it belongs to: `parent_thread_id`, else the parent in a spawn source.
    #[must_use]
    pub fn parent_thread_id(&self) -> Option<ThreadId> {
        self.0
            .string("parent_thread_id")
            .and_then(|id| ThreadId::parse(&id).ok())
            .or_else(|| Some(self.source()?.spawn()?.parent_thread_id))
    }

    /// All its members.
    #[must_use]
    pub fn members(&self) -> &Members<'a> {
        &self.0
    }

    /// Its git members, if there are any.
    #[must_use]
    pub fn git(&self) -> Option<Members<'a>> {
        self.0.object("git")
    }

    /// Where the history it continues is: a segment and the ordinal before which it ends.
    #[must_use]
    pub fn history_base(&self) -> Option<(String, u64)> {
        let base = self.0.object("history_base")?;
        Some((base.string("thread_id")?, base.parse("end_ordinal_exclusive")?))
    }
}

/// Reads `2026-11-20T16-33-14` as UTC.
fn file_name_time(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once('T')?;
    Timestamp::parse(&format!("{date}T{}Z", time.replace('-', ":"))).ok()
}
