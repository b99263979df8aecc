//! Which threads may have a text.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use sqlx::{QueryBuilder, SqliteConnection};
use thread_store::{ListFilter, Rank, SearchPlan, Tally, ThreadId, Timestamp};

use super::candidate::Candidate;
use super::filter;
use super::named::{Named, array};
use crate::error::Result;
use crate::head::{pending, unsigned};

/// The threads of the filter that may have the text, by the best place that each may take. No other
/// has it.
pub(super) async fn of(
    connection: &mut SqliteConnection,
    plan: &SearchPlan,
    filter: &ListFilter,
) -> Result<BTreeMap<Rank, Candidate>> {
    let named = Named::of(connection, plan.query().folded()).await?;
    // A damaged index is none: then nothing is indexed.
    let waiting = match &named {
        Some(_) => waiting(connection).await?,
        None => everything(connection).await?,
    };
    let Named { said, mut titled } = named.unwrap_or_default();
    let known = |(key, tally)| (key, Found { tally, ..Found::default() });
    let mut found: HashMap<i64, Found> = said.into_iter().map(known).collect();
    for waiting in waiting {
        if waiting.texts {
            titled.push(waiting.key);
        }
        if !waiting.items.is_empty() {
            found.entry(waiting.key).or_default().unknown = waiting.items;
        }
    }
    for (key, texts) in look_at_texts(connection, plan, &titled).await? {
        let tally = &mut found.entry(key).or_default().tally;
        (tally.name, tally.title) = (texts.name, texts.title);
    }
    let keys: Vec<i64> = found.keys().copied().collect();
    let matching = matching(connection, filter, &keys).await?.into_iter();
    Ok(matching
        .filter_map(|thread| found.remove(&thread.key).map(|found| thread.candidate(found)))
        .map(|candidate| (candidate.best(), candidate))
        .collect())
}

/// What is known of a thread, whether it matches the filter or not.
#[derive(Default)]
struct Found {
    tally: Tally,
    /// What the index does not know of its history.
    unknown: Range<u64>,
}

/// What of a thread the index does not know yet.
struct Waiting {
    key: i64,
    items: Range<u64>,
    texts: bool,
}

async fn waiting(connection: &mut SqliteConnection) -> Result<Vec<Waiting>> {
    let rows: Vec<(i64, i64, i64, i64)> = array(
        connection,
        QueryBuilder::new(
            "SELECT json_group_array(json_array(key, pending, indexed_to, next_ordinal))
         FROM heads WHERE pending <> 0",
        ),
    )
    .await?;
    // A head that is damaged costs its own thread only.
    let waiting = |(key, bits, from, to): (i64, i64, i64, i64)| {
        let items = unsigned(from).ok()?..unsigned(to).ok()?;
        Some(Waiting { key, items, texts: bits & pending::TEXTS != 0 })
    };
    Ok(rows.into_iter().filter_map(waiting).collect())
}

/// Every thread, as if nothing were indexed.
async fn everything(connection: &mut SqliteConnection) -> Result<Vec<Waiting>> {
    let rows: Vec<(i64, i64)> = array(
        connection,
        QueryBuilder::new("SELECT json_group_array(json_array(key, next_ordinal)) FROM heads"),
    )
    .await?;
    let waiting =
        |(key, to): (i64, i64)| Some(Waiting { key, items: 0..unsigned(to).ok()?, texts: true });
    Ok(rows.into_iter().filter_map(waiting).collect())
}

/// Looks into the names, titles and previews of these threads: what is told of them is exact.
async fn look_at_texts(
    connection: &mut SqliteConnection,
    plan: &SearchPlan,
    keys: &[i64],
) -> Result<Vec<(i64, Tally)>> {
    let mut query = QueryBuilder::new(
        "SELECT json_group_array(json_array(key, text_1, text_2, text_3)) FROM listing_texts
         WHERE key IN (SELECT value FROM json_each(",
    );
    query.push_bind(json(keys)).push("))");
    let rows: Vec<(i64, Text, Text, Text)> = array(connection, query).await?;
    let tally = |(key, name, title, preview): &(i64, Text, Text, Text)| {
        let texts = [name.as_deref(), title.as_deref(), preview.as_deref()];
        (*key, Tally::of_texts(plan.query(), texts))
    };
    let found = rows.iter().map(tally).filter(|(_, tally)| *tally != Tally::default());
    Ok(found.collect())
}

type Text = Option<String>;

/// A thread that matches the filter.
struct Matching {
    key: i64,
    thread_id: ThreadId,
    recency_at: Timestamp,
}

impl Matching {
    fn candidate(self, found: Found) -> Candidate {
        let Self { key: _, thread_id, recency_at } = self;
        Candidate { thread_id, recency_at, tally: found.tally, unknown: found.unknown }
    }
}

/// Those of these threads that match the filter.
async fn matching(
    connection: &mut SqliteConnection,
    filter: &ListFilter,
    keys: &[i64],
) -> Result<Vec<Matching>> {
    let mut query = QueryBuilder::new(
        "SELECT json_group_array(json_array(l.key, hex(l.thread_id), l.recency_at))
         FROM json_each(",
    );
    // `CROSS JOIN`: the candidates drive, whatever the planner thinks of the filter.
    query
        .push_bind(json(keys))
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
