//! Forking at turns.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::records::*;
use crate::support::turns::*;

fn after(turn: &str) -> ForkPoint {
    ForkPoint::AfterTurn(turn.to_owned())
}

fn before(turn: &str) -> ForkPoint {
    ForkPoint::BeforeTurn(turn.to_owned())
}

/// A fork at this point.
async fn fork(cx: &Cx, source: ThreadId, at: ForkPoint) -> CaseResult<StoredThread> {
    let fork = ForkThread::new(source, cx.id()).with_at(at);
    Ok(cx.store().fork_thread(fork).await?.thread)
}

/// The fork has the first so many items of its source, the first turns, and nothing else.
async fn expect_first(cx: &Cx, source: ThreadId, fork: &StoredThread, items: u64) -> CaseResult {
    let at = Some(Ordinal::new(items));
    expect_eq("the point", at, fork.identity.forked_from.and_then(|from| from.ordinal))?;
    expect_eq("the end", at, Some(fork.next_ordinal))?;
    let texts = cx.texts(source).await?;
    expect_eq(
        "the history",
        texts.into_iter().take(items as usize).collect(),
        cx.texts(fork.thread_id).await?,
    )?;
    let (turns, own) = (cx.turns(source).await?, cx.turns(fork.thread_id).await?);
    let ids =
        |turns: &[Turn]| turns.iter().map(|it| (it.id.clone(), it.ordinal)).collect::<Vec<_>>();
    expect_eq("the turns", ids(&turns[..own.len().min(turns.len())]), ids(&own))?;
    expect("they are inherited", own.iter().all(|turn| turn.inherited))?;
    expect("and their items", own.iter().flat_map(|turn| &turn.items).all(|item| item.inherited))
}

pub(super) async fn a_fork_after_a_turn_has_it_and_nothing_that_came_later(cx: Cx) -> CaseResult {
    let source = cx.told(turns(1..=4)).await?;
    for n in 1..=4 {
        let fork = fork(&cx, source, after(&format!("t{n}"))).await?;
        expect_first(&cx, source, &fork, 4 * n).await?;
        let last = cx.turns(fork.thread_id).await?.pop();
        expect_eq("the last turn", Some(format!("t{n}")), last.map(|turn| turn.id))?;
    }
    Ok(())
}

pub(super) async fn a_fork_before_a_turn_has_the_turns_before_it(cx: Cx) -> CaseResult {
    let source = cx.told([vec![header(&serde_json::json!({}))], turns(1..=4)].concat()).await?;
    for n in 1..=4 {
        let fork = fork(&cx, source, before(&format!("t{n}"))).await?;
        expect_first(&cx, source, &fork, 1 + 4 * (n - 1)).await?;
        expect_eq("the turns", n - 1, cx.turns(fork.thread_id).await?.len() as u64)?;
    }
    Ok(())
}

pub(super) async fn what_came_after_the_point_is_found_nowhere(cx: Cx) -> CaseResult {
    let source = cx.told([turn("t1"), vec![compacted("secret")], turn("t2")].concat()).await?;
    let fork = fork(&cx, source, after("t1")).await?.thread_id;
    cx.expect_turns(fork, &["t1 completed: user ask t1, agent answer t1"]).await?;
    cx.expect_context(fork, None, &turn("t1")).await?;
    let page = cx.store().list_items(items_of(fork).with_turn_id("t2".to_owned())).await?;
    expect_eq("items of a later turn", 0, page.items.len())?;
    let lease = cx.resume(fork).await?;
    let result = cx.revert(&lease, RevertTo::BeforeTurn("t2".to_owned())).await;
    expect_error("a later turn", "invalid_request", result)?;
    cx.append(&lease, turn("own")).await?;
    let expected = [
        "t1 completed: user ask t1, agent answer t1",
        "own completed: user ask own, agent answer own",
    ];
    cx.expect_turns(fork, &expected).await
}

pub(super) async fn a_turn_without_an_end_ends_where_the_next_begins(cx: Cx) -> CaseResult {
    let items = vec![started("a"), asks("x"), answers("y"), started("b"), asks("z"), answers("w")];
    let source = cx.told(items).await?;
    let first = fork(&cx, source, after("a")).await?;
    expect_first(&cx, source, &first, 3).await?;
    let second = fork(&cx, source, after("b")).await?;
    expect_first(&cx, source, &second, 6).await
}

pub(super) async fn turns_without_records_are_forked_at_alike(cx: Cx) -> CaseResult {
    let source = cx.told(vec![asks("x"), answers("y"), asks("z"), answers("w")]).await?;
    let first = fork(&cx, source, after("rollout-0")).await?;
    expect_first(&cx, source, &first, 2).await?;
    let second = fork(&cx, source, before("rollout-2")).await?;
    expect_first(&cx, source, &second, 2).await?;
    let third = fork(&cx, source, after("rollout-2")).await?;
    expect_first(&cx, source, &third, 4).await
}

pub(super) async fn a_turn_that_does_not_stand_is_no_point_to_fork_at(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    cx.revert(&lease, RevertTo::BeforeTurn("t3".to_owned())).await?;
    for point in [after("t4"), before("t4"), after(""), after("t3"), before("t3"), after("T1")] {
        let fork = ForkThread::new(lease.thread_id, cx.id()).with_at(point);
        let error = cx.refused("invalid_request", cx.store().fork_thread(fork)).await?;
        match error.kind() {
            ErrorKind::InvalidRequest { field, .. } => {
                expect_eq("the field", "at", field.as_ref())?
            }
            kind => return fail("the kind", "invalid request", kind),
        }
        expect_eq("the operation", Some(Operation::ForkThread), error.operation())?;
    }
    Ok(())
}

pub(super) async fn a_fork_at_a_turn_sees_what_was_taken_back_before_it(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=3)).await?;
    cx.revert(&lease, RevertTo::BeforeTurn("t2".to_owned())).await?;
    cx.append(&lease, turns(4..=5)).await?;
    let fork = fork(&cx, lease.thread_id, after("t4")).await?;
    expect_first(&cx, lease.thread_id, &fork, 17).await?;
    cx.expect_turns(
        fork.thread_id,
        &[
            "t1 completed: user ask t1, agent answer t1",
            "t4 completed: user ask t4, agent answer t4",
        ],
    )
    .await
}

pub(super) async fn an_archived_thread_is_forked_at_a_turn_only_if_included(cx: Cx) -> CaseResult {
    let source = cx.told(turns(1..=2)).await?;
    cx.store().archive_thread(source).await?;
    for point in [after("t1"), after("nowhere")] {
        let fork = ForkThread::new(source, cx.id()).with_at(point);
        cx.refused("archived", cx.store().fork_thread(fork)).await?;
    }
    let fork = ForkThread::new(source, cx.id()).with_at(after("t1")).with_include_archived(true);
    let fork = cx.store().fork_thread(fork).await?.thread;
    cx.expect_turns(fork.thread_id, &["t1 completed: user ask t1, agent answer t1"]).await
}

pub(super) async fn a_fork_of_an_unknown_thread_at_a_turn_is_not_found(cx: Cx) -> CaseResult {
    let fork = ForkThread::new(cx.unknown_id(), cx.id()).with_at(after("t1"));
    cx.refused("not_found", cx.store().fork_thread(fork)).await?;
    Ok(())
}

pub(super) async fn a_fork_after_a_turn_that_no_end_records_has_no_later_one(cx: Cx) -> CaseResult {
    let history = vec![started("a"), completed("a"), asks("x"), answers("y"), asks("z")];
    let source = cx.told(history).await?;
    let fork = fork(&cx, source, after("rollout-2")).await?;
    expect_first(&cx, source, &fork, 4).await?;
    cx.expect_turns(fork.thread_id, &["a completed: ", "rollout-2 completed: user x, agent y"])
        .await
}
