//! Doing what a plan says, and reading everything in between.

use std::sync::Arc;

use serde_json::{Value, json};
use thread_store::{
    AppendItems, CreateThread, Direction, Error, ForkedFrom, Holder, ItemsView, LoadModelContext,
    Ordinal, Replay, RevertThread, RevertTo, RevertedThread, RolloutItem, StoredItem, ThreadId,
    ThreadStore, ThreadStoreExt as _, Timestamp, Turn as ThreadTurn, WriterLease,
};

use super::history::{Back, Plan, Record, Rows, Step, Turn};
use super::{naive, walk};
use crate::harness::Harness;
use crate::model::compare::mode_of;
use crate::runner::Mode;
use crate::support::context::EPOCH_MILLIS;
use crate::support::records::{event, rolled_back};

/// What came of an attempt, or what did not agree.
pub(super) type Attempt<T = ()> = Result<T, String>;

pub(super) fn failed(error: Error) -> String {
    format!("{error:?}")
}

/// Both are the same.
pub(super) fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: &T, got: &T) -> Attempt {
    if expected == got {
        return Ok(());
    }
    Err(format!("{what}\nexpected: {expected:?}\n     got: {got:?}"))
}

pub(super) async fn run(harness: Arc<dyn Harness>, mode: Mode, plan: &Plan) -> Attempt {
    let store = mode_of(mode, harness.open().await.map_err(failed)?);
    let mut reader = Reader::create(store, plan).await?;
    reader.everything(&[50]).await?;
    for step in &plan.later {
        reader.step(step).await.map_err(|reason| format!("{step:?}\n{reason}"))?;
    }
    reader.everything(&[2, 50]).await
}

/// The thread of a plan.
pub(super) struct Reader {
    pub(super) store: Arc<dyn ThreadStore>,
    pub(super) lease: WriterLease,
    /// Items before this one come from another thread.
    inherited: usize,
}

impl Reader {
    async fn create(store: Arc<dyn ThreadStore>, plan: &Plan) -> Attempt<Self> {
        let mut items = Vec::new();
        for step in &plan.start {
            items.extend(created_with(step, items.len()));
        }
        let inherited = items.len().min(plan.inherited.into());
        let (id, origin) = (ThreadId::from_bytes([1; 16]), ThreadId::from_bytes([2; 16]));
        let point = Some(Ordinal::new(inherited as u64));
        let create = CreateThread::new(id)
            .with_forked_from(ForkedFrom::new(origin, point))
            .with_items(items)
            .with_lease(Holder::new("model"));
        let lease = store.create_thread(create).await.map_err(failed)?.lease;
        Ok(Self { store, lease: lease.ok_or("no lease was granted")?, inherited })
    }

    pub(super) fn id(&self) -> ThreadId {
        self.lease.thread_id
    }

    async fn step(&mut self, step: &Step) -> Attempt {
        match step {
            Step::Say(record) => self.say(*record).await,
            Step::Revert(back) => {
                self.revert(*back).await?;
                self.everything(&[50]).await
            }
            Step::Walk(rows, turns) => walk::walk(self, *rows, turns, &[]).await,
            Step::WalkBeside(rows, turns, said) => walk::walk(self, *rows, turns, said).await,
        }
    }

    pub(super) async fn say(&self, record: Record) -> Attempt {
        let at = self.history().await?.len();
        self.append(record.items(at)).await
    }

    async fn append(&self, items: Vec<RolloutItem>) -> Attempt {
        let append = AppendItems::new(self.lease.clone(), items);
        self.store.append_items(append).await.map(drop).map_err(failed)
    }

    async fn history(&self) -> Attempt<Vec<RolloutItem>> {
        let history = self.store.history(self.id()).await.map_err(failed)?;
        Ok(history.into_iter().map(|stored| stored.item).collect())
    }

    pub(super) async fn replay(&self) -> Attempt<Replay> {
        self.store.replay(self.id()).await.map_err(failed)
    }

    async fn revert(&self, back: Back) -> Attempt {
        let (turns, end) = (self.replay().await?.turns, self.history().await?.len() as u64);
        let nth_back = |n: u8| turns.iter().rev().nth(n.into());
        let (to, from) = match back {
            Back::CodexTurns(count) => return self.append(vec![rolled_back(count.into())]).await,
            Back::Items(count) => {
                let at = Ordinal::new(end.saturating_sub(count.into()));
                (RevertTo::Ordinal(at), at)
            }
            Back::Turns(count) => {
                let count = count.max(1);
                let first = turns.iter().rev().take(count.into()).next_back();
                let from = first.map_or(Ordinal::new(end), |turn| turn.ordinal);
                (RevertTo::LastTurns(count.into()), from)
            }
            Back::BeforeTurn(n) => {
                let Some(turn) = nth_back(n) else { return Ok(()) };
                // Of turns with one id the latest is meant.
                let latest = turns.iter().rfind(|it| it.id == turn.id).unwrap_or(turn);
                (RevertTo::BeforeTurn(turn.id.clone()), latest.ordinal)
            }
        };
        let revert =
            RevertThread::new(self.lease.clone(), to).with_at(Timestamp::from_millis(EPOCH_MILLIS));
        match self.store.revert_thread(revert).await {
            Ok(reverted) => expect_reverted(&reverted, &turns, from, end),
            // There was nothing to take back.
            Err(error) if from.get() == end && error.code() == "invalid_request" => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Every way to read what there is now, in pages of these sizes.
    async fn everything(&self, sizes: &[u8]) -> Attempt {
        let history = self.history().await?;
        let replay = self.replay().await?;
        if let Some(standing) = naive::standing(&history).await? {
            self.expect_replay(&history, &standing, &replay).await?;
            self.expect_context(&history, &standing).await?;
        }
        for direction in [Direction::Ascending, Direction::Descending] {
            for page_size in sizes {
                let onward = Turn { onward: true, direction, page_size: *page_size };
                let turns = vec![onward; 1 + replay.turns.len()];
                let view = ItemsView::Full;
                walk::walk(self, Rows::Turns(view), &turns, &[]).await?;
                let turns = vec![onward; 1 + replay.clone().into_items().len()];
                walk::walk(self, Rows::Items, &turns, &[]).await?;
            }
        }
        Ok(())
    }

    /// The replay is that of a thread that has nothing but what stands.
    async fn expect_replay(
        &self,
        history: &[RolloutItem],
        standing: &[usize],
        replay: &Replay,
    ) -> Attempt {
        if !naive::head_stands(history, standing) {
            return Ok(());
        }
        let (store, id) = naive::thread_of(history, standing).await?;
        let shorter = store.replay(id).await.map_err(failed)?;
        let expected: Vec<_> = shorter.turns.iter().map(|turn| moved(turn, standing)).collect();
        let unmoved: Vec<_> = (0..history.len()).collect();
        let got: Vec<_> = replay.turns.iter().map(|turn| moved(turn, &unmoved)).collect();
        for (expected, got) in expected.iter().zip(&got) {
            same("a turn, as of what stands alone", expected, got)?;
        }
        same("the number of turns", &expected.len(), &got.len())?;
        let is_inherited = |at: Ordinal| at.get() < self.inherited as u64;
        for turn in &replay.turns {
            same(&turn.id, &is_inherited(turn.ordinal), &turn.inherited)?;
            for item in &turn.items {
                same(&item.id, &is_inherited(item.ordinal), &item.inherited)?;
            }
        }
        Ok(())
    }

    async fn expect_context(&self, history: &[RolloutItem], standing: &[usize]) -> Attempt {
        let context = self.store.load_model_context(LoadModelContext::new(self.id())).await;
        let context = context.map_err(failed)?;
        let place = |stored: &StoredItem| stored.ordinal.get() as usize;
        let got =
            (context.compaction.as_ref().map(place), context.items.iter().map(place).collect());
        same("the model context", &naive::context(history, standing), &got)?;
        let mut told = context.compaction.iter().chain(&context.items);
        let is_as_stored = |it: &StoredItem| it.item.same_record(&history[place(it)]);
        same("its items are those of the history", &true, &told.all(is_as_stored))
    }
}

fn expect_reverted(
    reverted: &RevertedThread,
    turns: &[ThreadTurn],
    from: Ordinal,
    end: u64,
) -> Attempt {
    same("whether anything was taken back", &true, &(from.get() < end))?;
    same("from", &from, &reverted.from)?;
    same("the place of the marker", &end, &reverted.marker.ordinal.get())?;
    let taken = turns.iter().filter(|turn| turn.ordinal >= from);
    same("the turns", &taken.map(|turn| turn.id.clone()).collect(), &reverted.turn_ids)
}

/// What a step of the creation adds to a history of this length.
fn created_with(step: &Step, at: usize) -> Vec<RolloutItem> {
    match step {
        Step::Say(record) => record.items(at),
        Step::Revert(Back::Items(items)) => {
            let items = at.min(usize::from(*items));
            let marker =
                json!({ "type": "thread_rolled_back", "num_turns": 0, "num_items": items });
            vec![event(&marker)]
        }
        Step::Revert(Back::CodexTurns(n) | Back::Turns(n) | Back::BeforeTurn(n)) => {
            vec![rolled_back((*n).into())]
        }
        Step::Walk(..) | Step::WalkBeside(..) => Vec::new(),
    }
}

/// A turn with the ordinals that its records have in another history, without marks of inheritance.
fn moved(turn: &ThreadTurn, to: &[usize]) -> (Vec<usize>, Value) {
    let place = |at: Ordinal| to[at.get() as usize];
    let places = std::iter::once(turn.ordinal).chain(turn.items.iter().map(|item| item.ordinal));
    let mut json = serde_json::to_value(turn).unwrap_or_default();
    json["id"] = moved_id(&json["id"], to);
    json.as_object_mut().map(|members| members.remove("inherited"));
    for item in json["items"].as_array_mut().into_iter().flatten() {
        item["id"] = moved_id(&item["id"], to);
        item.as_object_mut().map(|members| members.remove("inherited"));
    }
    (places.map(place).collect(), json)
}

/// An id that was made of an ordinal, made of another.
fn moved_id(id: &Value, to: &[usize]) -> Value {
    let text = id.as_str().unwrap_or_default();
    for prefix in ["rollout-", "item-"] {
        let at = text.strip_prefix(prefix).and_then(|at| at.parse::<usize>().ok());
        if let Some(at) = at.and_then(|at| to.get(at)) {
            return json!(format!("{prefix}{at}"));
        }
    }
    id.clone()
}
