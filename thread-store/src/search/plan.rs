//! How a search is answered, decided here so that every store answers alike.

use super::best::BestHits;
use super::judge::judge;
use super::rank::{Rank, binding};
use super::{Message, Query, SearchHit, SearchThreads};
use crate::capabilities::Limits;
use crate::error::Error;
use crate::params::check_page_size;
use crate::thread::StoredThread;

/// How a store answers a search: it hands each thread that may have the text to
/// [`judge`](Self::judge), what comes of it to [`BestHits::offer`], and answers
/// [`BestHits::into_page`].
///
/// A store without an index hands over all threads that match the filter; one with an index those
/// that the index names, and may set a score of its own. Where the index tells how often a thread
/// may have the text at most ([`Tally`](super::Tally)), it hands over the most promising first, by
/// [`Rank`], for as long as [`BestHits::has_room_for`] them.
#[derive(Clone, Debug)]
pub struct SearchPlan {
    query: Query,
    binding: u64,
    after: Option<Rank>,
    page_size: usize,
    clamped: bool,
    occurrences: usize,
}

impl SearchPlan {
    /// Plans the page that was asked for.
    ///
    /// # Errors
    ///
    /// *Invalid request*: a term as in [`Query::new`] (field `term`), a page size of 0 (field
    /// `page_size`), or a cursor that is damaged or belongs to another search (field `cursor`).
    pub fn new(params: &SearchThreads, limits: &Limits) -> Result<Self, Error> {
        let query = Query::new(&params.term)?;
        check_page_size(params.page_size)?;
        let binding = binding(&query, &params.filter);
        let cursor = params.cursor.as_ref();
        Ok(Self {
            after: cursor.map(|cursor| Rank::decode(cursor, binding)).transpose()?,
            query,
            binding,
            page_size: params.page_size.min(limits.max_page_size),
            clamped: params.page_size > limits.max_page_size,
            occurrences: params.occurrences.min(limits.max_page_size),
        })
    }

    /// The text that is looked for.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// What a thread and its messages, all that stand, oldest first, have of the text; `None` if
    /// they do not have it.
    pub fn judge<'a>(
        &self,
        thread: &StoredThread,
        messages: impl IntoIterator<Item = Message<'a>>,
    ) -> Option<SearchHit> {
        judge(&self.query, self.occurrences, thread, messages)
    }

    /// Where hits are collected.
    #[must_use]
    pub fn collect(&self) -> BestHits {
        BestHits::new(self.after, self.binding, self.page_size, self.clamped)
    }
}
