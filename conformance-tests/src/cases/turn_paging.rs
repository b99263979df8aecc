//! Pages of turns and items.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::records::*;
use crate::support::turns::*;

/// A paginated history whose turns tell late items of each other.
pub(super) fn entangled() -> Vec<RolloutItem> {
    let mut items = vec![paginated()];
    for n in 1..=6 {
        let (turn, before) = (format!("t{n}"), format!("t{}", n - 1));
        items.extend([started(&turn), asks_in(&turn, &format!("ask {n}"), "x")]);
        if n > 1 {
            items.push(answers_in(&before, &format!("late {n}"), "y"));
        }
        items.extend([answers_in(&turn, &format!("answer {n}"), "z"), completed(&turn)]);
    }
    items
}

pub(super) async fn pages_of_any_size_put_together_are_all_turns(cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=7)).await?;
    let replay = cx.store().replay(id).await?;
    for direction in BOTH_WAYS {
        for size in 1..=8 {
            let list = turns_of(id).with_direction(direction).with_page_size(size);
            let pages = cx.turn_pages(list).await?;
            let sizes: Vec<_> = pages.iter().map(|page| page.turns.len()).collect();
            let (full, rest) = (7 / size, 7 % size);
            let expected = std::iter::repeat_n(size, full).chain((rest > 0).then_some(rest));
            expect_eq("the sizes of the pages", expected.collect(), sizes)?;
            let turns = pages.into_iter().flat_map(|page| page.turns).collect();
            expect_eq("the turns", &replay.turns, &upwards(direction, turns))?;
        }
    }
    Ok(())
}

pub(super) async fn pages_of_any_size_put_together_are_all_items(cx: Cx) -> CaseResult {
    for history in [turns(1..=4), entangled()] {
        let id = cx.told(history).await?;
        let items = cx.store().replay(id).await?.into_items();
        for direction in BOTH_WAYS {
            for size in 1..=items.len() + 1 {
                let list = items_of(id).with_direction(direction).with_page_size(size);
                let pages = cx.item_pages(list).await?;
                expect_eq("the pages", items.len().div_ceil(size), pages.len())?;
                let got = pages.into_iter().flat_map(|page| page.items).collect();
                expect_eq("the items", &items, &upwards(direction, got))?;
            }
        }
    }
    Ok(())
}

pub(super) async fn items_come_in_the_order_of_their_records(cx: Cx) -> CaseResult {
    let id = cx.told(entangled()).await?;
    let items = cx.item_pages(items_of(id).with_page_size(2)).await?;
    let places: Vec<_> = items.iter().flat_map(|page| &page.items).map(|it| it.ordinal).collect();
    expect("they only grow", places.is_sorted_by(|a, b| a < b))?;
    let turns = cx.turn_pages(turns_of(id).with_page_size(2)).await?;
    let places: Vec<_> = turns.iter().flat_map(|page| &page.turns).map(|it| it.ordinal).collect();
    expect("and those of turns", places.is_sorted_by(|a, b| a < b))
}

pub(super) async fn pages_of_turns_back_are_the_pages_forward(cx: Cx) -> CaseResult {
    for history in [turns(1..=7), entangled()] {
        let id = cx.told(history).await?;
        for direction in BOTH_WAYS {
            let list = turns_of(id).with_direction(direction).with_page_size(2);
            let pages = cx.turn_pages(list.clone()).await?;
            let mut at = expect_some("a last page", pages.last())?.clone();
            for earlier in pages.iter().rev().skip(1) {
                let cursor = expect_some("a previous cursor", at.previous_cursor)?;
                at = cx.turn_page(list.clone().with_cursor(cursor)).await?;
                expect_eq("the page before", earlier, &at)?;
            }
            let cursor = expect_some("a previous cursor", at.previous_cursor)?;
            let before = cx.turn_page(list.with_cursor(cursor)).await?;
            expect_eq("before the first", Vec::<&str>::new(), turn_ids(&before))?;
        }
    }
    Ok(())
}

pub(super) async fn pages_of_items_back_are_the_pages_forward(cx: Cx) -> CaseResult {
    for history in [turns(1..=5), entangled()] {
        let id = cx.told(history).await?;
        for direction in BOTH_WAYS {
            let list = items_of(id).with_direction(direction).with_page_size(3);
            let pages = cx.item_pages(list.clone()).await?;
            let mut at = expect_some("a last page", pages.last())?.clone();
            for earlier in pages.iter().rev().skip(1) {
                let cursor = expect_some("a previous cursor", at.previous_cursor)?;
                at = cx.item_page(list.clone().with_cursor(cursor)).await?;
                expect_eq("the page before", earlier, &at)?;
            }
        }
    }
    Ok(())
}

pub(super) async fn a_page_of_no_turns_or_items_is_refused(cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=2)).await?;
    let of_turn = items_of(id).with_turn_id("t1".to_owned());
    let results = [
        cx.store().list_turns(turns_of(id).with_page_size(0)).await.map(drop),
        cx.store().list_items(items_of(id).with_page_size(0)).await.map(drop),
        cx.store().list_items(of_turn.with_page_size(0)).await.map(drop),
    ];
    for result in results {
        let error = expect_error("a page size of 0", "invalid_request", result)?;
        match error.kind() {
            ErrorKind::InvalidRequest { field, .. } if field == "page_size" => {}
            kind => return fail("the kind", "invalid request: page_size", kind),
        }
        let operations = [Operation::ListTurns, Operation::ListItems];
        let operation = expect_some("an operation", error.operation())?;
        expect("it is the one that was asked for", operations.contains(&operation))?;
    }
    Ok(())
}

pub(super) async fn a_page_of_too_many_turns_is_clamped_and_said_so(cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=2)).await?;
    let most = cx.capabilities().limits.max_page_size;
    let page = cx.turn_page(turns_of(id).with_page_size(most)).await?;
    expect_eq("the largest", (most, false, 2), (page.page_size, page.clamped, page.turns.len()))?;
    for size in [most + 1, usize::MAX] {
        let page = cx.turn_page(turns_of(id).with_page_size(size)).await?;
        expect_eq("turns", (most, true, 2), (page.page_size, page.clamped, page.turns.len()))?;
        let page = cx.item_page(items_of(id).with_page_size(size)).await?;
        expect_eq("items", (most, true, 4), (page.page_size, page.clamped, page.items.len()))?;
        let list = items_of(id).with_turn_id("t1".to_owned()).with_page_size(size);
        let page = cx.item_page(list).await?;
        expect_eq("of a turn", (most, true, 2), (page.page_size, page.clamped, page.items.len()))?;
    }
    Ok(())
}

pub(super) async fn the_items_of_a_turn_are_those_that_belong_to_it(cx: Cx) -> CaseResult {
    let id = cx.told(entangled()).await?;
    for turn in cx.turns(id).await? {
        for direction in BOTH_WAYS {
            for size in 1..=turn.items.len() + 1 {
                let list = items_of(id).with_turn_id(turn.id.clone()).with_direction(direction);
                let pages = cx.item_pages(list.with_page_size(size)).await?;
                expect_eq("the pages", turn.items.len().div_ceil(size), pages.len())?;
                let got = pages.into_iter().flat_map(|page| page.items).collect();
                expect_eq("the items", &turn.items, &upwards(direction, got))?;
            }
        }
    }
    Ok(())
}

pub(super) async fn the_items_of_a_turn_page_back_as_well(cx: Cx) -> CaseResult {
    let id = cx.told(entangled()).await?;
    for direction in BOTH_WAYS {
        let list = items_of(id).with_turn_id("t3".to_owned()).with_direction(direction);
        let list = list.with_page_size(2);
        let first = cx.item_page(list.clone()).await?;
        let second = cx.item_page(list.clone().with_cursor(first.next_cursor.clone())).await?;
        expect_eq("what follows the second", None, second.next_cursor)?;
        let back = cx.item_page(list.with_cursor(second.previous_cursor)).await?;
        expect_eq("back again", first, back)?;
    }
    Ok(())
}

pub(super) async fn a_turn_far_back_has_its_items(cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=200)).await?;
    for turn in ["t1", "t57", "t199"] {
        let page = cx.item_page(items_of(id).with_turn_id(turn.to_owned())).await?;
        let items: Vec<_> = page.items.iter().map(said).collect();
        expect_eq(
            "the items",
            vec![format!("user ask {turn}"), format!("answer {turn}")],
            items.iter().map(|it| it.trim_start_matches("agent ").to_owned()).collect(),
        )?;
    }
    Ok(())
}

pub(super) async fn a_turn_that_the_thread_does_not_have_has_no_items(cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=2)).await?;
    for turn in ["t3", "", "T1", "rollout-0"] {
        let page = cx.item_page(items_of(id).with_turn_id(turn.to_owned())).await?;
        expect_eq("the items", Vec::<&str>::new(), item_ids(&page))?;
        expect_eq("its cursors", (None, None), (page.next_cursor, page.previous_cursor))?;
    }
    Ok(())
}

pub(super) async fn of_turns_with_one_id_the_items_of_the_latest_are_meant(cx: Cx) -> CaseResult {
    // Far enough apart to be two turns.
    let many: Vec<_> = (0..40).flat_map(|n| turn(&format!("m{n}"))).collect();
    let again = [started("a"), asks("second"), completed("a")];
    let id = cx.told([turn("a"), many, again.to_vec()].concat()).await?;
    let page = cx.item_page(items_of(id).with_turn_id("a".to_owned())).await?;
    let items: Vec<_> = page.items.iter().map(said).collect();
    expect_eq("the items", vec!["user second".to_owned()], items)
}

pub(super) async fn turns_of_an_unknown_thread_are_not_found(cx: Cx) -> CaseResult {
    let id = cx.unknown_id();
    let of_turn = ListItems::new(id).with_turn_id("t1".to_owned());
    for error in [
        expect_error("list_turns", "not_found", cx.store().list_turns(id.into()).await)?,
        expect_error("list_items", "not_found", cx.store().list_items(id.into()).await)?,
        expect_error("list_items", "not_found", cx.store().list_items(of_turn).await)?,
        expect_error("replay", "not_found", cx.store().replay(id).await)?,
        expect_error("the context", "not_found", cx.store().load_model_context(id.into()).await)?,
    ] {
        expect_eq("the thread it is about", Some(id), error.thread_id())?;
    }
    Ok(())
}

pub(super) async fn turns_of_an_archived_thread_are_told_only_if_included(cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=2)).await?;
    cx.store().archive_thread(id).await?;
    expect_error("list_turns", "archived", cx.store().list_turns(id.into()).await)?;
    expect_error("list_items", "archived", cx.store().list_items(id.into()).await)?;
    let of_turn = ListItems::new(id).with_turn_id("t1".to_owned());
    expect_error("of a turn", "archived", cx.store().list_items(of_turn).await)?;
    expect_error("the context", "archived", cx.store().load_model_context(id.into()).await)?;
    expect_eq("turns", 2, cx.turn_page(turns_of(id)).await?.turns.len())?;
    expect_eq("items", 4, cx.item_page(items_of(id)).await?.items.len())?;
    expect_eq("the context", 8, cx.context(id).await?.items.len())
}

pub(super) async fn not_found_and_archived_come_before_an_invalid_page(cx: Cx) -> CaseResult {
    let archived = cx.told(turns(1..=2)).await?;
    cx.store().archive_thread(archived).await?;
    for (id, code) in [(cx.unknown_id(), "not_found"), (archived, "archived")] {
        for list in
            [ListTurns::new(id).with_cursor(Cursor::new("x")), ListTurns::new(id).with_page_size(0)]
        {
            expect_error("turns", code, cx.store().list_turns(list).await)?;
        }
        for list in
            [ListItems::new(id).with_cursor(Cursor::new("x")), ListItems::new(id).with_page_size(0)]
        {
            expect_error("items", code, cx.store().list_items(list.clone()).await)?;
            let list = list.with_turn_id("t1".to_owned());
            expect_error("items of a turn", code, cx.store().list_items(list).await)?;
        }
    }
    Ok(())
}

/// A turn of a history of which every item has an event.
fn short_turn(id: &str) -> Vec<RolloutItem> {
    vec![started(id), asks_in(id, &format!("ask {id}"), "x"), completed(id)]
}

pub(super) async fn a_turn_that_is_named_again_and_again_is_the_same_on_every_page(
    cx: Cx,
) -> CaseResult {
    // Each time within reach of the time before, in the end far from its start.
    let mut history = [vec![paginated()], short_turn("a"), short_turn("b")].concat();
    for round in 0..3 {
        history.extend((0..25).flat_map(|n| short_turn(&format!("{round}-{n}"))));
        history.push(answers_in("a", &format!("late {round}"), "still here"));
    }
    let id = cx.told(history).await?;
    let replay = cx.store().replay(id).await?;
    let first = expect_some("a turn", replay.turns.first())?;
    let first: Vec<_> = first.items.iter().map(|item| item.id.as_str()).collect();
    expect_eq("what is near enough belongs to it", vec!["ask a", "late 0"], first)?;
    cx.expect_pages_of(id, &replay).await
}
