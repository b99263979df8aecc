//! Live threads over a store whose calls fail: nothing is lost, and nothing doubled.

use std::sync::Arc;

use thread_store::*;

use crate::case::*;
use crate::core_only::CoreOnly;
use crate::support::context::Cx;
use crate::support::faulty::{Fault, Faulty};
use crate::support::live::*;
use crate::support::records::*;
use crate::support::words::*;

/// A session over a store whose calls may fail, and a caller.
struct Session {
    store: Arc<dyn ThreadStore>,
    config: LiveConfig,
    clock: ManualClock,
    /// How often the caller repeats what is *unavailable*.
    patience: usize,
}

/// Who makes a call that is *unavailable* again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Repeats {
    LiveThread,
    Caller,
    Both,
}

/// Repeats a call until it is not *unavailable*; each step takes ten seconds, however often it is
/// repeated.
macro_rules! done {
    ($session:ident, $call:expr) => {{
        $session.clock.advance_millis(10_000);
        let mut answer = $call.await;
        for _ in 0..$session.patience {
            match &answer {
                Err(error) if error.code() == "unavailable" => answer = $call.await,
                _ => break,
            }
        }
        answer?
    }};
}

impl Session {
    fn new(cx: &Cx, store: Arc<dyn ThreadStore>, repeats: Repeats) -> Self {
        let clock = ManualClock::new(cx.time(0));
        let config = cx.live_config_at(&clock);
        let retry = config.retry.clone();
        let (retry, patience) = match repeats {
            Repeats::LiveThread => (retry, 0),
            Repeats::Caller => (retry.with_attempts(1), 100),
            Repeats::Both => (retry.with_attempts(2), 100),
        };
        Self { store, config: config.with_retry(retry), clock, patience }
    }

    async fn resume(&self, resume: ResumeLive) -> CaseResult<LiveThread> {
        let resume = || LiveThread::resume(self.store.clone(), resume.clone(), self.config.clone());
        Ok(done!(self, resume()))
    }

    /// Each kind of call of a live thread, in three sessions.
    async fn write(&self, thread_id: ThreadId) -> CaseResult {
        let start = StartThread::new(thread_id).with_created_at(self.clock.now());
        let live = LiveThread::start(self.store.clone(), start, self.config.clone());
        done!(self, live.append_items(vec![started("t1"), asks("hello")]));
        done!(self, live.append_items(vec![used(7), completed("t1")]));
        done!(self, live.update_metadata(named("n")));
        done!(self, live.set_options(ThreadOptions::default().model("m".to_owned())));
        done!(self, live.append_items(vec![used(8)]));
        done!(self, live.flush());
        done!(self, live.shutdown());
        let live = self.resume(ResumeLive::new(thread_id)).await?;
        self.take_turn(&live, "t2").await?;
        done!(self, live.revert(RevertTo::LastTurns(1)));
        done!(self, live.append_items(vec![used(9)]));
        done!(self, live.persist());
        let token = done!(self, live.continuation_token());
        done!(self, live.discard());
        let live = self.resume(ResumeLive::new(thread_id).with_token(token)).await?;
        done!(self, live.check());
        done!(self, live.append_items(vec![run_by("m2"), used(10)]));
        done!(self, live.shutdown());
        Ok(())
    }

    /// Goes on with a thread that no live thread wrote.
    async fn adopt(&self, thread_id: ThreadId) -> CaseResult {
        let live = self.resume(ResumeLive::new(thread_id)).await?;
        self.take_turn(&live, "t1").await?;
        done!(self, live.append_items(vec![used(7)]));
        done!(self, live.shutdown());
        Ok(())
    }

    async fn take_turn(&self, live: &LiveThread, id: &str) -> CaseResult {
        let at = self.clock.now();
        let begin = BeginTurn::new().with_turn_id(id.to_owned()).with_at(at);
        let begin = begin.with_items(vec![asks(id)]);
        done!(self, live.begin_turn(begin.clone()));
        let end = EndTurn::new(TurnOutcome::Completed).with_at(at).with_items(vec![answers(id)]);
        done!(self, live.end_turn(end.clone()));
        Ok(())
    }
}

/// What is left of a thread: its history and its metadata.
type Left = (Vec<String>, ThreadMetadata);

async fn left(cx: &Cx, thread_id: ThreadId) -> CaseResult<Left> {
    Ok((cx.texts(thread_id).await?, cx.read(thread_id).await?.metadata))
}

/// Writes a thread of its own, and goes on with one that no live thread made.
async fn run(cx: &Cx, session: &Session) -> CaseResult<[Left; 2]> {
    let (own, imported) = (cx.id(), cx.told(turn("t0")).await?);
    session.write(own).await?;
    session.adopt(imported).await?;
    Ok([left(cx, own).await?, left(cx, imported).await?])
}

/// Each call of a run fails in turn, in either way, and the run leaves what it leaves without faults.
/// `within` makes a store of the one whose calls fail.
async fn expect_the_same_with_faults(
    cx: &Cx,
    repeats: Repeats,
    within: fn(Arc<Faulty>) -> Arc<dyn ThreadStore>,
) -> CaseResult {
    let faulty = Faulty::new(cx.shared());
    let expected = run(cx, &Session::new(cx, within(faulty.clone()), repeats)).await?;
    let calls = faulty.made();
    for fault in Fault::ALL {
        for (at, operation) in calls.iter().enumerate() {
            let faulty = Faulty::new(cx.shared());
            faulty.plan(move |call, _| (call == at).then_some(fault));
            let left = run(cx, &Session::new(cx, within(faulty), repeats)).await?;
            let what = format!("what is left if call {at} ({operation:?}) fails as {fault:?}");
            expect_eq(&what, &expected, &left)?;
        }
    }
    Ok(())
}

pub(super) async fn whichever_call_fails_a_repetition_settles_it(cx: Cx) -> CaseResult {
    expect_the_same_with_faults(&cx, Repeats::LiveThread, |faulty| faulty).await
}

pub(super) async fn whichever_call_fails_the_caller_can_settle_it(cx: Cx) -> CaseResult {
    expect_the_same_with_faults(&cx, Repeats::Caller, |faulty| Arc::new(CoreOnly(faulty))).await
}

pub(super) async fn of_a_store_that_often_fails_nothing_is_lost_or_doubled(cx: Cx) -> CaseResult {
    let repeats = Repeats::Caller;
    let expected = run(&cx, &Session::new(&cx, cx.shared(), repeats)).await?;
    for seed in 0..12 {
        for repeats in [Repeats::Caller, Repeats::Both] {
            let faulty = Faulty::new(cx.shared());
            faulty.plan(move |call, _| fault_by_chance(seed, call));
            let left = run(&cx, &Session::new(&cx, faulty, repeats)).await?;
            expect_eq(&format!("what is left, {seed} and {repeats:?}"), &expected, &left)?;
        }
    }
    Ok(())
}

/// Some half of all calls fail.
fn fault_by_chance(seed: u64, call: usize) -> Option<Fault> {
    let mut mixed = (seed << 32 | call as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let [refused, lost] = Fault::ALL;
    [None, None, Some(refused), Some(lost)][(mixed >> 60) as usize % 4]
}

pub(super) async fn a_failure_says_whether_anything_was_done(cx: Cx) -> CaseResult {
    for (fault, outcome) in Fault::ALL.into_iter().zip([Outcome::NothingDone, Outcome::Unknown]) {
        let faulty = Faulty::new(cx.shared());
        let live = cx.live_on(faulty.clone());
        for (operation, first) in [(Operation::CreateThread, 0), (Operation::AppendItems, 2)] {
            faulty.fail(operation, fault);
            let items = || cx.items(first..first + 2);
            let error = expect_error("append", "unavailable", live.append_items(items()).await)?;
            let said = matches!(error.kind(), ErrorKind::Unavailable { outcome: it, .. } if *it == outcome);
            expect("the outcome is said", said)?;
            faulty.heal();
            expect_receipt(first, 2, live.append_items(items()).await?)?;
        }
        cx.expect_items(live.thread_id(), 4).await?;
    }
    Ok(())
}

pub(super) async fn another_append_settles_one_in_doubt_first(cx: Cx) -> CaseResult {
    let faulty = Faulty::new(cx.shared());
    let live = cx.live_on(faulty.clone());
    for (operation, first) in [(Operation::CreateThread, 0), (Operation::AppendItems, 4)] {
        faulty.fail(operation, Fault::AnswerLost);
        let doubtful = live.append_items(cx.items(first..first + 2)).await;
        expect_error("append", "unavailable", doubtful)?;
        faulty.heal();
        let receipt = live.append_items(cx.items(first + 2..first + 4)).await?;
        expect_receipt(first + 2, 2, receipt)?;
    }
    live.shutdown().await?;
    cx.expect_items(live.thread_id(), 8).await
}

pub(super) async fn an_append_that_is_dropped_in_any_call_stands_once(cx: Cx) -> CaseResult {
    let facts = |n: u64| [asks("hello"), used(n)];
    for (fault, repeated) in Fault::HANGING.into_iter().flat_map(|it| [(it, false), (it, true)]) {
        let faulty = Faulty::new(cx.shared());
        let live = cx.live_on(faulty.clone());
        let mut expected = Vec::new();
        for (n, hanging) in (0..).zip([
            Operation::CreateThread,
            Operation::AppendItems,
            Operation::UpdateThreadMetadata,
            Operation::AppendItems,
        ]) {
            faulty.fail(hanging, fault);
            let append = || live.append_items(facts(n).to_vec());
            let answer = faulty.unless_it_hangs(append()).await;
            faulty.heal();
            expect("the append hangs", answer.is_none())?;
            if repeated && live.next_ordinal().await?.get() == expected.len() as u64 {
                append().await?;
            }
            expected.extend(facts(n));
            // Whatever comes next settles it.
            append_each(&live, expected.len() as u64, [cx.item(n)]).await?;
            expected.push(cx.item(n));
        }
        live.shutdown().await?;
        cx.expect_history(live.thread_id(), &expected).await?;
        let usage = cx.read(live.thread_id()).await?.metadata.token_usage;
        expect_eq("the tokens used", Some(3), usage.map(|usage| usage.total_tokens))?;
    }
    Ok(())
}

pub(super) async fn an_end_that_is_dropped_in_any_call_can_be_repeated(cx: Cx) -> CaseResult {
    let calls = [Operation::UpdateThreadMetadata, Operation::ReleaseLease];
    for (hanging, fault) in calls.into_iter().flat_map(|it| Fault::HANGING.map(|fault| (it, fault)))
    {
        let faulty = Faulty::new(cx.shared());
        let live = cx.live_on(faulty.clone());
        append_each(&live, 0, [cx.item(0)]).await?;
        faulty.fail(Operation::UpdateThreadMetadata, Fault::Refused);
        append_each(&live, 1, [used(7)]).await?;
        faulty.fail(hanging, fault);
        let answer = faulty.unless_it_hangs(live.shutdown()).await;
        expect("the end hangs", answer.is_none())?;
        faulty.heal();
        live.shutdown().await?;
        cx.resume_if_free(live.thread_id()).await?;
        let usage = cx.read(live.thread_id()).await?.metadata.token_usage;
        expect_eq("the tokens used", Some(7), usage.map(|usage| usage.total_tokens))?;
    }
    Ok(())
}

pub(super) async fn a_live_thread_goes_on_when_writes_work_again(cx: Cx) -> CaseResult {
    let live = cx.live();
    append_each(&live, 0, cx.items(0..2)).await?;
    cx.fail_writes(true).await?;
    for call in [live.append_items(cx.items(2..4)).await.map(drop), live.persist().await] {
        if let Err(error) = call {
            expect("a failing write is said", matches!(error.code(), "unavailable" | "internal"))?;
        }
    }
    cx.fail_writes(false).await?;
    live.flush().await?;
    if live.next_ordinal().await? == Ordinal::new(2) {
        live.append_items(cx.items(2..4)).await?;
    }
    append_each(&live, 4, cx.items(4..6)).await?;
    live.shutdown().await?;
    cx.expect_items(live.thread_id(), 6).await
}

pub(super) async fn what_a_live_thread_was_answered_outlives_a_crash(mut cx: Cx) -> CaseResult {
    let live = cx.live();
    let id = live.thread_id();
    append_each(&live, 0, turns(1..=3)).await?;
    cx.crash().await?;
    cx.expect_history(id, &turns(1..=3)).await?;
    drop(live);
    let live = cx.relive(id).await?;
    append_each(&live, 12, turns(4..=4)).await?;
    live.discard().await?;
    cx.crash().await?;
    cx.expect_history(id, &turns(1..=4)).await
}
