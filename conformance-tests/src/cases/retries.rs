//! Repeating an append.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::at_once;

/// The repeat of an append succeeds with this answer, and writes nothing.
async fn stands(cx: &Cx, lease: &WriterLease, at: u64, items: Vec<RolloutItem>) -> CaseResult {
    let before = cx.read(lease.thread_id).await?;
    let next = at + items.len() as u64;
    let receipt = cx.append_at(lease, at, items).await?;
    expect_eq("the receipt", (at, next), (receipt.first.get(), receipt.next.get()))?;
    expect_eq("the thread", before, cx.read(lease.thread_id).await?)
}

/// The append is a conflict about the ordinal and writes nothing.
async fn differs(cx: &Cx, lease: &WriterLease, at: u64, items: Vec<RolloutItem>) -> CaseResult {
    let (expected, actual) = (Ordinal::new(at), cx.read(lease.thread_id).await?.next_ordinal);
    let conflict = Conflict::Ordinal { expected, actual };
    cx.conflicts(conflict, cx.append_at(lease, at, items)).await
}

pub(super) async fn a_repeated_append_succeeds_and_writes_nothing(cx: Cx) -> CaseResult {
    let lease = cx.leased(2).await?;
    cx.append_at(&lease, 2, cx.items(2..5)).await?;
    for _ in 0..3 {
        stands(&cx, &lease, 2, cx.items(2..5)).await?;
    }
    cx.expect_items(lease.thread_id, 5).await
}

pub(super) async fn an_append_is_known_again_wherever_it_stands(cx: Cx) -> CaseResult {
    let lease = cx.leased(700).await?;
    for (from, to) in [(0, 1), (0, 3), (1, 2), (254, 258), (255, 256), (300, 690), (699, 700)] {
        stands(&cx, &lease, from, cx.items(from..to)).await?;
    }
    stands(&cx, &lease, 0, cx.items(0..700)).await?;
    cx.expect_items(lease.thread_id, 700).await
}

pub(super) async fn several_appends_repeated_as_one_are_known_again(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    for n in 0..9 {
        cx.append(&lease, cx.items(n..n + 1)).await?;
    }
    stands(&cx, &lease, 0, cx.items(0..9)).await?;
    stands(&cx, &lease, 3, cx.items(3..7)).await?;
    cx.expect_items(lease.thread_id, 9).await
}

pub(super) async fn the_items_of_a_creation_are_known_again(cx: Cx) -> CaseResult {
    let lease = cx.leased(4).await?;
    stands(&cx, &lease, 0, cx.items(0..4)).await?;
    stands(&cx, &lease, 0, cx.items(0..2)).await?;
    cx.expect_items(lease.thread_id, 4).await
}

pub(super) async fn of_an_append_that_half_stands_the_rest_is_added(cx: Cx) -> CaseResult {
    let lease = cx.leased(5).await?;
    for (at, to) in [(4, 6), (3, 9), (0, 10), (1, 300)] {
        let receipt = cx.append_at(&lease, at, cx.items(at..to)).await?;
        expect_eq("the receipt", (at, to), (receipt.first.get(), receipt.next.get()))?;
        cx.expect_items(lease.thread_id, to).await?;
    }
    stands(&cx, &lease, 1, cx.items(1..300)).await
}

pub(super) async fn other_items_at_the_ordinal_are_a_conflict(cx: Cx) -> CaseResult {
    let lease = cx.leased(5).await?;
    differs(&cx, &lease, 0, cx.items(1..2)).await?;
    differs(&cx, &lease, 4, cx.items(9..10)).await?;
    differs(&cx, &lease, 3, cx.items(9..12)).await?;
    differs(&cx, &lease, 1, cx.items(0..3)).await?;
    cx.expect_items(lease.thread_id, 5).await
}

pub(super) async fn a_difference_anywhere_in_the_batch_is_a_conflict(cx: Cx) -> CaseResult {
    let lease = cx.leased(6).await?;
    for at in 2..6 {
        let mut batch = cx.items(2..6);
        batch[at - 2] = cx.item(99);
        differs(&cx, &lease, 2, batch).await?;
    }
    cx.expect_items(lease.thread_id, 6).await
}

pub(super) async fn a_batch_that_stands_in_part_and_then_differs_is_a_conflict(
    cx: Cx,
) -> CaseResult {
    let lease = cx.leased(6).await?;
    let mut batch = cx.items(4..9);
    batch[1] = cx.item(99);
    differs(&cx, &lease, 4, batch).await?;
    let mut batch = cx.items(0..9);
    batch[5] = cx.item(99);
    differs(&cx, &lease, 0, batch).await?;
    cx.expect_items(lease.thread_id, 6).await
}

pub(super) async fn items_that_differ_in_a_byte_are_not_the_same(cx: Cx) -> CaseResult {
    let create = cx.create().with_items(vec![cx.raw(r#"{"a":1.0,"b":"\u00e9"}"#)]);
    let lease = cx.leased_by(create.with_lease(cx.holder())).await?;
    let others = [
        r#"{"a":1,"b":"\u00e9"}"#,
        r#"{"a":1.0,"b":"é"}"#,
        r#"{"a":1.0,"b":"\u00E9"}"#,
        r#"{"b":"\u00e9","a":1.0}"#,
        r#"{"a":1.0, "b":"\u00e9"}"#,
        r#"{"a":1.0,"b":"\u00e9","c":1}"#,
        r#"{"a":1.0}"#,
    ];
    for other in others {
        differs(&cx, &lease, 0, vec![cx.raw(other)]).await?;
    }
    Ok(())
}

pub(super) async fn an_ordinal_member_added_makes_no_difference(cx: Cx) -> CaseResult {
    let create = cx.create().with_items(vec![cx.raw(r#"{"a":1,"b":2}"#)]);
    let lease = cx.leased_by(create.with_lease(cx.holder())).await?;
    let numbered = [
        r#"{"ordinal":0,"a":1,"b":2}"#,
        r#"{"a":1,"ordinal":0,"b":2}"#,
        r#"{"a":1,"b":2,"ordinal":0}"#,
    ];
    for text in numbered {
        stands(&cx, &lease, 0, vec![cx.raw(text)]).await?;
    }
    cx.expect_history(lease.thread_id, &[cx.raw(r#"{"a":1,"b":2}"#)]).await
}

pub(super) async fn only_a_member_named_ordinal_is_left_out_of_account(cx: Cx) -> CaseResult {
    let create = cx.create().with_items(vec![cx.raw(r#"{"a":{"b":2}}"#)]);
    let lease = cx.leased_by(create.with_lease(cx.holder())).await?;
    let others = [
        r#"{"a":{"ordinal":0,"b":2}}"#,
        r#"{"a":{"b":2},"Ordinal":0}"#,
        r#"{"a":{"b":2},"ordinals":0}"#,
        r#"{"a":{"b":2},"o":0,"\u006frdinal":0}"#,
        r#"{"ordinal":0}"#,
    ];
    for other in others {
        differs(&cx, &lease, 0, vec![cx.raw(other)]).await?;
    }
    Ok(())
}

pub(super) async fn without_an_ordinal_a_repeat_appends_again(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    for first in [0, 2, 4] {
        let receipt = cx.append(&lease, cx.items(0..2)).await?;
        expect_eq("the first ordinal", first, receipt.first.get())?;
    }
    let expected: Vec<_> = (0..6).map(|n| cx.item(n % 2)).collect();
    cx.expect_history(lease.thread_id, &expected).await
}

pub(super) async fn a_fenced_repeat_is_told_where_the_history_ends(cx: Cx) -> CaseResult {
    let old = cx.leased(0).await?;
    cx.append_at(&old, 0, cx.items(0..3)).await?;
    let newer = cx.resume(old.thread_id).await?;
    cx.append_at(&newer, 3, cx.items(3..4)).await?;
    let fenced = Conflict::Fenced {
        epoch: old.epoch,
        current: newer.epoch,
        holder: Some(newer.holder),
        next_ordinal: Ordinal::new(4),
    };
    cx.conflicts(fenced, cx.append_at(&old, 0, cx.items(0..3))).await
}

pub(super) async fn a_closed_repeat_is_told_where_the_history_ends(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    cx.append_at(&lease, 0, cx.items(0..3)).await?;
    cx.store().shutdown_thread(lease.clone()).await?;
    let (epoch, next_ordinal) = (lease.epoch, Ordinal::new(3));
    let closed = Conflict::Closed { epoch, next_ordinal };
    cx.conflicts(closed, cx.append_at(&lease, 0, cx.items(0..3))).await
}

pub(super) async fn a_repeat_under_a_newer_lease_is_known_again(cx: Cx) -> CaseResult {
    let old = cx.leased(1).await?;
    cx.append_at(&old, 1, cx.items(1..4)).await?;
    let newer = cx.resume(old.thread_id).await?;
    stands(&cx, &newer, 1, cx.items(1..4)).await?;
    cx.append_at(&newer, 3, cx.items(3..6)).await?;
    cx.expect_items(old.thread_id, 6).await
}

pub(super) async fn one_append_repeated_at_once_is_stored_once(cx: Cx) -> CaseResult {
    let lease = cx.leased(2).await?;
    let receipts = at_once((0..12).map(|_| {
        let append = AppendItems::new(lease.clone(), cx.items(2..7));
        let (store, append) = (cx.store().clone(), append.with_expected_ordinal(Ordinal::new(2)));
        async move { store.append_items(append).await }
    }))
    .await?;
    for receipt in receipts {
        expect_eq("the receipt", AppendReceipt::new(Ordinal::new(2), 5), receipt?)?;
    }
    cx.expect_items(lease.thread_id, 7).await
}

pub(super) async fn large_items_are_known_again(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let batch = vec![cx.sized(1 << 20), cx.sized((1 << 20) + 1), cx.item(0)];
    cx.append_at(&lease, 0, batch.clone()).await?;
    stands(&cx, &lease, 0, batch.clone()).await?;
    let mut other = batch;
    other[1] = cx.sized((1 << 20) + 2);
    differs(&cx, &lease, 0, other).await
}
