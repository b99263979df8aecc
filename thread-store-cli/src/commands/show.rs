//! One thread.

use futures::TryStreamExt as _;
use thread_store::{
    Direction, ListFilter, ListThreads, LoadHistory, Relation, StoredThread, ThreadId,
    ThreadStoreExt as _,
};

use super::{Done, Store};
use crate::output::{Output, item_summary, label, one_line};

/// Items shown below the record.
const LAST_ITEMS: usize = 5;

pub(super) async fn show(store: &Store, out: &mut Output, id: ThreadId) -> Done {
    let thread = store.thread(id).await?;
    if out.is_json() {
        return Ok(out.json(&thread)?);
    }
    print_record(out, &thread)?;
    let children = ListFilter::default().with_relation(Relation::ChildrenOf(id));
    let children: Vec<_> = store.all_threads(ListThreads::from(children)).try_collect().await?;
    for child in &children {
        out.say(format_args!("{:>20}  {}  {}", "child", child.thread_id, label(child)))?;
    }
    let load = LoadHistory::new(id)
        .with_include_archived(true)
        .with_direction(Direction::Descending)
        .with_limit(LAST_ITEMS);
    let items = store.load_history(load).await?.items.into_ascending();
    if !items.is_empty() {
        out.heading(format_args!("The last {} of {} items:", items.len(), thread.next_ordinal))?;
    }
    for stored in items {
        out.say(format_args!("{:>6}  {}", stored.ordinal, item_summary(&stored.item)))?;
    }
    Ok(())
}

/// Every member of the record that has a value.
fn print_record(out: &mut Output, thread: &StoredThread) -> Done {
    let members: serde_json::Map<String, serde_json::Value> = serde_json::to_value(thread)
        .ok()
        .and_then(|value| value.as_object().cloned())
        .unwrap_or_default();
    for (name, value) in members {
        let text = match value {
            serde_json::Value::String(text) => one_line(&text),
            other => other.to_string(),
        };
        out.say(format_args!("{name:>20}  {text}"))?;
    }
    Ok(())
}
