//! Leases.

use thread_store::*;

use crate::case::*;
use crate::context::Cx;

pub(super) async fn a_newer_lease_fences_every_older_one(cx: Cx) -> CaseResult {
    let old = cx.leased(2).await?;
    let newer = Holder::new("the newer one");
    let resumed = cx.store().resume_thread(ResumeThread::new(old.thread_id, newer.clone())).await?;
    let error = expect_error("append", "conflict.fenced", cx.append(&old, cx.items(2..3)).await)?;
    let expected = Conflict::Fenced {
        epoch: old.epoch,
        current: resumed.lease.epoch,
        holder: Some(newer),
        next_ordinal: Ordinal::new(2),
    };
    expect_eq("the data of the error", Some(&expected), error.as_conflict())?;
    cx.expect_items(old.thread_id, 2).await
}
