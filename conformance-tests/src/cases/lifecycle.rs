//! Archive, delete, fork, explain.

use thread_store::*;

use crate::case::*;
use crate::context::Cx;

pub(super) async fn archiving_again_changes_nothing(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    expect_eq("changed at first", vec![id], cx.store().archive_thread(id).await?.thread_ids)?;
    let archived = cx.read(id).await?;
    expect_eq("changed again", vec![], cx.store().archive_thread(id).await?.thread_ids)?;
    expect_eq("the thread", archived, cx.read(id).await?)
}
