//! What a candidate has of the text: by its record and its history.

use sqlx::SqliteConnection;
use thread_store::{DamageReport, DamagedRecord, Message, Replay, SearchHit, SearchPlan};

use super::candidate::Candidate;
use super::records;
use crate::error::Result;
use crate::record;

/// The hit that the thread is, if it is one, as a search over everything has it.
pub(super) async fn judge(
    connection: &mut SqliteConnection,
    plan: &SearchPlan,
    candidate: &Candidate,
    damage: &mut DamageReport,
) -> Result<Option<SearchHit>> {
    let Some(stored) = record::find(connection, candidate.thread_id).await? else {
        return Ok(None);
    };
    if let Some(column) = stored.damaged {
        let location = format!("thread {}", stored.head.thread_id);
        damage.push(DamagedRecord::new(location, None, format!("its {column} cannot be read")));
        return Ok(plan.judge(&stored.thread, []));
    }
    if !candidate.may_say_it() {
        return Ok(plan.judge(&stored.thread, []));
    }
    let (history, lost) = records::read(connection, candidate.thread_id, records::ALL).await?;
    let mut replay = Replay::of(&stored.thread, history, lost);
    damage.absorb(std::mem::take(&mut replay.damage));
    let items = replay.into_items();
    Ok(plan.judge(&stored.thread, items.iter().filter_map(Message::of)))
}
