//! What items there are in turns, from every format of history.

use serde_json::{Value, json};
use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::records::*;
use crate::support::turns::*;

/// The JSON of the items of a thread that has one turn with these records in it.
async fn items_in_turn(cx: &Cx, records: Vec<RolloutItem>) -> CaseResult<Vec<Value>> {
    let items = [vec![started("a")], records, vec![completed("a")]].concat();
    let id = cx.told(items).await?;
    cx.expect_pages_of(id, &cx.store().replay(id).await?).await?;
    let page = cx.store().list_items(items_of(id)).await?;
    expect("they are of the turn", page.items.iter().all(|item| item.turn_id == "a"))?;
    Ok(page.items.iter().map(as_json).collect())
}

/// The one item that is told.
async fn only_item(cx: &Cx, records: Vec<RolloutItem>) -> CaseResult<Value> {
    let mut items = items_in_turn(cx, records).await?;
    expect_eq("the number of items", 1, items.len())?;
    Ok(items.remove(0))
}

pub(super) async fn a_call_is_joined_with_what_came_of_it(cx: Cx) -> CaseResult {
    let output =
        json!({ "output": "out", "metadata": { "exit_code": 2, "duration_seconds": 0.5 } });
    let records = vec![calls("c", "ls -l"), answers("wait"), gives("c", &output.to_string())];
    let items = items_in_turn(&cx, records).await?;
    expect_eq("the number of items", 2, items.len())?;
    let told = |name: &str| items[0][name].clone();
    expect_eq("its id", json!("c"), told("id"))?;
    expect_eq("its kind", json!("commandExecution"), told("type"))?;
    expect_eq("its command", json!("ls -l"), told("command"))?;
    expect_eq("its output", json!("out"), told("aggregatedOutput"))?;
    expect_eq("its end", (json!(2), json!(500)), (told("exitCode"), told("durationMs")))?;
    expect_eq("its status", json!("failed"), told("status"))
}

pub(super) async fn a_call_without_an_output_is_in_progress(cx: Cx) -> CaseResult {
    let item = only_item(&cx, vec![calls("c", "ls")]).await?;
    expect_eq("its status", json!("inProgress"), item["status"].clone())
}

pub(super) async fn an_output_after_the_end_of_its_turn_belongs_to_the_call(cx: Cx) -> CaseResult {
    let items = vec![started("a"), calls("c", "ls"), completed("a"), gives("c", "out")];
    let id = cx.told([items, turn("t2")].concat()).await?;
    cx.expect_turns(
        id,
        &["a completed: ls completed", "t2 completed: user ask t2, agent answer t2"],
    )
    .await
}

pub(super) async fn an_output_without_a_call_says_nothing(cx: Cx) -> CaseResult {
    let id = cx.told(vec![gives("c", "out"), started("a"), gives("d", "x"), completed("a")]);
    cx.expect_turns(id.await?, &["a completed: "]).await
}

pub(super) async fn what_an_event_says_of_an_item_no_call_changes(cx: Cx) -> CaseResult {
    let ended = event(&json!({
        "type": "exec_command_end", "call_id": "c", "command": ["bash", "-lc", "ls"], "cwd": "/w",
        "aggregated_output": "told", "exit_code": 0, "status": "completed",
    }));
    let records = vec![calls("c", "ls"), ended, gives("c", "told to the model")];
    let item = only_item(&cx, records).await?;
    expect_eq("its output", json!("told"), item["aggregatedOutput"].clone())?;
    expect_eq("where it ran", json!("/w"), item["cwd"].clone())
}

pub(super) async fn reasoning_in_parts_is_one_item(cx: Cx) -> CaseResult {
    let reasoning = |kind: &str, text: &str| event(&json!({ "type": kind, "text": text }));
    let records = vec![
        reasoning("agent_reasoning", "first"),
        reasoning("agent_reasoning_raw_content", "raw"),
        reasoning("agent_reasoning", "second"),
        answers("y"),
        reasoning("agent_reasoning", "third"),
    ];
    let items = items_in_turn(&cx, records).await?;
    let parts: Vec<_> = items.iter().map(|it| (&it["summary"], &it["content"])).collect();
    let expected = [
        (json!(["first", "second"]), json!(["raw"])),
        (Value::Null, Value::Null),
        (json!(["third"]), json!([])),
    ];
    expect_eq("the parts", expected.iter().map(|(a, b)| (a, b)).collect(), parts)
}

pub(super) async fn events_of_every_kind_are_items(cx: Cx) -> CaseResult {
    let kinds = [
        (json!({ "type": "user_message", "message": "x" }), "userMessage"),
        (json!({ "type": "agent_message", "message": "x" }), "agentMessage"),
        (json!({ "type": "agent_reasoning", "text": "x" }), "reasoning"),
        (json!({ "type": "plan", "text": "x" }), "plan"),
        (
            json!({ "type": "exec_command_end", "call_id": "c", "command": ["ls"] }),
            "commandExecution",
        ),
        (json!({ "type": "patch_apply_end", "call_id": "c", "changes": {} }), "fileChange"),
        (
            json!({ "type": "mcp_tool_call_end", "call_id": "c",
                "invocation": { "server": "s", "tool": "t", "arguments": {} } }),
            "mcpToolCall",
        ),
        (json!({ "type": "web_search_end", "call_id": "c", "query": "q" }), "webSearch"),
        (json!({ "type": "view_image_tool_call", "call_id": "c", "path": "/a" }), "imageView"),
        (json!({ "type": "image_generation_end", "call_id": "c" }), "imageGeneration"),
        (json!({ "type": "context_compacted" }), "contextCompaction"),
        (json!({ "type": "entered_review_mode" }), "enteredReviewMode"),
        (json!({ "type": "exited_review_mode" }), "exitedReviewMode"),
        (json!({ "type": "collab_waiting_end", "call_id": "c" }), "collabAgentToolCall"),
        (json!({ "type": "sub_agent_activity", "event_id": "e" }), "subAgentActivity"),
    ];
    for (record, kind) in kinds {
        let item = only_item(&cx, vec![event(&record)]).await?;
        expect_eq(&record.to_string(), json!(kind), item["type"].clone())?;
    }
    Ok(())
}

pub(super) async fn items_have_the_ids_of_their_records_else_of_their_ordinals(
    cx: Cx,
) -> CaseResult {
    let id = cx.told(vec![started("a"), asks("x"), calls("c", "ls"), answers("y")]).await?;
    let page = cx.store().list_items(items_of(id)).await?;
    let ids: Vec<_> = page.items.iter().map(|it| (it.id.as_str(), it.ordinal.get())).collect();
    expect_eq("the ids", vec![("item-1", 1), ("c", 2), ("item-3", 3)], ids)
}

pub(super) async fn paginated_items_belong_to_the_turn_that_they_name(cx: Cx) -> CaseResult {
    let items = vec![
        paginated(),
        started("a"),
        asks_in("a", "i1", "x"),
        answers_in("a", "i2", "y"),
        completed("a"),
        started("b"),
        asks_in("b", "i3", "z"),
        answers_in("a", "i4", "late"),
        completed("b"),
        answers_in("b", "i5", "later"),
    ];
    let id = cx.told(items).await?;
    let expected = ["a completed: user x, agent y, agent late", "b completed: user z, agent later"];
    cx.expect_turns(id, &expected).await?;
    let page = cx.store().list_items(items_of(id)).await?;
    let ids: Vec<_> = page.items.iter().map(|it| it.id.as_str()).collect();
    expect_eq("in the order of their records", vec!["i1", "i2", "i3", "i4", "i5"], ids)
}

pub(super) async fn an_item_stands_where_it_was_first_and_is_what_was_last_said(
    cx: Cx,
) -> CaseResult {
    let items = vec![
        paginated(),
        started("a"),
        answers_in("a", "i", "draft"),
        answers_in("a", "j", "other"),
        answers_in("a", "i", "final"),
        completed("a"),
    ];
    let id = cx.told(items).await?;
    cx.expect_turns(id, &["a completed: agent final, agent other"]).await?;
    let page = cx.store().list_items(items_of(id)).await?;
    let places: Vec<_> = page.items.iter().map(|it| (it.id.as_str(), it.ordinal.get())).collect();
    expect_eq("the places", vec![("i", 2), ("j", 3)], places)
}

pub(super) async fn one_id_in_two_turns_is_two_items(cx: Cx) -> CaseResult {
    let items =
        vec![paginated(), started("a"), answers_in("a", "i", "x"), completed("a"), started("b")];
    let id = cx.told([items, vec![answers_in("b", "i", "y"), completed("b")]].concat()).await?;
    cx.expect_turns(id, &["a completed: agent x", "b completed: agent y"]).await
}

pub(super) async fn paginated_items_have_their_times(cx: Cx) -> CaseResult {
    let record = event(&json!({
        "type": "item_completed", "turn_id": "a", "started_at_ms": 1_700_000_000_123_i64,
        "completed_at_ms": 1_700_000_000_456_i64,
        "item": { "type": "AgentMessage", "id": "i", "content": [{ "type": "Text", "text": "x" }] },
    }));
    let item = only_item(&cx, vec![record]).await?;
    let times = (&item["startedAtMs"], &item["completedAtMs"]);
    expect_eq("the times", (&json!(1_700_000_000_123_i64), &json!(1_700_000_000_456_i64)), times)
}

pub(super) async fn in_a_paginated_history_the_models_own_records_add_nothing(
    cx: Cx,
) -> CaseResult {
    let items = vec![
        paginated(),
        started("a"),
        asks_in("a", "i", "x"),
        calls("c", "ls"),
        gives("c", "out"),
        completed("a"),
    ];
    cx.expect_turns(cx.told(items).await?, &["a completed: user x"]).await
}

pub(super) async fn items_of_unknown_kinds_are_kept(cx: Cx) -> CaseResult {
    let unknown = json!({ "type": "OfTheFuture", "id": "i", "some_member": [1, { "b": null }] });
    let item = only_item(&cx, vec![done("a", &unknown)]).await?;
    expect_eq("its kind", json!("ofTheFuture"), item["type"].clone())?;
    expect_eq("its id", json!("i"), item["id"].clone())?;
    expect_eq("its members", json!([1, { "b": null }]), item["someMember"].clone())
}

pub(super) async fn a_turn_that_only_items_name_is_a_turn(cx: Cx) -> CaseResult {
    let items = vec![paginated(), asks_in("a", "i", "x"), answers_in("a", "j", "y")];
    let lease = cx.told_to(items).await?;
    cx.expect_turns(lease.thread_id, &["a inProgress: user x, agent y"]).await?;
    cx.append(&lease, vec![completed("a")]).await?;
    cx.expect_turns(lease.thread_id, &["a completed: user x, agent y"]).await
}

pub(super) async fn without_records_of_turns_each_message_of_a_person_begins_one(
    cx: Cx,
) -> CaseResult {
    let items = vec![asks("x"), answers("y"), answers("z"), asks("u"), answers("v")];
    let id = cx.told(items).await?;
    let expected =
        ["rollout-0 completed: user x, agent y, agent z", "rollout-3 completed: user u, agent v"];
    cx.expect_turns(id, &expected).await
}

pub(super) async fn a_history_without_envelopes_is_read(cx: Cx) -> CaseResult {
    let call = |name: &str, rest: Value| {
        let mut call = json!({ "type": name, "call_id": "c" });
        for (key, value) in rest.as_object().into_iter().flatten() {
            call[key] = value.clone();
        }
        item(&call)
    };
    let items = vec![
        item(&json!({ "id": "x", "timestamp": "2025-09-01T00:00:00Z", "instructions": null })),
        bare("user", "<environment_context>\n…"),
        bare("user", "ask"),
        item(&json!({ "record_type": "state" })),
        call("function_call", json!({ "name": "shell", "arguments": r#"{"command":["ls"]}"# })),
        call("function_call_output", json!({ "output": "out" })),
        bare("assistant", "answer"),
        bare("user", "and?"),
        bare("assistant", "so"),
    ];
    let expected = [
        "rollout-2 completed: user ask, ls completed, agent answer",
        "rollout-7 completed: user and?, agent so",
    ];
    cx.expect_turns(cx.told(items).await?, &expected).await
}

pub(super) async fn a_history_of_chat_messages_is_read(cx: Cx) -> CaseResult {
    let says = |role: &str, text: &str| item(&json!({ "role": role, "content": text }));
    let items = vec![
        says("system", "be kind"),
        says("user", "ask"),
        says("assistant", "answer"),
        says("user", "more"),
    ];
    let expected =
        ["rollout-1 completed: user ask, agent answer", "rollout-3 completed: user more"];
    cx.expect_turns(cx.told(items).await?, &expected).await
}

pub(super) async fn a_history_from_before_turn_records_goes_on_with_them(cx: Cx) -> CaseResult {
    let before = vec![asks("x"), answers("y"), asks("u"), answers("v")];
    let lease = cx.told_to(before).await?;
    cx.append(&lease, [turn("t1"), turn("t2")].concat()).await?;
    cx.expect_turns(
        lease.thread_id,
        &[
            "rollout-0 completed: user x, agent y",
            "rollout-2 completed: user u, agent v",
            "t1 completed: user ask t1, agent answer t1",
            "t2 completed: user ask t2, agent answer t2",
        ],
    )
    .await
}
