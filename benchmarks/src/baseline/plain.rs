//! A loop over rusqlite as many write it: one connection behind a lock, one commit for each append,
//! a plain table of items.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, params};
use thread_store::RolloutItem;

use crate::Failure;
use crate::workload::append::Appender;

pub(crate) struct PlainLoop(Mutex<Connection>);

impl PlainLoop {
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let connection = Connection::open(path)?;
        super::durable(&connection)?;
        connection.execute_batch(
            "CREATE TABLE items (thread INTEGER NOT NULL, ordinal INTEGER NOT NULL, item TEXT NOT NULL,
                PRIMARY KEY (thread, ordinal))",
        )?;
        Ok(Self(Mutex::new(connection)))
    }

    fn write(&self, thread: usize, first: u64, items: &[RolloutItem]) -> Result<(), Failure> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO items VALUES (?, ?, ?)")?;
            for (ordinal, item) in (first..).zip(items) {
                insert.execute(params![thread as i64, ordinal, item.text()])?;
            }
        }
        Ok(transaction.commit()?)
    }
}

impl Appender for PlainLoop {
    async fn append(
        &self,
        thread: usize,
        first: u64,
        items: Vec<RolloutItem>,
    ) -> Result<(), Failure> {
        // The other tasks of this worker wait: as they do for the lock anyway.
        tokio::task::block_in_place(|| self.write(thread, first, &items))
    }
}
