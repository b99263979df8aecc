//! The subtree of a thread.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;
use thread_store::ThreadId;

use crate::error::Result;

/// The threads below one in the spawn relation, with their keys: parents before children.
pub(crate) async fn descendants(
    connection: &mut SqliteConnection,
    ancestor: ThreadId,
) -> Result<Vec<ThreadId>> {
    let mut found = vec![];
    let mut seen = BTreeSet::from([ancestor]);
    let mut at = ancestor;
    for next in 0.. {
        let children: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT thread_id FROM listing WHERE archived IN (0, 1) AND spawn_parent = ?
             ORDER BY created_at, thread_id",
        )
        .bind(&at.as_bytes()[..])
        .fetch_all(&mut *connection)
        .await?;
        let children = children.iter().filter_map(|bytes| bytes.as_slice().try_into().ok());
        found.extend(children.map(ThreadId::from_bytes).filter(|id| seen.insert(*id)));
        match found.get(next) {
            Some(thread_id) => at = *thread_id,
            None => break,
        }
    }
    Ok(found)
}
