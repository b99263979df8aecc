//! What the index names for a text.
//!
//! Numbers come out of SQLite as one JSON array each: a row of their own costs each ten times as
//! much on its way here.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};
use thread_store::{Error, ErrorKind, Tally};

use crate::error::{Result, SqliteError};
use crate::grams;

/// A term of one or two characters begins many grams, and an index names a row once for each. Where
/// it would name more than this, all rows may have the term.
const MOST_NAMED: usize = 1_000_000;

/// What the indexes name.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// How many messages of each thread may have the text, as far as they are indexed.
    pub(super) said: HashMap<i64, Tally>,
    /// The threads that may have it in a name, a title or a preview, some of them several times.
    pub(super) titled: Vec<i64>,
}

impl Named {
    /// `None` if an index is damaged.
    pub(super) async fn of(
        connection: &mut SqliteConnection,
        folded: &str,
    ) -> Result<Option<Self>> {
        let named = async {
            let said = said(connection, folded).await?;
            Ok(Self { said, titled: rows(connection, "text_grams", folded).await? })
        };
        match named.await.map_err(|error: SqliteError| Error::from(error)) {
            Ok(named) => Ok(Some(named)),
            Err(error) if matches!(error.kind(), ErrorKind::Corrupt { .. }) => {
                tracing::warn!("the index of searches is damaged: everything is read");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// How many messages of each thread may have the text, as far as they are indexed.
async fn said(connection: &mut SqliteConnection, folded: &str) -> Result<HashMap<i64, Tally>> {
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
async fn rows(
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
