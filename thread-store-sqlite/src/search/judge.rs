//! What a candidate has of the text: by its record and its history.

use sqlx::SqliteConnection;
use thread_store::{
    DamageReport, DamagedRecord, Error, ErrorKind, LoadHistory, Message, Replay, SearchHit,
    SearchPlan, StoredItem,
};

use super::candidate::Candidate;
use crate::error::{Result, SqliteError};
use crate::record::Stored;
use crate::{history, record};

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
    let (history, lost) = read(connection, &stored).await?;
    let mut replay = Replay::of(&stored.thread, history, lost);
    damage.absorb(std::mem::take(&mut replay.damage));
    let items = replay.into_items();
    Ok(plan.judge(&stored.thread, items.iter().filter_map(Message::of)))
}

/// The whole history. One that cannot be read at all is damage, and hides no other.
async fn read(
    connection: &mut SqliteConnection,
    stored: &Stored,
) -> Result<(Vec<StoredItem>, DamageReport)> {
    let load = LoadHistory::new(stored.head.thread_id).with_include_archived(true);
    match history::read(connection, &load).await {
        Ok(page) => Ok((page.items.into_ascending(), page.damage)),
        Err(error) => Ok((Vec::new(), unreadable(error)?)),
    }
}

/// What it means if that is how reading a history ended.
pub(super) fn unreadable(error: SqliteError) -> Result<DamageReport> {
    let error = Error::from(error);
    let ErrorKind::Corrupt { location } = error.kind() else { return Err(error.into()) };
    let mut damage = DamageReport::default();
    damage.push(DamagedRecord::new(location.clone(), None, "the history cannot be read"));
    Ok(damage)
}
