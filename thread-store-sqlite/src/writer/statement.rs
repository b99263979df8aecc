//! The statements that append rows to threads that are as they are known, or nothing.
//!
//! Few rows are one statement through a view, whose trigger checks and moves each head: fewer answers
//! to wake up for. Where there is a trigger SQLite first copies all rows, so many rows are a
//! transaction of a few statements. Both are prepared for a few numbers of rows; rows that are not
//! needed are null. Values have no numbers: SQLite looks up numbered ones one by one, in a list.

use std::sync::LazyLock;

use futures::TryStreamExt as _;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Executor as _, Sqlite, SqliteConnection};

use crate::head::pending;
use crate::history::Packed;

/// So many rows are few.
const FEW: [usize; 6] = [1, 2, 4, 8, 16, 32];
const MANY: [usize; 3] = [64, 128, 256];
/// The most rows of one statement.
pub(super) const MOST: usize = 256;

/// A row for the tail, and the head that it moves.
pub(super) struct Row {
    pub(super) key: i64,
    pub(super) epoch: i64,
    pub(super) first: i64,
    pub(super) next: i64,
    pub(super) packed: Packed,
}

/// Appends the rows, each of another thread, in a transaction of their own; answers how many
/// statements said that they are done, of how many.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    rows: Vec<Row>,
) -> Result<(usize, usize), sqlx::Error> {
    let (query, statements) = if rows.len() <= FEW[FEW.len() - 1] {
        (few(rows), 1)
    } else {
        (many(rows), MANY_STATEMENTS)
    };
    let mut answers = connection.fetch_many(query);
    let mut done = 0;
    while done < statements && answers.try_next().await?.is_some() {
        done += 1;
    }
    Ok((done, statements))
}

type Query = sqlx::query::Query<'static, Sqlite, SqliteArguments>;

fn few(rows: Vec<Row>) -> Query {
    static STATEMENTS: LazyLock<[String; FEW.len()]> = LazyLock::new(|| FEW.map(through_view));
    let mut query = sqlx::query(STATEMENTS[class(&FEW, rows.len())].as_str());
    for Row { key, epoch, first, next, packed } in rows {
        query = query.bind(key).bind(first).bind(next).bind(epoch);
        query = query.bind(packed.checksum).bind(packed.entries).bind(packed.data);
    }
    query
}

fn through_view(rows: usize) -> String {
    format!("INSERT INTO appends VALUES {}", vec!["(?, ?, ?, ?, ?, ?, ?)"; rows].join(", "))
}

fn many(rows: Vec<Row>) -> Query {
    static STATEMENTS: LazyLock<[String; MANY.len()]> = LazyLock::new(|| MANY.map(transaction));
    let class = class(&MANY, rows.len());
    let mut query = sqlx::query(STATEMENTS[class].as_str());
    for Row { key, epoch, first, next, .. } in &rows {
        query = query.bind(*key).bind(*first).bind(*next).bind(*epoch);
    }
    for _ in 0..4 * MANY[class].saturating_sub(rows.len()) {
        query = query.bind(None::<i64>);
    }
    query = query.bind(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    for Row { key, first, packed, .. } in rows {
        query = query.bind(key).bind(first);
        query = query.bind(packed.checksum).bind(packed.entries).bind(packed.data);
    }
    query
}

/// Statements of [`transaction`].
const MANY_STATEMENTS: usize = 5;

fn transaction(rows: usize) -> String {
    format!(
        "BEGIN IMMEDIATE;
         UPDATE heads SET next_ordinal = v.column3 FROM (VALUES {heads}) AS v
            WHERE heads.key = v.column1 AND heads.next_ordinal = v.column2
            AND heads.epoch = v.column4 AND heads.released = 0 AND heads.pending & {items};
         INSERT INTO stale SELECT changes() WHERE changes() <> ?;
         INSERT INTO tail (key, first, checksum, entries, data)
            SELECT * FROM (VALUES {tail}) WHERE column1 IS NOT NULL;
         COMMIT",
        heads = vec!["(?, ?, ?, ?)"; rows].join(", "),
        items = pending::ITEMS,
        tail = vec!["(?, ?, ?, ?, ?)"; rows].join(", "),
    )
}

/// The smallest of the sizes that has room for so many rows.
fn class(sizes: &[usize], rows: usize) -> usize {
    sizes.iter().position(|size| *size >= rows).unwrap_or(sizes.len() - 1)
}

/// What the triggers raise if a thread is not as it is known.
pub(super) fn is_stale(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message() == "stale")
}
