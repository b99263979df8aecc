//! Lists: filters, pages, cursors that are kept and used later.

use serde_json::{Value, json};
use thread_store::{
    Cursor, ListFilter, ListThreads, Relation, SortKey, SourceKind, ThreadPage, TimeRange,
};

use super::answer::Answer;
use super::edits::{CWDS, PROVIDERS, key, pick, value};
use super::side::Side;
use super::step::{But, List, Source, Thread, Time, Turn};

/// One filter. Of two for the same thing the later counts.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Archived(bool),
    Sources(Vec<Source>),
    Spawned,
    Providers(Vec<u8>),
    Cwds(Vec<u8>),
    ChildrenOf(Thread),
    DescendantsOf(Thread),
    Label(u8, u8),
    HasPreview(bool),
    Search(u8),
    Created(Option<Time>, Option<Time>),
    Updated(Option<Time>, Option<Time>),
}

const TERMS: [&str; 8] = ["a", "alpha", "BETA", "", "%", "_\\", "ß'", "nowhere"];

pub(super) fn filter(parts: &[Part]) -> ListFilter {
    parts.iter().fold(ListFilter::default(), |filter, part| part.add_to(filter))
}

impl Part {
    fn add_to(&self, mut filter: ListFilter) -> ListFilter {
        match self {
            Self::Archived(archived) => filter.with_archived(*archived),
            Self::Sources(sources) => {
                filter.with_source_kinds(sources.iter().map(|it| it.get().kind()).collect())
            }
            Self::Spawned => filter.with_source_kinds(vec![SourceKind::SubAgentThreadSpawn]),
            Self::Providers(names) => {
                filter.with_model_providers(names.iter().map(|n| pick(&PROVIDERS, *n)).collect())
            }
            Self::Cwds(cwds) => filter.with_cwds(cwds.iter().map(|n| pick(&CWDS, *n)).collect()),
            Self::ChildrenOf(thread) => filter.with_relation(Relation::ChildrenOf(thread.id())),
            Self::DescendantsOf(thread) => {
                filter.with_relation(Relation::DescendantsOf(thread.id()))
            }
            Self::Label(n, v) => {
                filter.labels.insert(key(*n), value(*v));
                filter
            }
            Self::HasPreview(wanted) => filter.with_has_preview(*wanted),
            Self::Search(n) => filter.with_search_term(pick(&TERMS, *n)),
            Self::Created(from, to) => filter.with_created(range(*from, *to)),
            Self::Updated(from, to) => filter.with_updated(range(*from, *to)),
        }
    }
}

fn range(from: Option<Time>, to: Option<Time>) -> TimeRange {
    TimeRange::new(from.map(Time::get), to.map(Time::get))
}

/// A cursor with the list that it came from.
#[derive(Clone, Debug)]
pub(super) struct Bookmark {
    list: ListThreads,
    cursor: Cursor,
}

impl Side {
    /// A page of a list, and pages from there.
    pub(super) async fn list(&mut self, list: &List, turns: &[Turn]) -> Answer {
        let params = ListThreads::new()
            .with_filter(filter(&list.filter))
            .with_sort_key(list.key)
            .with_direction(list.direction)
            .with_page_size(self.page_size(list.page_size));
        self.pages(params, turns).await
    }

    /// A page from a cursor that was kept, and pages from there.
    pub(super) async fn follow(
        &mut self,
        bookmark: u8,
        page_size: u8,
        but: &But,
        turns: &[Turn],
    ) -> Answer {
        let back = usize::from(bookmark).checked_rem(self.bookmarks.len());
        let bookmark = back.and_then(|back| self.bookmarks.iter().nth_back(back));
        let Some(Bookmark { list, cursor }) = bookmark.cloned() else {
            return Answer::nothing();
        };
        let list = list.with_cursor(cursor).with_page_size(self.page_size(page_size));
        self.pages(changed(list, but), turns).await
    }

    async fn pages(&mut self, mut list: ListThreads, turns: &[Turn]) -> Answer {
        let mut answer = Answer::nothing();
        let mut turns = turns.iter();
        loop {
            let page = match self.store.list_threads(list.clone()).await {
                Ok(page) => page,
                Err(error) => return answer.and(self.error(&error)),
            };
            answer = answer.and(self.page(&page));
            self.keep(&list, &page);
            let cursor = match turns.next() {
                Some(Turn::Next) => page.next_cursor,
                Some(Turn::Previous) => page.previous_cursor,
                None => return answer,
            };
            let Some(cursor) = cursor else { return answer };
            list = list.with_cursor(cursor);
        }
    }

    fn page(&self, page: &ThreadPage) -> Value {
        let threads: Vec<_> = page.threads.iter().map(|it| self.thread(it)).collect();
        let at_most = page.page_size == self.store.capabilities().limits.max_page_size;
        json!({
            "threads": threads,
            "next": page.next_cursor.is_some(),
            "previous": page.previous_cursor.is_some(),
            "page_size": if at_most { json!("the most") } else { json!(page.page_size) },
            "clamped": page.clamped,
        })
    }

    fn keep(&mut self, list: &ListThreads, page: &ThreadPage) {
        for cursor in [&page.next_cursor, &page.previous_cursor].into_iter().flatten() {
            let (list, cursor) = (list.clone(), cursor.clone());
            self.bookmarks.push(Bookmark { list, cursor });
        }
    }

    /// The largest size stands for one that is more than the store gives.
    pub(super) fn page_size(&self, size: u8) -> usize {
        match size {
            u8::MAX => self.store.capabilities().limits.max_page_size + 1,
            size => usize::from(size),
        }
    }
}

fn changed(mut list: ListThreads, but: &But) -> ListThreads {
    match but {
        But::Nothing => {}
        But::OtherWay => list.direction = list.direction.reversed(),
        But::OtherKey => {
            list.sort_key = match list.sort_key {
                SortKey::Created => SortKey::Updated,
                SortKey::Updated => SortKey::Recency,
                SortKey::Recency => SortKey::Created,
            }
        }
        But::Narrower(part) => list.filter = part.add_to(list.filter),
        But::Damaged => {
            let text = list.cursor.as_ref().map(|cursor| damaged(cursor.as_str()));
            list.cursor = text.map(Cursor::new);
        }
    }
    list
}

/// The text with another character in its middle.
fn damaged(text: &str) -> String {
    let middle = text.chars().count() / 2;
    let other = |c| if c == 'A' { 'B' } else { 'A' };
    text.chars().enumerate().map(|(at, c)| if at == middle { other(c) } else { c }).collect()
}
