//! Why a thread is not on a list.

use std::collections::HashMap;

use tracing::instrument;

use crate::error::{ErrorKind, Operation, Result};
use crate::id::ThreadId;
use crate::list::{Explanation, ListFilter, Relation};
use crate::params::{Explain, ReadThread};
use crate::store::ThreadStore;
use crate::thread::StoredThread;

#[instrument(skip_all, fields(thread_id = %params.thread_id))]
pub(crate) async fn explain<S: ThreadStore + ?Sized>(
    store: &S,
    params: Explain,
) -> Result<Explanation> {
    let read =
        |thread_id| store.read_thread(ReadThread::new(thread_id).with_include_archived(true));
    let thread = read(params.thread_id).await.map_err(|error| error.during(Operation::Explain))?;
    let parents = if needs_ancestors(&params.filter) {
        spawn_parents(store, &thread).await.map_err(|error| error.during(Operation::Explain))?
    } else {
        HashMap::new()
    };
    let mismatches = params.filter.mismatches(&thread, |id| parents.get(&id).copied().flatten());
    Ok(Explanation::new(thread.thread_id, mismatches))
}

fn needs_ancestors(filter: &ListFilter) -> bool {
    matches!(filter.relation, Some(Relation::DescendantsOf(_)))
}

/// The spawn parents of all threads on the way up from this one, as far as they are stored.
async fn spawn_parents<S: ThreadStore + ?Sized>(
    store: &S,
    thread: &StoredThread,
) -> Result<HashMap<ThreadId, Option<ThreadId>>> {
    let mut parents = HashMap::from([(thread.thread_id, thread.spawn_parent())]);
    let mut next = thread.spawn_parent();
    while let Some(id) = next.filter(|id| !parents.contains_key(id)) {
        next = match store.read_thread(ReadThread::new(id).with_include_archived(true)).await {
            Ok(parent) => parent.spawn_parent(),
            Err(error) if *error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        parents.insert(id, next);
    }
    Ok(parents)
}
