//! Reading a history from its end, as far as is needed.

use super::unplaced;
use crate::error::Result;
use crate::history::{DamageReport, Direction, OrdinalRange};
use crate::id::ThreadId;
use crate::item::RolloutItem;
use crate::ordinal::Ordinal;
use crate::params::{LoadHistory, ReadThread};
use crate::store::ThreadStore;
use crate::turn::{Backward, Head, Signal, Standing, TakenBack};

/// The first pages are small, since most readers want little; later ones grow.
const FIRST_PAGE: usize = 64;
const LARGEST_PAGE: usize = 4096;

/// Which history is read, and how much of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) thread_id: ThreadId,
    pub(super) include_archived: bool,
    /// As if the history ended here, if it is longer.
    pub(super) end: Option<Ordinal>,
}

impl Source {
    /// The whole history.
    pub(super) const fn new(thread_id: ThreadId, include_archived: bool) -> Self {
        Self { thread_id, include_archived, end: None }
    }

    /// Reads it.
    pub(super) fn load(&self) -> LoadHistory {
        LoadHistory::new(self.thread_id).with_include_archived(self.include_archived)
    }
}

/// A history read from its end: what stands of it, the latest record first.
#[derive(Debug)]
pub(super) struct BackwardReader<'a, S: ?Sized> {
    store: &'a S,
    source: Source,
    head: Head,
    /// What is still to be read.
    rest: Option<OrdinalRange>,
    page_size: usize,
    backward: Backward,
    /// What was read and not handed out, the latest record last.
    ready: Vec<Standing>,
    damage: DamageReport,
    /// Whether damaged records may have no ordinal.
    has_unplaced: bool,
    end: Ordinal,
}

impl<'a, S: ThreadStore + ?Sized> BackwardReader<'a, S> {
    /// Begins at the end that the history has now.
    pub(super) async fn open(store: &'a S, source: Source) -> Result<Self> {
        let read = ReadThread::new(source.thread_id).with_include_archived(source.include_archived);
        let thread = store.read_thread(read).await?;
        let inherited_to = thread.identity.forked_from.and_then(|from| from.ordinal);
        let end = thread.next_ordinal.min(source.end.unwrap_or(thread.next_ordinal));
        let head = Head::new(inherited_to, thread.metadata.is_paginated());
        let mut reader = Self::new(store, source, head, end);
        reader.read_head().await?;
        Ok(reader)
    }

    /// The reader for who does not ask where turns begin.
    pub(super) fn without_turns(self) -> Self {
        Self { backward: Backward::without_turns(), ..self }
    }

    fn new(store: &'a S, source: Source, head: Head, end: Ordinal) -> Self {
        Self {
            store,
            source,
            head,
            rest: (end > Ordinal::ZERO).then_some(OrdinalRange::between(Ordinal::ZERO, end)),
            page_size: FIRST_PAGE,
            backward: Backward::default(),
            ready: Vec::new(),
            damage: DamageReport::default(),
            has_unplaced: false,
            end,
        }
    }

    /// What the start of the history says about the whole of it.
    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// Where the history ended when it was opened.
    pub(super) fn end(&self) -> Ordinal {
        self.end
    }

    /// Whether something that was read so far takes back what is before it.
    pub(super) fn is_marked(&self) -> bool {
        self.backward.is_marked()
    }

    /// A reader of the same history as if it ended here.
    pub(super) fn until(&self, end: Ordinal) -> Self {
        Self::new(self.store, self.source, self.head.clone(), end)
    }

    /// Whether nothing from an ordinal on takes anything back.
    pub(super) async fn is_unmarked_from(&self, from: Ordinal) -> Result<bool> {
        let is_marker = |item: &RolloutItem| {
            TakenBack::is_possible(item)
                && matches!(Signal::of(item, &self.head), Some(Signal::TakenBack(_)))
        };
        let mut next = (from < self.end).then_some(OrdinalRange::between(from, self.end));
        while let Some(range) = next {
            let load = self
                .source
                .load()
                .with_range(range)
                .with_direction(Direction::Descending)
                .with_limit(LARGEST_PAGE);
            let page = self.store.load_history(load).await?;
            if page.items.records().any(|item| is_marker(&item)) {
                return Ok(false);
            }
            next = page.rest;
        }
        Ok(true)
    }

    /// Whether damaged records may have no ordinal, as the pages said that were read.
    pub(super) fn has_unplaced(&self) -> bool {
        self.has_unplaced
    }

    /// What could not be read so far.
    pub(super) fn into_damage(self) -> DamageReport {
        self.damage
    }

    /// The next record that stands, going back; `None` at the start of the history.
    pub(super) async fn next(&mut self) -> Result<Option<Standing>> {
        loop {
            if let Some(record) = self.ready.pop() {
                return Ok(Some(record));
            }
            let Some(range) = self.rest else { return Ok(None) };
            self.read_page(range).await?;
        }
    }

    async fn read_page(&mut self, range: OrdinalRange) -> Result<()> {
        let load = self
            .source
            .load()
            .with_range(range)
            .with_direction(Direction::Descending)
            .with_limit(self.page_size);
        let page = self.store.load_history(load).await?;
        self.page_size = (self.page_size * 2).min(LARGEST_PAGE);
        self.damage.absorb(page.damage);
        self.has_unplaced |= page.unplaced > 0;
        for item in page.items.iter() {
            let marker = self.backward.take(item, &self.head, &mut self.ready);
            if let Some(marker) = marker.filter(|_| self.has_unplaced) {
                let below = unplaced::reach(self.store, self.source, marker).await?;
                self.backward.reaches_to(below);
            }
        }
        self.rest = page.rest.and_then(|rest| before(rest, self.backward.skips_to()));
        if self.rest.is_none() {
            self.backward.finish(&self.head, &mut self.ready);
        }
        self.ready.reverse();
        Ok(())
    }

    async fn read_head(&mut self) -> Result<()> {
        let mut next = self.rest;
        let (mut limit, mut read) = (8, 0);
        while let Some(range) = next.filter(|_| read < Head::MAX_ITEMS) {
            let load = self.source.load().with_range(range).with_limit(limit);
            let page = self.store.load_history(load).await?;
            if page.items.records().any(|item| self.head.read(&item)) {
                return Ok(());
            }
            (next, read) = (page.rest, read + limit);
            limit = (limit * 2).min(Head::MAX_ITEMS - read);
        }
        Ok(())
    }
}

/// What of a range is before an ordinal.
fn before(range: OrdinalRange, below: Option<Ordinal>) -> Option<OrdinalRange> {
    let to = match (range.to, below) {
        (Some(to), Some(below)) => Some(to.min(below)),
        (to, below) => to.or(below),
    };
    let left = OrdinalRange { to, ..range };
    to.is_none_or(|to| to > range.from).then_some(left)
}
