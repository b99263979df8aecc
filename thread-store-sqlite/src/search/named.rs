//! What the index names for a text.
//!
//! Numbers come out of SQLite as one JSON array each: a row of their own costs each ten times as
//! much on its way here.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};
use thread_store::Tally;

use crate::error::{Result, SqliteError};
use crate::grams;

/// A term of one or two characters begins many grams, and an index names a row once for each. Where
/// it would name more than this, all rows may have the term.
const MOST_NAMED: usize = 1_000_000;

/// How many messages of each thread may have the text, as far as they are indexed.
pub(super) async fn said(
    connection: &mut SqliteConnection,
    folded: &str,
) -> Result<HashMap<i64, Tally>> {
    let mut tallies = HashMap::<i64, Tally>::new();
    let mut named = rows(connection, "message_grams", folded).await?;
    // Rows come in their order, once for each gram: a few runs that are in order each.
    named.sort();
    named.dedup();
    for row in named {
        let tally = tallies.entry(row >> 32).or_default();
        match row & 1 {
            0 => tally.person += 1,
            _ => tally.agent += 1,
        }
    }
    Ok(tallies)
}

/// The rows of an index that may have the text, some of them several times.
pub(super) async fn rows(
    connection: &mut SqliteConnection,
    index: &'static str,
    folded: &str,
) -> Result<Vec<i64>> {
    let mut query = QueryBuilder::new("SELECT json_group_array(key) FROM (");
    grams::push_candidates(&mut query, index, folded);
    let is_short = folded.chars().nth(2).is_none();
    if is_short {
        query.push(" LIMIT ").push_bind(MOST_NAMED as i64);
    }
    query.push(")");
    let named: Vec<i64> = array(connection, query).await?;
    if is_short && named.len() == MOST_NAMED {
        let all = format!("SELECT json_group_array(rowid) FROM {index}");
        return array(connection, QueryBuilder::new(all)).await;
    }
    Ok(named)
}

/// What a query answers that answers one JSON array.
pub(super) async fn array<T: serde::de::DeserializeOwned>(
    connection: &mut SqliteConnection,
    mut query: QueryBuilder<Sqlite>,
) -> Result<Vec<T>> {
    let row = query.build().fetch_one(connection).await?;
    // Texts may be damaged.
    let json = String::from_utf8_lossy(row.try_get_unchecked::<&[u8], _>(0)?);
    serde_json::from_str(&json)
        .map_err(|_| SqliteError::Damaged("what the index of texts names".to_owned()))
}
