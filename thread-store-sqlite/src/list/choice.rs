//! Which filter drives, where several could.
//!
//! Each is asked how far its first entries reach from where the page begins: one that ends leaves so
//! many threads, and of the others the one whose entries reach furthest is the rarest. So no
//! statistics are needed, and what is chosen is right for the part of the list that is looked at.

use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};
use thread_store::{Direction, ListFilter, Scan};

use super::driver::{self, Driver, Keys};
use super::question::push_walk;
use crate::error::{Result, is_damage};

/// So many entries tell how dense they are.
const SAMPLE: usize = 100;
/// More threads than these are not looked up and sorted one by one for a page.
pub(super) const MOST_KEYS: i64 = 2000;

/// What drives the page; `None` if nothing can match.
pub(super) async fn driver(
    connection: &mut SqliteConnection,
    filter: &ListFilter,
    scan: &Scan,
) -> Result<Option<Driver>> {
    let mut options = driver::options(filter);
    if options.len() < 2 {
        return Ok(options.pop());
    }
    let ranks = match ranks(connection, &options, filter, scan).await {
        // An index of texts that is damaged is none.
        Err(error) if is_damage(&error) && options.iter().any(is_term) => {
            tracing::warn!("the index of texts is damaged: a list goes without it");
            options.retain(|option| !is_term(option));
            ranks(connection, &options, filter, scan).await?
        }
        ranks => ranks?,
    };
    let best = options.into_iter().zip(ranks).min_by_key(|(_, rank)| *rank);
    Ok(best.map(|(driver, _)| driver))
}

fn is_term(option: &Driver) -> bool {
    matches!(option, Driver::Keys(Keys::Term(_)))
}

/// What is expected of a driver; less is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Rank {
    /// It leaves so many threads.
    Leaves(i64),
    /// It leaves many. The number is less the further the sample reached.
    Reaches(i64),
    /// It leaves so many that they are not worth sorting.
    TooMany,
}

async fn ranks(
    connection: &mut SqliteConnection,
    options: &[Driver],
    filter: &ListFilter,
    scan: &Scan,
) -> sqlx::Result<Vec<Rank>> {
    let rows = statement(options, filter, scan).build().fetch_all(connection).await?;
    let ranked = rows.iter().zip(options).map(|(row, option)| {
        let (count, last): (i64, Option<i64>) = (row.try_get("count")?, row.try_get("last")?);
        Ok(rank(option, count, last, scan.direction))
    });
    ranked.collect()
}

fn rank(option: &Driver, count: i64, last: Option<i64>, direction: Direction) -> Rank {
    match (option, last) {
        (Driver::Keys(_), _) if count > MOST_KEYS => Rank::TooMany,
        (Driver::Walks { .. }, Some(last)) if count >= SAMPLE as i64 => {
            Rank::Reaches(if direction == Direction::Ascending { !last } else { last })
        }
        _ => Rank::Leaves(count),
    }
}

/// One row for each of the options, in their order.
fn statement(options: &[Driver], filter: &ListFilter, scan: &Scan) -> QueryBuilder<Sqlite> {
    let last = if scan.direction == Direction::Ascending { "max" } else { "min" };
    let sample = Scan { limit: SAMPLE, ..*scan };
    let mut query = QueryBuilder::new("");
    for (at, option) in options.iter().enumerate() {
        query.push(if at == 0 { "" } else { " UNION ALL " });
        match option {
            Driver::Walks { .. } => {
                query.push(format_args!("SELECT count(*) AS count, {last}(time) AS last FROM ("));
                push_walk(&mut query, option, None, &sample, filter.archived);
                query.push(")");
            }
            Driver::Keys(keys) => push_count(&mut query, keys),
        }
    }
    query
}

fn push_count(query: &mut QueryBuilder<Sqlite>, keys: &Keys) {
    query.push("SELECT count(*), NULL FROM (SELECT 1 FROM (");
    keys.push_select(query);
    query.push(") LIMIT ").push_bind(MOST_KEYS + 1).push(")");
}
