//! Whose file it is, and what it continues.

use std::path::Path;

use serde::{Deserialize, Serialize};
use thread_store::{Record, RolloutItem, SessionMeta, ThreadId, Timestamp};

use crate::error::{NoRollout, ReadError};
use crate::file_name::FileName;
use crate::item_source::{self, Piece};

/// What must be known of a file to plan: little, for ten thousand of them are held at once.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) thread: ThreadId,
    /// Which part of the thread's history it is: the thread's id for the first one.
    pub(crate) segment: ThreadId,
    pub(crate) base: Option<Base>,
    pub(crate) created_at: Option<Timestamp>,
    /// How its lines are written: `legacy` or `paginated`, if it says so.
    #[serde(default)]
    pub(crate) history_mode: Option<String>,
}

/// History in another file that comes before a file's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Base {
    /// `None` if the header names none that could exist.
    pub(crate) segment: Option<ThreadId>,
    /// The first envelope ordinal that is not part of it.
    pub(crate) end: u64,
}

/// Reads as much of a file as it takes: the first line, nearly always.
pub(crate) fn read(path: &Path) -> Result<Header, ReadError> {
    let name = FileName::of(path);
    let start = item_source::first_lines(path)?;
    if let [Piece::Record(first), ..] = item_source::pieces(path, &start).as_slice()
        && let Some(header) = of_first_record(path, first)
    {
        return Ok(header);
    }
    let pieces = item_source::read(path)?;
    search(&pieces, name).map_err(|reason| ReadError::no_rollout(path, reason))
}

/// What the header would be if this were the first record of the file, with nothing unreadable before
/// it.
pub(crate) fn of_first_record(path: &Path, first: &RolloutItem) -> Option<Header> {
    let Record::SessionMeta(meta) = first.record() else { return None };
    Some(Header::of(meta.thread_id()?, Some(&meta), FileName::of(path)))
}

/// The header of a file whose first line is none: of a thread named in the file's name, else the
/// first that there is.
fn search(pieces: &[Piece], name: FileName) -> Result<Header, NoRollout> {
    let records: Vec<&RolloutItem> = pieces.iter().filter_map(Piece::record).collect();
    if records.is_empty() {
        return Err(why_none(pieces));
    }
    let headers = || {
        records.iter().filter_map(|item| match item.record() {
            Record::SessionMeta(meta) => Some(meta),
            _ => None,
        })
    };
    let thread = name.thread.or_else(|| headers().find_map(|meta| meta.thread_id()));
    let own = headers().find(|meta| meta.thread_id().is_some() && meta.thread_id() == thread);
    if own.is_none() && !records.iter().any(|item| is_of_rollout(item)) {
        return Err(NoRollout::OtherRecords);
    }
    let thread = thread.ok_or(NoRollout::NoThreadId)?;
    Ok(Header::of(thread, own.as_ref(), name))
}

fn why_none(pieces: &[Piece]) -> NoRollout {
    match pieces {
        [] => NoRollout::Empty,
        [Piece::Damage(damage)] if damage.is_compression() => NoRollout::BadCompression,
        _ => NoRollout::NoRecord,
    }
}

/// Whether a record, known or not, has the form of one of Codex's.
fn is_of_rollout(item: &RolloutItem) -> bool {
    let members = item.members();
    !matches!(item.record(), Record::Unknown)
        || members.has("payload")
        || members.has("record_type")
}

impl Header {
    fn of(thread: ThreadId, meta: Option<&SessionMeta<'_>>, name: FileName) -> Self {
        Self {
            thread,
            segment: name.segment.unwrap_or(thread),
            base: meta.and_then(base),
            created_at: meta.and_then(SessionMeta::created_at).or(name.time),
            history_mode: meta.and_then(|meta| meta.members().string("history_mode")),
        }
    }
}

/// What the file continues. A thread attached to another is shown without the other's history,
/// though its header refers to it.
fn base(meta: &SessionMeta<'_>) -> Option<Base> {
    if meta.members().parse("attached_thread") == Some(true) {
        return None;
    }
    let (segment, end) = meta.history_base()?;
    Some(Base { segment: ThreadId::parse(&segment).ok(), end })
}
