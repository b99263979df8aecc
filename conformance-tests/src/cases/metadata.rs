//! Metadata.

use thread_store::*;

use crate::case::*;
use crate::context::Cx;

pub(super) async fn the_empty_patch_changes_nothing(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    let before = cx.read(id).await?;
    let update = UpdateThreadMetadata::new(id, ThreadMetadataPatch::default());
    expect_eq("the answer", before.clone(), cx.store().update_thread_metadata(update).await?)?;
    expect_eq("the thread", before, cx.read(id).await?)
}
