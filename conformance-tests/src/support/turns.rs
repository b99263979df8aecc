//! Turns, items and model contexts: reading them, and saying briefly what they are.

use serde_json::Value;
use thread_store::{
    Direction, ItemContent, ItemPage, ListItems, ListTurns, LoadModelContext, ModelContext, Replay,
    RevertThread, RevertTo, RevertedThread, RolloutItem, ThreadId, ThreadItem, ThreadStoreExt as _,
    Turn, TurnPage, WriterLease,
};

use crate::case::{CaseResult, expect_eq, fail};
use crate::support::context::Cx;

/// More pages than any case has: a list that goes on so long goes in circles.
const ENDLESS: usize = 2_500;

pub(crate) const BOTH_WAYS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

impl Cx {
    /// A thread with this history.
    pub(crate) async fn told(&self, items: Vec<RolloutItem>) -> CaseResult<ThreadId> {
        self.make(self.create().with_items(items)).await
    }

    /// The same, with a lease.
    pub(crate) async fn told_to(&self, items: Vec<RolloutItem>) -> CaseResult<WriterLease> {
        self.leased_by(self.create().with_items(items).with_lease(self.holder())).await
    }

    /// Takes back, at a fixed time.
    pub(crate) async fn revert(
        &self,
        lease: &WriterLease,
        to: RevertTo,
    ) -> thread_store::Result<RevertedThread> {
        let revert = RevertThread::new(lease.clone(), to).with_at(self.time(0));
        self.store().revert_thread(revert).await
    }

    pub(crate) async fn turns(&self, thread_id: ThreadId) -> CaseResult<Vec<Turn>> {
        Ok(self.store().replay(thread_id).await?.turns)
    }

    /// The turns are these, however they are read.
    pub(crate) async fn expect_turns(&self, thread_id: ThreadId, expected: &[&str]) -> CaseResult {
        let replay = self.store().replay(thread_id).await?;
        let got: Vec<_> = replay.turns.iter().map(outline).collect();
        expect_eq("the turns", expected, &got.iter().map(String::as_str).collect::<Vec<_>>())?;
        self.expect_pages_of(thread_id, &replay).await
    }

    /// Pages of any size, either way, are what a replay of the whole has there.
    pub(crate) async fn expect_pages_of(&self, thread_id: ThreadId, replay: &Replay) -> CaseResult {
        for direction in BOTH_WAYS {
            for size in [1, 2, 5, 100] {
                let what = format!("in pages of {size}, {direction:?}");
                let list = turns_of(thread_id).with_direction(direction).with_page_size(size);
                let pages = self.turn_pages(list).await?;
                let turns = pages.into_iter().flat_map(|page| page.turns).collect();
                expect_eq(&what, replay.turns.clone(), upwards(direction, turns))?;
                let list = items_of(thread_id).with_direction(direction).with_page_size(size);
                let pages = self.item_pages(list).await?;
                let items = pages.into_iter().flat_map(|page| page.items).collect();
                expect_eq(&what, replay.clone().into_items(), upwards(direction, items))?;
            }
        }
        Ok(())
    }

    pub(crate) async fn turn_page(&self, list: ListTurns) -> CaseResult<TurnPage> {
        Ok(self.store().list_turns(list).await?)
    }

    pub(crate) async fn item_page(&self, list: ListItems) -> CaseResult<ItemPage> {
        Ok(self.store().list_items(list).await?)
    }

    /// Every page, by its cursors forward.
    pub(crate) async fn turn_pages(&self, mut list: ListTurns) -> CaseResult<Vec<TurnPage>> {
        let mut pages = Vec::new();
        while pages.len() < ENDLESS {
            let page = self.store().list_turns(list.clone()).await?;
            list.cursor.clone_from(&page.next_cursor);
            pages.push(page);
            if list.cursor.is_none() {
                return Ok(pages);
            }
        }
        fail("the pages of turns", "an end", "more and more of them")
    }

    /// Every page, by its cursors forward.
    pub(crate) async fn item_pages(&self, mut list: ListItems) -> CaseResult<Vec<ItemPage>> {
        let mut pages = Vec::new();
        while pages.len() < ENDLESS {
            let page = self.store().list_items(list.clone()).await?;
            list.cursor.clone_from(&page.next_cursor);
            pages.push(page);
            if list.cursor.is_none() {
                return Ok(pages);
            }
        }
        fail("the pages of items", "an end", "more and more of them")
    }

    pub(crate) async fn context(&self, thread_id: ThreadId) -> CaseResult<ModelContext> {
        let load = LoadModelContext::new(thread_id).with_include_archived(true);
        Ok(self.store().load_model_context(load).await?)
    }

    /// What a model is told is this: the compaction, if any, and the items after it.
    pub(crate) async fn expect_context(
        &self,
        thread_id: ThreadId,
        compaction: Option<&RolloutItem>,
        items: &[RolloutItem],
    ) -> CaseResult {
        let context = self.context(thread_id).await?;
        let texts = |of: &mut dyn Iterator<Item = &RolloutItem>| -> Vec<String> {
            of.map(|item| item.text().into_owned()).collect()
        };
        let got = context.compaction.iter().map(|stored| &stored.item);
        expect_eq(
            "the compaction",
            texts(&mut compaction.into_iter()),
            texts(&mut got.into_iter()),
        )?;
        let got = context.items.iter().map(|stored| &stored.item);
        expect_eq("the items", texts(&mut items.iter()), texts(&mut got.into_iter()))
    }
}

pub(crate) fn turns_of(thread_id: ThreadId) -> ListTurns {
    ListTurns::new(thread_id).with_include_archived(true)
}

pub(crate) fn items_of(thread_id: ThreadId) -> ListItems {
    ListItems::new(thread_id).with_include_archived(true)
}

/// Rows that came in this direction, oldest first.
pub(crate) fn upwards<T>(direction: Direction, mut rows: Vec<T>) -> Vec<T> {
    if direction == Direction::Descending {
        rows.reverse();
    }
    rows
}

pub(crate) fn turn_ids(page: &TurnPage) -> Vec<&str> {
    page.turns.iter().map(|turn| turn.id.as_str()).collect()
}

pub(crate) fn item_ids(page: &ItemPage) -> Vec<&str> {
    page.items.iter().map(|item| item.id.as_str()).collect()
}

/// What a turn is, in one line: `t1 completed: user hi, agent hello`.
pub(crate) fn outline(turn: &Turn) -> String {
    let items: Vec<_> = turn.items.iter().map(said).collect();
    format!("{} {}: {}", turn.id, word(&turn.status), items.join(", "))
}

/// What an item is, in few words.
pub(crate) fn said(item: &ThreadItem) -> String {
    match &item.content {
        ItemContent::UserMessage { content, .. } => format!("user {}", texts(content)),
        ItemContent::AgentMessage { text, .. } => format!("agent {text}"),
        ItemContent::Reasoning { summary, .. } => format!("reasoning {}", summary.join("+")),
        ItemContent::CommandExecution { command, status, .. } => format!("{command} {status}"),
        content => word(&as_json(content)["type"]),
    }
}

fn texts(parts: &[Value]) -> String {
    let texts: Vec<_> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
    texts.join("+")
}

/// An enumerated value as JSON has it.
fn word(value: &impl serde::Serialize) -> String {
    as_json(value).as_str().unwrap_or_default().to_owned()
}

pub(crate) fn as_json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
