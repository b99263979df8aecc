//! Threads that are settled together: one transaction and one sync for what is little work.

use sqlx::SqliteConnection;
use thread_store::Ordinal;

use super::step;
use crate::error::Result;
use crate::head::{self, pending};
use crate::readers::Readers;
use crate::search::Batch;
use crate::writer::Work;
use crate::{history, search};

/// Threads of a group, at most.
const MOST: usize = 64;
/// Bytes of records of a group, about.
const BYTES: usize = 256 << 10;
/// What of a thread needs more steps is settled by itself.
const MERGES: usize = 3;

/// Threads, each with what comes next for its index.
#[derive(Debug, Default)]
pub(super) struct Group {
    members: Vec<Member>,
    bytes: usize,
}

/// A thread, and what is to be done for it.
#[derive(Debug)]
pub(super) struct Member {
    key: i64,
    /// Where it ended when it was looked at.
    end: Ordinal,
    batch: Option<Batch>,
    /// Bytes that are to be merged.
    tail: usize,
}

impl Member {
    pub(super) async fn read(readers: &Readers, key: i64) -> Result<Self> {
        let mut reader = readers.get().await?;
        let end = head::end_of(&mut reader, key).await?.unwrap_or(Ordinal::ZERO);
        let batch = search::prepare(&mut reader, key, end, super::INDEX_BYTES).await?;
        let tail = history::tail_bytes(&mut reader, key).await?;
        Ok(Self { key, end, batch, tail })
    }

    /// One that cannot be read: that is told when it is settled by itself.
    pub(super) fn unread(key: i64) -> Self {
        Self { key, end: Ordinal::ZERO, batch: None, tail: 0 }
    }

    fn bytes(&self) -> usize {
        self.tail + self.batch.as_ref().map_or(0, |batch| batch.bytes)
    }
}

impl Group {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.members.len() < MOST && self.bytes < BYTES
    }

    pub(super) fn push(&mut self, member: Member) {
        self.bytes += member.bytes();
        self.members.push(member);
    }

    pub(super) fn keys(&self) -> Vec<i64> {
        self.members.iter().map(|member| member.key).collect()
    }

    /// Settles them; answers those that are more work.
    pub(super) fn settle(self) -> Work<Vec<i64>> {
        Box::new(move |connection| {
            Box::pin(async move {
                let mut left = Vec::new();
                for member in self.members {
                    let key = member.key;
                    if !settle(connection, member).await? {
                        left.push(key);
                    }
                }
                Ok(left)
            })
        })
    }
}

/// Takes the next steps for a thread; answers whether they were the last ones.
async fn settle(connection: &mut SqliteConnection, member: Member) -> Result<bool> {
    let Member { key, end, batch, .. } = member;
    if head::pending_of(connection, key).await? & pending::TEXTS != 0 {
        search::index_texts(connection, key).await?;
    }
    if let Some(batch) = batch
        && search::apply(connection, batch).await?
    {
        return Ok(false);
    }
    for _ in 0..MERGES {
        if !step::merge(key, end)(connection).await? {
            step::settled(key)(connection).await?;
            return Ok(true);
        }
    }
    Ok(false)
}
