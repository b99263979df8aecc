//! A hand-written group commit over rusqlite: one thread that writes, on the very schema and with
//! the very settings of our store.
//!
//! The database is made by our store, and so are its threads; then the store is closed and this
//! takes its place. Appends wait in a channel. The writer takes all that wait, without delay, writes
//! them in one transaction, and answers when it is on the disk. Checksums are made by the callers, as
//! many at a time as there are cores.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior, params};
use thread_store::{RolloutItem, WriterLease};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::Failure;
use crate::workload::append::Appender;

/// One append that waits.
struct Append {
    key: i64,
    epoch: i64,
    first: u64,
    count: usize,
    entries: Vec<u8>,
    checksum: u32,
    data: Vec<u8>,
    done: oneshot::Sender<Result<(), Failure>>,
}

/// The threads, and the way to the writer.
pub(crate) struct GroupCommit {
    heads: Vec<Head>,
    queue: Option<Sender<Append>>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Clone, Copy)]
struct Head {
    key: i64,
    epoch: i64,
}

impl GroupCommit {
    /// Takes over the threads of these leases, in a file that nobody else has open.
    pub(crate) fn open(path: &Path, leases: &[WriterLease]) -> Result<Self, Failure> {
        let connection = Connection::open(path)?;
        super::durable(&connection)?;
        connection.pragma_update(None, "wal_autocheckpoint", (16 << 20) / 8192)?;
        connection.pragma_update(None, "mmap_size", 1 << 30)?;
        let heads =
            leases.iter().map(|lease| head(&connection, lease)).collect::<Result<_, _>>()?;
        let (queue, waiting) = channel();
        let runtime = Handle::current();
        let writer = std::thread::Builder::new()
            .name("group-commit".to_owned())
            .spawn(move || write(connection, &waiting, &runtime))?;
        Ok(Self { heads, queue: Some(queue), writer: Some(writer) })
    }
}

impl Drop for GroupCommit {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn head(connection: &Connection, lease: &WriterLease) -> Result<Head, Failure> {
    // A live thread has this mark from its first append on.
    connection.execute(
        "UPDATE heads SET pending = pending | 1 WHERE key = (SELECT key FROM threads WHERE thread_id = ?)",
        [&lease.thread_id.as_bytes()[..]],
    )?;
    let sql = "SELECT h.key, h.epoch FROM heads h JOIN threads t USING (key) WHERE t.thread_id = ?";
    Ok(connection.query_row(sql, [&lease.thread_id.as_bytes()[..]], |row| {
        Ok(Head { key: row.get(0)?, epoch: row.get(1)? })
    })?)
}

/// Writes whatever waits, until nobody can send any more.
fn write(mut connection: Connection, waiting: &Receiver<Append>, runtime: &Handle) {
    while let Ok(append) = waiting.recv() {
        let group: Vec<_> = std::iter::once(append).chain(waiting.try_iter()).collect();
        let result = commit(&mut connection, &group).map_err(|error| error.to_string());
        if group.len() == 1 {
            answer(group, &result);
        } else {
            // To wake many tasks from outside their runtime takes a lock for each: one of its own wakes
            // them, while the next group is written.
            runtime.spawn(async move { answer(group, &result) });
        }
    }
}

fn answer(group: Vec<Append>, result: &Result<(), String>) {
    for append in group {
        // Who no longer waits needs no answer.
        let _ = append.done.send(result.clone().map_err(Failure::from));
    }
}

fn commit(connection: &mut Connection, group: &[Append]) -> Result<(), Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let mut update = transaction.prepare_cached(
            "UPDATE heads SET next_ordinal = ? WHERE key = ? AND next_ordinal = ? AND epoch = ?
                AND released = 0 AND pending & 1",
        )?;
        let mut insert = transaction.prepare_cached(
            "INSERT INTO tail (key, first, entries, checksum, data) VALUES (?, ?, ?, ?, ?)",
        )?;
        for append in group {
            let next = append.first + append.count as u64;
            let moved = update.execute(params![next, append.key, append.first, append.epoch])?;
            if moved != 1 {
                return Err("the thread is somebody else's".into());
            }
            insert.execute(params![
                append.key,
                append.first,
                append.entries,
                append.checksum,
                append.data
            ])?;
        }
    }
    Ok(transaction.commit()?)
}

/// The length and the checksum of each item, and a checksum of these and of where they stand.
fn table(key: i64, first: u64, items: &[RolloutItem]) -> (Vec<u8>, u32) {
    let mut entries = Vec::with_capacity(items.len() * 8);
    for item in items {
        // No item has 4 GiB.
        entries.extend_from_slice(&(item.len() as u32).to_le_bytes());
        entries.extend_from_slice(&crc32fast::hash(item.as_bytes()).to_le_bytes());
    }
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&key.to_le_bytes());
    hasher.update(&first.to_le_bytes());
    hasher.update(&entries);
    (entries, hasher.finalize())
}

fn pack(items: &[RolloutItem]) -> Vec<u8> {
    let mut data = super::file::lines(items);
    data.pop();
    data
}

impl Appender for GroupCommit {
    async fn append(
        &self,
        thread: usize,
        first: u64,
        items: Vec<RolloutItem>,
    ) -> Result<(), Failure> {
        let Head { key, epoch } = self.heads[thread];
        let (entries, checksum) = table(key, first, &items);
        let (done, answer) = oneshot::channel();
        let count = items.len();
        let append =
            Append { key, epoch, first, count, entries, checksum, data: pack(&items), done };
        let queue = self.queue.as_ref().ok_or("the writer is gone")?;
        queue.send(append).map_err(|_| "the writer is gone")?;
        answer.await?
    }
}
