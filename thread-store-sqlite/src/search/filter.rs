//! In which threads to search.

use sqlx::{QueryBuilder, Sqlite};
use thread_store::{ListFilter, Relation};

use crate::list;

/// Writes the filter as conditions on a row `l` of `listing`.
pub(super) fn push(query: &mut QueryBuilder<Sqlite>, filter: &ListFilter) {
    if let Some(archived) = filter.archived {
        query.push(" AND l.archived = ").push_bind(archived);
    }
    if let Some(Relation::DescendantsOf(ancestor)) = filter.relation {
        query.push(" AND l.thread_id <> ").push_bind(ancestor.as_bytes().to_vec());
        query.push(" AND l.key IN (");
        list::push_below(query, ancestor);
        query.push(" SELECT key FROM below)");
    }
    list::push_conditions(query, None, filter);
}
