//! Reading history.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;

const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

fn range(from: u64, to: Option<u64>) -> OrdinalRange {
    let from = OrdinalRange::from(Ordinal::new(from));
    to.map_or(from, |to| OrdinalRange::between(from.from, Ordinal::new(to)))
}

/// The ordinals of a range of a history with this end, in this direction.
fn in_direction(range: OrdinalRange, direction: Direction, end: u64) -> Vec<u64> {
    let inside = |n: &u64| range.from.get() <= *n && range.to.is_none_or(|to| *n < to.get());
    let mut ordinals: Vec<_> = (0..end).filter(inside).collect();
    if direction == Direction::Descending {
        ordinals.reverse();
    }
    ordinals
}

/// The ordinals of a page, after its items were found to be those of the row.
fn ordinals(cx: &Cx, page: &HistoryPage) -> CaseResult<Vec<u64>> {
    let mut ordinals = Vec::new();
    for stored in page.items.iter() {
        let n = stored.ordinal.get();
        expect_eq("an item", cx.item(n).text(), stored.item.text())?;
        ordinals.push(n);
    }
    expect_eq("the length of the page", page.items.len(), ordinals.len())?;
    Ok(ordinals)
}

/// The page that is asked for holds what it should, of a thread with items `0..end`; answers the
/// rest.
async fn expect_page(cx: &Cx, load: LoadHistory, end: u64) -> CaseResult<Option<OrdinalRange>> {
    let direction = load.direction;
    let mut expected = in_direction(load.range, direction, end);
    let rest =
        expected.split_off(load.limit.map_or(expected.len(), |most| most.min(expected.len())));
    let page = cx.store().load_history(load).await?;
    expect_eq("the page", expected, ordinals(cx, &page)?)?;
    expect_eq("the next ordinal", end, page.next_ordinal.get())?;
    expect_eq("the damage", 0, page.damage.count)?;
    expect_eq("whether it is the last page", rest.is_empty(), page.rest.is_none())?;
    let got = page.rest.map(|rest| in_direction(rest, direction, end));
    expect_eq("the rest", rest, got.unwrap_or_default())?;
    Ok(page.rest)
}

/// Every page of the load, put together, is what it asks for without a limit.
async fn expect_pages(cx: &Cx, load: LoadHistory, end: u64) -> CaseResult {
    let mut next = Some(load.range);
    let mut pages = 0;
    while let Some(range) = next {
        next = expect_page(cx, load.clone().with_range(range), end).await?;
        pages += 1;
        expect("pages come to an end", pages <= end + 1)?;
    }
    Ok(())
}

pub(super) async fn a_limit_of_zero_is_refused(cx: Cx) -> CaseResult {
    let load = LoadHistory::new(cx.thread(3).await?).with_limit(0);
    expect_error("load_history", "invalid_request", cx.store().load_history(load).await)?;
    Ok(())
}

pub(super) async fn a_limit_of_zero_is_refused_of_an_empty_history_too(cx: Cx) -> CaseResult {
    let load = LoadHistory::new(cx.thread(0).await?).with_limit(0);
    expect_error("load_history", "invalid_request", cx.store().load_history(load).await)?;
    Ok(())
}

pub(super) async fn the_whole_is_the_default(cx: Cx) -> CaseResult {
    for count in [1, 5, 700] {
        let id = cx.thread(count).await?;
        let page = cx.store().load_history(id.into()).await?;
        let expected: Vec<_> = (0..count).collect();
        expect_eq("the page", expected, ordinals(&cx, &page)?)?;
        expect_eq("the rest", None, page.rest)?;
    }
    Ok(())
}

pub(super) async fn an_empty_history_is_an_empty_page(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    for direction in DIRECTIONS {
        let load = LoadHistory::new(id).with_direction(direction);
        expect_page(&cx, load.clone(), 0).await?;
        expect_page(&cx, load.clone().with_limit(5), 0).await?;
        expect_page(&cx, load.with_range(range(3, Some(9))), 0).await?;
    }
    Ok(())
}

pub(super) async fn any_range_direction_and_limit_gives_that_part_of_the_whole(
    cx: Cx,
) -> CaseResult {
    let id = cx.thread(7).await?;
    for direction in DIRECTIONS {
        for from in 0..9 {
            for to in (from..10).map(Some).chain([None]) {
                for limit in [None, Some(1), Some(2), Some(6), Some(7), Some(8)] {
                    let load = LoadHistory::new(id).with_range(range(from, to));
                    let load = load.with_direction(direction).with_limit(limit);
                    expect_page(&cx, load, 7).await?;
                }
            }
        }
    }
    Ok(())
}

pub(super) async fn pages_put_together_are_the_whole(cx: Cx) -> CaseResult {
    let id = cx.thread(23).await?;
    for direction in DIRECTIONS {
        for limit in [1, 2, 5, 22, 23, 24] {
            let load = LoadHistory::new(id).with_direction(direction).with_limit(limit);
            expect_pages(&cx, load.clone(), 23).await?;
            expect_pages(&cx, load.with_range(range(4, Some(20))), 23).await?;
        }
    }
    Ok(())
}

pub(super) async fn pages_at_any_place_of_a_long_history_are_right(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    for from in (0..1000).step_by(40) {
        cx.append(&lease, cx.items(from..from + 40)).await?;
    }
    for direction in DIRECTIONS {
        for limit in [1, 2, 255, 256, 257, 999] {
            for from in [0, 1, 127, 128, 254, 255, 256, 257, 511, 512, 513, 767, 768, 998, 999] {
                let load = LoadHistory::new(lease.thread_id).with_range(range(from, None));
                expect_page(&cx, load.with_direction(direction).with_limit(limit), 1000).await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn histories_of_any_length_page_to_the_end(cx: Cx) -> CaseResult {
    for count in [1, 2, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1000, 1024] {
        let id = cx.thread(count).await?;
        for direction in DIRECTIONS {
            let load = LoadHistory::new(id).with_direction(direction);
            expect_pages(&cx, load.clone().with_limit(64), count).await?;
            expect_pages(&cx, load.with_limit(255), count).await?;
        }
    }
    Ok(())
}

pub(super) async fn pages_of_large_items_are_right(cx: Cx) -> CaseResult {
    const BLOCK: usize = 64 << 10;
    let sizes = [10, BLOCK - 1, BLOCK, BLOCK + 1, 100, 3 * BLOCK, 10, BLOCK - 200, 190, 10, 4096];
    let items: Vec<_> = sizes.iter().map(|bytes| cx.sized(*bytes)).collect();
    let lease = cx.leased(0).await?;
    cx.append(&lease, items.clone()).await?;
    cx.expect_history(lease.thread_id, &items).await?;
    for last in 1..=sizes.len() {
        let read = cx.store().last_items(lease.thread_id, last).await?;
        let read: Vec<_> = read.iter().map(|stored| stored.item.len()).collect();
        expect_eq("the last items", &sizes[sizes.len() - last..], &read[..])?;
    }
    Ok(())
}

pub(super) async fn ranges_beyond_the_end_are_empty(cx: Cx) -> CaseResult {
    let id = cx.thread(4).await?;
    for direction in DIRECTIONS {
        for (from, to) in [(4, None), (5, None), (9, Some(9)), (u64::MAX, None), (1 << 63, None)] {
            let load = LoadHistory::new(id).with_range(range(from, to));
            expect_page(&cx, load.with_direction(direction), 4).await?;
        }
        let all = LoadHistory::new(id).with_range(range(0, Some(u64::MAX)));
        expect_page(&cx, all.with_direction(direction), 4).await?;
    }
    Ok(())
}

pub(super) async fn a_limit_may_be_as_large_as_any_number(cx: Cx) -> CaseResult {
    let id = cx.thread(4).await?;
    for direction in DIRECTIONS {
        for limit in [5, 1 << 31, 1 << 32, usize::MAX / 2 + 1, usize::MAX] {
            let load = LoadHistory::new(id).with_direction(direction).with_limit(limit);
            expect_page(&cx, load, 4).await?;
        }
    }
    Ok(())
}

pub(super) async fn a_range_that_ends_before_it_starts_is_refused(cx: Cx) -> CaseResult {
    let id = cx.thread(4).await?;
    for (from, to) in [(1, 0), (4, 2), (9, 8), (u64::MAX, 0)] {
        let load = LoadHistory::new(id).with_range(range(from, Some(to)));
        cx.refused("invalid_request", cx.store().load_history(load)).await?;
    }
    Ok(())
}

pub(super) async fn a_range_that_ends_where_it_starts_is_empty(cx: Cx) -> CaseResult {
    let id = cx.thread(4).await?;
    for at in 0..6 {
        let load = LoadHistory::new(id).with_range(range(at, Some(at)));
        expect_page(&cx, load.clone(), 4).await?;
        expect_page(&cx, load.with_limit(1), 4).await?;
    }
    Ok(())
}

pub(super) async fn the_last_items_are_read_from_the_end(cx: Cx) -> CaseResult {
    let id = cx.thread(600).await?;
    for count in [0, 1, 2, 88, 89, 344, 599, 600, 601, 5000] {
        let last = cx.store().last_items(id, count).await?;
        let expected: Vec<_> = (600_u64.saturating_sub(count as u64)..600).collect();
        let read: Vec<_> = last.iter().map(|stored| stored.ordinal.get()).collect();
        expect_eq("the last items", expected, read)?;
    }
    Ok(())
}

pub(super) async fn what_is_appended_between_pages_comes_after_them(cx: Cx) -> CaseResult {
    let lease = cx.leased(10).await?;
    let load = LoadHistory::new(lease.thread_id).with_limit(4);
    let first = cx.store().load_history(load.clone()).await?;
    let older = load.clone().with_direction(Direction::Descending);
    let newest = cx.store().load_history(older.clone()).await?;
    cx.append(&lease, cx.items(10..20)).await?;
    let mut forward = ordinals(&cx, &first)?;
    let mut backward = ordinals(&cx, &newest)?;
    for (pages, mut rest, load) in
        [(&mut forward, first.rest, load), (&mut backward, newest.rest, older)]
    {
        while let Some(range) = rest {
            let page = cx.store().load_history(load.clone().with_range(range)).await?;
            pages.extend(ordinals(&cx, &page)?);
            rest = page.rest;
        }
    }
    expect_eq("going back", (0..10).rev().collect::<Vec<_>>(), backward)?;
    expect("going forward nothing is lost", forward.iter().take(10).copied().eq(0..10))
}

pub(super) async fn a_page_that_was_read_stays_as_it_was(cx: Cx) -> CaseResult {
    let lease = cx.leased(300).await?;
    let page = cx.store().load_history(lease.thread_id.into()).await?;
    cx.append(&lease, cx.items(300..900)).await?;
    if cx.capabilities().delete {
        cx.store().delete_thread(lease.thread_id.into()).await?;
    }
    expect_eq("the page", (0..300).collect::<Vec<_>>(), ordinals(&cx, &page)?)
}

pub(super) async fn a_strict_read_of_an_undamaged_history_is_like_any_other(cx: Cx) -> CaseResult {
    let id = cx.thread(300).await?;
    for direction in DIRECTIONS {
        let load = LoadHistory::new(id).with_strict(true).with_direction(direction);
        expect_page(&cx, load.clone(), 300).await?;
        expect_pages(&cx, load.with_limit(77), 300).await?;
    }
    Ok(())
}
