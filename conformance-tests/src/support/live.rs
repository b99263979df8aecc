//! Live threads of cases: a fixed clock, and no waits.

use std::sync::Arc;
use std::time::Duration;

use thread_store::{
    AppendReceipt, Clock, Holder, LiveConfig, LiveThread, ManualClock, Ordinal, ResumeLive, Retry,
    RolloutItem, StartThread, ThreadId, ThreadStore,
};

use crate::case::{CaseResult, expect_eq};
use crate::support::context::Cx;

impl Cx {
    /// A live thread with a new id, of which nothing is stored.
    pub(crate) fn live(&self) -> LiveThread {
        self.live_on(self.shared())
    }

    /// The same, over this store.
    pub(crate) fn live_on(&self, store: Arc<dyn ThreadStore>) -> LiveThread {
        LiveThread::start(store, StartThread::new(self.id()), self.live_config())
    }

    /// A live thread that goes on with a stored one.
    pub(crate) async fn relive(&self, thread_id: ThreadId) -> CaseResult<LiveThread> {
        Ok(self.relive_on(self.shared(), ResumeLive::new(thread_id)).await?)
    }

    /// The same, over this store and as this says.
    pub(crate) async fn relive_on(
        &self,
        store: Arc<dyn ThreadStore>,
        resume: ResumeLive,
    ) -> thread_store::Result<LiveThread> {
        LiveThread::resume(store, resume, self.live_config()).await
    }

    /// What live threads of cases have in common: a clock that stands at `time(0)`.
    pub(crate) fn live_config(&self) -> LiveConfig {
        self.live_config_at(&ManualClock::new(self.time(0)))
    }

    /// The same, by this clock.
    pub(crate) fn live_config_at(&self, clock: &ManualClock) -> LiveConfig {
        let clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let retry = Retry::default().with_waits(Duration::ZERO, Duration::ZERO);
        LiveConfig::new(self.live_holder()).with_clock(clock).with_retry(retry)
    }

    pub(crate) fn live_holder(&self) -> Holder {
        Holder::new("a live thread")
    }

    /// The thread that a live thread left behind: nothing is held, and the id is free.
    pub(crate) async fn expect_nothing_stored(&self, thread_id: ThreadId) -> CaseResult {
        let read = self.store().read_thread(thread_id.into()).await;
        crate::case::expect_error("read_thread", "not_found", read)?;
        expect_eq("the list", vec![], self.list_all().await?)
    }
}

/// So many items stand from this ordinal on.
pub(crate) fn expect_receipt(first: u64, count: usize, got: AppendReceipt) -> CaseResult {
    expect_eq("the receipt", AppendReceipt::new(Ordinal::new(first), count), got)
}

/// Appends items one by one, each to be answered with the next ordinal.
pub(crate) async fn append_each(
    live: &LiveThread,
    first: u64,
    items: impl IntoIterator<Item = RolloutItem>,
) -> CaseResult {
    for (at, item) in (first..).zip(items) {
        expect_receipt(at, 1, live.append_items(vec![item]).await?)?;
    }
    Ok(())
}
