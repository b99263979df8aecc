//! Commands that change a thread.

use thread_store::{
    DeleteThread, ForkThread, IdSource as _, RandomIds, SetArchived, ThreadId, ThreadStoreExt as _,
};

use super::{Done, Store};
use crate::args::{SubtreeArgs, ordinal};
use crate::output::{Output, one_line};

pub(super) async fn rename(
    store: &Store,
    out: &mut Output,
    id: ThreadId,
    name: Option<String>,
) -> Done {
    if name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        return Err(
            thread_store::Error::invalid("name", "is empty; --clear takes a name away").into()
        );
    }
    let thread = store.rename(id, name).await?;
    let said = match &thread.metadata.name {
        Some(name) => format!("{id} is now called {}", one_line(name)),
        None => format!("{id} has no name now"),
    };
    Ok(out.record(&thread, said)?)
}

pub(super) async fn set_archived(
    store: &Store,
    out: &mut Output,
    args: &SubtreeArgs,
    archived: bool,
) -> Done {
    let params = SetArchived::new(args.thread.id()?, archived).with_descendants(args.descendants);
    let changed = store.set_archived(params).await?.thread_ids;
    let word = if archived { "archived" } else { "unarchived" };
    if changed.is_empty() {
        out.say(format_args!("nothing to do: it is {word} already"))?;
    }
    for id in changed {
        let said = format!("{word} {id}");
        match store.thread(id).await {
            Ok(thread) => out.record(&thread, said)?,
            // It was changed all the same.
            Err(_) => out.record(&serde_json::json!({ "thread_id": id }), said)?,
        }
    }
    Ok(())
}

pub(super) async fn delete(store: &Store, out: &mut Output, args: &SubtreeArgs) -> Done {
    let params = DeleteThread::new(args.thread.id()?).with_descendants(args.descendants);
    for id in store.delete_thread(params).await?.thread_ids {
        out.record(
            &serde_json::json!({ "thread_id": id, "deleted": true }),
            format!("deleted {id}"),
        )?;
    }
    Ok(())
}

pub(super) async fn fork(store: &Store, out: &mut Output, id: ThreadId, at: Option<u64>) -> Done {
    let params =
        ForkThread::new(id, RandomIds.thread_id()).with_at(ordinal(at)).with_include_archived(true);
    let fork = store.fork_thread(params).await?.thread;
    let said = format!("{} continues {id} from item {} on", fork.thread_id, fork.next_ordinal);
    Ok(out.record(&fork, said)?)
}
