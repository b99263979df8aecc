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
use thread_store::{DamageReport, Limits, SearchPage, SearchPlan, SearchThreads};

use crate::error::Result;

pub(crate) use index::{Batch, apply, flush, forget, index_texts, prepare, rebuild};

/// Answers a search on one view of the data.
pub(crate) async fn search(
    connection: &mut SqliteConnection,
    params: &SearchThreads,
    limits: &Limits,
) -> Result<SearchPage> {
    let plan = SearchPlan::new(params, limits)?;
    let (mut best, mut damage) = (plan.collect(), DamageReport::default());
    let mut candidates = candidates::of(connection, &plan, &params.filter).await?;
    while let Some((promised, mut candidate)) = candidates.pop_first() {
        if !best.has_room_for(&promised) {
            break;
        }
        if candidate.is_known() {
            if let Some(hit) = judge::judge(connection, &plan, &candidate, &mut damage).await? {
                best.offer(hit);
            }
        } else {
            candidate.look(connection, &plan).await?;
            if candidate.may_have_it() {
                candidates.insert(candidate.best(), candidate);
            }
        }
    }
    Ok(best.into_page(damage))
}

#[cfg(test)]
mod tests;
