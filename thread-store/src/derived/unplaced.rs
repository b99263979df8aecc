//! Damaged records that have no ordinal: who counts records looks for them.

use super::backward::Source;
use crate::error::Result;
use crate::history::{DamageReport, Direction, HistoryPage, OrdinalRange};
use crate::ordinal::Ordinal;
use crate::store::ThreadStore;
use crate::turn::{Counted, Reach, Unplaced};

/// The most items of a page.
const PAGE: usize = 4096;

/// Where a marker reaches to.
pub(super) async fn reach<S: ThreadStore + ?Sized>(
    store: &S,
    source: Source,
    marker: Counted,
) -> Result<Ordinal> {
    let mut reach = Reach::of(marker);
    let mut pages = Pages::new(store, source, marker.reaches_to(), marker.at);
    while let Some(page) = pages.next().await? {
        pages.tell(&mut reach.unplaced, &page.damage);
        let found = page.items.iter().find_map(|stored| reach.take(stored.ordinal));
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Ok(reach.end())
}

/// How many stand behind the item at `from` and before that at `end`.
pub(super) async fn count<S: ThreadStore + ?Sized>(
    store: &S,
    source: Source,
    from: Ordinal,
    end: Ordinal,
) -> Result<u64> {
    let (mut unplaced, mut count) = (Unplaced::before(end), 0);
    let mut pages = Pages::new(store, source, from, end);
    while let Some(page) = pages.next().await? {
        pages.tell(&mut unplaced, &page.damage);
        let before = page.items.iter().filter(|stored| stored.ordinal < end);
        count += before.map(|stored| unplaced.behind(stored.ordinal)).sum::<u64>();
    }
    Ok(count)
}

/// The pages of a stretch from its end back, each with its damage described.
struct Pages<'a, S: ?Sized> {
    store: &'a S,
    source: Source,
    rest: Option<OrdinalRange>,
    limit: usize,
}

impl<'a, S: ThreadStore + ?Sized> Pages<'a, S> {
    /// With the item at `end`: damage may be reported with it that stands before it.
    fn new(store: &'a S, source: Source, from: Ordinal, end: Ordinal) -> Self {
        let rest = (from < end).then(|| OrdinalRange::between(from, end.plus(1)));
        Self { store, source, rest, limit: PAGE }
    }

    async fn next(&mut self) -> Result<Option<HistoryPage>> {
        while let Some(range) = self.rest {
            let load = self.source.load().with_range(range);
            let load = load.with_direction(Direction::Descending).with_limit(self.limit);
            let page = self.store.load_history(load).await?;
            if page.damage.undescribed() == 0 || self.limit == 1 {
                self.rest = page.rest;
                return Ok(Some(page));
            }
            self.limit /= 8;
        }
        Ok(None)
    }

    /// Tells of the damage of the page that was read last.
    fn tell(&self, unplaced: &mut Unplaced, damage: &DamageReport) {
        match self.limit {
            1 => unplaced.meet_all(damage),
            _ => unplaced.meet(damage),
        }
    }
}
