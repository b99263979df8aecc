//! Turns of live threads.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::live::*;
use crate::support::records::*;

/// A whole turn: what is said, and how it ends.
async fn take_turn(live: &LiveThread, id: &str, outcome: TurnOutcome) -> CaseResult {
    let begin = BeginTurn::new().with_turn_id(id.to_owned()).with_items(vec![asks("question")]);
    live.begin_turn(begin).await?;
    live.append_items(vec![answers("half")]).await?;
    live.end_turn(EndTurn::new(outcome).with_items(vec![answers("whole")])).await?;
    Ok(())
}

fn failed() -> CaseResult<TurnOutcome> {
    let error = serde_json::json!({ "message": "broken" });
    match serde_json::from_value(error) {
        Ok(error) => Ok(TurnOutcome::Failed(error)),
        Err(error) => fail("an error of a turn", "one", error),
    }
}

pub(super) async fn a_turn_of_a_live_thread_is_listed_as_it_ended(cx: Cx) -> CaseResult {
    let live = cx.live();
    take_turn(&live, "t1", TurnOutcome::Completed).await?;
    take_turn(&live, "t2", TurnOutcome::Interrupted).await?;
    take_turn(&live, "t3", failed()?).await?;
    live.begin_turn(BeginTurn::new().with_turn_id("t4".to_owned())).await?;
    let said = "user question, agent half, agent whole";
    let expected = [
        format!("t1 completed: {said}"),
        format!("t2 interrupted: {said}"),
        format!("t3 failed: {said}"),
        "t4 inProgress: ".to_owned(),
    ];
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    cx.expect_turns(live.thread_id(), &expected).await
}

pub(super) async fn one_turn_at_a_time_is_begun_and_ended(cx: Cx) -> CaseResult {
    let live = cx.live();
    let end = || EndTurn::new(TurnOutcome::Completed);
    expect_error("an end", "invalid_request", live.end_turn(end()).await)?;
    cx.expect_nothing_stored(live.thread_id()).await?;
    live.begin_turn(BeginTurn::new()).await?;
    cx.refused("invalid_request", live.begin_turn(BeginTurn::new())).await?;
    cx.refused("invalid_request", live.revert(RevertTo::LastTurns(1))).await?;
    live.end_turn(end()).await?;
    cx.refused("invalid_request", live.end_turn(end())).await?;
    live.begin_turn(BeginTurn::new()).await?;
    Ok(())
}

pub(super) async fn a_live_thread_takes_turns_back_and_goes_on(cx: Cx) -> CaseResult {
    let live = cx.live();
    for id in ["t1", "t2", "t3"] {
        append_each(&live, live.next_ordinal().await?.get(), turn(id)).await?;
    }
    let reverted = live.revert(RevertTo::LastTurns(2)).await?;
    expect_eq("the turns", vec!["t2".to_owned(), "t3".to_owned()], reverted.turn_ids)?;
    expect_eq("the marker", Ordinal::new(12), reverted.marker.ordinal)?;
    append_each(&live, 13, turn("t4")).await?;
    live.revert(RevertTo::BeforeTurn("t4".to_owned())).await?;
    append_each(&live, 18, turn("t5")).await?;
    live.shutdown().await?;
    let outlines = |id: &str| format!("{id} completed: user ask {id}, agent answer {id}");
    let expected = [outlines("t1"), outlines("t5")];
    let expected: Vec<_> = expected.iter().map(String::as_str).collect();
    cx.expect_turns(live.thread_id(), &expected).await?;
    let known = cx.read(live.thread_id()).await?;
    expect_eq("the next ordinal", Ordinal::new(22), known.next_ordinal)
}

pub(super) async fn a_live_thread_takes_nothing_back_of_nothing(cx: Cx) -> CaseResult {
    let live = cx.live();
    expect_error("revert", "invalid_request", live.revert(RevertTo::LastTurns(1)).await)?;
    cx.expect_nothing_stored(live.thread_id()).await?;
    live.append_items(turn("t1")).await?;
    let unknown = live.revert(RevertTo::BeforeTurn("t9".to_owned()));
    cx.refused("invalid_request", unknown).await?;
    append_each(&live, 4, turn("t2")).await
}

pub(super) async fn a_turn_that_a_session_left_open_is_interrupted_by_the_next(
    cx: Cx,
) -> CaseResult {
    let live = cx.live();
    let begin = |id: &str| BeginTurn::new().with_turn_id(id.to_owned());
    live.begin_turn(begin("t1")).await?;
    live.shutdown().await?;
    let live = cx.relive(live.thread_id()).await?;
    live.begin_turn(begin("t2")).await?;
    live.end_turn(EndTurn::new(TurnOutcome::Completed)).await?;
    cx.expect_turns(live.thread_id(), &["t1 interrupted: ", "t2 completed: "]).await
}
