//! What a page of the end costs: items read by the default bodies, whatever the length of the
//! history. A body of a store's own is measured by the store's own tests; here only that of the
//! default which it replaces.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::counting::Counting;
use crate::support::records::*;
use crate::support::turns::*;

/// One sort of history: its turn of this number, four records.
type Turns = fn(u64) -> Vec<RolloutItem>;

/// Every sort of history whose turns can be told from its end.
const SORTS: [(&str, Turns); 4] = [
    ("with records of turns", |n| turn(&format!("t{n}"))),
    ("paginated", |n| {
        let turn = format!("t{n}");
        let ask = asks_in(&turn, &format!("ask {n}"), "x");
        vec![started(&turn), ask, answers_in(&turn, &format!("answer {n}"), "y"), completed(&turn)]
    }),
    ("without envelopes", |_| {
        vec![
            bare("user", "x"),
            bare("assistant", "y"),
            bare("assistant", "z"),
            bare("assistant", "u"),
        ]
    }),
    ("of messages alone", |_| vec![asks("x"), answers("y"), answers("z"), answers("u")]),
];

const SHORT: u64 = 50;
const LONG: u64 = 1250;

/// So many turns: four times as many items.
fn history(turns: Turns, count: u64) -> Vec<RolloutItem> {
    (0..count).flat_map(turns).collect()
}

/// Items that an operation reads of this history.
macro_rules! items_read {
    ($cx:expr, $history:expr, |$store:ident, $id:ident| $operation:expr) => {{
        let ($store, $id) = (Counting::new($cx.shared()), $cx.told($history).await?);
        $operation.await?;
        $store.take()
    }};
}

pub(super) async fn the_newest_page_of_turns_reads_the_end_alone(cx: Cx) -> CaseResult {
    for (sort, turns) in SORTS {
        for size in [1, 5] {
            let mut read = Vec::new();
            for count in [SHORT, LONG] {
                read.push(items_read!(cx, history(turns, count), |store, id| store.list_turns(
                    turns_of(id).with_direction(Direction::Descending).with_page_size(size)
                )));
            }
            expect_eq(&format!("items read of a history {sort}"), read[0], read[1])?;
            expect("less than all", read[0] < 4 * SHORT)?;
        }
    }
    Ok(())
}

pub(super) async fn the_newest_page_of_items_reads_the_end_alone(cx: Cx) -> CaseResult {
    for (sort, turns) in SORTS {
        let mut read = Vec::new();
        for count in [SHORT, LONG] {
            read.push(items_read!(cx, history(turns, count), |store, id| store
                .list_items(items_of(id).with_direction(Direction::Descending).with_page_size(5))));
        }
        expect_eq(&format!("items read of a history {sort}"), read[0], read[1])?;
        expect("less than all", read[0] < 4 * SHORT)?;
    }
    Ok(())
}

pub(super) async fn the_items_of_a_new_turn_are_read_from_the_end_alone(cx: Cx) -> CaseResult {
    let (_, turns) = SORTS[0];
    let mut read = Vec::new();
    for count in [SHORT, LONG] {
        let newest = format!("t{}", count - 3);
        read.push(items_read!(cx, history(turns, count), |store, id| store
            .list_items(items_of(id).with_turn_id(newest))));
    }
    expect_eq("items read", read[0], read[1])
}

pub(super) async fn turns_taken_back_make_the_newest_page_no_dearer(cx: Cx) -> CaseResult {
    let (_, turns) = SORTS[0];
    let mut read = Vec::new();
    for count in [SHORT, LONG] {
        let lease = cx.told_to(history(turns, count)).await?;
        cx.revert(&lease, RevertTo::LastTurns(2)).await?;
        cx.append(&lease, [turn("x"), vec![rolled_back(2)]].concat()).await?;
        let store = Counting::new(cx.shared());
        let list = turns_of(lease.thread_id).with_direction(Direction::Descending);
        let page = store.list_turns(list.with_page_size(3)).await?;
        let newest = format!("t{}", count - 4);
        expect_eq("the newest turn", Some(&newest.as_str()), turn_ids(&page).first())?;
        read.push(store.take());
    }
    expect_eq("items read", read[0], read[1])
}

pub(super) async fn what_was_taken_back_as_items_is_not_read(cx: Cx) -> CaseResult {
    let (_, turns) = SORTS[0];
    let lease = cx.told_to(history(turns, LONG)).await?;
    cx.revert(&lease, RevertTo::Ordinal(Ordinal::new(4 * SHORT))).await?;
    let store = Counting::new(cx.shared());
    let list = turns_of(lease.thread_id).with_direction(Direction::Descending);
    let page = store.list_turns(list.with_page_size(3)).await?;
    let newest = format!("t{}", SHORT - 1);
    expect_eq("the newest turn", Some(&newest.as_str()), turn_ids(&page).first())?;
    expect("not what was taken back", store.take() < 2 * 4 * SHORT)
}

pub(super) async fn a_model_context_reads_back_to_the_compaction_alone(cx: Cx) -> CaseResult {
    for (sort, turns) in SORTS {
        let mut read = Vec::new();
        for count in [SHORT, LONG] {
            let end = [vec![compacted("so far")], history(turns, 5)].concat();
            let items = [history(turns, count), end].concat();
            read.push(items_read!(cx, items, |store, id| store.load_model_context(id.into())));
        }
        expect_eq(&format!("items read of a history {sort}"), read[0], read[1])?;
        expect("less than all", read[0] < 4 * SHORT)?;
    }
    Ok(())
}

pub(super) async fn taking_back_reads_what_is_taken_back_alone(cx: Cx) -> CaseResult {
    let (_, turns) = SORTS[0];
    let mut read = Vec::new();
    for count in [SHORT, LONG] {
        let lease = cx.told_to(history(turns, count)).await?;
        let store = Counting::new(cx.shared());
        let revert = RevertThread::new(lease.clone(), RevertTo::LastTurns(2)).with_at(cx.time(0));
        store.revert_thread(revert).await?;
        read.push(store.take());
    }
    expect_eq("items read", read[0], read[1])
}

pub(super) async fn a_compaction_in_a_long_turn_is_found_as_soon(cx: Cx) -> CaseResult {
    let mut read = Vec::new();
    for count in [SHORT, LONG] {
        let before = (0..4 * count).map(|_| answers("x"));
        let items = [started("a"), asks("x")].into_iter().chain(before);
        let end = [compacted("so far"), answers("y"), answers("z")];
        read.push(items_read!(cx, items.chain(end).collect(), |store, id| store
            .load_model_context(id.into())));
    }
    expect_eq("items read", read[0], read[1])?;
    expect("less than all", read[0] < 4 * SHORT)
}
