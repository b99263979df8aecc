//! Faults in pages and cursors.

use thread_store::*;

use crate::listing::page_of;
use crate::mutant::Mutant as M;
use crate::store::Mutated;

impl Mutated {
    /// What becomes of a page: `asked` by the caller, and of the reference by `params`.
    pub(crate) async fn paged(
        &self,
        asked: &ListThreads,
        params: &ListThreads,
        page: Result<ThreadPage>,
    ) -> Result<ThreadPage> {
        let mut page = match page {
            Ok(page) => page,
            Err(error) => return self.page_in_spite_of(asked, error).await,
        };
        let remembered =
            asked.cursor.as_ref().and_then(|it| self.memo().cursors.get(it.as_str()).cloned());
        match self.mutant {
            Some(M::ClampsSilently) => page.clamped = false,
            Some(M::NoPageHasNext) => page.next_cursor = None,
            Some(M::FirstPageHasNoPrevious) if asked.cursor.is_none() => {
                page.previous_cursor = None
            }
            Some(M::LastPageHasNext) if page.next_cursor.is_none() => {
                page.next_cursor = self.cursor_after(params, &page.threads);
            }
            Some(M::RepeatsARow) if page.next_cursor.is_some() && page.threads.len() > 1 => {
                page.next_cursor =
                    self.cursor_after(params, &page.threads[..page.threads.len() - 1]);
            }
            Some(M::LosesATie) => self.lose_tie(params, &mut page).await?,
            Some(M::TiesNeverTurn) if params.direction == Direction::Descending => {
                let key = params.sort_key;
                let same =
                    |a: &StoredThread, b: &StoredThread| a.sort_time(key) == b.sort_time(key);
                page.threads.chunk_by_mut(same).for_each(<[_]>::reverse);
            }
            Some(M::BackPagesAreReversed) if remembered.is_some_and(|(_, _, back)| back) => {
                page.threads.reverse();
            }
            Some(M::PagesByOffset) => page = self.page_by_offset(asked, page).await?,
            _ => {}
        }
        self.remember(asked, &page);
        Ok(page)
    }

    /// The page of a cursor that should have been refused.
    async fn page_in_spite_of(&self, asked: &ListThreads, error: Error) -> Result<ThreadPage> {
        let text = asked.cursor.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default();
        let known = self.memo().cursors.get(&text).cloned();
        match (self.mutant, known) {
            (Some(M::DamagedCursorsStart), None) if asked.cursor.is_some() => {
                self.memory().list_threads(asked.clone().with_cursor(None)).await
            }
            (Some(M::CursorsFitAnyList), Some((list, ..))) => {
                self.memory().list_threads(list.with_cursor(asked.cursor.clone())).await
            }
            _ => Err(error),
        }
    }

    fn remember(&self, asked: &ListThreads, page: &ThreadPage) {
        let mut memo = self.memo();
        let cursor = asked.cursor.as_ref().map(Cursor::as_str);
        let before = cursor.and_then(|it| memo.cursors.get(it)).map_or(0, |it| it.1);
        let next = page.next_cursor.iter().map(|it| (it, before + page.threads.len(), false));
        let previous = page.previous_cursor.iter().map(|it| (it, before, true));
        for (cursor, offset, back) in next.chain(previous) {
            let list = asked.clone().with_cursor(None);
            memo.cursors.insert(cursor.as_str().to_owned(), (list, offset, back));
        }
    }

    /// A cursor that goes on after the last of these rows, whether or not there are more.
    fn cursor_after(&self, params: &ListThreads, rows: &[StoredThread]) -> Option<Cursor> {
        let last = rows.last()?;
        let list = params.clone().with_cursor(None).with_page_size(rows.len());
        let padded = rows.iter().chain([last]).cloned().collect();
        let limits = self.capabilities().limits;
        ListPlan::new(&list, &limits).ok()?.page(padded, false).next_cursor
    }

    async fn lose_tie(&self, params: &ListThreads, page: &mut ThreadPage) -> Result<()> {
        let (Some(cursor), Some(last)) = (page.next_cursor.clone(), page.threads.last()) else {
            return Ok(());
        };
        let one = params.clone().with_cursor(cursor).with_page_size(1);
        let following = self.memory().list_threads(one).await?;
        let key = params.sort_key;
        if following.threads.iter().any(|it| it.sort_time(key) == last.sort_time(key)) {
            page.next_cursor = following.next_cursor;
        }
        Ok(())
    }

    /// The page after so many rows, wherever those are now.
    async fn page_by_offset(&self, asked: &ListThreads, page: ThreadPage) -> Result<ThreadPage> {
        let text = asked.cursor.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default();
        let Some((_, offset, false)) = self.memo().cursors.get(&text).cloned() else {
            return Ok(page);
        };
        let whole = asked.clone().with_cursor(None).with_page_size(1000);
        let rows = self.memory().list_threads(whole).await?.threads;
        let (before, after) = rows.split_at(offset.min(rows.len()));
        let Some(last) = before.last() else {
            return Ok(page);
        };
        let cursor = self.cursor_after(asked, std::slice::from_ref(last));
        let list = asked.clone().with_cursor(cursor);
        page_of(&list, &self.capabilities().limits, after)
    }
}
