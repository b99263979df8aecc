//! In which threads to search.

use sqlx::{QueryBuilder, Sqlite};
use thread_store::{ListFilter, Relation};

use crate::list;

/// Writes the filter as conditions on a row `l` of `listing`.
pub(super) fn push(query: &mut QueryBuilder<Sqlite>, filter: &ListFilter) {
    if let Some(archived) = filter.archived {
        query.push(" AND l.archived = ").push_bind(archived);
    }
    match filter.relation {
        Some(Relation::ChildrenOf(parent)) => {
            query.push(" AND l.spawn_parent = ").push_bind(parent.as_bytes().to_vec());
        }
        Some(Relation::DescendantsOf(ancestor)) => {
            query.push(" AND l.thread_id <> ").push_bind(ancestor.as_bytes().to_vec());
            query.push(" AND l.key IN (");
            list::push_below(query, ancestor);
            query.push("SELECT key FROM below)");
        }
        _ => {}
    }
    list::push_conditions(query, "", filter);
}
