//! What outlives handles, crashes and damage.

use crate::case::*;
use crate::context::Cx;

pub(super) async fn a_reopened_store_has_everything(mut cx: Cx) -> CaseResult {
    let lease = cx.leased(3).await?;
    cx.append(&lease, cx.items(3..5)).await?;
    let before = cx.read(lease.thread_id).await?;
    cx.reopen().await?;
    expect_eq("the thread", before, cx.read(lease.thread_id).await?)?;
    cx.expect_items(lease.thread_id, 5).await
}
