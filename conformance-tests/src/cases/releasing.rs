//! Giving leases back.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::{at_once, ended};
use crate::support::words::*;

const MODES: [ReleaseMode; 2] = [ReleaseMode::Shutdown, ReleaseMode::Discard];

async fn release(cx: &Cx, lease: &WriterLease, mode: ReleaseMode) -> Result<()> {
    cx.store().release_lease(ReleaseLease::new(lease.clone(), mode)).await
}

pub(super) async fn releasing_again_is_fine_either_way(cx: Cx) -> CaseResult {
    for first in MODES {
        let lease = cx.leased(1).await?;
        release(&cx, &lease, first).await?;
        for again in [MODES, MODES].concat() {
            release(&cx, &lease, again).await?;
        }
        cx.expect_items(lease.thread_id, 1).await?;
    }
    Ok(())
}

pub(super) async fn a_released_lease_is_closed(cx: Cx) -> CaseResult {
    for mode in MODES {
        let lease = cx.leased(1).await?;
        cx.append(&lease, cx.items(1..3)).await?;
        release(&cx, &lease, mode).await?;
        let closed = closed(&lease, 3);
        expect_conflict("append", &closed, cx.append(&lease, cx.items(3..4)).await)?;
        expect_conflict("append of nothing", &closed, cx.append(&lease, vec![]).await)?;
        expect_conflict(
            "append at the end",
            &closed,
            cx.append_at(&lease, 3, cx.items(3..4)).await,
        )?;
        expect_conflict("flush", &closed, cx.store().flush_thread(lease.clone()).await)?;
        cx.expect_items(lease.thread_id, 3).await?;
    }
    Ok(())
}

pub(super) async fn closed_comes_before_the_ordinal_and_before_items_that_stand(
    cx: Cx,
) -> CaseResult {
    let lease = cx.leased(0).await?;
    cx.append_at(&lease, 0, cx.items(0..2)).await?;
    release(&cx, &lease, ReleaseMode::Shutdown).await?;
    let closed = closed(&lease, 2);
    expect_conflict("items that stand", &closed, cx.append_at(&lease, 0, cx.items(0..2)).await)?;
    expect_conflict("beyond the end", &closed, cx.append_at(&lease, 7, cx.items(0..2)).await)
}

pub(super) async fn releasing_loses_no_item(mut cx: Cx) -> CaseResult {
    for mode in MODES {
        let lease = cx.leased(0).await?;
        cx.append(&lease, cx.items(0..50)).await?;
        release(&cx, &lease, mode).await?;
        cx.reopen().await?;
        cx.expect_items(lease.thread_id, 50).await?;
    }
    Ok(())
}

pub(super) async fn discarding_a_fenced_lease_disturbs_nobody(cx: Cx) -> CaseResult {
    let old = cx.leased(0).await?;
    let new = cx.resume(old.thread_id).await?;
    release(&cx, &old, ReleaseMode::Discard).await?;
    release(&cx, &old, ReleaseMode::Discard).await?;
    expect_error("resume_thread", "conflict.held", cx.resume_if_free(old.thread_id).await)?;
    let result = cx.append(&old, cx.items(0..1)).await;
    expect_conflict("append", &fenced_by(&old, &new, 0), result)?;
    cx.append(&new, cx.items(0..1)).await?;
    cx.expect_items(old.thread_id, 1).await
}

pub(super) async fn shutting_down_a_fenced_lease_is_refused_and_disturbs_nobody(
    cx: Cx,
) -> CaseResult {
    let old = cx.leased(0).await?;
    let new = cx.resume(old.thread_id).await?;
    let result = release(&cx, &old, ReleaseMode::Shutdown).await;
    expect_conflict("shutdown", &fenced_by(&old, &new, 0), result)?;
    expect_error("resume_thread", "conflict.held", cx.resume_if_free(old.thread_id).await)?;
    cx.append(&new, cx.items(0..1)).await?;
    cx.expect_items(old.thread_id, 1).await
}

pub(super) async fn a_released_lease_that_was_followed_by_another_is_fenced(cx: Cx) -> CaseResult {
    for mode in MODES {
        let old = cx.leased(1).await?;
        release(&cx, &old, mode).await?;
        let new = cx.resume(old.thread_id).await?;
        let fenced = fenced_by(&old, &new, 1);
        expect_conflict("append", &fenced, cx.append(&old, cx.items(1..2)).await)?;
        release(&cx, &old, ReleaseMode::Discard).await?;
        cx.append(&new, cx.items(1..2)).await?;
    }
    Ok(())
}

pub(super) async fn a_lease_released_through_one_handle_is_closed_through_all(
    cx: Cx,
) -> CaseResult {
    let (lease, other) = (cx.leased(0).await?, cx.open().await?);
    release(&cx, &lease, ReleaseMode::Discard).await?;
    let append = AppendItems::new(lease.clone(), cx.items(0..1));
    expect_conflict("append", &closed(&lease, 0), other.append_items(append).await)?;
    other.discard_thread(lease.clone()).await?;
    other.shutdown_thread(lease).await?;
    Ok(())
}

pub(super) async fn shutting_down_many_times_at_once_is_fine(cx: Cx) -> CaseResult {
    let lease = cx.leased(2).await?;
    let shutdown = |_| {
        let (store, lease) = (cx.shared(), lease.clone());
        async move { store.shutdown_thread(lease).await }
    };
    for answer in at_once((0..10).map(shutdown).collect::<Vec<_>>()).await? {
        answer?;
    }
    expect_conflict("append", &closed(&lease, 2), cx.append(&lease, cx.items(2..3)).await)
}

pub(super) async fn nothing_lands_after_a_release(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let tasks: Vec<_> = (0..50).map(|n| cx.append_task(&lease, cx.items(n..n + 1))).collect();
    let appends = tokio::spawn(at_once(tasks));
    release(&cx, &lease, ReleaseMode::Shutdown).await?;
    let at_release = cx.texts(lease.thread_id).await?;
    let mut landed = 0;
    for receipt in ended(appends).await?? {
        match receipt {
            Ok(_) => landed += 1,
            Err(error) => expect_eq("the error", "conflict.closed", error.code())?,
        }
    }
    expect_eq("how many landed", at_release.len(), landed)?;
    expect_eq("the history later", at_release, cx.texts(lease.thread_id).await?)
}
