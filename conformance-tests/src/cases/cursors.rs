//! Cursors.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::population::Population;
use crate::support::words::*;

fn list() -> ListThreads {
    ListThreads::new().with_page_size(2)
}

async fn next(cx: &Cx, list: ListThreads) -> CaseResult<Cursor> {
    expect_some("a next cursor", cx.page(list).await?.next_cursor)
}

/// The cursor is refused as such.
async fn expect_refused(cx: &Cx, list: ListThreads) -> CaseResult {
    let error =
        expect_error("list_threads", "invalid_request", cx.store().list_threads(list).await)?;
    match error.kind() {
        ErrorKind::InvalidRequest { field, .. } => expect_eq("the field", "cursor", field.as_ref()),
        kind => fail("the kind", "invalid request", kind),
    }
}

pub(super) async fn the_previous_cursor_of_the_first_page_shows_later_what_is_newer(
    cx: Cx,
) -> CaseResult {
    let row = cx.row(3).await?;
    let list = list().with_direction(Direction::Descending);
    let first = cx.page(list.clone()).await?;
    expect_eq("the first page", vec![row[2], row[1]], ids(&first))?;
    let newer = list.with_cursor(expect_some("a previous cursor", first.previous_cursor.clone())?);
    let nothing = cx.page(newer.clone()).await?;
    expect_eq("at first", vec![], ids(&nothing))?;
    expect_eq("its previous cursor", None, nothing.previous_cursor)?;
    let onward = cx.page(newer.clone().with_cursor(nothing.next_cursor)).await?;
    expect_eq("behind it", ids(&first), ids(&onward))?;
    let mut new = Vec::new();
    for millis in [10, 20] {
        new.insert(0, cx.made_at(millis).await?);
    }
    let page = cx.page(newer.clone()).await?;
    expect_eq("later", &new, &ids(&page))?;
    expect("the page we came from follows", page.next_cursor.is_some())?;
    let third = cx.made_at(30).await?;
    expect_eq("the two nearest", new, ids(&cx.page(newer).await?))?;
    let cursor = expect_some("a previous cursor", page.previous_cursor)?;
    let list = ListThreads::new().with_direction(Direction::Descending).with_cursor(cursor);
    expect_eq("newer still", vec![third], ids(&cx.page(list).await?))
}

pub(super) async fn pages_back_are_the_pages_forward(cx: Cx) -> CaseResult {
    for n in 0..11 {
        cx.made_at(n / 3).await?;
    }
    for list in
        [list(), list().with_direction(Direction::Descending).with_sort_key(SortKey::Recency)]
    {
        let pages = cx.pages(list.clone()).await?;
        let mut at = expect_some("a last page", pages.last())?.clone();
        for earlier in pages.iter().rev().skip(1) {
            let cursor = expect_some("a previous cursor", at.previous_cursor)?;
            at = cx.page(list.clone().with_cursor(cursor)).await?;
            expect_eq("the page before", earlier, &at)?;
        }
        let cursor = expect_some("a previous cursor", at.previous_cursor)?;
        expect_eq("before the first", vec![], ids(&cx.page(list.with_cursor(cursor)).await?))?;
    }
    Ok(())
}

pub(super) async fn forward_and_back_and_forward_stands_where_it_was(cx: Cx) -> CaseResult {
    cx.row(6).await?;
    let second = cx.page(list().with_cursor(next(&cx, list()).await?)).await?;
    let first = cx.page(list().with_cursor(second.previous_cursor.clone())).await?;
    let again = cx.page(list().with_cursor(first.next_cursor)).await?;
    expect_eq("the second page", second, again)
}

pub(super) async fn a_page_reached_backwards_knows_whether_anything_follows(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let row = cx.row(3).await?;
    let last = cx.page(list().with_cursor(next(&cx, list()).await?)).await?;
    let back = list().with_cursor(expect_some("a previous cursor", last.previous_cursor)?);
    expect("the last page follows", cx.page(back.clone()).await?.next_cursor.is_some())?;
    cx.delete(row[2]).await?;
    let page = cx.page(back).await?;
    expect_eq("the page", &row[..2], &ids(&page))?;
    expect_eq("what follows", None, page.next_cursor)
}

pub(super) async fn a_cursor_can_be_used_against_its_direction(cx: Cx) -> CaseResult {
    let row = cx.row(6).await?;
    let cursor = next(&cx, list()).await?;
    let turned = list().with_direction(Direction::Descending).with_cursor(cursor);
    let page = cx.page(turned).await?;
    expect_eq("the rows behind it, in the direction asked", vec![row[3], row[2]], ids(&page))?;
    expect("rows follow", page.next_cursor.is_some())
}

pub(super) async fn a_cursor_fits_any_page_size(cx: Cx) -> CaseResult {
    let row = cx.row(9).await?;
    let cursor = next(&cx, list()).await?;
    for size in 1..9 {
        let page =
            cx.page(ListThreads::new().with_page_size(size).with_cursor(cursor.clone())).await?;
        expect_eq("the page", &row[2..(2 + size).min(9)], &ids(&page))?;
    }
    Ok(())
}

pub(super) async fn text_that_is_no_cursor_is_refused(cx: Cx) -> CaseResult {
    cx.row(3).await?;
    let long = "A".repeat(100_000);
    for text in
        ["", " ", "0", "next", "null", "=", "größe", "\0", "' OR 1=1 --", "{}", "AAAA", &long]
    {
        expect_refused(&cx, list().with_cursor(Cursor::new(text))).await?;
    }
    Ok(())
}

pub(super) async fn a_damaged_cursor_is_refused(cx: Cx) -> CaseResult {
    cx.row(3).await?;
    let cursor = next(&cx, list()).await?;
    let text = cursor.as_str();
    for at in text.char_indices().map(|(at, _)| at) {
        expect_refused(&cx, list().with_cursor(Cursor::new(&text[..at]))).await?;
        let other = if text[at..].starts_with('A') { "B" } else { "A" };
        let rest: String = text[at..].chars().skip(1).collect();
        let changed = format!("{}{other}{rest}", &text[..at]);
        expect_refused(&cx, list().with_cursor(Cursor::new(changed))).await?;
    }
    for changed in
        [format!("{text}A"), format!("{text}{text}"), format!(" {text}"), format!("{text}\n")]
    {
        expect_refused(&cx, list().with_cursor(Cursor::new(changed))).await?;
    }
    expect_eq("the cursor as it was", 1, cx.page(list().with_cursor(cursor)).await?.threads.len())
}

pub(super) async fn a_cursor_fits_no_other_filter(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    let one = |filter: ListFilter| ListThreads::from(filter).with_page_size(1);
    let unfiltered = next(&cx, one(ListFilter::default())).await?;
    for (_, filter) in population.filters() {
        expect_refused(&cx, one(filter.clone()).with_cursor(unfiltered.clone())).await?;
        if let Some(cursor) = cx.page(one(filter)).await?.next_cursor {
            expect_refused(&cx, one(ListFilter::default()).with_cursor(cursor)).await?;
        }
    }
    Ok(())
}

pub(super) async fn a_cursor_fits_no_other_value_of_its_filter(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    let filters = population.filters();
    for (n, (about, filter)) in filters.iter().enumerate() {
        let page = cx.page(ListThreads::from(filter.clone()).with_page_size(1)).await?;
        let Some(cursor) = page.next_cursor else {
            continue;
        };
        for (m, (other, filter)) in filters.iter().enumerate() {
            if about == other && n != m {
                let list = ListThreads::from(filter.clone()).with_cursor(cursor.clone());
                expect_refused(&cx, list).await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn a_cursor_fits_no_other_sort_key(cx: Cx) -> CaseResult {
    cx.row(5).await?;
    for of in SortKey::ALL {
        let cursor = next(&cx, list().with_sort_key(of)).await?;
        for used in SortKey::ALL.into_iter().filter(|key| *key != of) {
            expect_refused(&cx, list().with_sort_key(used).with_cursor(cursor.clone())).await?;
        }
    }
    Ok(())
}

pub(super) async fn a_cursor_outlives_the_handle(mut cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    let lists: Vec<_> = Population::orders().map(|list| list.with_page_size(7)).collect();
    let mut cursors = Vec::new();
    for list in lists {
        let page = cx.page(list.clone()).await?;
        cursors.push((list, page.next_cursor));
    }
    cx.reopen().await?;
    for (list, cursor) in cursors {
        let expected = population.list(&list).split_off(7);
        expect_eq("the rest", expected, cx.list(list.with_cursor(cursor)).await?)?;
    }
    Ok(())
}

pub(super) async fn a_cursor_works_through_another_handle_and_as_text(cx: Cx) -> CaseResult {
    let row = cx.row(4).await?;
    let cursor = next(&cx, list()).await?;
    let text = Cursor::new(cursor.to_string());
    let page = cx.open().await?.list_threads(list().with_cursor(text)).await?;
    expect_eq("the page", &row[2..], &ids(&page))
}

pub(super) async fn a_cursor_stays_good_when_its_row_is_gone(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let row = cx.row(6).await?;
    let page = cx.page(list().with_cursor(next(&cx, list()).await?)).await?;
    for n in [2, 3] {
        cx.delete(row[n]).await?;
    }
    expect_eq("behind it", &row[4..], &ids(&cx.page(list().with_cursor(page.next_cursor)).await?))?;
    expect_eq(
        "before it",
        &row[..2],
        &ids(&cx.page(list().with_cursor(page.previous_cursor)).await?),
    )
}

pub(super) async fn a_page_after_everything_behind_it_went_is_empty(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let row = cx.row(4).await?;
    let cursor = next(&cx, list()).await?;
    for id in &row[2..] {
        cx.delete(*id).await?;
    }
    let page = cx.page(list().with_cursor(cursor)).await?;
    expect_eq("the page", vec![], ids(&page))?;
    expect_eq("its cursors", (None, None), (page.next_cursor, page.previous_cursor))
}
