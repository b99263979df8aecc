//! Appending history.

use crate::case::*;
use crate::context::Cx;

pub(super) async fn items_read_back_in_the_order_appended(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    cx.append(&lease, cx.items(0..1)).await?;
    cx.append(&lease, cx.items(1..300)).await?;
    cx.append(&lease, cx.items(300..302)).await?;
    cx.expect_items(lease.thread_id, 302).await
}
