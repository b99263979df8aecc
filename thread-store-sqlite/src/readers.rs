//! Connections that read.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::error::{Result, SqliteError};

type Slot = Arc<Mutex<Option<SqliteConnection>>>;

/// A few connections, each with a thread of its own, made when they are needed.
///
/// The pool of `sqlx` asks a connection whether it is there whenever it gets it back, and that takes
/// longer than a short read.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    options: SqliteConnectOptions,
    slots: Arc<[Slot]>,
    /// One for each slot; closed with the store.
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(options: SqliteConnectOptions, most: usize) -> Self {
        let slots = (0..most).map(|_| Slot::default()).collect();
        Self { options, slots, permits: Arc::new(Semaphore::new(most)) }
    }

    /// A connection that nobody else uses; waits for one if all are in use.
    pub(crate) async fn get(&self) -> Result<Reader> {
        let closed = |_| SqliteError::from(sqlx::Error::PoolClosed);
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(closed)?;
        // Whoever has a permit finds a slot that is free.
        let free = self.slots.iter().find_map(|slot| Arc::clone(slot).try_lock_owned().ok());
        let slot = free.ok_or(sqlx::Error::PoolTimedOut)?;
        let connection = self.connected(slot).await?;
        Ok(Reader { connection, _permit: permit })
    }

    async fn connected(
        &self,
        mut slot: OwnedMutexGuard<Option<SqliteConnection>>,
    ) -> Result<OwnedMappedMutexGuard<Option<SqliteConnection>, SqliteConnection>> {
        let connection = match slot.take() {
            // Where a failure ended a transaction, its connection may not know.
            Some(connection) if !connection.is_in_transaction() => connection,
            _ => SqliteConnection::connect_with(&self.options).await?,
        };
        Ok(OwnedMutexGuard::map(slot, |slot| slot.insert(connection)))
    }

    /// Waits for those that are in use, and closes them all.
    pub(crate) async fn close(&self) {
        self.permits.close();
        for slot in self.slots.iter() {
            if let Some(connection) = slot.lock().await.take()
                && let Err(error) = connection.close().await
            {
                tracing::warn!(%error, "closing a reading connection failed");
            }
        }
    }
}

/// A connection in use.
#[derive(Debug)]
pub(crate) struct Reader {
    connection: OwnedMappedMutexGuard<Option<SqliteConnection>, SqliteConnection>,
    /// Given back after the slot is free.
    _permit: OwnedSemaphorePermit,
}

impl Deref for Reader {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}
