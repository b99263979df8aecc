//! Cursors of turns and items.

use std::fmt::Debug;

use thread_store::*;

use super::turn_paging::entangled;
use crate::case::*;
use crate::support::context::Cx;
use crate::support::records::*;
use crate::support::turns::*;

/// The cursor is refused as such.
fn expect_refused<T: Debug>(what: &str, result: thread_store::Result<T>) -> CaseResult {
    let error = expect_error(what, "invalid_request", result)?;
    match error.kind() {
        ErrorKind::InvalidRequest { field, .. } => expect_eq("the field", "cursor", field.as_ref()),
        kind => fail("the kind", "invalid request", kind),
    }
}

pub(super) async fn a_page_without_turns_has_neither_cursor(cx: Cx) -> CaseResult {
    let id = cx.told(cx.items(0..3)).await?;
    for direction in BOTH_WAYS {
        let page = cx.turn_page(turns_of(id).with_direction(direction)).await?;
        expect_eq("of turns", (None, None), (page.next_cursor, page.previous_cursor))?;
        let page = cx.item_page(items_of(id).with_direction(direction)).await?;
        expect_eq("of items", (None, None), (page.next_cursor, page.previous_cursor))?;
    }
    Ok(())
}

pub(super) async fn the_previous_cursor_of_the_newest_page_shows_later_what_is_newer(
    cx: Cx,
) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    let id = lease.thread_id;
    let list = turns_of(id).with_direction(Direction::Descending).with_page_size(2);
    let first = cx.turn_page(list.clone()).await?;
    expect_eq("the first page", vec!["t3", "t2"], turn_ids(&first))?;
    let newer = list.with_cursor(expect_some("a previous cursor", first.previous_cursor)?);
    let nothing = cx.turn_page(newer.clone()).await?;
    expect_eq("at first", Vec::<&str>::new(), turn_ids(&nothing))?;
    expect_eq("its previous cursor", None, nothing.previous_cursor)?;
    let onward = cx.turn_page(newer.clone().with_cursor(nothing.next_cursor)).await?;
    expect_eq("behind it", vec!["t3", "t2"], turn_ids(&onward))?;
    cx.append(&lease, turns(4..=6)).await?;
    let page = cx.turn_page(newer).await?;
    expect_eq("the two nearest later", vec!["t5", "t4"], turn_ids(&page))?;
    expect("the page we came from follows", page.next_cursor.is_some())
}

pub(super) async fn an_append_moves_no_id_and_no_page(cx: Cx) -> CaseResult {
    let lease = cx.told_to([vec![asks("first")], entangled(), vec![answers("x")]].concat()).await?;
    let id = lease.thread_id;
    let before = cx.store().replay(id).await?;
    let list = turns_of(id).with_page_size(3);
    let pages = cx.turn_pages(list.clone()).await?;
    cx.append(&lease, [vec![completed("t6")], turns(7..=9)].concat()).await?;
    let after = cx.store().replay(id).await?;
    let ids =
        |turns: &[Turn]| turns.iter().map(|it| (it.id.clone(), it.ordinal)).collect::<Vec<_>>();
    let (old, new) = (ids(&before.turns), ids(&after.turns));
    expect_eq("the turns that were there", &old[..], &new[..old.len().min(new.len())])?;
    let ids = |all: Replay| -> Vec<_> {
        all.into_items().into_iter().map(|it| (it.id, it.ordinal)).collect()
    };
    let (old, new) = (ids(before), ids(after));
    expect_eq("the items that were there", &old[..], &new[..old.len().min(new.len())])?;
    for (n, page) in pages.iter().enumerate().skip(1) {
        let cursor = pages[n - 1].next_cursor.clone();
        let again = cx.turn_page(list.clone().with_cursor(cursor)).await?;
        let first = |page: &TurnPage| page.turns.first().map(|turn| turn.ordinal);
        expect_eq("where the page begins", first(page), first(&again))?;
    }
    Ok(())
}

pub(super) async fn appends_between_pages_neither_lose_nor_repeat_a_turn(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=6)).await?;
    for direction in BOTH_WAYS {
        let mut list = turns_of(lease.thread_id).with_direction(direction).with_page_size(2);
        let standing = cx.store().replay(lease.thread_id).await?.turns;
        let mut seen = Vec::new();
        loop {
            let page = cx.turn_page(list.clone()).await?;
            seen.extend(page.turns);
            list.cursor = page.next_cursor;
            if list.cursor.is_none() || seen.len() > 100 {
                break;
            }
            if seen.len() < 6 {
                cx.append(&lease, turn(&format!("{direction:?} {}", seen.len()))).await?;
            }
        }
        let seen = upwards(direction, seen);
        expect_eq("the turns", &standing[..], &seen[..standing.len().min(seen.len())])?;
    }
    Ok(())
}

pub(super) async fn a_cursor_of_turns_can_be_used_against_its_direction(cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=6)).await?;
    let page = cx.turn_page(turns_of(id).with_page_size(2)).await?;
    let turned = turns_of(id).with_direction(Direction::Descending).with_page_size(2);
    let page = cx.turn_page(turned.with_cursor(page.next_cursor)).await?;
    expect_eq("the rows behind it, in the direction asked", vec!["t4", "t3"], turn_ids(&page))?;
    expect("rows follow", page.next_cursor.is_some())
}

pub(super) async fn a_cursor_of_turns_or_items_fits_no_other_list(cx: Cx) -> CaseResult {
    let (id, other) = (cx.told(turns(1..=4)).await?, cx.told(turns(1..=4)).await?);
    let turns = cx.turn_page(turns_of(id).with_page_size(1)).await?.next_cursor;
    let items = cx.item_page(items_of(id).with_page_size(1)).await?.next_cursor;
    let of_turn = items_of(id).with_turn_id("t2".to_owned()).with_page_size(1);
    let of_turn = cx.item_page(of_turn).await?.next_cursor;
    let threads = cx.page(ListThreads::new().with_page_size(1)).await?.next_cursor;
    for cursor in [&turns, &items, &of_turn, &threads] {
        let cursor = || expect_some("a cursor", cursor.clone());
        let list = turns_of(other).with_cursor(cursor()?);
        expect_refused("turns of another thread", cx.store().list_turns(list).await)?;
        let list = items_of(other).with_cursor(cursor()?);
        expect_refused("items of another thread", cx.store().list_items(list).await)?;
        let list = items_of(id).with_turn_id("t1".to_owned()).with_cursor(cursor()?);
        expect_refused("items of another turn", cx.store().list_items(list).await)?;
    }
    for cursor in [&items, &of_turn, &threads] {
        let list = turns_of(id).with_cursor(cursor.clone());
        expect_refused("turns", cx.store().list_turns(list).await)?;
    }
    for cursor in [&turns, &of_turn, &threads] {
        let list = items_of(id).with_cursor(cursor.clone());
        expect_refused("items", cx.store().list_items(list).await)?;
    }
    for cursor in [turns, items, of_turn] {
        let list = ListThreads::new().with_cursor(cursor);
        expect_refused("threads", cx.store().list_threads(list).await)?;
    }
    Ok(())
}

pub(super) async fn a_damaged_cursor_of_turns_is_refused(cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=3)).await?;
    let page = cx.turn_page(turns_of(id).with_page_size(1)).await?;
    let cursor = expect_some("a next cursor", page.next_cursor)?;
    let text = cursor.as_str();
    let mut damaged: Vec<_> =
        ["", " ", "0", "t2", "null", "größe", "\0"].map(str::to_owned).to_vec();
    for (at, _) in text.char_indices() {
        let other = if text[at..].starts_with('A') { "B" } else { "A" };
        let rest: String = text[at..].chars().skip(1).collect();
        damaged.extend([text[..at].to_owned(), format!("{}{other}{rest}", &text[..at])]);
    }
    for text in damaged {
        let list = turns_of(id).with_cursor(Cursor::new(text.clone()));
        expect_refused("turns", cx.store().list_turns(list).await)?;
        let list = items_of(id).with_cursor(Cursor::new(text));
        expect_refused("items", cx.store().list_items(list).await)?;
    }
    let page = cx.turn_page(turns_of(id).with_cursor(cursor)).await?;
    expect_eq("the cursor as it was", vec!["t2", "t3"], turn_ids(&page))
}

pub(super) async fn a_cursor_of_turns_outlives_the_handle(mut cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=3)).await?;
    let turns = cx.turn_page(turns_of(id).with_page_size(1)).await?.next_cursor;
    let items = cx.item_page(items_of(id).with_page_size(4)).await?.next_cursor;
    cx.reopen().await?;
    let page = cx.turn_page(turns_of(id).with_cursor(turns)).await?;
    expect_eq("the turns", vec!["t2", "t3"], turn_ids(&page))?;
    let page = cx.item_page(items_of(id).with_cursor(items)).await?;
    expect_eq("the items", vec!["item-9", "item-10"], item_ids(&page))
}
