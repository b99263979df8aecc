//! What a model is told.

use serde_json::json;
use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::records::*;

pub(super) async fn without_a_compaction_a_model_is_told_everything(cx: Cx) -> CaseResult {
    for items in [vec![], vec![header(&json!({}))], turns(1..=3), cx.items(0..200)] {
        let id = cx.told(items.clone()).await?;
        cx.expect_context(id, None, &items).await?;
        expect_eq("the end", items.len() as u64, cx.context(id).await?.next_ordinal.get())?;
    }
    Ok(())
}

pub(super) async fn a_model_is_told_the_latest_compaction_and_what_comes_after(
    cx: Cx,
) -> CaseResult {
    let (first, second) = (compacted("first"), compacted("second"));
    let items = [turns(1..=2), vec![first.clone()], turn("t3"), vec![second.clone()], turn("t4")];
    let lease = cx.told_to(items.concat()).await?;
    cx.expect_context(lease.thread_id, Some(&second), &turn("t4")).await?;
    cx.append(&lease, turn("t5")).await?;
    cx.expect_context(lease.thread_id, Some(&second), &turns(4..=5)).await?;
    let third = compacted("third");
    cx.append(&lease, vec![third.clone()]).await?;
    cx.expect_context(lease.thread_id, Some(&third), &[]).await
}

pub(super) async fn a_compaction_comes_with_its_ordinal_and_so_do_the_items(cx: Cx) -> CaseResult {
    let id = cx.told([turn("t1"), vec![compacted("x")], turn("t2")].concat()).await?;
    let context = cx.context(id).await?;
    let at = context.compaction.map(|compaction| compaction.ordinal.get());
    expect_eq("where the compaction stands", Some(4), at)?;
    let places: Vec<_> = context.items.iter().map(|item| item.ordinal.get()).collect();
    expect_eq("where the items stand", (5..9).collect::<Vec<_>>(), places)?;
    expect_eq("the end", 9, context.next_ordinal.get())
}

pub(super) async fn a_compaction_without_a_replacement_is_no_stop(cx: Cx) -> CaseResult {
    let null = item(&json!({ "type": "compacted", "timestamp": "2026-01-01T00:00:00Z",
        "payload": { "message": "x", "replacement_history": null } }));
    let tail = [turn("t2"), vec![summarised("old")], turn("t3"), vec![null]].concat();
    let id = cx.told([turn("t1"), tail.clone()].concat()).await?;
    cx.expect_context(id, None, &[turn("t1"), tail.clone()].concat()).await?;
    let first = compacted("first");
    let id = cx.told([turn("t1"), vec![first.clone()], tail.clone()].concat()).await?;
    cx.expect_context(id, Some(&first), &tail).await
}

pub(super) async fn an_empty_replacement_is_one(cx: Cx) -> CaseResult {
    let empty = item(&json!({ "type": "compacted", "timestamp": "2026-01-01T00:00:00Z",
        "payload": { "message": "", "replacement_history": [] } }));
    let id = cx.told([turn("t1"), vec![empty.clone()], turn("t2")].concat()).await?;
    cx.expect_context(id, Some(&empty), &turn("t2")).await
}

pub(super) async fn items_taken_back_are_not_told(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=4)).await?;
    cx.revert(&lease, RevertTo::LastTurns(2)).await?;
    cx.expect_context(lease.thread_id, None, &turns(1..=2)).await?;
    cx.append(&lease, turn("t5")).await?;
    cx.expect_context(lease.thread_id, None, &[turns(1..=2), turn("t5")].concat()).await?;
    cx.append(&lease, vec![rolled_back(2)]).await?;
    cx.expect_context(lease.thread_id, None, &turn("t1")).await?;
    expect_eq("the end", 22, cx.context(lease.thread_id).await?.next_ordinal.get())
}

pub(super) async fn a_compaction_taken_back_does_not_count(cx: Cx) -> CaseResult {
    let (first, second) = (compacted("first"), compacted("second"));
    let items = [vec![first.clone()], turn("t1"), turn("t2"), vec![second], turn("t3")].concat();
    let lease = cx.told_to(items).await?;
    cx.revert(&lease, RevertTo::BeforeTurn("t2".to_owned())).await?;
    cx.expect_context(lease.thread_id, Some(&first), &turn("t1")).await?;
    let third = compacted("third");
    cx.append(&lease, [turn("t4"), vec![third.clone()], turn("t5")].concat()).await?;
    cx.expect_context(lease.thread_id, Some(&third), &turn("t5")).await?;
    cx.append(&lease, vec![rolled_back(2)]).await?;
    cx.expect_context(lease.thread_id, Some(&first), &turn("t1")).await
}

pub(super) async fn a_compaction_before_what_was_taken_back_counts(cx: Cx) -> CaseResult {
    let first = compacted("first");
    let items = [turn("t1"), vec![first.clone()], turns(2..=3)].concat();
    let lease = cx.told_to(items).await?;
    cx.revert(&lease, RevertTo::LastTurns(1)).await?;
    cx.expect_context(lease.thread_id, Some(&first), &turn("t2")).await?;
    cx.revert(&lease, RevertTo::LastTurns(1)).await?;
    cx.expect_context(lease.thread_id, Some(&first), &[]).await?;
    cx.revert(&lease, RevertTo::LastTurns(1)).await?;
    cx.expect_context(lease.thread_id, None, &[]).await
}

pub(super) async fn records_that_say_nothing_of_turns_are_told(cx: Cx) -> CaseResult {
    let settings = cx.raw(r#"{"type":"turn_context","payload":{"cwd":"/"}}"#);
    let unknown = cx.raw(r#"{ "type" : "new_kind", "payload" : [ 1.50 ] }"#);
    let items = vec![header(&json!({})), settings, unknown, cx.raw("{}")];
    let id = cx.told(items.clone()).await?;
    cx.expect_context(id, None, &items).await
}

pub(super) async fn damage_is_told_and_hides_nothing_else_of_the_context(mut cx: Cx) -> CaseResult {
    let first = compacted("first");
    let id = cx.told([turn("t1"), vec![first.clone()], turn("t2")].concat()).await?;
    cx.damage(id, 6).await?;
    let mut rest = turn("t2");
    rest.remove(1);
    cx.expect_context(id, Some(&first), &rest).await?;
    expect_eq("the damage", 1, cx.context(id).await?.damage.count)
}

pub(super) async fn a_strict_context_with_damage_is_corrupt(mut cx: Cx) -> CaseResult {
    let id = cx.told([vec![compacted("x")], turn("t1")].concat()).await?;
    let load = LoadModelContext::new(id).with_strict(true);
    expect_eq("without", 4, cx.store().load_model_context(load.clone()).await?.items.len())?;
    cx.damage(id, 2).await?;
    let result = cx.store().load_model_context(load).await;
    let error = expect_error("with damage", "corrupt", result)?;
    expect_eq("the operation", Some(Operation::LoadModelContext), error.operation())
}

pub(super) async fn damage_before_the_compaction_does_not_matter(mut cx: Cx) -> CaseResult {
    let first = compacted("first");
    let id = cx.told([turns(1..=2), vec![first.clone()], turn("t3")].concat()).await?;
    for ordinal in [7, 2] {
        cx.damage(id, ordinal).await?;
    }
    let load = LoadModelContext::new(id).with_strict(true);
    let context = cx.store().load_model_context(load).await?;
    expect_eq("the items", (4, 0), (context.items.len(), context.damage.count))?;
    cx.expect_context(id, Some(&first), &turn("t3")).await
}
