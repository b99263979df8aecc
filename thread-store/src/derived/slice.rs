//! A stretch of the turns of a thread, read without the rest.

use std::collections::{HashMap, VecDeque};

use super::backward::{BackwardReader, Source};
use crate::error::Result;
use crate::history::{DamageReport, Direction};
use crate::ordinal::Ordinal;
use crate::store::ThreadStore;
use crate::turn::{Place, REACH, Reducer, Signal, Standing, Turn};

/// A stretch of the turns of a thread: exactly what a replay of the whole history has there.
#[derive(Debug)]
pub(super) struct Slice {
    /// The turns, in order; with some around the stretch, which may be incomplete.
    pub(super) turns: Vec<Turn>,
    /// Where the stretch begins.
    pub(super) from: Ordinal,
    /// Before where it ends.
    pub(super) to: Option<Ordinal>,
    /// Whether nothing is beyond it, in the direction in which it was read.
    pub(super) complete: bool,
    /// Where the history ended, if there is no marker from the stretch to there.
    pub(super) unmarked_to: Option<Ordinal>,
    /// What could not be read on the way.
    pub(super) damage: DamageReport,
    /// Whether damaged records of the history may have no ordinal.
    pub(super) has_unplaced: bool,
}

/// How many records are looked at for each turn that is wanted, at first.
const RECORDS_A_TURN: u64 = 16;

impl Slice {
    /// Reads from a place (the end, or the start, that the direction begins at, if there is none)
    /// over at least so many turns that are recorded.
    pub(super) async fn read<S: ThreadStore + ?Sized>(
        store: &S,
        source: Source,
        place: Place,
        turns: usize,
    ) -> Result<Self> {
        let reader = BackwardReader::open(store, source).await?;
        let (at, up) = match (place.ordinal, place.direction) {
            (at, Direction::Ascending) => (at.unwrap_or(Ordinal::ZERO), true),
            (Some(at), Direction::Descending) => (at, false),
            (None, Direction::Descending) => {
                let window = Window::new(reader).read_down(None, turns).await?;
                return Ok(window.slice);
            }
        };
        let end = reader.end();
        let unmarked = reader.is_unmarked_from(at.max(place.unmarked_to)).await?;
        // Where all that is after the place stands, no more of it is read than its turns need.
        let first_span = RECORDS_A_TURN.saturating_mul(turns.saturating_add(8) as u64);
        let mut span = if unmarked { first_span } else { u64::MAX };
        loop {
            let until = Ordinal::new(at.get().saturating_add(span)).min(end);
            let window = Window::new(reader.until(until));
            let mut read = match up {
                true => window.read_up(at, turns).await?,
                false => window.read_down(Some(at), turns).await?,
            };
            if read.has_all_after || until == end {
                read.slice.unmarked_to = if unmarked && (up || read.slice.unmarked_to.is_some()) {
                    Some(end)
                } else {
                    None
                };
                return Ok(read.slice);
            }
            span = span.saturating_mul(4);
        }
    }

    /// Reads the whole thread.
    pub(super) async fn whole<S: ThreadStore + ?Sized>(store: &S, source: Source) -> Result<Self> {
        Self::read(store, source, Place::first(Direction::Descending), usize::MAX).await
    }
}

/// What was read of a history that was taken to end somewhere.
struct Read {
    slice: Slice,
    /// Whether what is beyond could not change it.
    has_all_after: bool,
}

/// The standing records of a stretch, and as much around it as its turns need.
#[derive(Debug)]
struct Window<'a, S: ?Sized> {
    reader: BackwardReader<'a, S>,
    /// The next record, if it was read and not taken.
    peeked: Option<Standing>,
    /// What was taken, oldest first.
    records: VecDeque<Standing>,
    /// How many of them begin a turn.
    begins: usize,
    /// How many were passed that begin a turn.
    passed: u64,
    /// Turns that were named and whose start was not met, with what was passed at the time.
    sought: HashMap<String, u64>,
}

impl<'a, S: ThreadStore + ?Sized> Window<'a, S> {
    fn new(reader: BackwardReader<'a, S>) -> Self {
        Self {
            reader,
            peeked: None,
            records: VecDeque::new(),
            begins: 0,
            passed: 0,
            sought: HashMap::new(),
        }
    }

    async fn read_down(mut self, to: Option<Ordinal>, turns: usize) -> Result<Read> {
        if let Some(to) = to {
            self.skim(to, REACH as usize).await?;
        }
        let after = self.begins;
        let mut from = None;
        while let Some(record) = self.next().await? {
            let (at, begins) = (record.item.ordinal, record.begins);
            self.take(record);
            if begins && self.begins - after >= turns {
                from = from.or(Some(at));
                if self.found_all() {
                    break;
                }
            }
        }
        let complete = self.at_start().await?;
        let from = from.filter(|_| !complete).unwrap_or(Ordinal::ZERO);
        Ok(Read { slice: self.reduce(from, to, complete), has_all_after: after as u64 >= REACH })
    }

    async fn read_up(mut self, from: Ordinal, turns: usize) -> Result<Read> {
        let trimmed = self.skim(from, turns.saturating_add(REACH as usize)).await?;
        let to = trimmed.then(|| self.begin_number(turns)).flatten();
        // What is open at the place, and what is named from there on, began before it.
        let mut begun = self.records.front().is_none_or(|first| first.begins);
        while !(begun && self.found_all()) {
            let Some(record) = self.next().await? else { break };
            begun = record.begins;
            self.take(record);
        }
        Ok(Read { slice: self.reduce(from, to, to.is_none()), has_all_after: to.is_some() })
    }

    /// Takes what stands from an ordinal on, and of that only the first so many turns. Answers
    /// whether there were more.
    async fn skim(&mut self, from: Ordinal, turns: usize) -> Result<bool> {
        let mut trimmed = false;
        while let Some(record) = self.next().await? {
            if record.item.ordinal < from {
                self.peeked = Some(record);
                break;
            }
            self.take(record);
            trimmed |= self.trim(turns);
        }
        Ok(trimmed)
    }

    /// Drops the latest records beyond so many turns.
    fn trim(&mut self, turns: usize) -> bool {
        let mut trimmed = false;
        while self.begins > turns {
            let dropped = self.records.pop_back();
            trimmed = true;
            self.begins -= usize::from(dropped.is_some_and(|record| record.begins));
        }
        trimmed
    }

    /// Where the turn of this number begins, counted from 0.
    fn begin_number(&self, number: usize) -> Option<Ordinal> {
        let mut begins = self.records.iter().filter(|record| record.begins);
        begins.nth(number).map(|record| record.item.ordinal)
    }

    async fn next(&mut self) -> Result<Option<Standing>> {
        match self.peeked.take() {
            Some(record) => Ok(Some(record)),
            None => self.reader.next().await,
        }
    }

    async fn at_start(&mut self) -> Result<bool> {
        if self.peeked.is_none() {
            self.peeked = self.reader.next().await?;
        }
        Ok(self.peeked.is_none())
    }

    fn take(&mut self, record: Standing) {
        let Some(signal) = &record.signal else { return };
        self.passed += u64::from(record.begins);
        match signal {
            Signal::Start(start) => {
                if let Some(id) = &start.id {
                    self.sought.remove(id);
                }
            }
            signal => {
                if let Some(id) = signal.turn_id() {
                    self.sought.insert(id.to_owned(), self.passed);
                }
            }
        }
        self.begins += usize::from(record.begins);
        self.records.push_front(record);
    }

    /// Whether the start of every turn that was named is there, or too far to be meant.
    fn found_all(&mut self) -> bool {
        let passed = self.passed;
        self.sought.retain(|_, at| passed - *at <= REACH);
        self.sought.is_empty()
    }

    fn reduce(self, from: Ordinal, to: Option<Ordinal>, complete: bool) -> Slice {
        let mut reducer = Reducer::new(self.reader.head());
        for record in &self.records {
            reducer.push(record);
        }
        let turns = reducer.finish();
        let end = self.reader.end();
        let unmarked_to = (!self.reader.is_marked()).then_some(end);
        let has_unplaced = self.reader.has_unplaced();
        let damage = self.reader.into_damage();
        Slice { turns, from, to, complete, unmarked_to, damage, has_unplaced }
    }
}
