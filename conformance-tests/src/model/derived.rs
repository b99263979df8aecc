//! What is derived from histories: turns, items, model contexts, search, reverts.

use serde_json::json;
use thread_store::{
    ItemsView, ListItems, ListTurns, LoadModelContext, Ordinal, RevertThread, RevertTo,
    SearchThreads, ThreadId,
};

use super::answer::Answer;
use super::apply::Known;
use super::lists::filter;
use super::side::{Side, to_json};
use super::step::{At, Back, Find, Lease, Time, View};

impl Side {
    /// A page of turns, one of items, and what a model is told.
    pub(super) async fn view(&mut self, view: &View) -> Answer {
        let id = view.thread.id();
        let turns = self.turns(id, view).await;
        turns.joined(self.items(id, view).await).joined(self.context(id, view.archived).await)
    }

    async fn turns(&mut self, id: ThreadId, view: &View) -> Answer {
        let list = ListTurns::new(id)
            .with_include_archived(view.archived)
            .with_direction(view.direction)
            .with_view(if view.summary { ItemsView::Summary } else { ItemsView::Full })
            .with_page_size(self.page_size(view.page_size));
        let page = self.store.list_turns(list).await;
        self.say(page, |_, page| {
            let cursors = [page.next_cursor.is_some(), page.previous_cursor.is_some()];
            json!({ "turns": page.turns, "cursors": cursors, "clamped": page.clamped })
        })
    }

    async fn items(&mut self, id: ThreadId, view: &View) -> Answer {
        let list = ListItems::new(id)
            .with_include_archived(view.archived)
            .with_direction(view.direction)
            .with_page_size(self.page_size(view.page_size));
        let page = self.store.list_items(list).await;
        self.say(page, |_, page| {
            let cursors = [page.next_cursor.is_some(), page.previous_cursor.is_some()];
            json!({ "items": page.items, "cursors": cursors, "clamped": page.clamped })
        })
    }

    async fn context(&mut self, id: ThreadId, archived: bool) -> Answer {
        let load = LoadModelContext::new(id).with_include_archived(archived);
        match self.store.load_model_context(load).await {
            Ok(context) => Answer::from(to_json(&context.next_ordinal))
                .and_items(context.compaction)
                .and_items(context.items),
            Err(error) => self.error(&error).into(),
        }
    }

    pub(super) async fn take_back(
        &mut self,
        lease: Lease,
        back: Back,
        at: &At,
        known: &Known,
    ) -> Answer {
        let Some(lease) = self.lease(lease) else {
            return Answer::nothing();
        };
        let end = known.end(lease.thread_id);
        let to = match back {
            Back::Turns(turns) => RevertTo::LastTurns(turns.into()),
            Back::Items(items) => {
                RevertTo::Ordinal(Ordinal::new(end.saturating_sub_signed(items.into())))
            }
            Back::Before(turn) => RevertTo::BeforeTurn(format!("t{turn}")),
        };
        let revert = RevertThread::new(lease, to)
            .with_at(Time(0).get())
            .with_expected_ordinal(at.ordinal(end));
        match self.store.revert_thread(revert).await {
            Ok(reverted) => {
                Answer::from(json!([reverted.from, reverted.turn_ids])).and_items([reverted.marker])
            }
            Err(error) => self.error(&error).into(),
        }
    }

    /// Which threads have a text. In what order is for each store to say, where it has an index.
    pub(super) async fn find(&mut self, find: &Find) -> Answer {
        let search = SearchThreads::new(find.term.to_owned()).with_filter(filter(&find.filter));
        let page = self.store.search_threads(search).await;
        self.say(page, |_, page| {
            let hit = |hit: &thread_store::SearchHit| {
                json!([hit.thread.thread_id, hit.count, hit.occurrences])
            };
            let mut hits: Vec<_> = page.hits.iter().map(hit).collect();
            hits.sort_by_key(ToString::to_string);
            json!({ "hits": hits, "more": page.next_cursor.is_some() })
        })
    }
}
