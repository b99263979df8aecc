//! Which threads may have a text, and how good a hit each can be at best.
//!
//! Numbers come out of SQLite as one JSON array each: a row of their own costs each ten times as
//! much on its way here.

use std::collections::HashMap;

use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};
use thread_store::{ListFilter, Rank, SearchPlan, Tally, ThreadId, Timestamp};

use super::filter;
use crate::error::{Result, SqliteError};
use crate::grams;
use crate::head::{pending, unsigned};

/// A term of one or two characters begins many grams, and an index names a row once for each. Where
/// it would name more than this, all rows may have the term.
const MOST_NAMED: usize = 1_000_000;

/// A thread that may have the text.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) thread_id: ThreadId,
    /// The best place that it may take among the hits.
    pub(super) best: Rank,
    /// Whether any message may have the text.
    pub(super) may_say_it: bool,
}

/// The threads of the filter that may have the text, the most promising first. No other has it.
pub(super) async fn of(
    connection: &mut SqliteConnection,
    plan: &SearchPlan,
    filter: &ListFilter,
) -> Result<Vec<Candidate>> {
    let folded = plan.query().folded();
    let mut tallies = said(connection, folded).await?;
    let mut titled = named(connection, "text_grams", folded).await?;
    for waiting in waiting(connection).await? {
        if waiting.texts {
            titled.push(waiting.key);
        }
        if waiting.items > 0 {
            let tally = tallies.entry(waiting.key).or_default();
            tally.person = tally.person.saturating_add(waiting.items);
            tally.agent = tally.agent.saturating_add(waiting.items);
        }
    }
    add_texts(connection, plan, &titled, &mut tallies).await?;
    tallies.retain(|_, tally| *tally != Tally::default());
    let mut candidates: Vec<_> = matching(connection, filter, tallies.keys())
        .await?
        .into_iter()
        .filter_map(|thread| Some(thread.candidate(tallies.get(&thread.key)?)))
        .collect();
    candidates.sort_unstable_by_key(|candidate| candidate.best);
    Ok(candidates)
}

/// How many messages of each thread may have the text, as far as they are indexed.
async fn said(connection: &mut SqliteConnection, folded: &str) -> Result<HashMap<i64, Tally>> {
    let mut tallies = HashMap::<i64, Tally>::new();
    let mut rows = named(connection, "message_grams", folded).await?;
    // Rows come in their order, once for each gram: a few runs that are in order each.
    rows.sort();
    rows.dedup();
    for row in rows {
        let tally = tallies.entry(row >> 32).or_default();
        match row & 1 {
            0 => tally.person += 1,
            _ => tally.agent += 1,
        }
    }
    Ok(tallies)
}

/// The rows of an index that may have the text, some of them several times.
async fn named(
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

/// What of a thread the index does not know yet.
struct Waiting {
    key: i64,
    items: u64,
    texts: bool,
}

async fn waiting(connection: &mut SqliteConnection) -> Result<Vec<Waiting>> {
    let query = QueryBuilder::new(
        "SELECT json_group_array(json_array(key, pending, max(next_ordinal - indexed_to, 0)))
         FROM heads WHERE pending <> 0",
    );
    let rows: Vec<(i64, i64, i64)> = array(connection, query).await?;
    let waiting = |(key, bits, items): (i64, i64, i64)| {
        Ok(Waiting { key, items: unsigned(items)?, texts: bits & pending::TEXTS != 0 })
    };
    rows.into_iter().map(waiting).collect()
}

/// Looks into the names, titles and previews of these threads: what is told of them is exact.
async fn add_texts(
    connection: &mut SqliteConnection,
    plan: &SearchPlan,
    keys: &[i64],
    tallies: &mut HashMap<i64, Tally>,
) -> Result<()> {
    let mut query = QueryBuilder::new(
        "SELECT json_group_array(json_array(key, text_1, text_2, text_3)) FROM listing_texts
         WHERE key IN (SELECT value FROM json_each(",
    );
    query.push_bind(json(keys)).push("))");
    let rows: Vec<(i64, Text, Text, Text)> = array(connection, query).await?;
    for (key, name, title, preview) in rows {
        let found =
            Tally::of_texts(plan.query(), [name.as_deref(), title.as_deref(), preview.as_deref()]);
        if found != Tally::default() {
            let tally = tallies.entry(key).or_default();
            (tally.name, tally.title) = (found.name, found.title);
        }
    }
    Ok(())
}

type Text = Option<String>;

/// A thread that matches the filter.
struct Matching {
    key: i64,
    thread_id: ThreadId,
    recency_at: Timestamp,
}

impl Matching {
    fn candidate(&self, tally: &Tally) -> Candidate {
        Candidate {
            thread_id: self.thread_id,
            best: Rank::new(tally, self.recency_at, self.thread_id),
            may_say_it: tally.person > 0 || tally.agent > 0,
        }
    }
}

/// Those of these threads that match the filter.
async fn matching(
    connection: &mut SqliteConnection,
    filter: &ListFilter,
    keys: impl Iterator<Item = &i64>,
) -> Result<Vec<Matching>> {
    let keys: Vec<i64> = keys.copied().collect();
    let mut query = QueryBuilder::new(
        "SELECT json_group_array(json_array(l.key, hex(l.thread_id), l.recency_at))
         FROM json_each(",
    );
    // `CROSS JOIN`: the candidates drive, whatever the planner thinks of the filter.
    query
        .push_bind(json(&keys))
        .push(") candidate CROSS JOIN listing l ON l.key = candidate.value WHERE 1");
    filter::push(&mut query, filter);
    let rows: Vec<(i64, String, i64)> = array(connection, query).await?;
    let matching = |(key, id, recency_at): (i64, String, i64)| {
        // What no id can be read of, no list has either.
        let bytes = u128::from_str_radix(&id, 16).ok()?.to_be_bytes();
        let (thread_id, recency_at) =
            (ThreadId::from_bytes(bytes), Timestamp::from_millis(recency_at));
        Some(Matching { key, thread_id, recency_at })
    };
    Ok(rows.into_iter().filter_map(matching).collect())
}

fn json(keys: &[i64]) -> String {
    serde_json::Value::from_iter(keys.iter().copied()).to_string()
}

/// What a query answers that answers one JSON array.
async fn array<T: serde::de::DeserializeOwned>(
    connection: &mut SqliteConnection,
    mut query: QueryBuilder<Sqlite>,
) -> Result<Vec<T>> {
    let row = query.build().fetch_one(connection).await?;
    // Texts may be damaged.
    let json = String::from_utf8_lossy(row.try_get_unchecked::<&[u8], _>(0)?);
    serde_json::from_str(&json)
        .map_err(|_| SqliteError::Damaged("what the index of texts names".to_owned()))
}
