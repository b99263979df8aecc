//! Steps of settling a thread, as work for the connection that writes.

use sqlx::SqliteConnection;
use thread_store::Ordinal;

use crate::error::Result;
use crate::head::{self, pending};
use crate::writer::Work;
use crate::{history, search};

/// Fewer free pages are kept for what is written next: half a MiB.
const FEWEST_FREE: i64 = 64;
/// And so is this part of the file.
const SPARE: i64 = 64;

/// Indexes the name, the title and the preview, if they changed.
pub(super) fn index_texts(key: i64) -> Work<()> {
    Box::new(move |connection| {
        Box::pin(async move {
            if head::pending_of(connection, key).await? & pending::TEXTS != 0 {
                search::index_texts(connection, key).await?;
                search::flush(connection).await?;
            }
            Ok(())
        })
    })
}

/// Writes messages to the index.
pub(super) fn apply(batch: search::Batch) -> Work<bool> {
    Box::new(move |connection| {
        Box::pin(async move {
            let more = search::apply(connection, batch).await?;
            search::flush(connection).await?;
            Ok(more)
        })
    })
}

/// Moves items before `end` from the tail to chunks; answers whether more are left.
pub(super) fn merge(key: i64, end: Ordinal) -> Work<bool> {
    Box::new(move |connection| {
        Box::pin(async move {
            // The thread may be gone.
            match head::end_of(connection, key).await? {
                Some(_) => history::merge(connection, key, end).await,
                None => Ok(false),
            }
        })
    })
}

/// Gives back some of the pages that are free, if they are many; answers whether more are.
pub(super) fn shrink() -> Work<bool> {
    Box::new(|connection| {
        Box::pin(async move {
            let free = free_pages(connection).await?;
            let all: i64 =
                sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *connection).await?;
            if free < FEWEST_FREE || free < all / SPARE {
                return Ok(false);
            }
            sqlx::raw_sql("PRAGMA incremental_vacuum(128)").execute(&mut *connection).await?;
            // A file that was not made for it gives nothing back.
            Ok(free_pages(connection).await? < free)
        })
    })
}

async fn free_pages(connection: &mut SqliteConnection) -> Result<i64> {
    Ok(sqlx::query_scalar("PRAGMA freelist_count").fetch_one(connection).await?)
}

/// Empties the index.
pub(super) fn rebuild() -> Work<()> {
    Box::new(|connection| Box::pin(search::rebuild(connection)))
}

/// Exchanges chunks for what they were compressed to.
pub(super) fn store(compressed: history::Compressed) -> Work<()> {
    Box::new(move |connection| Box::pin(compressed.store(connection)))
}

/// Takes the mark from a thread whose items are all in chunks and in the index.
pub(super) fn settled(key: i64) -> Work<()> {
    Box::new(move |connection| Box::pin(head::settled(connection, key)))
}
