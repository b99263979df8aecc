//! What cannot be seen from outside: which index is walked, and that both forms of a page agree.

mod choices;
mod forms;
mod plans;

use sqlx::{Connection as _, SqliteConnection};
use thread_store::{
    Direction, Identity, Position, Scan, SessionSource, SortKey, StoredThread, ThreadId,
    ThreadMetadata, Timestamp,
};

use crate::{record, schema};

/// A database with these threads.
async fn stored(threads: impl IntoIterator<Item = StoredThread>) -> SqliteConnection {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    schema::migrate(&mut connection).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    for thread in threads {
        record::insert(&mut transaction, &thread, None).await.unwrap();
    }
    transaction.commit().await.unwrap();
    connection
}

/// The thread of this number, and of this time.
fn thread(number: u32) -> StoredThread {
    let mut bytes = [0; 16];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    let at = Timestamp::from_millis(i64::from(number));
    let mut identity = Identity::new(at);
    identity.source = SessionSource::Cli;
    StoredThread::new(ThreadId::from_bytes(bytes), identity, ThreadMetadata::new(at))
}

fn scan(direction: Direction) -> Scan {
    Scan { sort_key: SortKey::Created, direction, after: None, limit: 11 }
}

/// From the start and from a place, in every order.
fn scans() -> impl Iterator<Item = Scan> {
    let after =
        Position { time: Timestamp::from_millis(5), thread_id: ThreadId::from_bytes([5; 16]) };
    let orders = SortKey::ALL.into_iter().flat_map(|sort_key| {
        [Direction::Ascending, Direction::Descending].map(|direction| (sort_key, direction))
    });
    orders.flat_map(move |(sort_key, direction)| {
        [None, Some(after)].map(|after| Scan { sort_key, direction, after, limit: 11 })
    })
}
