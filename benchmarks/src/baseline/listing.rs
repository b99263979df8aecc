//! A page of threads by rusqlite, from the file of our store: with the index that fits, the same
//! columns, and the same records decoded.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, Row, params_from_iter};
use thread_store::{
    Identity, Ordinal, Position, StoredThread, ThreadId, ThreadMetadata, Timestamp,
};

use crate::Failure;

/// What a page is of, in the words of the schema.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The name of the indexes: a column with these values, or all threads.
    pub(crate) column: Option<(&'static str, Vec<Value>)>,
    pub(crate) archived: Vec<bool>,
    /// A condition that no index has.
    pub(crate) also: &'static str,
    /// Newest first, after this place.
    pub(crate) after: Option<Position>,
    pub(crate) page: usize,
}

impl Wanted {
    /// A page of all threads.
    pub(crate) fn all(page: usize) -> Self {
        Self { column: None, archived: vec![false, true], also: "", after: None, page }
    }

    /// One walk along an index for each of the alternatives, merged.
    fn statement(&self) -> (String, Vec<Value>) {
        let limit = self.page + 1;
        let (mut walks, mut values) = (Vec::new(), Vec::new());
        for archived in &self.archived {
            for value in self.alternatives() {
                let mut walk = format!(
                    "SELECT * FROM (SELECT l.key, l.created_at, l.thread_id FROM listing l INDEXED BY {}_by_created
                     WHERE l.archived = ?",
                    self.column.as_ref().map_or("all", |(column, _)| column)
                );
                values.push(Value::from(*archived));
                if let Some((column, _)) = &self.column {
                    walk += &format!(" AND l.{column} = ?");
                    values.extend(value);
                }
                if let Some(after) = self.after {
                    walk += " AND (l.created_at, l.thread_id) < (?, ?)";
                    values.push(after.time.as_millis().into());
                    values.push(after.thread_id.as_bytes().to_vec().into());
                }
                walk += self.also;
                walk += &format!(" ORDER BY l.created_at DESC, l.thread_id DESC LIMIT {limit})");
                walks.push(walk);
            }
        }
        let walks = walks.join(" UNION ALL ");
        let statement = format!(
            "SELECT t.thread_id, t.identity, t.metadata, t.metadata_version, t.archived_at, h.next_ordinal
             FROM ({walks}) page JOIN threads t USING (key) JOIN heads h USING (key)
             ORDER BY page.created_at DESC, page.thread_id DESC LIMIT {limit}"
        );
        (statement, values)
    }

    fn alternatives(&self) -> Vec<Option<Value>> {
        match &self.column {
            Some((_, values)) => values.iter().cloned().map(Some).collect(),
            None => vec![None],
        }
    }
}

/// A connection that reads.
pub(crate) struct Lists(Connection);

impl Lists {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.pragma_update(None, "mmap_size", 1 << 30)?;
        Ok(Self(connection))
    }

    /// The page, and whether another follows.
    pub(crate) fn page(&self, wanted: &Wanted) -> Result<(Vec<StoredThread>, bool), Failure> {
        let (statement, values) = wanted.statement();
        let mut select = self.0.prepare_cached(&statement)?;
        let mut rows = select.query(params_from_iter(values))?;
        let mut threads = Vec::with_capacity(wanted.page);
        while let Some(row) = rows.next()? {
            if threads.len() == wanted.page {
                return Ok((threads, true));
            }
            threads.push(thread(row)?);
        }
        Ok((threads, false))
    }
}

fn thread(row: &Row<'_>) -> Result<StoredThread, Failure> {
    let id = ThreadId::from_bytes(row.get(0)?);
    let identity: Identity = serde_json::from_str(row.get_ref(1)?.as_str()?)?;
    let metadata: ThreadMetadata = serde_json::from_str(row.get_ref(2)?.as_str()?)?;
    let mut thread = StoredThread::new(id, identity, metadata);
    thread.metadata_version = row.get(3)?;
    thread.archived_at = row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis);
    thread.next_ordinal = Ordinal::new(row.get(5)?);
    Ok(thread)
}
