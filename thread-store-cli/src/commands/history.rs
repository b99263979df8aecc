//! The history of a thread.

use thread_store::{
    Direction, HistoryPage, LoadHistory, Ordinal, OrdinalRange, StoredItem, ThreadId,
};

use super::{Done, Store};
use crate::output::{Output, item_summary};

/// Items that are held at once.
const PAGE: usize = 5000;

/// Which part, and how.
pub(super) struct Part {
    pub(super) last: Option<usize>,
    pub(super) from: Option<u64>,
    pub(super) raw: bool,
}

pub(super) async fn history(store: &Store, out: &mut Output, id: ThreadId, part: &Part) -> Done {
    let from = OrdinalRange::from(Ordinal::new(part.from.unwrap_or(0)));
    let load = LoadHistory::new(id).with_include_archived(true).with_range(from);
    if let Some(last) = part.last {
        let load = load.with_direction(Direction::Descending).with_limit(last);
        return print(out, store.load_history(load).await?, part.raw);
    }
    let mut next = Some(load.with_limit(PAGE));
    while let Some(load) = next {
        let page = store.load_history(load.clone()).await?;
        next = page.rest.filter(|_| !out.is_unread()).map(|rest| load.with_range(rest));
        print(out, page, part.raw)?;
    }
    Ok(())
}

fn print(out: &mut Output, page: HistoryPage, raw: bool) -> Done {
    for record in &page.damage.records {
        out.damage(record)?;
    }
    for StoredItem { ordinal, item } in page.items.into_ascending() {
        if raw {
            out.bytes(item.as_bytes())?;
        } else {
            let said = format!("{ordinal:>6}  {}", item_summary(&item));
            out.record(&StoredItem { ordinal, item }, said)?;
        }
    }
    Ok(())
}
