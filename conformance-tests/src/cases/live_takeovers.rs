//! Live threads whose thread somebody else takes, archives or deletes.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::faulty::{Fault, Faulty};
use crate::support::live::*;
use crate::support::observe::everything;
use crate::support::records::*;
use crate::support::words::*;

/// A live thread with a whole turn, and a touch that is held back.
async fn running(cx: &Cx) -> CaseResult<LiveThread> {
    let clock = ManualClock::new(cx.time(0));
    let start = StartThread::new(cx.id());
    let live = LiveThread::start(cx.shared(), start, cx.live_config_at(&clock));
    live.append_items(turn("t1")[..3].to_vec()).await?;
    clock.advance_millis(10);
    append_each(&live, 3, turn("t1").split_off(3)).await?;
    Ok(live)
}

/// What a live thread is asked to write or to check.
#[derive(Clone, Copy, Debug)]
enum Call {
    Append,
    Flush,
    Check,
    Begin,
    Revert,
    Edit,
    Options,
    Persist,
    Shutdown,
}

const CALLS: [Call; 9] = [
    Call::Append,
    Call::Flush,
    Call::Check,
    Call::Begin,
    Call::Revert,
    Call::Edit,
    Call::Options,
    Call::Persist,
    Call::Shutdown,
];

async fn call(live: &LiveThread, call: Call) -> Result<()> {
    match call {
        Call::Append => live.append_items(vec![asks("late")]).await.map(drop),
        Call::Flush => live.flush().await,
        Call::Check => live.check().await,
        Call::Begin => live.begin_turn(BeginTurn::new()).await.map(drop),
        Call::Revert => live.revert(RevertTo::LastTurns(1)).await.map(drop),
        Call::Edit => live.update_metadata(named("late")).await.map(drop),
        Call::Options => {
            let later = ThreadOptions::default().model("late".to_owned());
            live.set_options(later).await.map(drop)
        }
        Call::Persist => live.persist().await,
        Call::Shutdown => live.shutdown().await,
    }
}

/// The call says that the thread is lost, and so does every later one; nothing is written, and the
/// live thread can be discarded.
async fn expect_lost(cx: &Cx, live: &LiveThread, first: Call, code: &str) -> CaseResult<Error> {
    let before = everything(cx.store().as_ref()).await?;
    let error = expect_error(&format!("{first:?}"), code, call(live, first).await)?;
    for later in CALLS {
        let again = expect_error(&format!("{later:?}"), code, call(live, later).await)?;
        expect_eq("what is said later", error.kind(), again.kind())?;
    }
    expect_error("the thread", code, live.thread().await)?;
    live.discard().await?;
    expect_eq("the store", before, everything(cx.store().as_ref()).await?)?;
    Ok(error)
}

pub(super) async fn a_live_thread_is_told_who_took_it_over(cx: Cx) -> CaseResult {
    let other = cx.open().await?;
    for first in CALLS {
        let live = running(&cx).await?;
        let taker = Holder::new("the taker").with_host("elsewhere").with_process(9);
        let resume = ResumeThread::new(live.thread_id(), taker.clone());
        let lease = other.resume_thread(resume).await?.lease;
        other.append_items(AppendItems::new(lease.clone(), vec![asks("mine")])).await?;
        let touch = ThreadMetadataPatch::default().updated_at(cx.time(9_000));
        let touch = UpdateThreadMetadata::new(live.thread_id(), touch);
        other.update_thread_metadata(touch).await?;
        let error = expect_lost(&cx, &live, first, "conflict.fenced").await?;
        let Some(Conflict::Fenced { current, holder, next_ordinal, .. }) = error.as_conflict()
        else {
            return fail("the error", "fenced", error);
        };
        let told = (*current, holder.as_ref(), next_ordinal.get());
        expect_eq("who has it", (lease.epoch, Some(&taker), 5), told)?;
        other.append_items(AppendItems::new(lease, vec![asks("still mine")])).await?;
    }
    Ok(())
}

pub(super) async fn a_session_that_was_fenced_before_it_wrote_writes_nothing(cx: Cx) -> CaseResult {
    for first in [Call::Append, Call::Begin, Call::Revert, Call::Edit, Call::Options] {
        let id = cx.told(turn("t1")).await?;
        let (live, other) = (cx.relive(id).await?, cx.relive(id).await?);
        append_each(&other, 4, turn("t2")).await?;
        other.shutdown().await?;
        expect_lost(&cx, &live, first, "conflict.fenced").await?;
    }
    Ok(())
}

pub(super) async fn a_live_thread_takes_over_another(cx: Cx) -> CaseResult {
    let first = running(&cx).await?;
    let second = cx.relive(first.thread_id()).await?;
    append_each(&second, 4, turn("t2")).await?;
    expect_lost(&cx, &first, Call::Append, "conflict.fenced").await?;
    append_each(&second, 8, turn("t3")).await?;
    second.shutdown().await?;
    cx.expect_history(first.thread_id(), &turns(1..=3)).await
}

pub(super) async fn a_live_thread_that_is_held_is_refused_if_asked(cx: Cx) -> CaseResult {
    let first = running(&cx).await?;
    let resume = ResumeLive::new(first.thread_id()).with_if_held(IfHeld::Refuse);
    let refused = cx.relive_on(cx.shared(), resume.clone());
    cx.refused("conflict.held", refused).await?;
    append_each(&first, 4, turn("t2")).await?;
    first.shutdown().await?;
    let second = cx.relive_on(cx.shared(), resume).await?;
    append_each(&second, 8, turn("t3")).await?;
    cx.expect_history(first.thread_id(), &turns(1..=3)).await
}

/// Each call as the first that meets an archived or deleted thread.
async fn expect_lost_by(cx: &Cx, code: &str, archive: bool) -> CaseResult {
    let other = cx.open().await?;
    for first in CALLS {
        let live = running(cx).await?;
        let done = if archive {
            other.archive_thread(live.thread_id()).await
        } else {
            other.delete_thread(live.thread_id().into()).await
        };
        match done {
            Ok(_) => drop(expect_lost(cx, &live, first, code).await?),
            // Who cannot be fenced goes on.
            Err(error) => {
                expect_eq("the error", "conflict.held", error.code())?;
                call(&live, first).await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn archiving_ends_a_live_thread(cx: Cx) -> CaseResult {
    expect_lost_by(&cx, "conflict.fenced", true).await
}

pub(super) async fn deleting_ends_a_live_thread(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    expect_lost_by(&cx, "not_found", false).await
}

pub(super) async fn a_live_thread_that_was_discarded_keeps_what_was_answered(cx: Cx) -> CaseResult {
    let live = running(&cx).await?;
    append_each(&live, 4, turn("t2")).await?;
    live.discard().await?;
    live.discard().await?;
    live.shutdown().await?;
    expect_error("append", "conflict.closed", live.append_items(turn("t3")).await)?;
    cx.resume_if_free(live.thread_id()).await?;
    cx.expect_history(live.thread_id(), &turns(1..=2)).await
}

pub(super) async fn an_append_in_doubt_is_not_done_after_a_takeover(cx: Cx) -> CaseResult {
    for fault in Fault::ALL {
        let store = Faulty::new(cx.shared());
        let live = cx.live_on(store.clone());
        live.append_items(turn("t1")).await?;
        store.fail(Operation::AppendItems, fault);
        expect_error("append", "unavailable", live.append_items(turn("t2")).await)?;
        store.heal();
        let other = cx.resume(live.thread_id()).await?;
        let history = cx.texts(live.thread_id()).await?;
        expect_error("append", "conflict.fenced", live.append_items(turn("t2")).await)?;
        expect_error("shutdown", "conflict.fenced", live.shutdown().await)?;
        expect_eq("the history", history, cx.texts(live.thread_id()).await?)?;
        cx.append(&other, vec![]).await?;
    }
    Ok(())
}

pub(super) async fn a_session_that_fails_to_start_gives_the_thread_back(cx: Cx) -> CaseResult {
    let id = cx.thread(2).await?;
    let guarded =
        || LiveThreadInitGuard::resume(cx.shared(), ResumeLive::new(id), cx.live_config());
    guarded().await?.discard().await?;
    cx.resume_if_free(id).await?;
    let live = guarded().await?.commit();
    append_each(&live, 2, cx.items(2..3)).await?;
    expect_error("a lease", "conflict.held", cx.resume_if_free(id).await)?;
    live.shutdown().await?;
    cx.expect_items(id, 3).await
}
