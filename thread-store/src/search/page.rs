//! Pages of what was found: what is asked for, and what is answered.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Speaker;
use crate::history::DamageReport;
use crate::list::{Cursor, ListFilter};
use crate::ordinal::Ordinal;
use crate::params::params;
use crate::thread::StoredThread;

params! {
    /// Searches what people can read: names, titles, and what they and the agent said.
    SearchThreads(
        /// The text to find, literally, whatever its case; a run of white space is like any other
        /// (see [`fold`](crate::fold)). At least one character that is none, and at most
        /// [`Query::MAX_CHARS`](crate::Query::MAX_CHARS).
        term: String,
    ) {
        /// In which threads; in all of them unless said.
        with_filter(filter: ListFilter = ListFilter::default());
        /// Where to go on; with the best hit unless said.
        with_cursor(cursor: Option<Cursor> = None);
    } numbers {
        /// Threads on a page; 25 unless said.
        with_page_size(page_size: usize = 25);
        /// Messages of each thread that are told, at most; 3 unless said, and no more than the
        /// largest page has rows.
        with_occurrences(occurrences: usize = 3);
    }
}

/// What [`search_threads`](crate::ThreadStore::search_threads) answers.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct SearchPage {
    /// The threads in which the text was found: by [`SearchHit::score`], the largest first; of equal
    /// ones the newest by `recency_at` first, and of these the larger id.
    pub hits: Vec<SearchHit>,
    /// Where to go on; absent exactly on the last page. It names a place in that order, so a thread
    /// whose place changes between two pages may be on both, or on neither.
    pub next_cursor: Option<Cursor>,
    /// The page size that was applied.
    pub page_size: usize,
    /// Whether a larger one was asked for.
    pub clamped: bool,
    /// Records that could not be read, of all threads that were read for the page: all that match the
    /// filter, or those that an index names.
    pub damage: DamageReport,
}

/// A thread in which the text was found.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct SearchHit {
    /// The thread.
    pub thread: StoredThread,
    /// How good a hit it is: larger is better. Comparable between answers of one store only.
    ///
    /// By default 8 for the name, 4 for the title or the preview, and, of the messages that have the
    /// text, 2·p/(p+1) for p of people and a/(a+1) for a of the agent. So the name outweighs all
    /// else, the title and the preview all messages, one message of a person all of the agent; and
    /// more messages count more, each less than the one before. A store with an index may rank in its
    /// own way.
    pub score: f64,
    /// The text around the best place, as [`Snippet`](crate::Snippet) says: in the first message of
    /// a person, else of the agent, else in the name, the title, the preview.
    pub snippet: String,
    /// Where the text is in the snippet, in bytes.
    pub range: Range<usize>,
    /// How many of its messages have the text; names and titles are not among them.
    pub count: u64,
    /// The first of these messages, as many as were asked for, oldest first.
    pub occurrences: Vec<Occurrence>,
}

/// A message in which the text was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Occurrence {
    /// The turn it belongs to.
    pub turn_id: String,
    /// The item that it is.
    pub item_id: String,
    /// Where the item stands.
    pub ordinal: Ordinal,
    /// Who said it.
    pub speaker: Speaker,
    /// The text around the first place in it.
    pub snippet: String,
    /// Where the text is in the snippet, in bytes.
    pub range: Range<usize>,
}
