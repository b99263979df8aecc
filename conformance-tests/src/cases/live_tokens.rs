//! Going on where a thread was left.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::live::*;

fn with_token(thread_id: ThreadId, token: &ContinuationToken) -> ResumeLive {
    ResumeLive::new(thread_id).with_token(token.clone())
}

/// The end of the history is not the one that was expected, and the lease works on.
async fn refuses(cx: &Cx, lease: &WriterLease, resume: ResumeLive, expected: u64) -> CaseResult {
    let actual = cx.read(lease.thread_id).await?.next_ordinal;
    let conflict = Conflict::Ordinal { expected: Ordinal::new(expected), actual };
    cx.conflicts(conflict, cx.relive_on(cx.shared(), resume)).await?;
    cx.append(lease, vec![]).await?;
    Ok(())
}

pub(super) async fn a_token_goes_on_where_the_thread_was_left(cx: Cx) -> CaseResult {
    let mut live = cx.live();
    let id = live.thread_id();
    for (first, last) in [(0, 0), (0, 1), (1, 6), (6, 30)] {
        append_each(&live, first, cx.items(first..last)).await?;
        live.persist().await?;
        let token = live.continuation_token().await?;
        live.shutdown().await?;
        live = cx.relive_on(cx.shared(), with_token(id, &token)).await?;
        expect_eq("the token", token, live.continuation_token().await?)?;
    }
    append_each(&live, 30, cx.items(30..33)).await?;
    cx.expect_items(id, 33).await
}

pub(super) async fn a_token_outlives_the_handle(mut cx: Cx) -> CaseResult {
    let live = cx.live();
    let id = live.thread_id();
    append_each(&live, 0, cx.items(0..12)).await?;
    let token = live.continuation_token().await?.to_string();
    live.shutdown().await?;
    drop(live);
    cx.reopen().await?;
    let other = cx.open().await?;
    let resume = with_token(id, &ContinuationToken::new(token));
    let live = cx.relive_on(other, resume).await?;
    append_each(&live, 12, cx.items(12..14)).await?;
    live.shutdown().await?;
    cx.expect_items(id, 14).await
}

pub(super) async fn after_anothers_append_a_token_is_a_conflict_that_fences_nobody(
    cx: Cx,
) -> CaseResult {
    let live = cx.live();
    let id = live.thread_id();
    append_each(&live, 0, cx.items(0..5)).await?;
    let token = live.continuation_token().await?;
    live.shutdown().await?;
    let other = cx.resume(id).await?;
    cx.append(&other, cx.items(5..6)).await?;
    refuses(&cx, &other, with_token(id, &token), 5).await?;
    refuses(&cx, &other, ResumeLive::new(id).with_expected_ordinal(Ordinal::new(5)), 5).await?;
    cx.append(&other, cx.items(6..7)).await?;
    cx.expect_items(id, 7).await
}

pub(super) async fn a_token_of_another_history_of_one_length_is_a_conflict(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let live = cx.live();
    let id = live.thread_id();
    append_each(&live, 0, cx.items(0..20)).await?;
    let token = live.continuation_token().await?;
    live.shutdown().await?;
    cx.delete(id).await?;
    let items = cx.items(1..21);
    let again = CreateThread::new(id).with_items(items).with_lease(cx.holder());
    let lease = cx.leased_by(again).await?;
    refuses(&cx, &lease, with_token(id, &token), 20).await
}

pub(super) async fn a_token_of_another_thread_or_a_damaged_one_is_refused(cx: Cx) -> CaseResult {
    let (live, other) = (cx.live(), cx.thread(3).await?);
    append_each(&live, 0, cx.items(0..3)).await?;
    let token = live.continuation_token().await?;
    let mut cut = token.to_string();
    cut.pop();
    for resume in [
        with_token(other, &token),
        with_token(live.thread_id(), &ContinuationToken::new(cut)),
        with_token(live.thread_id(), &ContinuationToken::new("")),
    ] {
        cx.refused("invalid_request", cx.relive_on(cx.shared(), resume)).await?;
    }
    append_each(&live, 3, cx.items(3..4)).await
}

pub(super) async fn a_token_of_an_unknown_thread_is_not_found(cx: Cx) -> CaseResult {
    let token = cx.live().continuation_token().await?;
    let resume = with_token(cx.unknown_id(), &token);
    expect_error("resume", "not_found", cx.relive_on(cx.shared(), resume).await)?;
    Ok(())
}

pub(super) async fn an_expected_end_goes_on_there(cx: Cx) -> CaseResult {
    let id = cx.thread(4).await?;
    let resume = ResumeLive::new(id).with_expected_ordinal(Ordinal::new(4));
    let live = cx.relive_on(cx.shared(), resume).await?;
    append_each(&live, 4, cx.items(4..6)).await?;
    cx.expect_items(id, 6).await
}
