//! Searches: few threads are looked at, and the answer is that of looking at all.
//!
//! An index of grams names the threads that may have a text, and tells how often each may have it at
//! most. So each has a best place that it may take among the hits, and they are judged in that order,
//! on their records, until no other can come on the page. What is not indexed yet is known too, and
//! may be all the text, until it is looked into: so a search sees every write at once.

mod candidate;
mod candidates;
mod filter;
mod index;
mod judge;
mod named;
mod records;

use sqlx::SqliteConnection;
use thread_store::{Limits, SearchPage, SearchPlan, SearchThreads};

use crate::error::Result;
use judge::Judge;

pub(crate) use index::{Batch, apply, flush, forget, index_texts, prepare, rebuild};

/// Records that are read at once, at most.
const AT_ONCE: usize = 100;

/// Answers a search on one view of the data.
pub(crate) async fn search(
    connection: &mut SqliteConnection,
    params: &SearchThreads,
    limits: &Limits,
) -> Result<SearchPage> {
    let plan = SearchPlan::new(params, limits)?;
    let (mut best, mut judge) = (plan.collect(), Judge::default());
    let mut candidates = candidates::of(connection, &plan, &params.filter).await?;
    // Where all of them are hits, these are the page.
    let first = candidates.values().take(params.page_size.min(AT_ONCE) + 1);
    judge.read(connection, first.map(|candidate| candidate.thread_id)).await?;
    while let Some((promised, mut candidate)) = candidates.pop_first() {
        if !best.has_room_for(&promised) {
            break;
        }
        if candidate.is_known() {
            if let Some(hit) = judge.judge(connection, &plan, &candidate).await? {
                best.offer(hit);
            }
        } else {
            candidate.look(connection, &plan).await?;
            if candidate.may_have_it() {
                candidates.insert(candidate.best(), candidate);
            }
        }
    }
    Ok(best.into_page(judge.damage))
}

#[cfg(test)]
mod tests;
