//! Commands that change a thread.

use thread_store::{
    DeleteThread, ForkPoint, ForkThread, IdSource as _, IfHeld, RandomIds, ResumeThread,
    RevertThread, RevertTo, SetArchived, ThreadId, ThreadStoreExt as _,
};

use thread_store_sqlite::this_process;

use super::{Done, Store};
use crate::args::SubtreeArgs;
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

pub(super) async fn fork(store: &Store, out: &mut Output, id: ThreadId, at: ForkPoint) -> Done {
    let params = ForkThread::new(id, RandomIds.thread_id()).with_at(at).with_include_archived(true);
    let fork = store.fork_thread(params).await?.thread;
    let said = format!("{} continues {id} from item {} on", fork.thread_id, fork.next_ordinal);
    Ok(out.record(&fork, said)?)
}

pub(super) async fn revert(store: &Store, out: &mut Output, id: ThreadId, to: RevertTo) -> Done {
    let resume = ResumeThread::new(id, this_process("thread-store revert"))
        .with_include_archived(true)
        .with_if_held(IfHeld::Refuse);
    let lease = store.resume_thread(resume).await?.lease;
    let reverted = store.revert_thread(RevertThread::new(lease.clone(), to)).await;
    let released = store.shutdown_thread(lease).await;
    let reverted = reverted?;
    released?;
    let answer = serde_json::json!({
        "thread_id": id,
        "from": reverted.from,
        "turn_ids": reverted.turn_ids,
        "marker": reverted.marker.ordinal,
    });
    let turns = match reverted.turn_ids.len() {
        1 => "1 turn".to_owned(),
        count => format!("{count} turns"),
    };
    let said = format!("took back {turns} of {id}, from item {} on", reverted.from);
    Ok(out.record(&answer, said)?)
}
