//! Pages of what was found.

use thread_store::*;

use super::searching::{found, ids, needs_search, page, search};
use crate::case::*;
use crate::support::context::{Cx, ENDLESS};
use crate::support::records::*;
use crate::support::words::named;

/// The request is refused for this field.
async fn expect_refused(cx: &Cx, field: &str, search: SearchThreads) -> CaseResult {
    needs_search(cx)?;
    let result = cx.store().search_threads(search).await;
    let error = expect_error("search_threads", "invalid_request", result)?;
    expect_eq("the operation", Some(Operation::SearchThreads), error.operation())?;
    match error.kind() {
        ErrorKind::InvalidRequest { field: said, .. } => {
            expect_eq("the field", field, said.as_ref())
        }
        kind => fail("the kind", "invalid request", kind),
    }
}

pub(super) async fn pages_put_together_have_each_thread_once(cx: Cx) -> CaseResult {
    let mut expected = Vec::new();
    for n in 0..11 {
        let messages: Vec<_> = (0..n % 3).map(|_| asks("needle")).collect();
        let metadata = named(if n % 2 == 0 { "needle" } else { "" }).recency_at(cx.time(n / 4));
        let create = cx.create().with_items(messages).with_metadata(metadata);
        let id = cx.make(create).await?;
        expected.extend((n % 2 == 0 || n % 3 > 0).then_some(id));
    }
    let mut whole = found(&cx, "needle").await?;
    for size in [1, 2, 3, expected.len(), 100] {
        let mut next = search("needle").with_page_size(size);
        let mut got = Vec::new();
        for _ in 0..ENDLESS {
            let page = page(&cx, next.clone()).await?;
            expect("no page is too large", page.hits.len() <= size)?;
            got.extend(ids(&page));
            next.cursor = page.next_cursor;
            if next.cursor.is_none() {
                break;
            }
        }
        expect_eq(&format!("pages of {size}"), &whole, &got)?;
        expect_eq(
            "how many",
            expected.len().div_ceil(size).max(1),
            got.len().div_ceil(size).max(1),
        )?;
    }
    whole.sort();
    expected.sort();
    expect_eq("each thread once", expected, whole)
}

pub(super) async fn the_last_page_of_a_search_has_no_next_cursor(cx: Cx) -> CaseResult {
    for _ in 0..4 {
        cx.with(named("needle")).await?;
    }
    let first = page(&cx, search("needle").with_page_size(2)).await?;
    let second = search("needle").with_page_size(2).with_cursor(first.next_cursor);
    expect_eq("after the second of two", None, page(&cx, second).await?.next_cursor)?;
    let whole = search("needle").with_page_size(4);
    expect_eq("after the only one", None, page(&cx, whole).await?.next_cursor)?;
    expect_eq("after nothing", None, page(&cx, search("hay")).await?.next_cursor)
}

pub(super) async fn a_search_for_nothing_is_refused(cx: Cx) -> CaseResult {
    cx.with(named(" ")).await?;
    for term in ["", " ", "\t\n", "\u{3000}\u{a0}"] {
        expect_refused(&cx, "term", search(term)).await?;
    }
    expect_refused(&cx, "page_size", search("x").with_page_size(0)).await
}

pub(super) async fn a_search_page_that_is_too_large_is_clamped_and_said_so(cx: Cx) -> CaseResult {
    cx.with(named("needle")).await?;
    let most = cx.capabilities().limits.max_page_size;
    for (size, clamped) in [(most, false), (most + 1, true), (usize::MAX, true)] {
        let page = page(&cx, search("needle").with_page_size(size)).await?;
        let told = (page.page_size, page.clamped, page.hits.len());
        expect_eq("the page", (most, clamped, 1), told)?;
    }
    Ok(())
}

pub(super) async fn a_cursor_of_a_search_fits_no_other(cx: Cx) -> CaseResult {
    for _ in 0..3 {
        let create = cx.create().with_metadata(named("needle hay"));
        cx.make(create).await?;
    }
    let first = page(&cx, search("needle").with_page_size(1)).await?;
    let cursor = expect_some("a next cursor", first.next_cursor)?;
    expect_refused(&cx, "cursor", search("hay").with_cursor(cursor.clone())).await?;
    let filter = ListFilter::default().with_archived(false);
    let filtered = search("needle").with_filter(filter).with_cursor(cursor.clone());
    expect_refused(&cx, "cursor", filtered).await?;
    let threads = cx.page(ListThreads::new().with_page_size(1)).await?.next_cursor;
    expect_refused(&cx, "cursor", search("needle").with_cursor(threads)).await?;
    let list = ListThreads::new().with_cursor(cursor.clone());
    expect_error("list_threads", "invalid_request", cx.store().list_threads(list).await)?;
    let text = cursor.as_str();
    for damaged in ["", "x", &text[1..], &text[..text.len() - 1], &format!("{text}A")] {
        let search = search("needle").with_cursor(Cursor::new(damaged));
        expect_refused(&cx, "cursor", search).await?;
    }
    let page = page(&cx, search("needle").with_cursor(cursor)).await?;
    expect_eq("the cursor as it was", 2, page.hits.len())
}
