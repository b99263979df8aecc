//! The history of a thread, over its files.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use thread_store::{
    AppendItems, AppendReceipt, DamageReport, DamagedRecord, Direction, Error, HistoryPage, Items,
    Limits, LoadHistory, Ordinal, Outcome, Result, RolloutItem, ThreadId, plan_append,
};

use super::arrange::Arrangement;
use super::faults::Faults;
use super::file::{RolloutFile, State};
use super::layout::Layout;
use super::leases::{Leases, Seat, Sitting};
use crate::error::ReadError;
use crate::lineage::INCOMPLETE;
use crate::segment;

/// A history: what it inherits from files that do not grow for it, and the file that it ends in.
#[derive(Debug)]
pub(crate) struct Log {
    thread: ThreadId,
    inherited: Vec<Inherited>,
    /// Records of all that is inherited.
    before: u64,
    head: Arc<RolloutFile>,
    /// Who may append, when that was asked.
    seat: OnceLock<Arc<Seat>>,
    /// What of it is missing: each with how many records come before.
    lost: Vec<(u64, String, &'static str)>,
}

/// A file up to where another continues it.
#[derive(Debug)]
struct Inherited {
    file: Arc<RolloutFile>,
    records: u64,
}

/// A piece of a page: positions in one file, and the ordinal of the first.
struct Piece<'a> {
    file: &'a RolloutFile,
    range: Range<u64>,
    first: u64,
}

impl Log {
    /// The history of these files.
    ///
    /// # Errors
    ///
    /// Only where its last file cannot be read: what is missing of the others is damage.
    pub(crate) fn new(thread: ThreadId, files: &Arrangement) -> Option<Self> {
        let head = Arc::clone(files.head()?);
        let mut log = Self {
            thread,
            inherited: Vec::new(),
            before: 0,
            head,
            seat: OnceLock::new(),
            lost: Vec::new(),
        };
        if let Some((path, reason)) = &files.broken {
            log.lost.push((0, path.display().to_string(), *reason));
        }
        let mut next = 0;
        for (file, end) in &files.links {
            let Some(end) = *end else { continue };
            let (path, map) = {
                let state = file.lock();
                (state.path.clone(), Arc::clone(&state.map))
            };
            let cut = segment::cut(&path, &map, next, end);
            next = next.max(end);
            let (records, complete) = cut.map_or((0, false), |cut| (cut.records, cut.complete));
            log.inherited.push(Inherited { file: Arc::clone(file), records });
            log.before += records;
            if !complete {
                log.lost.push((log.before, path.display().to_string(), INCOMPLETE));
            }
        }
        Some(log)
    }

    /// Who may append.
    pub(crate) fn seat(&self, leases: &Leases) -> &Seat {
        self.seat.get_or_init(|| leases.seat(self.thread))
    }

    pub(crate) fn head(&self) -> &Arc<RolloutFile> {
        &self.head
    }

    /// Records before those of the last file.
    pub(crate) fn before(&self) -> u64 {
        self.before
    }

    /// Bytes of the files that the history is read from.
    pub(crate) fn text_len(&self) -> u64 {
        let inherited = self.inherited.iter().map(|part| part.file.lock().map.len());
        inherited.sum::<u64>() + self.head.lock().map.len()
    }

    pub(crate) fn end(&self) -> Ordinal {
        Ordinal::new(self.before + self.head.records())
    }

    /// Every record with its ordinal, and whether its line is marked and the thread's own: as far
    /// back as asked.
    pub(crate) fn each(
        &self,
        from: u64,
        each: &mut dyn FnMut(u64, &RolloutItem, bool),
    ) -> std::result::Result<(), ReadError> {
        let end = self.end().get();
        for piece in self.pieces(from..end) {
            let own = piece.file.header.thread == self.thread;
            let path = piece.file.path();
            let shift = piece.first.wrapping_sub(piece.range.start);
            let range = piece.range.clone();
            segment::scan(&path, &mut |line: segment::Line| {
                if range.contains(&line.record) {
                    each(line.record.wrapping_add(shift), &line.item, line.marked && own);
                }
            })?;
        }
        Ok(())
    }

    fn pieces(&self, take: Range<u64>) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        let mut start = 0;
        let inherited = self.inherited.iter().map(|part| (&part.file, part.records));
        for (file, records) in inherited.chain([(&self.head, u64::MAX - self.before)]) {
            let end = start + records;
            let range = take.start.max(start)..take.end.min(end);
            if range.start < range.end {
                let first = range.start;
                pieces.push(Piece { file, range: range.start - start..range.end - start, first });
            }
            start = end;
        }
        pieces
    }

    /// A page.
    pub(crate) fn page(&self, params: &LoadHistory) -> Result<HistoryPage> {
        let end = self.end();
        let plan = params.plan(end)?;
        let mut damage = DamageReport::default();
        let mut runs: Vec<(Ordinal, Arc<[RolloutItem]>)> = Vec::new();
        self.report_lost(&plan.take, &mut damage);
        for piece in self.pieces(plan.take.clone()) {
            let shift = piece.first - piece.range.start;
            let part = piece.file.read(piece.range.clone()).map_err(moved)?;
            let path = piece.file.path();
            for lost in part.damage {
                let location = format!("{}:{}", path.display(), lost.offset);
                let after = (lost.before + shift).checked_sub(1).map(Ordinal::new);
                damage.push(DamagedRecord::new(location, after, lost.reason));
            }
            runs.push((Ordinal::new(piece.first), part.items.into()));
        }
        if plan.take.is_empty() && plan.rest.is_none() {
            self.report_empty(&mut damage)?;
        }
        if params.strict {
            damage.strict()?;
        }
        if params.direction == Direction::Descending {
            runs.reverse();
        }
        let mut items = Items::new(params.direction);
        for (first, run) in runs {
            let whole = 0..run.len();
            items.push_run(first, run, whole);
        }
        let page = HistoryPage::new(items, end, plan.rest).with_damage(damage);
        Ok(page.with_unplaced(self.unplaced()))
    }

    /// At least as many as there are damaged records: none of them has an ordinal. What is known of
    /// an inherited file counts whole, also what stands behind the part that is inherited.
    fn unplaced(&self) -> u64 {
        let inherited = self.inherited.iter().map(|part| &part.file);
        let files = inherited.chain([&self.head]);
        self.lost.len() as u64 + files.map(|file| file.lock().map.damage()).sum::<u64>()
    }

    /// A history without any record may have damage all the same.
    fn report_empty(&self, damage: &mut DamageReport) -> Result<()> {
        if self.end() != Ordinal::ZERO {
            return Ok(());
        }
        let path = self.head.path();
        for lost in self.head.read(0..0)?.damage {
            let location = format!("{}:{}", path.display(), lost.offset);
            damage.push(DamagedRecord::new(location, None, lost.reason));
        }
        Ok(())
    }

    fn report_lost(&self, take: &Range<u64>, damage: &mut DamageReport) {
        for (position, path, reason) in &self.lost {
            if take.contains(position) {
                let after = position.checked_sub(1).map(Ordinal::new);
                damage.push(DamagedRecord::new(path.clone(), after, *reason));
            }
        }
    }

    /// Appends, for who sits on the thread's seat.
    pub(crate) fn append(
        &self,
        sitting: &Sitting,
        params: &AppendItems,
        limits: &Limits,
        layout: &Layout,
        faults: &Faults,
    ) -> Result<AppendReceipt> {
        let AppendItems { lease, items, expected_ordinal, .. } = params;
        let mut state = self.head.lock();
        if state.is_deleted {
            return Err(Error::not_found(self.thread));
        }
        sitting.state.check(lease, self.end_of(&state))?;
        limits.check_items(items)?;
        state.ready(layout, faults)?;
        let end = self.end_of(&state);
        let (receipt, standing) =
            plan_append(self.thread, *expected_ordinal, items, end, |range| {
                self.standing(&state, &range)
            })?;
        let missing = &items[standing..];
        if !missing.is_empty() {
            state.append(missing, &self.head.header, faults)?;
        }
        Ok(receipt)
    }

    fn end_of(&self, state: &State) -> Ordinal {
        Ordinal::new(self.before + state.map.records())
    }

    /// What stands where items are to be appended.
    fn standing(&self, state: &State, range: &Range<u64>) -> Result<Vec<RolloutItem>> {
        let mut items = Vec::new();
        for piece in self.pieces(range.clone()) {
            // The last file is locked already.
            let part = if std::ptr::eq(piece.file, Arc::as_ptr(&self.head)) {
                segment::read(&state.path, &state.map, piece.range)?
            } else {
                piece.file.read(piece.range)?
            };
            items.extend(part.items);
        }
        Ok(items)
    }
}

/// A file that is not there is somewhere else by now, or its thread is gone: whoever looks again knows.
fn moved(error: ReadError) -> Error {
    match error {
        ReadError::Missing { .. } => Error::unavailable(Outcome::NothingDone).because(error),
        error => error.into(),
    }
}
