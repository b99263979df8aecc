use sqlx::{QueryBuilder, Row as _, SqliteConnection};
use thread_store::{
    Direction, ListFilter, Relation, Scan, SourceKind, ThreadId, TimeRange, Timestamp,
};

use super::{scans, stored};
use crate::list::driver::{self, Driver, Keys};
use crate::list::order::index_suffix;
use crate::list::packed;
use crate::list::question::Question;

async fn plan(
    connection: &mut SqliteConnection,
    filter: &ListFilter,
    driver: &Driver,
    scan: Scan,
) -> Vec<String> {
    let follow_up = scan.after.map(|_| Scan { direction: scan.direction.reversed(), ..scan });
    let question = Question { filter, driver: driver.clone(), scan, follow_up };
    let mut query = QueryBuilder::new("EXPLAIN QUERY PLAN ");
    packed::push(&mut query, &question);
    let rows = query.build().fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

/// Filters that each give something to drive by.
fn driving() -> Vec<ListFilter> {
    let any = ListFilter::default();
    let id = ThreadId::from_bytes([7; 16]);
    vec![
        any.clone(),
        any.clone().with_source_kinds(vec![SourceKind::Cli, SourceKind::Exec]),
        any.clone().with_model_providers(vec!["p".into()]),
        any.clone().with_cwds(vec!["/a".into(), "/b".into(), "/c".into()]),
        any.clone().with_relation(Relation::ChildrenOf(id)),
        any.clone()
            .with_relation(Relation::ChildrenOf(id))
            .with_cwds(vec!["/a".into()])
            .with_model_providers(vec!["p".into(), "q".into()])
            .with_source_kinds(vec![SourceKind::Cli]),
        any.clone().with_relation(Relation::DescendantsOf(id)).with_cwds(vec!["/a".into()]),
    ]
}

/// Conditions, alone and together.
fn narrowed(filter: ListFilter) -> impl Iterator<Item = ListFilter> {
    (0..64_u8).map(move |bits| {
        let mut filter = filter.clone();
        let has = |bit: u8| bits & (1 << bit) != 0;
        filter.archived = has(0).then_some(false);
        filter.has_preview = has(1).then_some(true);
        filter.search_term = has(2).then(|| "some words".to_owned());
        if has(3) {
            filter.labels = [("team".to_owned(), "core".to_owned())].into();
        }
        if has(4) {
            filter.created = TimeRange::new(Some(Timestamp::from_millis(3)), None);
        }
        if has(5) {
            filter.updated = TimeRange::new(None, Some(Timestamp::from_millis(9)));
        }
        filter
    })
}

/// Steps that go over what was found already, or over what is bound.
fn is_of_what_was_found(step: &str) -> bool {
    ["SCAN page", "SCAN found", "SCAN below", "SCAN (subquery", "SCAN json_each", "SCAN wanted"]
        .iter()
        .any(|allowed| step.starts_with(allowed))
        || step.starts_with("SCAN text_grams VIRTUAL TABLE INDEX 0:M")
}

/// Rule L8, by the plans: whatever is chosen to drive, its walks follow an index from where the page
/// begins in the order of the page, and nothing is scanned or sorted.
#[tokio::test]
async fn no_combination_of_filters_scans_and_no_walk_sorts() {
    let mut connection = stored([]).await;
    for filter in driving().into_iter().flat_map(narrowed) {
        for driver in driver::options(&filter) {
            // What follows the page the other way is asked in the same statement.
            let scans = scans().filter(|scan| scan.after.is_some() == filter.archived.is_some());
            for scan in scans.filter(|scan| scan.direction == Direction::Descending) {
                let steps = plan(&mut connection, &filter, &driver, scan).await;
                let scanned = steps.iter().filter(|step| step.starts_with("SCAN "));
                for step in scanned {
                    assert!(is_of_what_was_found(step), "{step} {filter:?} {driver:?} {steps:?}");
                }
                match &driver {
                    Driver::Walks { column, values } => {
                        assert_walks(&steps, column, values.len(), &filter, scan);
                    }
                    Driver::Keys(_) => assert_keys(&steps),
                }
            }
        }
    }
}

fn assert_walks(steps: &[String], column: &str, values: usize, filter: &ListFilter, scan: Scan) {
    let index = format!("INDEX {column}_by_{} (archived=?", index_suffix(scan.sort_key));
    let walked: Vec<_> = steps.iter().filter(|step| step.starts_with("SEARCH l ")).collect();
    let sides = if filter.archived.is_some() { 1 } else { 2 };
    // The page, and what follows it the other way.
    let pages = if scan.after.is_some() { 2 } else { 1 };
    assert_eq!(walked.len(), values * sides * pages, "{steps:?}");
    for step in walked {
        assert!(step.contains(&index), "{steps:?}");
        assert!(scan.after.is_none() || step.contains(",thread_id)"), "{steps:?}");
    }
    assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER")), "{steps:?}");
}

fn assert_keys(steps: &[String]) {
    let by_key = "SEARCH l USING INTEGER PRIMARY KEY (rowid=?)".to_owned();
    assert!(steps.contains(&by_key), "{steps:?}");
}

#[tokio::test]
async fn what_the_index_of_texts_lacks_yet_is_found_by_an_index() {
    let mut connection = stored([]).await;
    let filter = ListFilter::default().with_search_term("ab".to_owned());
    let driver = Driver::Keys(Keys::Term("ab".to_owned()));
    let scan = scans().next().unwrap();
    let steps = plan(&mut connection, &filter, &driver, scan).await;
    assert!(
        steps
            .iter()
            .any(|step| step.starts_with("SEARCH heads USING COVERING INDEX heads_pending")),
        "{steps:?}"
    );
}

#[tokio::test]
async fn whether_there_is_a_preview_is_told_by_the_index() {
    let mut connection = stored([]).await;
    let filter = ListFilter::default().with_archived(false).with_has_preview(true);
    for scan in scans() {
        let driver = driver::options(&filter).remove(0);
        let steps = plan(&mut connection, &filter, &driver, scan).await;
        assert!(steps.iter().any(|step| step.contains("USING COVERING INDEX all_by")), "{steps:?}");
    }
}
