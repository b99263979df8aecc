//! Reading threads, histories and lists.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use thread_store::{
    Error, HistoryPage, ListPlan, ListThreads, LoadHistory, Outcome, ReadThread, Result,
    StoredThread, ThreadId, ThreadPage,
};

use super::file::Freshness;
use super::log::Log;
use super::open_home::{OpenHome, aside};
use crate::codex_state::{self, StateStamp};
use crate::error::ReadError;

/// So often a read is begun anew because files changed while it went on.
const ATTEMPTS: usize = 3;
/// Items that are read in less time than it takes to hand that to somebody else.
const SHORT: usize = 500;
/// Bytes that are read in a few milliseconds.
const LITTLE: u64 = 16 << 20;

impl OpenHome {
    /// Learns what other processes of ours did, and what other programs did if it is time to look.
    pub(crate) async fn look_if_due(self: &Arc<Self>) -> Result<()> {
        if self.should_look() {
            return self.look_now().await;
        }
        self.catch_up()?;
        if self.must_look() { self.look_now().await } else { Ok(()) }
    }

    /// Looks at the files now.
    pub(crate) async fn look_now(self: &Arc<Self>) -> Result<()> {
        let asked = Instant::now();
        let codex = self.read_codex().await;
        let home = Arc::clone(self);
        aside(move || home.look(codex, asked)).await
    }

    /// Reads a page, beside the tasks of this thread if it may be a large one.
    pub(crate) async fn load(self: &Arc<Self>, params: LoadHistory) -> Result<HistoryPage> {
        if params.limit.is_some_and(|limit| limit <= SHORT) || self.is_short(params.thread_id) {
            return self.load_here(&params);
        }
        let home = Arc::clone(self);
        aside(move || home.load_here(&params)).await
    }

    /// What Codex's database says, if it may have changed.
    async fn read_codex(
        &self,
    ) -> Option<std::collections::HashMap<ThreadId, codex_state::CodexFacts>> {
        if !self.codex_state {
            return None;
        }
        let home = self.layout.home();
        let now: Option<StateStamp> = codex_state::state_stamp(home);
        let known = *self.codex_stamp.lock().unwrap_or_else(PoisonError::into_inner);
        if known == now {
            return None;
        }
        match codex_state::read_state(home).await {
            Ok(codex) => {
                // A change within the same step of the clock would not show.
                let known = now.filter(StateStamp::is_settled);
                *self.codex_stamp.lock().unwrap_or_else(PoisonError::into_inner) = known;
                Some(codex)
            }
            Err(error) => {
                // What was known of it stands.
                tracing::debug!(%error, "Codex's database cannot be read now");
                None
            }
        }
    }

    /// Whether all that a thread can answer is read in little time.
    fn is_short(&self, thread: ThreadId) -> bool {
        let catalog = self.read();
        catalog.any(thread).is_ok_and(|entry| entry.log.text_len() <= LITTLE)
    }

    /// Makes sure that what is known of a thread is what its file says now.
    pub(crate) fn fresh(&self, thread: ThreadId) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let Ok(log) = self.read().any(thread).map(|entry| Arc::clone(&entry.log)) else {
                return Ok(());
            };
            let mut state = log.head().lock();
            let seen = state.refresh();
            let is_observed = state.unobserved.is_empty();
            drop(state);
            match seen {
                Ok(Freshness::Same) if is_observed => return Ok(()),
                Ok(Freshness::Same | Freshness::Grown) => {
                    return self.observe_new(&mut self.write(), thread);
                }
                Ok(Freshness::Rewritten) | Err(ReadError::Missing { .. }) => {
                    self.look(None, Instant::now())?
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(crate) fn read_thread(&self, params: &ReadThread) -> Result<StoredThread> {
        self.fresh(params.thread_id)?;
        Ok(self.read().get(params.thread_id, params.include_archived)?.thread())
    }

    fn load_here(&self, params: &LoadHistory) -> Result<HistoryPage> {
        let mut last = Error::unavailable(Outcome::NothingDone);
        for _ in 0..ATTEMPTS {
            self.fresh(params.thread_id)?;
            let catalog = self.read();
            let entry = catalog.get(params.thread_id, params.include_archived)?;
            let log: Arc<Log> = Arc::clone(&entry.log);
            drop(catalog);
            match log.page(params) {
                Err(error) if error.code() == "unavailable" => last = error,
                page => return page,
            }
            self.look(None, Instant::now())?;
        }
        Err(last)
    }

    pub(crate) fn list(&self, params: &ListThreads) -> Result<ThreadPage> {
        let plan = ListPlan::new(params, &self.capabilities.limits)?;
        let mut page = None;
        for _ in 0..ATTEMPTS {
            let catalog = self.read();
            let rows = catalog.scan(&params.filter, &plan.scan());
            let follow_up = plan.follow_up(&rows);
            let followed =
                follow_up.is_some_and(|scan| !catalog.scan(&params.filter, &scan).is_empty());
            drop(catalog);
            let threads: Vec<_> = rows.iter().map(|row| row.thread_id).collect();
            page = Some(plan.page(rows, followed));
            // What others appended to a thread on the page is seen, too.
            if !self.freshen(&threads)? {
                break;
            }
        }
        page.ok_or_else(|| Error::internal("no page"))
    }

    /// Looks at the files of these threads; answers whether any was not as it was known.
    fn freshen(&self, threads: &[ThreadId]) -> Result<bool> {
        let mut stale = Vec::new();
        {
            let catalog = self.read();
            for thread in threads {
                let Ok(entry) = catalog.any(*thread) else { continue };
                if entry.log.head().lock().is_stale() {
                    stale.push(*thread);
                }
            }
        }
        stale.iter().try_for_each(|thread| self.fresh(*thread))?;
        Ok(!stale.is_empty())
    }
}
