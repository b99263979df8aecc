//! Searching by reading everything.

use tracing::instrument;

use super::replay;
use crate::capabilities::Search;
use crate::error::{Error, ErrorKind, Operation, Result};
use crate::history::{DamageReport, DamagedRecord};
use crate::params::ListThreads;
use crate::search::{Message, SearchPage, SearchPlan, SearchThreads};
use crate::store::ThreadStore;
use crate::thread::StoredThread;
use crate::turn::Replay;

/// Threads that are listed at once.
const PAGE: usize = 100;

#[instrument(skip_all, fields(page_size = params.page_size))]
pub(crate) async fn search_threads<S: ThreadStore + ?Sized>(
    store: &S,
    params: SearchThreads,
) -> Result<SearchPage> {
    scan(store, params).await.map_err(|error| error.during(Operation::SearchThreads))
}

/// Looks at every thread of the filter, by a key that does not change, and keeps the best.
async fn scan<S: ThreadStore + ?Sized>(store: &S, params: SearchThreads) -> Result<SearchPage> {
    let capabilities = store.capabilities();
    if capabilities.search == Search::None {
        return Err(Error::unsupported("search_threads"));
    }
    let plan = SearchPlan::new(&params, &capabilities.limits)?;
    let (mut best, mut damage) = (plan.collect(), DamageReport::default());
    let mut next = Some(ListThreads::from(params.filter).with_page_size(PAGE));
    while let Some(list) = next {
        let page = store.list_threads(list.clone()).await?;
        damage.absorb(page.damage);
        for thread in page.threads {
            let Some(mut replay) = read(store, &thread).await? else { continue };
            damage.absorb(std::mem::take(&mut replay.damage));
            let items = replay.into_items();
            if let Some(hit) = plan.judge(&thread, items.iter().filter_map(Message::of)) {
                best.offer(hit);
            }
        }
        next = page.next_cursor.map(|cursor| list.with_cursor(cursor));
    }
    Ok(best.into_page(damage))
}

/// What stands of a thread; `None` if it was deleted since it was listed. A history that cannot be
/// read at all is damage, and hides no other.
async fn read<S: ThreadStore + ?Sized>(store: &S, thread: &StoredThread) -> Result<Option<Replay>> {
    let error = match replay(store, thread.thread_id).await {
        Ok(replay) => return Ok(Some(replay)),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::NotFound => Ok(None),
        ErrorKind::Corrupt { location } => {
            let mut damage = DamageReport::default();
            damage.push(DamagedRecord::new(location.clone(), None, "the history cannot be read"));
            Ok(Some(Replay::new(Vec::new(), damage)))
        }
        _ => Err(error),
    }
}
