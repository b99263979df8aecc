//! Reading history.

use thread_store::*;

use crate::case::*;
use crate::context::Cx;

pub(super) async fn a_limit_of_zero_is_refused(cx: Cx) -> CaseResult {
    let load = LoadHistory::new(cx.thread(3).await?).with_limit(0);
    expect_error("load_history", "invalid_request", cx.store().load_history(load).await)?;
    Ok(())
}
