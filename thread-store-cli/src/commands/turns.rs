//! The turns of a thread.

use thread_store::{
    DamageReport, Direction, ListTurns, ThreadId, ThreadStoreExt as _, Turn, TurnStatus,
};

use super::{Done, Store};
use crate::output::{Output, one_line, thread_item_summary};

pub(super) async fn turns(
    store: &Store,
    out: &mut Output,
    id: ThreadId,
    last: Option<usize>,
) -> Done {
    let (turns, damage) = match last {
        Some(last) => last_turns(store, id, last).await?,
        None => {
            let replay = store.replay(id).await?;
            (replay.turns, replay.damage)
        }
    };
    for record in &damage.records {
        out.damage(record)?;
    }
    let more = damage.count.saturating_sub(damage.records.len() as u64);
    if more > 0 {
        match out.is_json() {
            true => out.aside(&serde_json::json!({ "more_damage": more }))?,
            false => out.warn(format_args!("and {more} more damaged records"))?,
        }
    }
    if turns.is_empty() {
        out.say(format_args!("no turns"))?;
    }
    for turn in &turns {
        if out.is_json() { out.json(turn)? } else { print(out, turn)? }
    }
    Ok(())
}

/// The newest turns, oldest first, page by page as far as is needed.
async fn last_turns(
    store: &Store,
    id: ThreadId,
    last: usize,
) -> Result<(Vec<Turn>, DamageReport), thread_store::Error> {
    let mut list = ListTurns::new(id)
        .with_include_archived(true)
        .with_direction(Direction::Descending)
        .with_page_size(last);
    let (mut turns, mut damage) = (Vec::new(), DamageReport::default());
    loop {
        let page = store.list_turns(list.clone()).await?;
        turns.extend(page.turns);
        damage.absorb(page.damage);
        match page.next_cursor {
            Some(cursor) if turns.len() < last => {
                list = list.with_cursor(cursor).with_page_size(last - turns.len());
            }
            _ => break,
        }
    }
    turns.reverse();
    Ok((turns, damage))
}

fn print(out: &mut Output, turn: &Turn) -> Done {
    let status = match turn.status {
        TurnStatus::Completed => "completed",
        TurnStatus::Interrupted => "interrupted",
        TurnStatus::Failed => "failed",
        _ => "in progress",
    };
    let inherited = if turn.inherited { ", inherited" } else { "" };
    out.heading(format_args!("turn {}  ({status}{inherited})", turn.id))?;
    for item in &turn.items {
        out.say(format_args!("{:>6}  {}", item.ordinal, thread_item_summary(item)))?;
    }
    if let Some(error) = &turn.error {
        out.say(format_args!("        error: {}", one_line(&error.message)))?;
    }
    Ok(())
}
