//! What a candidate has of the text: by its record and its history.

use std::collections::HashMap;

use sqlx::SqliteConnection;
use thread_store::{DamageReport, DamagedRecord, Message, Replay, SearchHit, SearchPlan, ThreadId};

use super::candidate::Candidate;
use super::records;
use crate::error::Result;
use crate::record::{self, Stored};

/// Who judges: with the records of threads that were read before, many at once.
#[derive(Default)]
pub(super) struct Judge {
    stored: HashMap<ThreadId, Stored>,
    /// The damage that was met.
    pub(super) damage: DamageReport,
}

impl Judge {
    /// Reads the records of these threads.
    pub(super) async fn read(
        &mut self,
        connection: &mut SqliteConnection,
        thread_ids: impl Iterator<Item = ThreadId>,
    ) -> Result<()> {
        let stored = record::find_all(connection, thread_ids).await?;
        self.stored.extend(stored.into_iter().map(|stored| (stored.head.thread_id, stored)));
        Ok(())
    }

    /// The hit that the thread is, if it is one, as a search over everything has it.
    pub(super) async fn judge(
        &mut self,
        connection: &mut SqliteConnection,
        plan: &SearchPlan,
        candidate: &Candidate,
    ) -> Result<Option<SearchHit>> {
        let stored = match self.stored.remove(&candidate.thread_id) {
            Some(stored) => Some(stored),
            None => record::find(connection, candidate.thread_id).await?,
        };
        match stored {
            Some(stored) => judge(connection, plan, candidate, stored, &mut self.damage).await,
            None => Ok(None),
        }
    }
}

async fn judge(
    connection: &mut SqliteConnection,
    plan: &SearchPlan,
    candidate: &Candidate,
    stored: Stored,
    damage: &mut DamageReport,
) -> Result<Option<SearchHit>> {
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
