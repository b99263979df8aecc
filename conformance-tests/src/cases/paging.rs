//! Order and pages of lists.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::ended;
use crate::support::words::*;

fn newest_first() -> ListThreads {
    ListThreads::new().with_direction(Direction::Descending)
}

/// The rest of a list, of which the caller has seen a page.
async fn rest(cx: &Cx, list: ListThreads, page: ThreadPage) -> CaseResult<Vec<ThreadId>> {
    let cursor = expect_some("a next cursor", page.next_cursor)?;
    cx.list(list.with_cursor(cursor)).await
}

pub(super) async fn every_key_sorts_both_ways(cx: Cx) -> CaseResult {
    let mut row = Vec::new();
    for (created, updated, recency) in [(1, 30, 200), (2, 10, 300), (3, 20, 100)] {
        let times = ThreadMetadataPatch::default()
            .updated_at(cx.time(updated))
            .recency_at(cx.time(recency));
        row.push(
            cx.make(cx.create().with_created_at(cx.time(created)).with_metadata(times)).await?,
        );
    }
    for (key, order) in [
        (SortKey::Created, [0, 1, 2]),
        (SortKey::Updated, [1, 2, 0]),
        (SortKey::Recency, [2, 0, 1]),
    ] {
        let mut expected = order.map(|n| row[n]).to_vec();
        let list = ListThreads::new().with_sort_key(key);
        expect_eq("upwards", &expected, &cx.list(list.clone()).await?)?;
        expected.reverse();
        let list = list.with_direction(Direction::Descending);
        expect_eq("downwards", &expected, &cx.list(list).await?)?;
    }
    Ok(())
}

pub(super) async fn equal_times_are_ordered_by_id_in_the_same_direction(cx: Cx) -> CaseResult {
    let mut ids: Vec<_> = (0..9).map(|_| cx.id()).collect();
    for n in [4, 0, 8, 2, 6, 1, 7, 3, 5] {
        cx.make(CreateThread::new(ids[n]).with_created_at(cx.time(7))).await?;
    }
    for _ in 0..2 {
        for key in SortKey::ALL {
            let direction =
                if ids.is_sorted() { Direction::Ascending } else { Direction::Descending };
            let list =
                ListThreads::new().with_sort_key(key).with_direction(direction).with_page_size(2);
            expect_eq("the list", &ids, &cx.list(list).await?)?;
        }
        ids.reverse();
    }
    Ok(())
}

pub(super) async fn ids_of_any_version_are_ordered_by_their_bytes(cx: Cx) -> CaseResult {
    let ids =
        [0x00, 0x01, 0x0f, 0x7f, 0x80, 0xa0, 0xff].map(|byte| ThreadId::from_bytes([byte; 16]));
    for id in ids.iter().rev() {
        cx.make(CreateThread::new(*id).with_created_at(cx.time(0))).await?;
    }
    expect_eq("the list", ids.to_vec(), cx.list(ListThreads::new().with_page_size(3)).await?)
}

pub(super) async fn pages_of_any_size_put_together_are_the_list(cx: Cx) -> CaseResult {
    let mut expected = Vec::new();
    for n in 0..12 {
        expected.push(cx.made_at(n / 4).await?);
    }
    for list in [ListThreads::new(), newest_first()] {
        for size in 1..=13 {
            let pages = cx.pages(list.clone().with_page_size(size)).await?;
            let listed: Vec<_> = pages.iter().flat_map(ids).collect();
            expect_eq("the list", &expected, &listed)?;
            expect_eq("the number of pages", 12_usize.div_ceil(size), pages.len())?;
            let full = pages[..pages.len() - 1].iter().all(|page| page.threads.len() == size);
            expect("every page but the last is full", full)?;
        }
        expected.reverse();
    }
    Ok(())
}

pub(super) async fn every_page_with_rows_has_a_previous_cursor(cx: Cx) -> CaseResult {
    cx.row(6).await?;
    for page in cx.pages(ListThreads::new().with_page_size(2)).await? {
        expect("there is a previous cursor", page.previous_cursor.is_some())?;
        expect_eq("the page size", (2, false), (page.page_size, page.clamped))?;
    }
    Ok(())
}

pub(super) async fn an_empty_list_is_one_page_without_cursors(cx: Cx) -> CaseResult {
    let page = cx.page(ListThreads::new()).await?;
    expect_eq("the rows", 0, page.threads.len())?;
    expect_eq("the cursors", (None, None), (page.next_cursor, page.previous_cursor))
}

pub(super) async fn a_page_size_of_zero_is_refused(cx: Cx) -> CaseResult {
    cx.thread(0).await?;
    let list = ListThreads::new().with_page_size(0);
    let error =
        expect_error("list_threads", "invalid_request", cx.store().list_threads(list).await)?;
    match error.kind() {
        ErrorKind::InvalidRequest { field, .. } => {
            expect_eq("the field", "page_size", field.as_ref())
        }
        kind => fail("the kind", "invalid request", kind),
    }
}

pub(super) async fn a_page_size_above_the_maximum_is_clamped_and_said_so(cx: Cx) -> CaseResult {
    let row = cx.row(3).await?;
    let most = cx.capabilities().limits.max_page_size;
    for size in [most, most.saturating_add(1), usize::MAX] {
        let page = cx.page(ListThreads::new().with_page_size(size)).await?;
        expect_eq("the rows", &row, &ids(&page))?;
        expect_eq("the page size", (most, size > most), (page.page_size, page.clamped))?;
    }
    Ok(())
}

pub(super) async fn a_clamped_page_goes_on_where_it_ended(cx: Cx) -> CaseResult {
    let most = cx.capabilities().limits.max_page_size;
    if most > 2000 {
        return skip("the largest page is too large to fill");
    }
    let row = cx.row(most as i64 + 1).await?;
    let pages = cx.pages(ListThreads::new().with_page_size(usize::MAX)).await?;
    expect_eq(
        "the pages",
        vec![row[..most].to_vec(), row[most..].to_vec()],
        pages.iter().map(ids).collect::<Vec<_>>(),
    )
}

pub(super) async fn threads_created_meanwhile_move_no_page(cx: Cx) -> CaseResult {
    let mut row = cx.row(8).await?;
    let list = newest_first().with_page_size(3);
    let page = cx.page(list.clone()).await?;
    let newer = cx.made_at(50).await?;
    let older = cx.made_at(-50).await?;
    let listed = [ids(&page), rest(&cx, list, page).await?].concat();
    row.insert(0, older);
    row.reverse();
    expect("the newer one is before the page", !listed.contains(&newer))?;
    expect_eq("the list", row, listed)
}

pub(super) async fn threads_archived_meanwhile_move_no_page(cx: Cx) -> CaseResult {
    let row = cx.row(9).await?;
    let list = ListThreads::from(ListFilter::default().with_archived(false)).with_page_size(3);
    let page = cx.page(list.clone()).await?;
    // On the page, at its edge, just behind it and far behind it.
    for n in [0, 2, 3, 7] {
        cx.store().archive_thread(row[n]).await?;
    }
    expect_eq("the rest", vec![row[4], row[5], row[6], row[8]], rest(&cx, list, page).await?)
}

pub(super) async fn threads_deleted_meanwhile_move_no_page(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let row = cx.row(9).await?;
    let list = ListThreads::new().with_page_size(3);
    let page = cx.page(list.clone()).await?;
    // On the page, at its edge, just behind it and far behind it.
    for n in [0, 2, 3, 7] {
        cx.delete(row[n]).await?;
    }
    expect_eq("the rest", vec![row[4], row[5], row[6], row[8]], rest(&cx, list, page).await?)
}

pub(super) async fn threads_edited_meanwhile_move_no_page_of_another_key(cx: Cx) -> CaseResult {
    let row = cx.row(9).await?;
    let list = ListThreads::new().with_page_size(4);
    let page = cx.page(list.clone()).await?;
    for (n, id) in row.iter().enumerate() {
        let touch = named("new").updated_at(cx.time(1000 - n as i64)).recency_at(cx.time(2000));
        cx.update(*id, touch).await?;
    }
    expect_eq("the rest", &row[4..], &rest(&cx, list, page).await?)
}

pub(super) async fn what_moves_in_the_order_hides_nothing_that_stands_still(cx: Cx) -> CaseResult {
    let row = cx.row(9).await?;
    let list = ListThreads::new().with_sort_key(SortKey::Updated).with_page_size(3);
    let page = cx.page(list.clone()).await?;
    for (n, millis) in [(0, 100), (2, 4), (5, -1), (6, 101)] {
        cx.update(row[n], ThreadMetadataPatch::default().updated_at(cx.time(millis))).await?;
    }
    let rest = rest(&cx, list, page).await?;
    for still in [row[3], row[4], row[7], row[8]] {
        expect_eq("how often it is met", 1, rest.iter().filter(|id| **id == still).count())?;
    }
    Ok(())
}

pub(super) async fn paging_beside_writers_meets_every_standing_thread_once(cx: Cx) -> CaseResult {
    let standing = cx.row(30).await?;
    let deletes = cx.capabilities().delete;
    let (store, creates) =
        (cx.shared(), (0..60).map(|n| cx.create().with_created_at(cx.time(n / 2))));
    let creates: Vec<_> = creates.collect();
    let writer = tokio::spawn(async move {
        for (n, create) in creates.into_iter().enumerate() {
            let id = create.thread_id;
            store.create_thread(create).await?;
            match n % 3 {
                0 => drop(store.archive_thread(id).await?),
                1 if deletes => drop(store.delete_thread(id.into()).await?),
                _ => drop(store.rename(id, Some("x".to_owned())).await?),
            }
        }
        Ok::<(), Error>(())
    });
    while !writer.is_finished() {
        tokio::task::yield_now().await;
        let listed = cx.list(newest_first().with_page_size(4)).await?;
        let mut met: Vec<_> = listed.into_iter().filter(|id| standing.contains(id)).collect();
        met.reverse();
        expect_eq("those that stand", &standing, &met)?;
    }
    Ok(ended(writer).await??)
}
