//! Which filters can drive a list.

use std::collections::BTreeSet;

use sqlx::{QueryBuilder, Sqlite};
use thread_store::{ListFilter, Relation, ThreadId, cwd_key, fold};

use crate::grams;

/// More alternatives than this are a condition and no walks.
const MOST_WALKS: usize = 50;
/// So many labels are looked at for a rare one.
const MOST_LABELS: usize = 8;

/// What finds the threads of a list.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Driver {
    /// Indexes in the order of the list, one walk for each of the values; the walks are merged.
    Walks {
        /// The column of the filter, which is also the name of its indexes.
        column: &'static str,
        values: Vec<Value>,
    },
    /// Keys in no order.
    Keys(Keys),
}

/// What a column is to have.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    Any,
    Text(String),
    Id(ThreadId),
}

/// What finds keys: of all threads that match, and maybe of others.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Keys {
    /// Everything below a thread in the spawn relation.
    Below(ThreadId),
    /// Threads that may have a folded text in their texts.
    Term(String),
    Label(String, String),
}

impl Driver {
    /// The column of which this finds nothing but what the filter wants.
    pub(super) fn column(&self) -> Option<&'static str> {
        match self {
            Self::Walks { column, .. } => Some(column),
            Self::Keys(_) => None,
        }
    }
}

/// The filters that can drive, those first that usually leave the least; none if a filter matches
/// nothing.
pub(super) fn options(filter: &ListFilter) -> Vec<Driver> {
    if matches_nothing(filter) {
        return vec![];
    }
    if let Some(Relation::DescendantsOf(ancestor)) = filter.relation {
        // Who is below whom is told by no row alone.
        return vec![Driver::Keys(Keys::Below(ancestor))];
    }
    let mut options = columns(filter);
    if options.is_empty() {
        options.push(Driver::Walks { column: "all", values: vec![Value::Any] });
    }
    options.extend(keys(filter).map(Driver::Keys));
    options
}

fn matches_nothing(filter: &ListFilter) -> bool {
    filter.cwds.as_ref().is_some_and(Vec::is_empty)
        || filter.model_providers.as_ref().is_some_and(Vec::is_empty)
        || filter.source_kinds.as_ref().is_some_and(Vec::is_empty)
}

fn columns(filter: &ListFilter) -> Vec<Driver> {
    let mut columns = Vec::new();
    if let Some(Relation::ChildrenOf(parent)) = filter.relation {
        columns.push(Driver::Walks { column: "spawn_parent", values: vec![Value::Id(parent)] });
    }
    let cwds = filter.cwds.as_ref().map(|cwds| texts(cwds.iter().map(|cwd| cwd_key(cwd))));
    let providers = filter.model_providers.as_ref().map(|names| texts(names.iter().cloned()));
    let kinds = filter.source_kinds.as_ref();
    let sources = kinds.map(|kinds| texts(kinds.iter().map(|kind| kind.as_str().to_owned())));
    for (column, values) in [("cwd", cwds), ("provider", providers), ("source", sources)] {
        if let Some(values) = values.filter(|values| values.len() <= MOST_WALKS) {
            columns.push(Driver::Walks { column, values });
        }
    }
    columns
}

/// Each text once.
fn texts(texts: impl Iterator<Item = String>) -> Vec<Value> {
    texts.collect::<BTreeSet<_>>().into_iter().map(Value::Text).collect()
}

fn keys(filter: &ListFilter) -> impl Iterator<Item = Keys> {
    // The empty text is in every text.
    let term = filter.search_term.as_deref().map(fold).filter(|term| !term.is_empty());
    let labels = filter.labels.iter().take(MOST_LABELS);
    let labels = labels.map(|(name, value)| Keys::Label(name.clone(), value.clone()));
    term.map(Keys::Term).into_iter().chain(labels)
}

impl Keys {
    /// Writes the keys as a table `found`, each once, for what follows.
    pub(super) fn push_found(&self, query: &mut QueryBuilder<Sqlite>) {
        if let Self::Below(ancestor) = self {
            push_below(query, *ancestor);
            query.push(", ");
        } else {
            query.push("WITH ");
        }
        // Two places may name a thread that has a term; nothing else is found twice.
        let each_once = if matches!(self, Self::Term(_)) { "DISTINCT " } else { "" };
        query.push(format_args!("found (key) AS MATERIALIZED (SELECT {each_once}key FROM ("));
        self.push_select(query);
        query.push(")) ");
    }

    /// Writes the query for the keys; what is below a thread is in a table `below`.
    pub(super) fn push_select(&self, query: &mut QueryBuilder<Sqlite>) {
        match self {
            Self::Below(ancestor) => {
                query.push("SELECT key FROM below WHERE thread_id <> ");
                query.push_bind(&ancestor.as_bytes()[..]);
            }
            Self::Term(folded) => {
                grams::push_candidates(query, "text_grams", folded);
                // What the index does not have yet may have it.
                query.push(" UNION ALL SELECT key FROM heads WHERE pending <> 0 AND pending >= 2");
            }
            Self::Label(name, value) => {
                query.push("SELECT key FROM labels WHERE name = ").push_bind(name);
                query.push(" AND value = ").push_bind(value);
            }
        }
    }
}

/// Everything below a thread, as a table of keys. `UNION` meets each thread once, also in a ring.
pub(crate) fn push_below(query: &mut QueryBuilder<Sqlite>, ancestor: ThreadId) {
    query.push("WITH RECURSIVE below (key, thread_id) AS (SELECT key, thread_id FROM listing WHERE spawn_parent = ");
    query.push_bind(&ancestor.as_bytes()[..]);
    query.push(
        " AND archived IN (0, 1) UNION SELECT child.key, child.thread_id FROM below
          CROSS JOIN listing child ON child.archived IN (0, 1) AND child.spawn_parent = below.thread_id)",
    );
}
