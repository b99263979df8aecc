//! What turns there are in a history, and how they went.

use serde_json::json;
use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::records::*;
use crate::support::turns::*;

/// The one turn of a thread with this history.
async fn only_turn(cx: &Cx, items: Vec<RolloutItem>) -> CaseResult<Turn> {
    let id = cx.told(items).await?;
    let mut turns = cx.turns(id).await?;
    expect_eq("the number of turns", 1, turns.len())?;
    cx.expect_turns(id, &[&outline(&turns[0])]).await?;
    Ok(turns.remove(0))
}

pub(super) async fn a_turn_runs_from_its_start_to_its_end(cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=3)).await?;
    cx.expect_turns(
        id,
        &[
            "t1 completed: user ask t1, agent answer t1",
            "t2 completed: user ask t2, agent answer t2",
            "t3 completed: user ask t3, agent answer t3",
        ],
    )
    .await
}

pub(super) async fn a_history_without_any_sign_of_a_turn_has_none(cx: Cx) -> CaseResult {
    for items in [vec![], vec![header(&json!({}))], cx.items(0..5)] {
        let id = cx.told(items).await?;
        cx.expect_turns(id, &[]).await?;
    }
    Ok(())
}

pub(super) async fn a_turn_that_was_stopped_is_interrupted(cx: Cx) -> CaseResult {
    let id = cx.told(vec![started("a"), asks("x"), aborted("a"), started("b"), completed("b")]);
    cx.expect_turns(id.await?, &["a interrupted: user x", "b completed: "]).await
}

pub(super) async fn an_open_last_turn_is_in_progress(cx: Cx) -> CaseResult {
    let lease = cx.told_to(vec![started("a"), asks("x")]).await?;
    let id = lease.thread_id;
    cx.expect_turns(id, &["a inProgress: user x"]).await?;
    cx.append(&lease, vec![answers("y")]).await?;
    cx.expect_turns(id, &["a inProgress: user x, agent y"]).await?;
    cx.append(&lease, vec![completed("a")]).await?;
    cx.expect_turns(id, &["a completed: user x, agent y"]).await
}

pub(super) async fn a_turn_that_never_ended_is_interrupted_by_the_next(cx: Cx) -> CaseResult {
    let id = cx.told(vec![started("a"), asks("x"), started("b"), asks("y")]).await?;
    cx.expect_turns(id, &["a interrupted: user x", "b inProgress: user y"]).await
}

pub(super) async fn a_turn_that_ends_with_an_error_has_failed(cx: Cx) -> CaseResult {
    let error = json!({
        "message": "too much", "codex_error_info": "usage_limit_exceeded",
        "additional_details": "come back later",
    });
    let end = event(&json!({ "type": "task_complete", "turn_id": "a", "error": error }));
    let turn = only_turn(&cx, vec![started("a"), asks("x"), end]).await?;
    expect_eq("the status", TurnStatus::Failed, turn.status)?;
    let error = expect_some("an error", turn.error)?;
    expect_eq("its message", "too much", error.message.as_str())?;
    expect_eq("its kind", Some(json!("usageLimitExceeded")), error.codex_error_info)?;
    expect_eq("its details", Some("come back later"), error.additional_details.as_deref())
}

pub(super) async fn an_error_on_the_way_fails_the_turn_that_it_names(cx: Cx) -> CaseResult {
    let error = |turn| event(&json!({ "type": "error", "turn_id": turn, "message": "broken" }));
    for end in [vec![completed("a")], vec![completed("a"), started("b"), completed("b")]] {
        let id = cx.told([vec![started("a"), asks("x"), error(json!("a"))], end].concat()).await?;
        let turns = cx.turns(id).await?;
        let failed = expect_some("a turn", turns.first())?;
        expect_eq("the status", TurnStatus::Failed, failed.status)?;
        let message = failed.error.as_ref().map(|error| error.message.as_str());
        expect_eq("the error", Some("broken"), message)?;
        expect("no other turn has failed", turns[1..].iter().all(|it| it.error.is_none()))?;
    }
    let nameless = vec![started("a"), error(json!(null)), completed("a")];
    expect_eq("without a name", TurnStatus::Failed, only_turn(&cx, nameless).await?.status)
}

pub(super) async fn a_turn_has_the_times_and_the_root_of_its_records(cx: Cx) -> CaseResult {
    let start = event(&json!({
        "type": "task_started", "turn_id": "a", "root_turn_id": "r", "started_at": 1_700_000_000,
    }));
    let end = event(&json!({
        "type": "task_complete", "turn_id": "a", "completed_at": 1_700_000_007, "duration_ms": 7123,
    }));
    let turn = only_turn(&cx, vec![start, asks("x"), end]).await?;
    expect_eq("the root", Some("r"), turn.root_turn_id.as_deref())?;
    let times = (turn.started_at, turn.completed_at, turn.duration_ms);
    expect_eq("the times", (Some(1_700_000_000), Some(1_700_000_007), Some(7123)), times)?;
    let turn = only_turn(&cx, vec![started("a"), completed("a")]).await?;
    let times = (turn.started_at, turn.completed_at, turn.duration_ms, turn.root_turn_id);
    expect_eq("without any", (None, None, None, None), times)
}

pub(super) async fn both_spellings_of_the_records_of_a_turn_are_read(cx: Cx) -> CaseResult {
    let turn = |kind: &str| event(&json!({ "type": kind, "turn_id": "a" }));
    let items = vec![turn("turn_started"), asks("x"), turn("turn_complete")];
    cx.expect_turns(cx.told(items).await?, &["a completed: user x"]).await
}

pub(super) async fn a_turn_without_an_id_is_named_by_where_it_starts(cx: Cx) -> CaseResult {
    let nameless = |kind: &str| event(&json!({ "type": kind }));
    let (start, end) = (nameless("task_started"), nameless("task_complete"));
    let lease = cx.told_to(vec![header(&json!({})), start.clone(), asks("x"), end.clone()]).await?;
    cx.expect_turns(lease.thread_id, &["rollout-1 completed: user x"]).await?;
    cx.append(&lease, vec![cx.item(0), start, asks("y"), end]).await?;
    let expected = ["rollout-1 completed: user x", "rollout-5 completed: user y"];
    cx.expect_turns(lease.thread_id, &expected).await
}

pub(super) async fn a_stop_without_an_id_ends_the_open_turn(cx: Cx) -> CaseResult {
    let stop = event(&json!({ "type": "turn_aborted", "reason": "interrupted" }));
    let id = cx.told(vec![started("a"), asks("x"), stop.clone(), started("b"), asks("y")]).await?;
    cx.expect_turns(id, &["a interrupted: user x", "b inProgress: user y"]).await?;
    let id = cx.told([turn("t1"), vec![stop]].concat()).await?;
    cx.expect_turns(id, &["t1 completed: user ask t1, agent answer t1"]).await
}

pub(super) async fn a_second_message_stays_in_its_turn(cx: Cx) -> CaseResult {
    let items =
        vec![started("a"), asks("x"), answers("y"), asks("z"), answers("w"), completed("a")];
    let id = cx.told(items).await?;
    cx.expect_turns(id, &["a completed: user x, agent y, user z, agent w"]).await
}

pub(super) async fn an_item_between_turns_makes_a_turn_of_its_own(cx: Cx) -> CaseResult {
    let id = cx.told([turn("t1"), vec![answers("late")], turn("t2")].concat()).await?;
    let turns = cx.turns(id).await?;
    let ids: Vec<_> = turns.iter().map(|turn| turn.id.as_str()).collect();
    expect_eq("the ids", vec!["t1", "rollout-4", "t2"], ids)?;
    cx.expect_turns(
        id,
        &[
            "t1 completed: user ask t1, agent answer t1",
            "rollout-4 completed: agent late",
            "t2 completed: user ask t2, agent answer t2",
        ],
    )
    .await
}

pub(super) async fn records_that_say_nothing_of_turns_are_skipped(cx: Cx) -> CaseResult {
    let mut items = vec![header(&json!({}))];
    for record in [started("a"), asks("x"), answers("y"), completed("a")] {
        items.push(event(&json!({ "type": "token_count", "info": null })));
        items.push(response(&json!({ "type": "message", "role": "developer", "content": [] })));
        items.push(event(&json!({ "type": "of_the_future", "turn_id": "never" })));
        items.push(cx.raw(r#"{"type":"turn_context","payload":{"turn_id":"never","cwd":"/"}}"#));
        items.push(cx.raw(r#"{"type":"new_kind","payload":[1]}"#));
        items.push(cx.raw(r#"{"type":"event_msg","payload":{"no":"type"}}"#));
        items.push(cx.raw("{}"));
        items.push(record);
    }
    cx.expect_turns(cx.told(items).await?, &["a completed: user x, agent y"]).await
}

pub(super) async fn what_a_sub_agent_was_given_of_its_parent_is_hidden(cx: Cx) -> CaseResult {
    let start = header(&json!({
        "history_mode": "paginated", "subagent_history_start_ordinal": 5,
    }));
    let of_parent =
        [started("p"), asks_in("p", "i", "x"), answers_in("p", "j", "y"), completed("p")];
    let own = [started("a"), asks_in("a", "k", "z"), completed("a")];
    let items = std::iter::once(start).chain(of_parent).chain(own).enumerate();
    let numbered = items.map(|(n, item)| {
        let mut json = item_json(&item);
        json["ordinal"] = json!(n);
        crate::support::records::item(&json)
    });
    let id = cx.told(numbered.collect()).await?;
    cx.expect_turns(id, &["a completed: user z"]).await
}

fn item_json(item: &RolloutItem) -> serde_json::Value {
    serde_json::from_slice(item.as_bytes()).unwrap_or_default()
}

pub(super) async fn a_view_shows_as_much_as_it_says(cx: Cx) -> CaseResult {
    let items = vec![
        started("a"),
        asks("x"),
        answers("y"),
        calls("c", "ls"),
        gives("c", "out"),
        asks("z"),
        answers("w"),
        completed("a"),
    ];
    let id = cx.told(items).await?;
    for (view, expected) in [
        (ItemsView::NotLoaded, "a completed: "),
        (ItemsView::Summary, "a completed: user x, agent w"),
        (ItemsView::Full, "a completed: user x, agent y, ls completed, user z, agent w"),
    ] {
        let page = cx.store().list_turns(turns_of(id).with_view(view)).await?;
        expect_eq("the turn", vec![expected.to_owned()], page.turns.iter().map(outline).collect())?;
        expect_eq("the view", view, page.turns[0].items_view)?;
    }
    Ok(())
}

pub(super) async fn a_summary_of_an_open_turn_tells_no_answer(cx: Cx) -> CaseResult {
    let lease = cx.told_to(vec![started("a"), asks("x"), answers("for now")]).await?;
    let list = turns_of(lease.thread_id).with_view(ItemsView::Summary);
    let outlines = |page: TurnPage| page.turns.iter().map(outline).collect::<Vec<_>>();
    let page = cx.store().list_turns(list.clone()).await?;
    expect_eq("while it is open", vec!["a inProgress: user x".to_owned()], outlines(page))?;
    cx.append(&lease, vec![aborted("a")]).await?;
    let page = cx.store().list_turns(list).await?;
    expect_eq("stopped", vec!["a interrupted: user x, agent for now".to_owned()], outlines(page))
}

pub(super) async fn turns_of_a_fork_are_inherited_up_to_its_point(cx: Cx) -> CaseResult {
    let source = cx.told(turns(1..=3)).await?;
    let fork = cx.fork_at(source, 8).await?.thread.thread_id;
    let lease = cx.resume(fork).await?;
    cx.append(&lease, turn("own")).await?;
    let marks: Vec<_> =
        cx.turns(fork).await?.iter().map(|turn| (turn.id.clone(), turn.inherited)).collect();
    let expected = [("t1", true), ("t2", true), ("own", false)];
    expect_eq("the turns", expected.map(|(id, it)| (id.to_owned(), it)).to_vec(), marks)?;
    for item in cx.store().list_items(items_of(fork)).await?.items {
        expect_eq("the item", item.turn_id != "own", item.inherited)?;
    }
    expect("nothing of the source is", cx.turns(source).await?.iter().all(|it| !it.inherited))
}

pub(super) async fn a_turn_that_goes_on_in_a_fork_is_inherited_in_part(cx: Cx) -> CaseResult {
    let source = cx.told(vec![started("a"), asks("x"), answers("y"), completed("a")]).await?;
    let fork = cx.fork_at(source, 2).await?.thread.thread_id;
    let lease = cx.resume(fork).await?;
    cx.append(&lease, vec![answers("own"), completed("a")]).await?;
    cx.expect_turns(fork, &["a completed: user x, agent own"]).await?;
    let turn = expect_some("a turn", cx.turns(fork).await?.pop())?;
    let marks: Vec<_> = turn.items.iter().map(|item| item.inherited).collect();
    expect_eq("the turn and its items", (true, vec![true, false]), (turn.inherited, marks))
}

pub(super) async fn turns_in_json_have_the_form_of_the_protocol(cx: Cx) -> CaseResult {
    let turn = only_turn(&cx, vec![started("a"), answers("y"), completed("a")]).await?;
    let item = as_json(expect_some("an item", turn.items.first())?);
    let members = ["id", "type", "text", "phase", "startedAtMs", "completedAtMs"];
    expect("an item", members.iter().all(|name| item.get(name).is_some()))?;
    let got = as_json(&turn);
    let expected = json!({
        "id": "a", "rootTurnId": null, "items": [item], "itemsView": "full",
        "status": "completed", "error": null, "startedAt": null, "completedAt": null,
        "durationMs": null,
    });
    expect_eq("a turn", expected, got)
}

pub(super) async fn every_handle_tells_the_same_turns(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turns(1..=2)).await?;
    let other = cx.open().await?;
    expect_eq("the number", 2, other.list_turns(turns_of(lease.thread_id)).await?.turns.len())?;
    cx.append(&lease, turn("t3")).await?;
    let replay = cx.store().replay(lease.thread_id).await?;
    let page = other.list_turns(turns_of(lease.thread_id)).await?;
    expect_eq("after an append", replay.turns, page.turns)
}

pub(super) async fn a_damaged_record_costs_what_it_said(mut cx: Cx) -> CaseResult {
    let id = cx.told(turns(1..=3)).await?;
    cx.damage(id, 5).await?;
    cx.expect_turns(
        id,
        &[
            "t1 completed: user ask t1, agent answer t1",
            "t2 completed: agent answer t2",
            "t3 completed: user ask t3, agent answer t3",
        ],
    )
    .await?;
    let page = cx.store().list_turns(turns_of(id)).await?;
    expect_eq("the damage that is told", 1, page.damage.count)?;
    expect_eq("and by a replay", 1, cx.store().replay(id).await?.damage.count)
}

pub(super) async fn the_late_end_of_another_turn_leaves_the_open_one_open(cx: Cx) -> CaseResult {
    let start = vec![started("a"), completed("a"), started("b"), asks("x"), completed("a")];
    let lease = cx.told_to([start, vec![answers("y"), asks("z")]].concat()).await?;
    let id = lease.thread_id;
    cx.expect_turns(id, &["a completed: ", "b inProgress: user x, agent y, user z"]).await?;
    cx.append(&lease, vec![completed("b"), answers("u")]).await?;
    let b = "b completed: user x, agent y, user z";
    cx.expect_turns(id, &["a completed: ", b, "rollout-8 completed: agent u"]).await
}

pub(super) async fn what_comes_late_does_not_stop_the_open_turn(cx: Cx) -> CaseResult {
    let late = answers_in("nobody's", "i", "late");
    let id = cx.told(vec![paginated(), started("a"), late]).await?;
    cx.expect_turns(id, &["a inProgress: ", "nobody's interrupted: agent late"]).await
}
