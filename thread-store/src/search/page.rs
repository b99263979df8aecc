//! Pages of what was found: what is asked for, and what is answered.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::history::DamageReport;
use crate::list::{Cursor, ListFilter};
use crate::ordinal::Ordinal;
use crate::params::params;
use crate::thread::StoredThread;

params! {
    /// Searches what people can read: names, titles, and what they and the agent said.
    SearchThreads(
        /// The text to find, literally, whatever its case; a run of white space is like any other.
        /// At least one character that is none.
        term: String,
    ) {
        /// In which threads; in all of them unless said.
        with_filter(filter: ListFilter = ListFilter::default());
        /// Where to go on; with the best hit unless said.
        with_cursor(cursor: Option<Cursor> = None);
    } numbers {
        /// Threads on a page; 25 unless said.
        with_page_size(page_size: usize = 25);
        /// Places in each thread that are told; 3 unless said.
        with_occurrences(occurrences: usize = 3);
    }
}

/// What [`search_threads`](crate::ThreadStore::search_threads) answers.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct SearchPage {
    /// The threads in which the text was found, the best first.
    pub hits: Vec<SearchHit>,
    /// Where to go on; absent exactly on the last page.
    pub next_cursor: Option<Cursor>,
    /// The page size that was applied.
    pub page_size: usize,
    /// Whether a larger one was asked for.
    pub clamped: bool,
    /// Records that could not be read, of all threads that were searched.
    pub damage: DamageReport,
}

/// A thread in which the text was found.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct SearchHit {
    /// The thread.
    pub thread: StoredThread,
    /// How good a hit it is: larger is better. Comparable within one answer only.
    pub score: f64,
    /// The text around the best place.
    pub snippet: String,
    /// How many of its messages have the text; names and titles are not among them.
    pub count: u64,
    /// The first places in its messages, as many as were asked for, oldest first.
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
    /// The text around the first place in it.
    pub snippet: String,
    /// Where the text is in the snippet, in bytes.
    pub range: Range<usize>,
}
