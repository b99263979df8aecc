//! Lists: filters and cursors as SQL.
//!
//! Of the filters that have an index, one drives the walk. Each of its alternatives is walked by
//! itself, in the order of the list and no further than a page, and the walks are merged: so a page
//! costs what its rows cost, however many threads there are. The other filters are conditions.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use thread_store::{
    DamageReport, DamagedRecord, Direction, ListFilter, Relation, Scan, SortKey, StoredThread,
    ThreadId, TimeRange, cwd_key,
};

use crate::error::Result;
use crate::record::{Stored, columns};

/// More alternatives than this are one condition on a walk over everything.
const MOST_WALKS: usize = 50;

/// The threads that match, in the order of the scan, and which of their records are damaged.
pub(crate) async fn scan(
    connection: &mut SqliteConnection,
    filter: &ListFilter,
    scan: &Scan,
) -> Result<(Vec<StoredThread>, DamageReport)> {
    let (mut threads, mut damage) = (Vec::new(), DamageReport::default());
    let walks = walks(filter);
    if walks.is_empty() {
        return Ok((threads, damage));
    }
    let mut query = QueryBuilder::new("");
    push_page(&mut query, &walks, filter, scan);
    for row in query.build().fetch_all(connection).await? {
        let stored = Stored::read(&row)?;
        if let Some(column) = stored.damaged {
            let location = format!("thread {}", stored.head.thread_id);
            damage.push(DamagedRecord::new(location, None, format!("its {column} cannot be read")));
        }
        threads.push(stored.thread);
    }
    Ok((threads, damage))
}

fn push_page(query: &mut QueryBuilder<Sqlite>, walks: &[Walk], filter: &ListFilter, scan: &Scan) {
    let (time, order) = (column(scan.sort_key), order(scan.direction));
    if let Some(Relation::DescendantsOf(ancestor)) = filter.relation {
        push_below(query, ancestor);
    }
    query.push(concat!("SELECT ", columns!(), " FROM ("));
    for (at, walk) in walks.iter().enumerate() {
        query.push(if at == 0 { "" } else { " UNION ALL " });
        push_walk(query, walk, filter, scan);
    }
    query.push(
        ") page JOIN threads t USING (key) JOIN heads h USING (key) LEFT JOIN holders o USING (key)
           JOIN listing narrow USING (key)",
    );
    query.push(format_args!(" ORDER BY page.{time} {order}, page.thread_id {order} LIMIT "));
    query.push_bind(limit(scan));
}

/// The threads below one in the spawn relation, with their keys: parents before children.
pub(crate) async fn descendants(
    connection: &mut SqliteConnection,
    ancestor: ThreadId,
) -> Result<Vec<ThreadId>> {
    let mut found = vec![];
    let mut seen = BTreeSet::from([ancestor]);
    let mut at = ancestor;
    for next in 0.. {
        let children: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT thread_id FROM listing WHERE archived IN (0, 1) AND spawn_parent = ?
             ORDER BY created_at, thread_id",
        )
        .bind(&at.as_bytes()[..])
        .fetch_all(&mut *connection)
        .await?;
        let children = children.iter().filter_map(|bytes| bytes.as_slice().try_into().ok());
        found.extend(children.map(ThreadId::from_bytes).filter(|id| seen.insert(*id)));
        match found.get(next) {
            Some(thread_id) => at = *thread_id,
            None => break,
        }
    }
    Ok(found)
}

/// One alternative of the filter that drives, among the archived threads or the others.
struct Walk {
    archived: bool,
    by: By,
}

/// What is walked.
enum By {
    All,
    Source(&'static str),
    Provider(String),
    Cwd(String),
    SpawnParent(ThreadId),
    Below(ThreadId),
}

impl By {
    /// The column of the filter, which is also the name of its indexes.
    fn column(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Source(_) => "source",
            Self::Provider(_) => "provider",
            Self::Cwd(_) => "cwd",
            Self::SpawnParent(_) => "spawn_parent",
            Self::Below(_) => "key",
        }
    }
}

/// The walks of the filter that narrows the most, by what such filters usually leave; none if a
/// filter matches nothing.
fn walks(filter: &ListFilter) -> Vec<Walk> {
    let sides = [false, true].into_iter();
    let sides = sides.filter(|side| filter.archived.is_none_or(|only| only == *side));
    sides
        .flat_map(|archived| alternatives(filter).into_iter().map(move |by| Walk { archived, by }))
        .collect()
}

fn alternatives(filter: &ListFilter) -> Vec<By> {
    match filter.relation {
        Some(Relation::ChildrenOf(parent)) => return vec![By::SpawnParent(parent)],
        Some(Relation::DescendantsOf(ancestor)) => return vec![By::Below(ancestor)],
        _ => {}
    }
    let cwds = filter
        .cwds
        .as_ref()
        .map(|cwds| cwds.iter().map(|cwd| cwd_key(cwd)).collect::<BTreeSet<_>>());
    let providers =
        filter.model_providers.as_ref().map(|names| names.iter().cloned().collect::<BTreeSet<_>>());
    let sources = filter
        .source_kinds
        .as_ref()
        .map(|kinds| kinds.iter().map(|kind| kind.as_str()).collect::<BTreeSet<_>>());
    if let Some(cwds) = cwds.filter(|cwds| cwds.len() <= MOST_WALKS) {
        cwds.into_iter().map(By::Cwd).collect()
    } else if let Some(providers) = providers.filter(|names| names.len() <= MOST_WALKS) {
        providers.into_iter().map(By::Provider).collect()
    } else if let Some(sources) = sources {
        sources.into_iter().map(By::Source).collect()
    } else {
        vec![By::All]
    }
}

/// Everything below a thread, as a table of keys. `UNION` meets each thread once, also in a ring.
pub(crate) fn push_below(query: &mut QueryBuilder<Sqlite>, ancestor: ThreadId) {
    query.push("WITH RECURSIVE below (key, thread_id) AS (SELECT key, thread_id FROM listing WHERE spawn_parent = ");
    query.push_bind(ancestor.as_bytes().to_vec());
    query.push(
        " AND archived IN (0, 1) UNION SELECT child.key, child.thread_id FROM below
          CROSS JOIN listing child ON child.archived IN (0, 1) AND child.spawn_parent = below.thread_id) ",
    );
}

fn push_walk(query: &mut QueryBuilder<Sqlite>, walk: &Walk, filter: &ListFilter, scan: &Scan) {
    let (time, order) = (column(scan.sort_key), order(scan.direction));
    query.push(format_args!("SELECT * FROM (SELECT l.key, l.{time}, l.thread_id FROM "));
    match &walk.by {
        By::Below(ancestor) => {
            // `CROSS JOIN`: the subtree drives, whatever the planner thinks of its size.
            query.push("below CROSS JOIN listing l ON l.key = below.key WHERE l.thread_id <> ");
            query.push_bind(ancestor.as_bytes().to_vec());
            query.push(" AND l.archived = ").push_bind(walk.archived);
        }
        by => {
            let index = format_args!("{}_by_{}", by.column(), index_suffix(scan.sort_key));
            query.push(format_args!("listing l INDEXED BY {index} WHERE l.archived = "));
            query.push_bind(walk.archived);
            push_value(query, by);
        }
    }
    push_after(query, scan);
    push_conditions(query, walk.by.column(), filter);
    query.push(format_args!(" ORDER BY l.{time} {order}, l.thread_id {order} LIMIT "));
    query.push_bind(limit(scan));
    query.push(")");
}

fn push_value(query: &mut QueryBuilder<Sqlite>, by: &By) {
    if let By::All = by {
        return;
    }
    query.push(format_args!(" AND l.{} = ", by.column()));
    match by {
        By::All => query,
        By::Source(kind) => query.push_bind(*kind),
        By::Provider(name) => query.push_bind(name.clone()),
        By::Cwd(cwd) => query.push_bind(cwd.clone()),
        By::SpawnParent(id) | By::Below(id) => query.push_bind(id.as_bytes().to_vec()),
    };
}

fn push_after(query: &mut QueryBuilder<Sqlite>, scan: &Scan) {
    let Some(after) = scan.after else { return };
    let time = column(scan.sort_key);
    let beyond = match scan.direction {
        Direction::Ascending => ">",
        Direction::Descending => "<",
    };
    query.push(format_args!(" AND (l.{time}, l.thread_id) {beyond} ("));
    query.push_bind(after.time.as_millis());
    query.push(", ");
    query.push_bind(after.thread_id.as_bytes().to_vec());
    query.push(")");
}

/// Every filter that is not walked by already, as a condition.
pub(crate) fn push_conditions(query: &mut QueryBuilder<Sqlite>, walked: &str, filter: &ListFilter) {
    if let Some(kinds) = filter.source_kinds.as_ref().filter(|_| walked != "source") {
        push_any(query, "source", kinds.iter().map(|kind| kind.as_str().to_owned()));
    }
    if let Some(names) = filter.model_providers.as_ref().filter(|_| walked != "provider") {
        push_any(query, "provider", names.iter().cloned());
    }
    if let Some(cwds) = filter.cwds.as_ref().filter(|_| walked != "cwd") {
        push_any(query, "cwd", cwds.iter().map(|cwd| cwd_key(cwd)));
    }
    if let Some(wanted) = filter.has_preview {
        query.push(" AND l.has_preview = ").push_bind(wanted);
    }
    push_range(query, "created_at", filter.created);
    push_range(query, "updated_at", filter.updated);
    if !filter.labels.is_empty() {
        push_labels(query, &filter.labels);
    }
    if let Some(term) = &filter.search_term {
        query.push(" AND EXISTS (SELECT 1 FROM listing_texts x WHERE x.key = l.key AND (0");
        for column in ["text_1", "text_2", "text_3"] {
            query
                .push(format_args!(" OR instr(x.{column}, "))
                .push_bind(term.clone())
                .push(") > 0");
        }
        query.push("))");
    }
}

/// Any of these values: as one bound JSON array, so that their number has no limit.
fn push_any(query: &mut QueryBuilder<Sqlite>, column: &str, values: impl Iterator<Item = String>) {
    let values = serde_json::Value::from_iter(values).to_string();
    query.push(format_args!(" AND l.{column} IN (SELECT value FROM json_each("));
    query.push_bind(values).push("))");
}

/// All of these labels: none of the pairs wanted is missing.
fn push_labels(query: &mut QueryBuilder<Sqlite>, labels: &BTreeMap<String, String>) {
    let wanted = serde_json::Value::from_iter(
        labels.iter().map(|(name, value)| vec![name.as_str(), value.as_str()]),
    );
    query.push(" AND NOT EXISTS (SELECT 1 FROM json_each(").push_bind(wanted.to_string());
    query.push(
        ") wanted WHERE NOT EXISTS (SELECT 1 FROM labels WHERE labels.key = l.key
            AND name = wanted.value ->> 0 AND labels.value = wanted.value ->> 1))",
    );
}

fn push_range(query: &mut QueryBuilder<Sqlite>, column: &str, range: TimeRange) {
    if let Some(from) = range.from {
        query.push(format_args!(" AND l.{column} >= ")).push_bind(from.as_millis());
    }
    if let Some(to) = range.to {
        query.push(format_args!(" AND l.{column} < ")).push_bind(to.as_millis());
    }
}

fn column(key: SortKey) -> &'static str {
    match key {
        SortKey::Created => "created_at",
        SortKey::Updated => "updated_at",
        SortKey::Recency => "recency_at",
    }
}

fn index_suffix(key: SortKey) -> &'static str {
    match key {
        SortKey::Created => "created",
        SortKey::Updated => "updated",
        SortKey::Recency => "recency",
    }
}

fn order(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    }
}

fn limit(scan: &Scan) -> i64 {
    i64::try_from(scan.limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, Row as _};
    use thread_store::{Position, SourceKind, Timestamp};

    use super::*;
    use crate::schema;

    async fn plan(
        connection: &mut SqliteConnection,
        filter: &ListFilter,
        scan: &Scan,
    ) -> Vec<String> {
        let mut query = QueryBuilder::new("EXPLAIN QUERY PLAN ");
        push_page(&mut query, &walks(filter), filter, scan);
        let rows = query.build().fetch_all(connection).await.unwrap();
        rows.iter().map(|row| row.get("detail")).collect()
    }

    fn scans() -> impl Iterator<Item = Scan> {
        let after =
            Position { time: Timestamp::from_millis(5), thread_id: ThreadId::from_bytes([5; 16]) };
        let each = |after| {
            SortKey::ALL.into_iter().flat_map(move |sort_key| {
                [Direction::Ascending, Direction::Descending].map(|direction| Scan {
                    sort_key,
                    direction,
                    after,
                    limit: 10,
                })
            })
        };
        each(None).chain(each(Some(after)))
    }

    #[tokio::test]
    async fn a_page_below_an_ancestor_reads_its_subtree_and_nothing_else() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        schema::migrate(&mut connection).await.unwrap();
        let below = ListFilter::default()
            .with_relation(Relation::DescendantsOf(ThreadId::from_bytes([7; 16])));
        for filter in [
            below.clone(),
            below.clone().with_archived(false),
            below.with_model_providers(vec!["p".into()]),
        ] {
            for scan in scans() {
                let steps = plan(&mut connection, &filter, &scan).await;
                assert!(
                    steps.contains(&"SEARCH l USING INTEGER PRIMARY KEY (rowid=?)".to_owned()),
                    "{steps:?}"
                );
                assert!(!steps.iter().any(|step| step.starts_with("SCAN l")), "{steps:?}");
            }
        }
    }

    /// Rule L8, by the plans: each walk follows an index from where the page begins, in the order of
    /// the page, and nothing is scanned or sorted but the page itself.
    #[tokio::test]
    async fn a_page_with_one_filter_reads_and_sorts_nothing_but_its_rows() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        schema::migrate(&mut connection).await.unwrap();
        let id = ThreadId::from_bytes([7; 16]);
        for (filter, index) in [
            (ListFilter::default(), "all_by_"),
            (ListFilter::default().with_archived(false), "all_by_"),
            (
                ListFilter::default().with_source_kinds(vec![SourceKind::Cli, SourceKind::Exec]),
                "source_by_",
            ),
            (ListFilter::default().with_model_providers(vec!["p".into()]), "provider_by_"),
            (ListFilter::default().with_cwds(vec!["/a".into(), "/b".into()]), "cwd_by_"),
            (ListFilter::default().with_relation(Relation::ChildrenOf(id)), "spawn_parent_by_"),
        ] {
            for scan in scans() {
                let steps = plan(&mut connection, &filter, &scan).await;
                let index = format!("INDEX {index}{} (", index_suffix(scan.sort_key));
                let walked =
                    steps.iter().filter(|step| step.starts_with("SEARCH l ")).collect::<Vec<_>>();
                assert_eq!(walked.len(), walks(&filter).len(), "{steps:?}");
                for step in walked {
                    assert!(step.contains(&index), "{steps:?}");
                    assert_eq!(step.contains(",thread_id)"), scan.after.is_some(), "{steps:?}");
                }
                let scanned = steps.iter().filter(|step| step.starts_with("SCAN "));
                assert!(
                    scanned
                        .clone()
                        .all(|step| step == "SCAN page" || step.starts_with("SCAN (subquery")),
                    "{steps:?}"
                );
                let sorts = steps.iter().filter(|step| step.contains("TEMP B-TREE")).count();
                assert!(sorts <= 1, "{steps:?}");
            }
        }
    }
}
