//! Lists of threads in memory: sorted sets, one for each thing that a list can be narrowed to at no cost.

use std::collections::{BTreeSet, HashMap};
use std::iter::Peekable;
use std::ops::Bound;

use super::spawn_subtree;
use crate::cwd::cwd_key;
use crate::history::Direction;
use crate::id::ThreadId;
use crate::list::{ListFilter, ListRow, Position, Relation, Scan, SortKey};
use crate::source::SourceKind;

/// Something that all threads of a set have in common.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Facet {
    All,
    Archived(bool),
    Source(SourceKind),
    Provider(String),
    Cwd(String),
    SpawnParent(ThreadId),
}

/// Places of threads in lists, for a store that keeps its records in memory: it makes a page cost the
/// same among a hundred threads and a million (L8).
#[derive(Debug, Default)]
pub struct ListIndex(HashMap<Facet, [BTreeSet<Position>; SortKey::ALL.len()]>);

type Walk<'a> = Box<dyn Iterator<Item = Position> + Send + 'a>;

impl ListIndex {
    /// Adds a thread.
    pub fn insert(&mut self, row: &ListRow<'_>) {
        for facet in facets(row) {
            let sets = self.0.entry(facet).or_default();
            for (set, position) in sets.iter_mut().zip(positions(row)) {
                set.insert(position);
            }
        }
    }

    /// Takes a thread out, by the row that it was added with.
    pub fn remove(&mut self, row: &ListRow<'_>) {
        for facet in facets(row) {
            let Some(sets) = self.0.get_mut(&facet) else {
                continue;
            };
            for (set, position) in sets.iter_mut().zip(positions(row)) {
                set.remove(&position);
            }
            if sets[0].is_empty() {
                self.0.remove(&facet);
            }
        }
    }

    /// The places of all threads that can be on the list, in the order of the scan: the smallest
    /// set of candidates that a single filter leaves. Which of them are on it, and how many, is for
    /// the caller to say.
    pub fn candidates<'a>(&'a self, filter: &ListFilter, scan: &Scan) -> Walk<'a> {
        if let Some(Relation::DescendantsOf(ancestor)) = filter.relation {
            return self.descendant_places(ancestor, scan);
        }
        let facets = alternatives(filter).into_iter().min_by_key(|facets| self.count(facets));
        let facets = facets.unwrap_or_else(|| vec![Facet::All]);
        let walks = facets.iter().map(|facet| self.walk(facet, scan).peekable()).collect();
        Box::new(Merge { walks, direction: scan.direction })
    }

    /// Everything below a thread in the spawn relation: parents before children.
    #[must_use]
    pub fn descendants(&self, ancestor: ThreadId) -> Vec<ThreadId> {
        let subtree = spawn_subtree(ancestor, |parent| {
            let children = self.set(&Facet::SpawnParent(parent), SortKey::Created);
            children.into_iter().flatten().map(|place| place.thread_id)
        });
        subtree.into_iter().skip(1).collect()
    }

    fn descendant_places(&self, ancestor: ThreadId, scan: &Scan) -> Walk<'_> {
        let below: std::collections::HashSet<_> = self.descendants(ancestor).into_iter().collect();
        let parents = below.iter().copied().chain([ancestor]);
        let places: BTreeSet<Position> = parents
            .filter_map(|parent| self.set(&Facet::SpawnParent(parent), scan.sort_key))
            .flatten()
            .filter(|place| below.contains(&place.thread_id))
            .copied()
            .collect();
        let places: Vec<Position> = walk(&places, scan).collect();
        Box::new(places.into_iter())
    }

    fn count(&self, facets: &[Facet]) -> usize {
        facets.iter().filter_map(|facet| self.set(facet, SortKey::Created)).map(BTreeSet::len).sum()
    }

    fn set(&self, facet: &Facet, key: SortKey) -> Option<&BTreeSet<Position>> {
        self.0.get(facet).map(|sets| &sets[slot(key)])
    }

    fn walk(&self, facet: &Facet, scan: &Scan) -> Walk<'_> {
        match self.set(facet, scan.sort_key) {
            Some(set) => walk(set, scan),
            None => Box::new(std::iter::empty()),
        }
    }
}

fn walk<'a>(set: &'a BTreeSet<Position>, scan: &Scan) -> Walk<'a> {
    let after = scan.after.map_or(Bound::Unbounded, Bound::Excluded);
    match scan.direction {
        Direction::Ascending => Box::new(set.range((after, Bound::Unbounded)).copied()),
        Direction::Descending => Box::new(set.range((Bound::Unbounded, after)).rev().copied()),
    }
}

/// Several walks as one, in the same order. No place is in two of them.
struct Merge<'a> {
    walks: Vec<Peekable<Walk<'a>>>,
    direction: Direction,
}

impl Iterator for Merge<'_> {
    type Item = Position;

    fn next(&mut self) -> Option<Position> {
        let direction = self.direction;
        let heads =
            self.walks.iter_mut().filter_map(|walk| walk.peek().copied().map(|head| (head, walk)));
        let first = match direction {
            Direction::Ascending => heads.min_by_key(|(head, _)| *head),
            Direction::Descending => heads.max_by_key(|(head, _)| *head),
        };
        first.and_then(|(_, walk)| walk.next())
    }
}

fn slot(key: SortKey) -> usize {
    key as usize
}

fn positions(row: &ListRow<'_>) -> [Position; SortKey::ALL.len()] {
    SortKey::ALL.map(|key| row.position(key))
}

fn facets(row: &ListRow<'_>) -> impl Iterator<Item = Facet> {
    [
        Some(Facet::All),
        Some(Facet::Archived(row.archived)),
        Some(Facet::Source(row.source_kind)),
        row.model_provider.map(|provider| Facet::Provider(provider.to_owned())),
        row.cwd.clone().map(Facet::Cwd),
        row.spawn_parent.map(Facet::SpawnParent),
    ]
    .into_iter()
    .flatten()
}

/// For each filter that has facets: the facets, of which a thread on the list has exactly one.
fn alternatives(filter: &ListFilter) -> Vec<Vec<Facet>> {
    let mut found = Vec::new();
    found.extend(filter.archived.map(|archived| vec![Facet::Archived(archived)]));
    found.extend(
        filter
            .source_kinds
            .as_ref()
            .map(|kinds| distinct(kinds.iter().copied().map(Facet::Source))),
    );
    found.extend(
        filter
            .model_providers
            .as_ref()
            .map(|names| distinct(names.iter().cloned().map(Facet::Provider))),
    );
    found.extend(
        filter.cwds.as_ref().map(|cwds| distinct(cwds.iter().map(|cwd| Facet::Cwd(cwd_key(cwd))))),
    );
    if let Some(Relation::ChildrenOf(parent)) = filter.relation {
        found.push(vec![Facet::SpawnParent(parent)]);
    }
    found
}

fn distinct(facets: impl Iterator<Item = Facet>) -> Vec<Facet> {
    let mut seen = std::collections::HashSet::new();
    facets.filter(|facet| seen.insert(facet.clone())).collect()
}
