//! What is in the table: entries in packs, by what their paths hash to.
//!
//! A change costs a pack read and written; so these are not too few.

use std::collections::{BTreeMap, HashMap};

use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::error::Result;
use super::{IndexEntry, pack};

const BUCKETS: u32 = 512;
/// So many bytes are rewritten in one transaction, which takes some milliseconds, or one pack.
const SLICE_BYTES: usize = 1 << 20;

/// What is to be stored of one bucket: by path the new entry, or none.
type Changes = HashMap<Vec<u8>, Option<IndexEntry>>;

/// What is to be stored.
pub(super) struct Work(BTreeMap<i64, Changes>);

impl Work {
    /// Of several changes of a path the last counts, and an entry before *gone*.
    pub(super) fn new(changed: Vec<IndexEntry>, gone: Vec<Vec<u8>>) -> Self {
        let mut buckets = BTreeMap::<_, Changes>::new();
        let gone = gone.into_iter().map(|path| (path, None));
        let changed = changed.into_iter().map(|entry| (entry.path.clone(), Some(entry)));
        for (path, entry) in gone.chain(changed) {
            buckets.entry(bucket(&path)).or_default().insert(path, entry);
        }
        Self(buckets)
    }
}

fn bucket(path: &[u8]) -> i64 {
    i64::from(crc32fast::hash(path) % BUCKETS)
}

/// All entries that are as they were stored.
pub(super) async fn load(connection: &mut SqliteConnection) -> Result<Vec<IndexEntry>> {
    let rows = sqlx::query("SELECT bucket, entries FROM packs").fetch_all(connection).await?;
    let mut all = Vec::new();
    for row in rows {
        let (at, entries): (i64, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
        // Where the number of a row is damaged, there may be two of one path.
        all.extend(pack::entries(entries).filter(|entry| bucket(&entry.path) == at));
    }
    Ok(all)
}

/// Stores what changed, in several transactions, so that others need not wait for the last.
pub(super) async fn save(connection: &mut SqliteConnection, work: &Work) -> Result<()> {
    let mut buckets = work.0.iter().peekable();
    while buckets.peek().is_some() {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        let mut bytes = 0;
        while bytes < SLICE_BYTES
            && let Some((bucket, changes)) = buckets.next()
        {
            bytes += merge(&mut transaction, *bucket, changes).await?;
        }
        transaction.commit().await?;
    }
    Ok(())
}

/// Answers how long the pack is now.
async fn merge(connection: &mut SqliteConnection, bucket: i64, changes: &Changes) -> Result<usize> {
    let row = sqlx::query("SELECT entries FROM packs WHERE bucket = ?")
        .bind(bucket)
        .fetch_optional(&mut *connection)
        .await?;
    let stored: &[u8] = row.as_ref().map_or(Ok(&[][..]), |row| row.try_get(0))?;
    let entries = merged(stored, changes);
    let length = entries.len();
    let statement = match length {
        0 => sqlx::query("DELETE FROM packs WHERE bucket = ?").bind(bucket),
        _ => sqlx::query("INSERT OR REPLACE INTO packs (bucket, entries) VALUES (?, ?)")
            .bind(bucket)
            .bind(entries),
    };
    statement.execute(connection).await?;
    Ok(length)
}

fn merged(stored: &[u8], changes: &Changes) -> Vec<u8> {
    let mut merged = Vec::with_capacity(stored.len());
    let kept = pack::entries(stored).filter(|entry| !changes.contains_key(&entry.path));
    kept.for_each(|entry| pack::put(&mut merged, &entry));
    changes.values().flatten().for_each(|entry| pack::put(&mut merged, entry));
    merged
}
