//! What stands of a history, found the long way: by applying every marker forwards to all before it.

use serde_json::Value;
use thread_store::{
    CreateThread, RolloutItem, ThreadId, ThreadStore as _, ThreadStoreExt as _, Turn,
};
use thread_store_memory::MemoryStore;

use super::read::Attempt;

/// The ordinals of the records that stand, markers left out; `None` if that cannot be said by
/// shorter threads, since they would begin otherwise (see [`head_stands`]).
pub(super) async fn standing(history: &[RolloutItem]) -> Attempt<Option<Vec<usize>>> {
    // What stood at each length of the history.
    let mut stood = vec![Vec::new()];
    for (at, record) in history.iter().enumerate() {
        let before: &Vec<usize> = &stood[at];
        let now = match marker(record) {
            None => [before.as_slice(), &[at]].concat(),
            Some(Marker::Items(items)) => stood[at.saturating_sub(items)].clone(),
            Some(Marker::Turns(_)) if !head_stands(history, before) => return Ok(None),
            Some(Marker::Turns(turns)) => without_turns(history, before, turns).await?,
        };
        stood.push(now);
    }
    Ok(stood.pop())
}

enum Marker {
    Turns(usize),
    Items(usize),
}

fn marker(record: &RolloutItem) -> Option<Marker> {
    let json: Value = serde_json::from_slice(record.as_bytes()).unwrap_or_default();
    let event = &json["payload"];
    if event["type"] != "thread_rolled_back" {
        return None;
    }
    let number = |name: &str| event[name].as_u64().map(|number| number as usize);
    number("num_items").map(Marker::Items).or_else(|| number("num_turns").map(Marker::Turns))
}

/// What is left without the last so many turns of a thread that has nothing but these records. Turns
/// that nothing but the name in a later record tells of do not count.
async fn without_turns(
    history: &[RolloutItem],
    standing: &[usize],
    turns: usize,
) -> Attempt<Vec<usize>> {
    let (store, id) = thread_of(history, standing).await?;
    let all = store.replay(id).await.map_err(|error| format!("{error:?}"))?.turns;
    let counts = |turn: &&Turn| begins(&history[standing[turn.ordinal.get() as usize]]);
    let first = all.iter().rev().filter(counts).take(turns).last();
    let left = first.map_or(standing.len(), |turn| turn.ordinal.get() as usize);
    Ok(standing[..left].to_vec())
}

fn begins(record: &RolloutItem) -> bool {
    let json: Value = serde_json::from_slice(record.as_bytes()).unwrap_or_default();
    let event = json["payload"]["type"].as_str().unwrap_or_default();
    event == "task_started" || json["payload"].get("turn_id").is_none()
}

/// A thread that has nothing but these records, in a store of its own.
pub(super) async fn thread_of(
    history: &[RolloutItem],
    standing: &[usize],
) -> Attempt<(MemoryStore, ThreadId)> {
    let store = MemoryStore::new();
    let id = ThreadId::from_bytes([7; 16]);
    let items: Vec<_> = standing.iter().map(|at| history[*at].clone()).collect();
    let created = store.create_thread(CreateThread::new(id).with_items(items)).await;
    created.map_err(|error| format!("{error:?}"))?;
    Ok((store, id))
}

/// The ordinals of what a model is told: the compaction, if any, and the items after it.
pub(super) fn context(history: &[RolloutItem], standing: &[usize]) -> (Option<usize>, Vec<usize>) {
    let replaces = |at: &&usize| {
        let json: Value = serde_json::from_slice(history[**at].as_bytes()).unwrap_or_default();
        json["type"] == "compacted" && json["payload"]["replacement_history"].is_array()
    };
    let compaction = standing.iter().rev().find(replaces).copied();
    let after = standing.iter().copied().filter(|at| compaction.is_none_or(|it| *at > it));
    (compaction, after.collect())
}

/// Whether the first record of a turn stands. What a history says at its start of the whole of it is
/// read from there, also where that was taken back.
pub(super) fn head_stands(history: &[RolloutItem], standing: &[usize]) -> bool {
    let tells = |record: &RolloutItem| {
        let json: Value = serde_json::from_slice(record.as_bytes()).unwrap_or_default();
        let event = json["payload"]["type"].as_str().unwrap_or_default();
        json["role"] == "user"
            || matches!(event, "task_started" | "task_complete" | "turn_aborted")
            || matches!(event, "user_message" | "item_completed")
    };
    let first = history.iter().position(tells);
    let header = history.first().map(|_| 0);
    [first, header].into_iter().flatten().all(|at| standing.contains(&at))
}
