//! A thread that may have a text, and how good a hit it can be.

use std::ops::Range;

use sqlx::SqliteConnection;
use thread_store::{Rank, SearchPlan, Speaker, Tally, ThreadId, Timestamp, searchable_message};

use super::records;
use crate::error::Result;

/// A thread that may have the text.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) thread_id: ThreadId,
    pub(super) recency_at: Timestamp,
    /// Where it may have the text, as far as that was looked into.
    pub(super) tally: Tally,
    /// What nobody looked into yet: all of it may have the text.
    pub(super) unknown: Range<u64>,
}

impl Candidate {
    /// The best place that it may take among the hits.
    pub(super) fn best(&self) -> Rank {
        let unknown = self.unknown.end.saturating_sub(self.unknown.start);
        let mut most = self.tally;
        most.person = most.person.saturating_add(unknown);
        most.agent = most.agent.saturating_add(unknown);
        Rank::new(&most, self.recency_at, self.thread_id)
    }

    /// Whether all of its history was looked into, by the index or by [`look`](Self::look).
    pub(super) fn is_known(&self) -> bool {
        self.unknown.is_empty()
    }

    /// Whether the thread may have the text at all.
    pub(super) fn may_have_it(&self) -> bool {
        !self.is_known() || self.tally != Tally::default()
    }

    /// Whether a message may have the text.
    pub(super) fn may_say_it(&self) -> bool {
        self.tally.person > 0 || self.tally.agent > 0
    }

    /// Looks into the next records that nobody looked into, for what each may say by itself: much
    /// less than what it takes to know which of them stand.
    pub(super) async fn look(
        &mut self,
        connection: &mut SqliteConnection,
        plan: &SearchPlan,
    ) -> Result<()> {
        let take = self.unknown.start..self.unknown.end.min(self.unknown.start + records::STEP);
        self.unknown.start = take.end;
        // What of it is damaged, judging it tells.
        let (items, _) = records::read(connection, self.thread_id, take).await?;
        for stored in items {
            match searchable_message(&stored.item) {
                Some((speaker, text)) if plan.query().find(&text).next().is_some() => match speaker
                {
                    Speaker::Person => self.tally.person += 1,
                    Speaker::Agent => self.tally.agent += 1,
                },
                _ => {}
            }
        }
        Ok(())
    }
}
