//! Faults in what is derived from histories: turns, items, model contexts, reverts.

use thread_store::*;
use thread_store_conformance::CoreOnly;
use thread_store_memory::MemoryStore;

use crate::mutant::Mutant as M;
use crate::store::Mutated;

impl Mutated {
    pub(crate) async fn turns(&self, mut params: ListTurns) -> Result<TurnPage> {
        match self.mutant {
            Some(M::TurnsIgnoreTheirCursor) => params.cursor = None,
            Some(M::TurnsComeAscending) => params.direction = Direction::Ascending,
            Some(M::ViewsAreFull) => params.view = ItemsView::Full,
            Some(M::TurnsForgetTheFlag) => params.include_archived = true,
            _ => {}
        }
        let mut page = match self.mutant {
            Some(M::TurnsTakenBackAreListed) => {
                self.without_markers(params.thread_id).await?.list_turns(params).await?
            }
            _ => CoreOnly(self).list_turns(params).await?,
        };
        match self.mutant {
            Some(M::EmptyTurnsAreLeftOut) => page.turns.retain(|turn| !turn.items.is_empty()),
            Some(M::LastPageOfTurnsHasNext) if page.next_cursor.is_none() => {
                page.next_cursor.clone_from(&page.previous_cursor);
            }
            Some(M::PagesOfTurnsHaveNoWayBack) => page.previous_cursor = None,
            Some(M::DamageOfTurnsIsNotTold) => page.damage = DamageReport::default(),
            _ => {}
        }
        page.turns.iter_mut().for_each(|turn| self.change(turn));
        Ok(page)
    }

    fn change(&self, turn: &mut Turn) {
        match self.mutant {
            Some(M::OpenTurnsAreCompleted) if turn.status == TurnStatus::InProgress => {
                turn.status = TurnStatus::Completed;
            }
            Some(M::InheritedTurnsAreOwn) => turn.inherited = false,
            Some(M::LateItemsAreLost) => {
                // What follows its neighbour at a distance.
                let mut last = turn.ordinal;
                turn.items.retain(|item| {
                    let near = item.ordinal.get() <= last.get() + 2;
                    last = item.ordinal;
                    near
                });
            }
            _ => {}
        }
    }

    pub(crate) async fn turn_items(&self, mut params: ListItems) -> Result<ItemPage> {
        match self.mutant {
            Some(M::ItemsOfAnyTurn) => params.turn_id = None,
            Some(M::UnknownTurnIsAnError) => {
                let turns = CoreOnly(self).replay(params.thread_id).await?.turns;
                let known = |id: &String| turns.iter().any(|turn| turn.id == *id);
                if !params.turn_id.as_ref().is_none_or(known) {
                    let error = Error::invalid("turn_id", "no such turn").about(params.thread_id);
                    return Err(error.during(Operation::ListItems));
                }
            }
            Some(M::TurnsTakenBackAreListed) => {
                return self.without_markers(params.thread_id).await?.list_items(params).await;
            }
            _ => {}
        }
        let mut page = CoreOnly(self).list_items(params).await?;
        if self.is(M::ItemsAreGroupedByTurn) {
            page.items.sort_by_key(|item| item.turn_id.clone());
        }
        Ok(page)
    }

    pub(crate) async fn model_context(&self, params: LoadModelContext) -> Result<ModelContext> {
        let thread_id = params.thread_id;
        let mut context = match self.mutant {
            Some(M::ContextHasWhatWasTakenBack) => {
                self.without_markers(thread_id).await?.load_model_context(params).await?
            }
            _ => CoreOnly(self).load_model_context(params).await?,
        };
        match self.mutant {
            Some(M::CompactionsAreIgnored) => {
                context.compaction = None;
                context.items = self.memory().history(thread_id).await?;
            }
            Some(M::AnyCompactionCounts) => {
                let is = |it: &StoredItem| matches!(it.item.record(), Record::Compacted(_));
                if let Some(at) = context.items.iter().rposition(is) {
                    let items = context.items.split_off(at + 1);
                    context.compaction = context.items.pop();
                    context.items = items;
                }
            }
            _ => {}
        }
        Ok(context)
    }

    pub(crate) async fn take_back(&self, mut params: RevertThread) -> Result<RevertedThread> {
        let thread_id = params.lease.thread_id;
        match (self.mutant, &mut params.to) {
            (Some(M::RevertTakesOneTurnMore), RevertTo::LastTurns(turns)) if *turns > 0 => {
                *turns = turns.saturating_add(1);
            }
            (Some(M::RevertOfNoTurnsIsFine), RevertTo::LastTurns(turns)) => *turns = 1.max(*turns),
            (Some(M::RevertIgnoresTheEnd), _) => params.expected_ordinal = None,
            (Some(M::RevertChecksTheTurnFirst), RevertTo::BeforeTurn(id)) => {
                let turns = self.memory().replay(thread_id).await?.turns;
                if turns.iter().all(|turn| turn.id != *id) {
                    let error = Error::invalid("to", "no such turn").about(thread_id);
                    return Err(error.during(Operation::RevertThread));
                }
            }
            _ => {}
        }
        let reverted = CoreOnly(self).revert_thread(params).await?;
        if self.is(M::RevertMovesUpdatedAt) {
            self.move_updated_at(thread_id).await?;
        }
        Ok(reverted)
    }

    /// The thread in another store, with something that says nothing in the place of each marker.
    pub(crate) async fn without_markers(&self, thread_id: ThreadId) -> Result<MemoryStore> {
        let other = MemoryStore::new();
        let Ok(thread) = self.memory().thread(thread_id).await else {
            return Ok(other);
        };
        let items = self.memory().history(thread_id).await?.into_iter();
        let items: Vec<_> = items.map(|stored| without_marker(stored.item)).collect();
        other.create_thread(CreateThread::copy_of(&thread, items)).await?;
        Ok(other)
    }
}

fn without_marker(item: RolloutItem) -> RolloutItem {
    match item.record() {
        Record::Event(kind, _) if kind == "thread_rolled_back" => {
            RolloutItem::try_from("{}").unwrap()
        }
        _ => item,
    }
}
