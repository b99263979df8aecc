//! One page in SQL.

use sqlx::{QueryBuilder, Sqlite};
use thread_store::{ListFilter, Scan};

use super::condition::{push_after, push_conditions};
use super::driver::{Driver, Value};
use super::order::{column, index_suffix, keyword, limit};

/// What is asked for one page.
pub(super) struct Question<'a> {
    pub(super) filter: &'a ListFilter,
    pub(super) driver: Driver,
    pub(super) scan: Scan,
    /// A walk of which it matters only whether it finds anything.
    pub(super) follow_up: Option<Scan>,
}

impl Question<'_> {
    /// Writes the statement: `select` of the tables `page` (the keys, in order), `t` and what `joins`
    /// adds, where `followed` tells what the follow-up found.
    pub(super) fn push(&self, query: &mut QueryBuilder<Sqlite>, select: &str, joins: &str) {
        if let Driver::Keys(keys) = &self.driver {
            keys.push_found(query);
        }
        query.push("SELECT ").push(select).push(", ");
        match &self.follow_up {
            Some(scan) => {
                query.push("EXISTS (SELECT 1 FROM (");
                push_walk(query, &self.driver, Some(self.filter), scan, self.filter.archived);
                query.push("))");
            }
            None => {
                query.push("0");
            }
        }
        query.push(" AS followed FROM (");
        push_walk(query, &self.driver, Some(self.filter), &self.scan, self.filter.archived);
        // `CROSS JOIN`: in the order of the page, which is not sorted again with all its columns.
        query.push(") page CROSS JOIN threads t ON t.key = page.key ").push(joins);
    }
}

/// Writes a query for `key`, `time` and `thread_id` of what a scan finds; without a filter, of all
/// that drives.
pub(super) fn push_walk(
    query: &mut QueryBuilder<Sqlite>,
    driver: &Driver,
    filter: Option<&ListFilter>,
    scan: &Scan,
    archived: Option<bool>,
) {
    match driver {
        Driver::Walks { column, values } => {
            let sides = [false, true].into_iter();
            let sides = sides.filter(|side| archived.is_none_or(|only| only == *side));
            let walks = sides.flat_map(|side| values.iter().map(move |value| (side, value)));
            for (at, (side, value)) in walks.enumerate() {
                query.push(if at == 0 { "" } else { " UNION ALL " });
                push_side(query, (column, value), side, scan);
                push_rest(query, driver, filter, scan);
            }
        }
        Driver::Keys(_) => {
            let time = column(scan.sort_key);
            query.push(format_args!(
                "SELECT l.key, l.{time} AS time, l.thread_id FROM found
                 CROSS JOIN listing l ON l.key = found.key WHERE l.archived "
            ));
            match archived {
                Some(side) => query.push("= ").push_bind(side),
                None => query.push("IN (0, 1)"),
            };
            push_rest(query, driver, filter, scan);
        }
    }
    let order = keyword(scan.direction);
    query.push(format_args!(" ORDER BY time {order}, thread_id {order} LIMIT "));
    query.push_bind(limit(scan));
}

/// One walk: of one value, among the archived threads or the others.
fn push_side(
    query: &mut QueryBuilder<Sqlite>,
    (name, value): (&str, &Value),
    archived: bool,
    scan: &Scan,
) {
    let (time, suffix) = (column(scan.sort_key), index_suffix(scan.sort_key));
    query.push(format_args!(
        "SELECT l.key, l.{time} AS time, l.thread_id FROM listing l INDEXED BY {name}_by_{suffix}
         WHERE l.archived = "
    ));
    query.push_bind(archived);
    match value {
        Value::Any => {}
        Value::Text(text) => {
            query.push(format_args!(" AND l.{name} = ")).push_bind(text);
        }
        Value::Id(id) => {
            query.push(format_args!(" AND l.{name} = ")).push_bind(&id.as_bytes()[..]);
        }
    }
}

fn push_rest(
    query: &mut QueryBuilder<Sqlite>,
    driver: &Driver,
    filter: Option<&ListFilter>,
    scan: &Scan,
) {
    push_after(query, scan);
    if let Some(filter) = filter {
        push_conditions(query, driver.column(), filter);
    }
}
