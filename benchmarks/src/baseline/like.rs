//! Finding a word in titles by `LIKE`, in a table of nothing but what lists show.

use std::path::Path;

use rusqlite::{Connection, params};
use thread_store::StoredThread;

use crate::Failure;

pub(crate) struct Titles(Connection);

impl Titles {
    pub(crate) fn create(
        path: &Path,
        threads: impl Iterator<Item = StoredThread>,
    ) -> Result<Self, Failure> {
        let mut connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "mmap_size", 1 << 30)?;
        connection.execute_batch(
            "CREATE TABLE titles (name TEXT, title TEXT, preview TEXT, record TEXT NOT NULL)",
        )?;
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare("INSERT INTO titles VALUES (?, ?, ?, ?)")?;
            for thread in threads {
                let it = &thread.metadata;
                insert.execute(params![
                    it.name,
                    it.title,
                    it.preview,
                    serde_json::to_string(&thread)?
                ])?;
            }
        }
        transaction.commit()?;
        Ok(Self(connection))
    }

    /// The threads that have the word, with their records.
    pub(crate) fn find(&self, word: &str) -> Result<Vec<StoredThread>, Failure> {
        let mut select = self.0.prepare_cached(
            "SELECT record FROM titles WHERE name LIKE ?1 OR title LIKE ?1 OR preview LIKE ?1",
        )?;
        let mut rows = select.query([format!("%{word}%")])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(serde_json::from_str(row.get_ref(0)?.as_str()?)?);
        }
        Ok(found)
    }
}
