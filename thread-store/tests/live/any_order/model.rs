//! What must be stored, and what may be.

use std::collections::BTreeSet;

use thread_store::{Record, RolloutItem, Timestamp};

/// What a test case knows of the thread.
#[derive(Debug)]
pub(super) struct Model {
    /// In the order in which they were written.
    pub(super) entries: Vec<Entry>,
    /// The names that it may have.
    pub(super) names: Vec<Option<String>>,
    pub(super) preview: Option<String>,
    /// When turns began, or may have.
    pub(super) begun: Vec<Timestamp>,
    /// Whether anything was written, or may have been.
    pub(super) touched: bool,
    pub(super) updated_at: Timestamp,
}

/// Records that were written together.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) marks: Vec<String>,
    pub(super) certain: bool,
    /// The same records, that may have been written before: the call may have been answered for those.
    pub(super) or: Option<usize>,
}

impl Entry {
    pub(super) fn new(marks: Vec<String>, certain: bool) -> Self {
        Self { marks, certain, or: None }
    }
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            entries: Vec::new(),
            names: vec![None],
            preview: None,
            begun: Vec::new(),
            touched: false,
            updated_at: Timestamp::MIN,
        }
    }

    /// Whether a history is one of those that there may be: what is certain in its order, and
    /// everything else at most once and in its place.
    pub(super) fn allows(&self, history: &[String]) -> bool {
        let pairs = self.entries.iter().enumerate();
        let pairs: Vec<_> = pairs.filter_map(|(at, entry)| Some((entry.or?, at))).collect();
        (0..1_usize << pairs.len()).any(|chosen| {
            let mut certain: Vec<_> = self.entries.iter().map(|entry| entry.certain).collect();
            for (bit, (before, at)) in pairs.iter().enumerate() {
                certain[if chosen >> bit & 1 == 0 { *at } else { *before }] = true;
            }
            self.allows_if(history, &certain)
        })
    }

    fn allows_if(&self, history: &[String], certain: &[bool]) -> bool {
        let mut reached = BTreeSet::from([0]);
        for (entry, certain) in self.entries.iter().zip(certain) {
            let with = |at: &usize| {
                let end = at + entry.marks.len();
                (history.get(*at..end) == Some(&entry.marks)).then_some(end)
            };
            let mut next: BTreeSet<_> = reached.iter().filter_map(with).collect();
            if !certain {
                next.extend(&reached);
            }
            reached = next;
        }
        reached.contains(&history.len())
    }
}

/// A short text that stands for a record: its own, unless the library made it.
pub(super) fn mark(item: &RolloutItem) -> String {
    match item.record() {
        Record::TurnContext(context) => started("context", context.string("turn_id")),
        Record::Event(kind, event) => match kind.as_str() {
            "task_started" => started("start", event.string("turn_id")),
            "task_complete" => END.to_owned(),
            "thread_rolled_back" => MARKER.to_owned(),
            _ => item.text().into_owned(),
        },
        _ => item.text().into_owned(),
    }
}

pub(super) const END: &str = "end";
pub(super) const MARKER: &str = "marker";

/// The marks of the start of a turn.
pub(super) fn beginning(turn_id: &str) -> Vec<String> {
    ["start", "context"].map(|what| started(what, Some(turn_id.to_owned()))).to_vec()
}

fn started(what: &str, turn_id: Option<String>) -> String {
    format!("{what} {}", turn_id.unwrap_or_default())
}
