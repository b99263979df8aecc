//! Reading, with what only this process knows laid over it.

use serde::Serialize;
use tracing::instrument;

use super::{Inner, ThreadManager, ThreadStatus, ThreadView};
use crate::error::Result;
use crate::history::DamageReport;
use crate::id::ThreadId;
use crate::list::Cursor;
use crate::params::{ListThreads, ReadThread, check_page_size};
use crate::search::{SearchPage, SearchThreads};
use crate::thread::StoredThread;
use crate::turn::{ItemPage, ListItems, ListTurns, Turn, TurnPage, TurnStatus};

/// A page of threads, each with what it is doing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ThreadViewPage {
    /// The threads, in the direction asked.
    pub threads: Vec<ThreadView>,
    /// Where to go on; absent exactly on the last page.
    pub next_cursor: Option<Cursor>,
    /// Where to go back, and to see later what is new before the first row; absent if there are no
    /// rows.
    pub previous_cursor: Option<Cursor>,
    /// The page size that was applied.
    pub page_size: usize,
    /// Whether a larger one was asked for.
    pub clamped: bool,
    /// What of the stored data could not be read.
    pub damage: DamageReport,
}

/// A page of the ids of loaded threads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoadedPage {
    /// The ids, in their order.
    pub thread_ids: Vec<ThreadId>,
    /// After which id to go on; absent exactly on the last page.
    pub next_after: Option<ThreadId>,
}

impl ThreadManager {
    /// Reads a thread, loaded or not, also one that is started and not stored yet.
    ///
    /// # Errors
    ///
    /// As [`read_thread`](crate::ThreadStore::read_thread).
    #[instrument(skip_all, fields(thread_id = %read.thread_id))]
    pub async fn read(&self, read: ReadThread) -> Result<ThreadView> {
        let inner = &self.0;
        if let Some(draft) = inner.draft(read.thread_id).await {
            return Ok(inner.view(draft));
        }
        let store = inner.store_of(read.thread_id);
        let call = || store.read_thread(read.clone());
        let thread = inner.retry().run(read.thread_id, call).await?;
        Ok(inner.view(thread))
    }

    /// Lists threads of the store. Those that are not stored (yet) are on no list.
    ///
    /// # Errors
    ///
    /// As [`list_threads`](crate::ThreadStore::list_threads).
    #[instrument(skip_all, fields(page_size = list.page_size))]
    pub async fn list(&self, list: ListThreads) -> Result<ThreadViewPage> {
        let inner = &self.0;
        let page = inner.store.list_threads(list).await?;
        Ok(ThreadViewPage {
            threads: page.threads.into_iter().map(|thread| inner.view(thread)).collect(),
            next_cursor: page.next_cursor,
            previous_cursor: page.previous_cursor,
            page_size: page.page_size,
            clamped: page.clamped,
            damage: page.damage,
        })
    }

    /// Finds text that a person could read in threads of the store.
    ///
    /// # Errors
    ///
    /// As [`search_threads`](crate::ThreadStore::search_threads).
    pub async fn search(&self, search: SearchThreads) -> Result<SearchPage> {
        self.0.store.search_threads(search).await
    }

    /// Lists the turns of a thread. An open last turn is in progress only if it is so in this process;
    /// otherwise it is told as interrupted, also if it goes on in another.
    ///
    /// # Errors
    ///
    /// As [`list_turns`](crate::ThreadStore::list_turns).
    pub async fn list_turns(&self, list: ListTurns) -> Result<TurnPage> {
        let (inner, thread_id) = (&self.0, list.thread_id);
        if inner.draft(thread_id).await.is_some() {
            return TurnPage::empty(list.page_size);
        }
        let had_turn = inner.has_turn(thread_id);
        let store = inner.store_of(thread_id);
        let call = || store.list_turns(list.clone());
        let mut page = inner.retry().run(thread_id, call).await?;
        // A turn that began or ended meanwhile was not interrupted.
        if !(had_turn || inner.has_turn(thread_id)) {
            page.turns.iter_mut().for_each(interrupt);
        }
        Ok(page)
    }

    /// Lists the items of a thread.
    ///
    /// # Errors
    ///
    /// As [`list_items`](crate::ThreadStore::list_items).
    pub async fn list_items(&self, list: ListItems) -> Result<ItemPage> {
        let (inner, thread_id) = (&self.0, list.thread_id);
        if inner.draft(thread_id).await.is_some() {
            return ItemPage::empty(list.page_size);
        }
        let store = inner.store_of(thread_id);
        inner.retry().run(thread_id, || store.list_items(list.clone())).await
    }

    /// Lists the threads that are loaded, ephemeral ones too, in the order of their ids.
    ///
    /// # Errors
    ///
    /// *Invalid request* (field `page_size`) for 0.
    pub fn loaded(&self, after: Option<ThreadId>, page_size: usize) -> Result<LoadedPage> {
        check_page_size(page_size)?;
        let (thread_ids, more) = self.0.loaded.page(after, page_size);
        let next_after = thread_ids.last().copied().filter(|_| more);
        Ok(LoadedPage { thread_ids, next_after })
    }
}

impl Inner {
    /// The record of a thread that is started and not stored.
    async fn draft(&self, thread_id: ThreadId) -> Option<StoredThread> {
        let loaded = self.loaded.get(thread_id)?;
        if loaded.live.is_started() {
            return None;
        }
        loaded.live.thread().await.ok()
    }

    fn view(&self, thread: StoredThread) -> ThreadView {
        let loaded = self.loaded.get(thread.thread_id);
        let status =
            loaded.as_ref().map_or(ThreadStatus::NotLoaded, |loaded| loaded.watch.status());
        let ephemeral = loaded.is_some_and(|loaded| loaded.ephemeral);
        ThreadView::new(thread, status).with_ephemeral(ephemeral)
    }

    fn has_turn(&self, thread_id: ThreadId) -> bool {
        self.loaded.get(thread_id).is_some_and(|loaded| loaded.watch.has_turn())
    }
}

fn interrupt(turn: &mut Turn) {
    if turn.status == TurnStatus::InProgress {
        turn.status = TurnStatus::Interrupted;
    }
}
