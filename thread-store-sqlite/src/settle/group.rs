//! Threads that are settled together: one transaction and one sync for what is little work.

use sqlx::SqliteConnection;

use super::step;
use crate::error::Result;
use crate::search::Batch;
use crate::writer::Work;

/// Threads of a group, at most.
const MOST: usize = 64;
/// Bytes of records of a group, about.
const BYTES: usize = 256 << 10;
/// What of a thread needs more steps is settled by itself.
const MERGES: usize = 4;

/// Threads, each with what comes next for its index.
#[derive(Debug, Default)]
pub(super) struct Group {
    members: Vec<(i64, Option<Batch>)>,
    bytes: usize,
}

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.members.len() < MOST && self.bytes < BYTES
    }

    pub(super) fn push(&mut self, key: i64, batch: Option<Batch>) {
        self.bytes += batch.as_ref().map_or(0, |batch| batch.bytes);
        self.members.push((key, batch));
    }

    pub(super) fn keys(&self) -> Vec<i64> {
        self.members.iter().map(|(key, _)| *key).collect()
    }

    /// Settles them; answers those that are more work.
    pub(super) fn settle(self) -> Work<Vec<i64>> {
        Box::new(move |connection| {
            Box::pin(async move {
                let mut left = Vec::new();
                for (key, batch) in self.members {
                    if !settle(connection, key, batch).await? {
                        left.push(key);
                    }
                }
                Ok(left)
            })
        })
    }
}

/// Takes the next steps for a thread; answers whether they were the last ones.
async fn settle(connection: &mut SqliteConnection, key: i64, batch: Option<Batch>) -> Result<bool> {
    step::index_texts(key)(connection).await?;
    if let Some(batch) = batch
        && step::apply(batch)(connection).await?
    {
        return Ok(false);
    }
    for _ in 0..MERGES {
        if !step::merge(key)(connection).await? {
            step::settled(key)(connection).await?;
            return Ok(true);
        }
    }
    Ok(false)
}
