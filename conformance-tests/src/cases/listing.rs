//! Lists.

use thread_store::*;

use crate::case::*;
use crate::context::Cx;

pub(super) async fn a_page_size_of_zero_is_refused(cx: Cx) -> CaseResult {
    cx.thread(0).await?;
    let list = ListThreads::new().with_page_size(0);
    expect_error("list_threads", "invalid_request", cx.store().list_threads(list).await)?;
    Ok(())
}
