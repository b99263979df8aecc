use std::collections::BTreeMap;

use super::*;
use crate::params::ListThreads;
use crate::{
    Direction, Identity, Limits, SessionSource, SourceKind, StoredThread, ThreadId, ThreadMetadata,
    Timestamp,
};

fn id(n: u8) -> ThreadId {
    ThreadId::from_bytes([n; 16])
}

fn thread(n: u8, created: i64) -> StoredThread {
    let time = Timestamp::from_millis(created);
    StoredThread::new(id(n), Identity::new(time), ThreadMetadata::new(time))
}

fn child(n: u8, parent: u8) -> StoredThread {
    let mut thread = thread(n, 0);
    thread.identity.source = SessionSource::spawned_by(id(parent), 1);
    thread.identity.parent_thread_id = Some(id(parent));
    thread
}

fn alone(_: ThreadId) -> Option<ThreadId> {
    None
}

/// Answers a list from rows in any order, the way a store would.
fn list(rows: &[StoredThread], params: &ListThreads) -> ThreadPage {
    let walk = |scan: Scan| scan.select(&params.filter, rows.iter(), alone);
    let plan = ListPlan::new(params, &Limits::default()).unwrap();
    let found = walk(plan.scan());
    let followed = plan.follow_up(&found).is_some_and(|scan| !walk(scan).is_empty());
    plan.page(found, followed)
}

fn ids(page: &ThreadPage) -> Vec<ThreadId> {
    page.threads.iter().map(|thread| thread.thread_id).collect()
}

#[test]
fn pages_forward_and_back_meet_every_row_once_though_times_are_equal() {
    let rows: Vec<_> = (1..=10).map(|n| thread(n, i64::from(n / 4))).collect();
    for direction in [Direction::Ascending, Direction::Descending] {
        let mut expected: Vec<_> = (1..=10).map(id).collect();
        if direction == Direction::Descending {
            expected.reverse();
        }
        for size in 1..=11 {
            let mut params = ListThreads::new().with_direction(direction).with_page_size(size);
            let mut forward = Vec::new();
            let mut last;
            loop {
                let page = list(&rows, &params);
                forward.extend(ids(&page));
                last = page.clone();
                match page.next_cursor {
                    Some(cursor) => params.cursor = Some(cursor),
                    None => break,
                }
            }
            assert_eq!(forward, expected);
            let mut back = ids(&last);
            params.cursor = last.previous_cursor;
            loop {
                let page = list(&rows, &params);
                if page.threads.is_empty() {
                    assert_eq!(page.previous_cursor, None);
                    // From before the first row it goes on to the first row.
                    params.cursor = page.next_cursor;
                    assert_eq!(ids(&list(&rows, &params))[0], expected[0]);
                    break;
                }
                assert!(page.next_cursor.is_some());
                back.splice(0..0, ids(&page));
                params.cursor = page.previous_cursor;
            }
            assert_eq!(back, expected);
        }
    }
}

#[test]
fn from_before_the_first_row_there_is_a_way_on_also_at_the_ends_of_all_ids() {
    for (n, direction) in [(0, Direction::Ascending), (0xff, Direction::Descending)] {
        let rows = [thread(n, 5)];
        let params = ListThreads::new().with_direction(direction);
        let first = list(&rows, &params);
        let nothing = list(&rows, &params.clone().with_cursor(first.previous_cursor));
        let onward = list(&rows, &params.with_cursor(nothing.next_cursor));
        assert_eq!(ids(&onward), [id(n)]);
    }
}

#[test]
fn a_page_reached_backwards_is_the_last_one_if_what_followed_is_gone() {
    let mut rows: Vec<_> = (1..=3).map(|n| thread(n, i64::from(n))).collect();
    let last = list(
        &rows,
        &ListThreads::new()
            .with_page_size(2)
            .with_cursor(list(&rows, &ListThreads::new().with_page_size(2)).next_cursor.unwrap()),
    );
    rows.pop();
    let page = list(
        &rows,
        &ListThreads::new().with_page_size(2).with_cursor(last.previous_cursor.unwrap()),
    );
    assert_eq!(ids(&page), [id(1), id(2)]);
    assert_eq!(page.next_cursor, None);
}

#[test]
fn a_cursor_of_another_list_or_a_damaged_one_is_refused() {
    let rows = [thread(1, 1), thread(2, 2)];
    let params = ListThreads::new().with_page_size(1);
    let cursor = list(&rows, &params).next_cursor.unwrap();
    let refused =
        |params: ListThreads| ListPlan::new(&params, &Limits::default()).unwrap_err().code();

    let other_filter = ListFilter::default().with_archived(false);
    assert_eq!(
        refused(params.clone().with_cursor(cursor.clone()).with_filter(other_filter)),
        "invalid_request"
    );
    assert_eq!(
        refused(params.clone().with_cursor(cursor.clone()).with_sort_key(SortKey::Updated)),
        "invalid_request"
    );
    for at in 0..cursor.as_str().len() {
        let mut text = cursor.as_str().to_owned();
        let replacement = if &text[at..=at] == "A" { "B" } else { "A" };
        text.replace_range(at..=at, replacement);
        assert_eq!(refused(params.clone().with_cursor(Cursor::new(text))), "invalid_request");
    }
    for text in ["", "x", "2026-11-20T16:33:14Z", "é"] {
        assert_eq!(refused(params.clone().with_cursor(Cursor::new(text))), "invalid_request");
    }
}

#[test]
fn a_cursor_does_not_mind_the_order_of_alternatives_or_the_direction() {
    let mut rows = [thread(1, 1), thread(2, 2), thread(3, 3)];
    rows.iter_mut().for_each(|row| row.metadata.model_provider = Some("a".into()));
    let filter = |names: [&str; 2]| {
        ListFilter::default().with_model_providers(names.map(str::to_owned).to_vec())
    };
    let params = ListThreads::new().with_page_size(1).with_filter(filter(["a", "b"]));
    let cursor = list(&rows, &params).next_cursor.unwrap();
    let turned = params
        .with_filter(filter(["b", "a"]))
        .with_cursor(cursor)
        .with_direction(Direction::Descending)
        .with_page_size(9);
    assert_eq!(ids(&list(&rows, &turned)), [id(3), id(2)]);
}

#[test]
fn a_page_size_of_zero_is_refused_and_a_large_one_clamped() {
    let limits = Limits::default();
    let zero = ListThreads::new().with_page_size(0);
    assert_eq!(ListPlan::new(&zero, &limits).unwrap_err().code(), "invalid_request");
    let large = ListThreads::new().with_page_size(limits.max_page_size + 1);
    let page = ListPlan::new(&large, &limits).unwrap().page(Vec::new(), false);
    assert_eq!((page.page_size, page.clamped), (limits.max_page_size, true));
}

#[test]
fn none_is_any_and_an_empty_list_of_alternatives_is_nothing() {
    let thread = thread(1, 1);
    assert!(ListFilter::default().matches(&thread, alone));
    for nothing in [
        ListFilter::default().with_source_kinds(vec![]),
        ListFilter::default().with_model_providers(vec![]),
        ListFilter::default().with_cwds(vec![]),
    ] {
        assert!(!nothing.matches(&thread, alone));
    }
}

#[test]
fn descendants_end_at_a_thread_that_is_gone_and_rings_end() {
    let threads: BTreeMap<_, _> = [child(2, 1), child(3, 2), child(4, 3), child(8, 9), child(9, 8)]
        .map(|it| (it.thread_id, it))
        .into();
    let of = |ancestor: u8, gone: u8| {
        let filter = ListFilter::default().with_relation(Relation::DescendantsOf(id(ancestor)));
        let parent_of = |thread: ThreadId| {
            if thread == id(gone) {
                None
            } else {
                threads.get(&thread).and_then(StoredThread::spawn_parent)
            }
        };
        let found =
            threads.values().filter(|it| it.thread_id != id(gone) && filter.matches(it, parent_of));
        found.map(|it| it.thread_id).collect::<Vec<_>>()
    };
    assert_eq!(of(1, 0), [id(2), id(3), id(4)]);
    assert_eq!(of(1, 3), [id(2)]);
    assert_eq!(of(3, 3), [id(4)]);
    assert_eq!(of(8, 0), [id(9)]);
    assert_eq!(of(7, 0), []);
}

#[test]
fn every_filter_that_keeps_a_thread_off_is_told() {
    let filter = ListFilter::default()
        .with_archived(true)
        .with_source_kinds(vec![SourceKind::Cli])
        .with_model_providers(vec!["p".into()])
        .with_cwds(vec!["/c".into()])
        .with_relation(Relation::ChildrenOf(id(9)))
        .with_labels([("k".to_owned(), "v".to_owned())].into())
        .with_has_preview(true)
        .with_search_term("x".to_owned())
        .with_created(TimeRange::new(Some(Timestamp::from_millis(5)), None))
        .with_updated(TimeRange::new(None, Some(Timestamp::from_millis(1))));
    let mismatches = filter.mismatches(&thread(1, 1), alone);
    assert_eq!(mismatches.len(), 10, "{mismatches:?}");
    let ancestor = ListFilter::default().with_relation(Relation::DescendantsOf(id(9)));
    assert_eq!(ancestor.mismatches(&thread(1, 1), alone), [Mismatch::Ancestor { chain: vec![] }]);
}
