//! The order of a list, in words of SQL.

use thread_store::{Direction, Scan, SortKey};

/// The column that is sorted by.
pub(super) fn column(key: SortKey) -> &'static str {
    match key {
        SortKey::Created => "created_at",
        SortKey::Updated => "updated_at",
        SortKey::Recency => "recency_at",
    }
}

/// How the names of indexes in this order end.
pub(super) fn index_suffix(key: SortKey) -> &'static str {
    match key {
        SortKey::Created => "created",
        SortKey::Updated => "updated",
        SortKey::Recency => "recency",
    }
}

pub(super) fn keyword(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    }
}

/// How what comes later compares with what comes before.
pub(super) fn beyond(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => ">",
        Direction::Descending => "<",
    }
}

pub(super) fn limit(scan: &Scan) -> i64 {
    i64::try_from(scan.limit).unwrap_or(i64::MAX)
}
