//! Faults in reading.

use thread_store::*;

use crate::mutant::Mutant as M;
use crate::store::Mutated;

impl Mutated {
    pub(crate) async fn read(&self, mut params: ReadThread) -> Result<StoredThread> {
        let thread_id = params.thread_id;
        match self.mutant {
            Some(M::ReadForgetsTheFlag) => params.include_archived = true,
            Some(M::ReadMovesRecency) => {
                let later = |thread: &StoredThread| {
                    let millis = thread.metadata.recency_at.as_millis() + 1;
                    ThreadMetadataPatch::default().recency_at(Timestamp::from_millis(millis))
                };
                self.edit(thread_id, later).await.ok();
            }
            _ => {}
        }
        let read = self.memory().read_thread(params).await;
        read.map_err(|error| match error.kind() {
            ErrorKind::NotFound if self.is(M::UnknownIsInvalid) => {
                Error::invalid("thread_id", "unknown").about(thread_id)
            }
            _ => error,
        })
    }

    pub(crate) async fn load(&self, mut params: LoadHistory) -> Result<HistoryPage> {
        let empty = HistoryPage::new(Items::new(params.direction), Ordinal::ZERO, None);
        let thread = self.memory().thread(params.thread_id).await;
        let backward = params.range.to.is_some_and(|to| to < params.range.from);
        match (self.mutant, thread) {
            (Some(M::UnknownHistoryIsEmpty), Err(_)) => return Ok(empty),
            (Some(M::ZeroLimitIsEmpty), Ok(_)) if params.limit == Some(0) => return Ok(empty),
            (Some(M::BackwardRangeIsEmpty), Ok(_)) if backward => return Ok(empty),
            (Some(M::HistoryForgetsTheFlag), _) => params.include_archived = true,
            (Some(M::RangeTakesItsEnd), _) => {
                params.range.to = params.range.to.map(|to| to.plus(1));
            }
            _ => {}
        }
        let mut page = self.memory().load_history(params.clone()).await?;
        if self.is(M::LimitFromTheWrongEnd) && params.direction == Direction::Descending {
            let from_start = params.clone().with_direction(Direction::Ascending);
            let mut items = self.memory().load_history(from_start).await?.items.into_ascending();
            items.reverse();
            page.items = Items::from_vec(items, params.direction);
        }
        match self.mutant {
            Some(M::LosesTheRest) => page.rest = None,
            Some(M::ComesAscending) => {
                page.items = Items::from_vec(page.items.into_ascending(), Direction::Ascending);
            }
            Some(M::NextOrdinalOfThePage) => {
                let last = page.items.iter().map(|it| it.ordinal).max();
                page.next_ordinal = last.map_or(page.next_ordinal, |last| last.plus(1));
            }
            Some(M::RenumbersPages) => {
                let renumbered = page.items.into_ascending().into_iter().enumerate();
                let renumbered =
                    renumbered.map(|(n, it)| StoredItem { ordinal: Ordinal::new(n as u64), ..it });
                let mut items: Vec<_> = renumbered.collect();
                if params.direction == Direction::Descending {
                    items.reverse();
                }
                page.items = Items::from_vec(items, params.direction);
            }
            _ => {}
        }
        self.damaged(&params, page)
    }

    /// The page as it is when records were damaged.
    fn damaged(&self, params: &LoadHistory, page: HistoryPage) -> Result<HistoryPage> {
        let damaged = self.memo().damaged.clone();
        let is_damaged = |n: u64| damaged.contains(&(params.thread_id, n));
        let mut report = DamageReport::default();
        for n in params.plan(page.next_ordinal)?.take.filter(|n| is_damaged(*n)) {
            let after = (0..n).rev().find(|n| !is_damaged(*n)).map(Ordinal::new);
            report.push(DamagedRecord::new(format!("record {n}"), after, "simulated"));
        }
        if report.is_empty() {
            return Ok(page);
        }
        if params.strict && !self.is(M::StrictIsIgnored) {
            report
                .strict()
                .map_err(|error| error.about(params.thread_id).during(Operation::LoadHistory))?;
        }
        let all = page.items.iter();
        let items: Vec<_> = if self.is(M::DamageHidesTheRest) {
            all.take_while(|it| !is_damaged(it.ordinal.get())).collect()
        } else {
            all.filter(|it| !is_damaged(it.ordinal.get())).collect()
        };
        let items = Items::from_vec(items, params.direction);
        let page = HistoryPage::new(items, page.next_ordinal, page.rest);
        Ok(if self.is(M::DamageIsNotReported) { page } else { page.with_damage(report) })
    }
}
