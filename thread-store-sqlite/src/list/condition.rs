//! Filters that do not drive: conditions on a row `l` of the listing.

use std::collections::BTreeMap;

use sqlx::{QueryBuilder, Sqlite};
use thread_store::{ListFilter, Relation, Scan, TimeRange, cwd_key};

use super::order::{beyond, column};

/// Behind the place where the walk goes on.
pub(super) fn push_after(query: &mut QueryBuilder<Sqlite>, scan: &Scan) {
    let Some(after) = scan.after else { return };
    let (time, beyond) = (column(scan.sort_key), beyond(scan.direction));
    query.push(format_args!(" AND (l.{time}, l.thread_id) {beyond} ("));
    query.push_bind(after.time.as_millis()).push(", ");
    query.push_bind(&after.thread_id.as_bytes()[..]).push(")");
}

/// Every filter but the archive side and the column that is walked.
pub(crate) fn push_conditions(
    query: &mut QueryBuilder<Sqlite>,
    walked: Option<&str>,
    filter: &ListFilter,
) {
    push_columns(query, walked, filter);
    if let Some(wanted) = filter.has_preview {
        query.push(" AND l.has_preview = ").push_bind(wanted);
    }
    push_range(query, "created_at", filter.created);
    push_range(query, "updated_at", filter.updated);
    if !filter.labels.is_empty() {
        push_labels(query, &filter.labels);
    }
    if let Some(term) = &filter.search_term {
        push_term(query, term);
    }
}

/// The filters that have indexes of their own.
fn push_columns(query: &mut QueryBuilder<Sqlite>, walked: Option<&str>, filter: &ListFilter) {
    let open = |column| walked != Some(column);
    if let Some(Relation::ChildrenOf(parent)) = filter.relation
        && open("spawn_parent")
    {
        query.push(" AND l.spawn_parent = ").push_bind(&parent.as_bytes()[..]);
    }
    if let Some(kinds) = filter.source_kinds.as_ref().filter(|_| open("source")) {
        push_any(query, "source", kinds.iter().map(|kind| kind.as_str().to_owned()));
    }
    if let Some(names) = filter.model_providers.as_ref().filter(|_| open("provider")) {
        push_any(query, "provider", names.iter().cloned());
    }
    if let Some(cwds) = filter.cwds.as_ref().filter(|_| open("cwd")) {
        push_any(query, "cwd", cwds.iter().map(|cwd| cwd_key(cwd)));
    }
}

/// Any of these values: as one bound JSON array, so that their number has no limit. The `+` keeps
/// the planner from walking them.
fn push_any(query: &mut QueryBuilder<Sqlite>, column: &str, values: impl Iterator<Item = String>) {
    let values = serde_json::Value::from_iter(values).to_string();
    query.push(format_args!(" AND +l.{column} IN (SELECT value FROM json_each("));
    query.push_bind(values).push("))");
}

/// All of these labels: as many of the pairs wanted as there are. They are read once, not once for
/// each thread.
fn push_labels(query: &mut QueryBuilder<Sqlite>, labels: &BTreeMap<String, String>) {
    let wanted = serde_json::Value::from_iter(
        labels.iter().map(|(name, value)| vec![name.as_str(), value.as_str()]),
    );
    query.push(
        " AND (SELECT count(*) FROM labels WHERE labels.key = l.key AND (name, labels.value) IN
            (SELECT wanted.value ->> 0, wanted.value ->> 1 FROM json_each(",
    );
    query.push_bind(wanted.to_string()).push(") wanted)) = ");
    query.push_bind(i64::try_from(labels.len()).unwrap_or(i64::MAX));
}

fn push_range(query: &mut QueryBuilder<Sqlite>, column: &str, range: TimeRange) {
    if let Some(from) = range.from {
        query.push(format_args!(" AND l.{column} >= ")).push_bind(from.as_millis());
    }
    if let Some(to) = range.to {
        query.push(format_args!(" AND l.{column} < ")).push_bind(to.as_millis());
    }
}

/// The term as it was given: what an index found by its folded form may not have it.
fn push_term(query: &mut QueryBuilder<Sqlite>, term: &str) {
    query.push(" AND EXISTS (SELECT 1 FROM listing_texts x WHERE x.key = l.key AND (0");
    for column in ["text_1", "text_2", "text_3"] {
        query.push(format_args!(" OR instr(x.{column}, ")).push_bind(term).push(") > 0");
    }
    query.push("))");
}
