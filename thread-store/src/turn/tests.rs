//! Turns of small histories, told in short: `id status: kinds of items`.

use super::{Backward, Head, REACH, Reducer, Standing, Turn};
use crate::item::{RolloutItem, StoredItem};
use crate::ordinal::Ordinal;

fn event(payload: &str) -> String {
    format!(r#"{{"timestamp":"2026-11-20T16:33:40Z","type":"event_msg","payload":{payload}}}"#)
}

fn start(id: &str) -> String {
    event(&format!(r#"{{"type":"task_started","turn_id":"{id}","started_at":7}}"#))
}

fn end(id: &str) -> String {
    event(&format!(r#"{{"type":"task_complete","turn_id":"{id}","duration_ms":5}}"#))
}

fn user(text: &str) -> String {
    event(&format!(r#"{{"type":"user_message","message":"{text}"}}"#))
}

fn agent(text: &str) -> String {
    event(&format!(r#"{{"type":"agent_message","message":"{text}"}}"#))
}

fn plan(turn: &str, id: &str) -> String {
    event(&format!(
        r#"{{"type":"item_completed","turn_id":"{turn}","item":{{"type":"Plan","id":"{id}","text":"x"}}}}"#
    ))
}

fn marker(member: &str) -> String {
    event(&format!(r#"{{"type":"thread_rolled_back",{member}}}"#))
}

fn header(members: &str) -> String {
    format!(r#"{{"timestamp":"t","type":"session_meta","payload":{{"id":"x"{members}}}}}"#)
}

fn standing(lines: &[String]) -> (Head, Vec<Standing>) {
    let items: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| StoredItem {
            ordinal: Ordinal::ZERO.plus(index),
            item: RolloutItem::try_from(line.as_str()).unwrap(),
        })
        .collect();
    let mut head = Head::new(None, false);
    let _ = items.iter().any(|stored| head.read(&stored.item));
    let (mut backward, mut records) = (Backward::default(), Vec::new());
    for item in items.into_iter().rev() {
        backward.take(item, &head, &mut records);
    }
    backward.finish(&head, &mut records);
    records.reverse();
    (head, records)
}

fn turns(lines: &[String]) -> Vec<Turn> {
    let (head, records) = standing(lines);
    let mut reducer = Reducer::new(&head);
    records.iter().for_each(|record| reducer.push(record));
    reducer.finish()
}

fn told(lines: &[String]) -> Vec<String> {
    let tell = |turn: &Turn| {
        let kinds: Vec<_> = turn
            .items
            .iter()
            .map(|item| serde_json::to_value(item).unwrap()["type"].as_str().unwrap().to_owned())
            .collect();
        format!("{} {:?}: {}", turn.id, turn.status, kinds.join(" "))
    };
    turns(lines).iter().map(tell).collect()
}

#[test]
fn a_turn_runs_from_its_start_to_its_end() {
    let lines = [start("a"), user("1"), agent("2"), user("3"), end("a"), start("b"), user("4")];
    assert_eq!(
        told(&lines),
        ["a Completed: userMessage agentMessage userMessage", "b InProgress: userMessage"]
    );
}

#[test]
fn a_turn_that_did_not_end_before_another_began_was_interrupted() {
    let lines = [start("a"), user("1"), start("b"), user("2"), end("b")];
    assert_eq!(told(&lines), ["a Interrupted: userMessage", "b Completed: userMessage"]);
}

#[test]
fn without_records_of_turns_each_message_of_a_person_begins_one() {
    let lines = [user("1"), agent("2"), user("3"), agent("4")];
    assert_eq!(
        told(&lines),
        [
            "rollout-0 Completed: userMessage agentMessage",
            "rollout-2 Completed: userMessage agentMessage"
        ]
    );
}

#[test]
fn a_history_from_before_turns_were_recorded_goes_on_with_recorded_ones() {
    let lines = [user("1"), agent("2"), start("a"), user("3"), agent("4"), end("a"), user("5")];
    assert_eq!(
        told(&lines),
        [
            "rollout-0 Completed: userMessage agentMessage",
            "a Completed: userMessage agentMessage",
            "rollout-6 Completed: userMessage"
        ]
    );
}

#[test]
fn what_stands_between_turns_is_one_of_its_own() {
    let compacted = event(r#"{"type":"context_compacted"}"#);
    let lines = [start("a"), user("1"), end("a"), compacted, start("b")];
    assert_eq!(
        told(&lines),
        ["a Completed: userMessage", "rollout-3 Completed: contextCompaction", "b InProgress: "]
    );
}

#[test]
fn what_names_a_turn_belongs_to_it_wherever_it_stands() {
    let paginated = header(r#","history_mode":"paginated""#);
    let lines = [paginated, start("a"), end("a"), start("b"), end("b"), plan("a", "late")];
    let turns = turns(&lines);
    assert_eq!(turns[0].items[0].id, "late");
    assert_eq!(turns[0].items[0].ordinal, Ordinal::new(5));
    assert!(turns[1].items.is_empty());
}

#[test]
fn what_names_a_turn_too_far_back_begins_it_anew() {
    for (between, turns_in_all) in [(REACH, REACH + 1), (REACH + 1, REACH + 3)] {
        let mut lines = vec![start("a"), end("a")];
        lines.extend((0..between).flat_map(|index| {
            let id = format!("t{index}");
            [start(&id), end(&id)]
        }));
        lines.push(plan("a", "late"));
        assert_eq!(turns(&lines).len() as u64, turns_in_all, "{between}");
    }
}

#[test]
fn the_end_of_a_turn_that_nothing_else_names() {
    let lines = [start("a"), user("1"), end("other")];
    assert_eq!(told(&lines), ["a Completed: userMessage"]);
    let paginated = [header(r#","history_mode":"paginated""#), start("a"), end("other")];
    assert_eq!(told(&paginated), ["a InProgress: ", "other Completed: "]);
}

#[test]
fn the_late_end_of_another_turn_leaves_the_open_one_open() {
    let lines = [
        start("a"),
        end("a"),
        start("b"),
        user("1"),
        end("a"),
        agent("2"),
        user("3"),
        end("b"),
        agent("4"),
    ];
    assert_eq!(
        told(&lines),
        [
            "a Completed: ",
            "b Completed: userMessage agentMessage userMessage",
            "rollout-8 Completed: agentMessage"
        ]
    );
    let mut taken = lines.to_vec();
    taken.push(marker(r#""num_turns":2"#));
    assert_eq!(told(&taken), ["a Completed: "]);
}

#[test]
fn what_comes_late_does_not_make_the_open_turn_look_stopped() {
    let paginated = header(r#","history_mode":"paginated""#);
    let lines = [paginated, start("b"), plan("unknown", "late")];
    assert_eq!(told(&lines), ["b InProgress: ", "unknown Interrupted: plan"]);
    let lost = [header(r#","history_mode":"paginated""#), plan("a", "1")];
    assert_eq!(told(&lost), ["a InProgress: plan"]);
}

#[test]
fn many_messages_in_a_turn_do_not_carry_its_name_away() {
    let mut lines = vec![start("a")];
    lines.extend((0..2 * REACH).map(|index| user(&index.to_string())));
    lines.extend([end("a"), plan("a", "late")]);
    let turns = turns(&lines);
    assert_eq!((turns.len(), turns[0].items.len() as u64), (1, 2 * REACH + 1));
}

#[test]
fn an_error_about_a_request_beside_the_turn_does_not_fail_it() {
    for info in
        [r#""thread_rollback_failed""#, r#"{"active_turn_not_steerable":{"turn_kind":"review"}}"#]
    {
        let error =
            event(&format!(r#"{{"type":"error","message":"m","codex_error_info":{info}}}"#));
        assert_eq!(told(&[start("a"), error, end("a")]), ["a Completed: "]);
    }
}

#[test]
fn an_error_fails_the_turn() {
    let failed = event(
        r#"{"type":"task_complete","turn_id":"a","error":{"message":"m","codex_error_info":{"http_connection_failed":{"http_status_code":401}}}}"#,
    );
    let turn = turns(&[start("a"), failed]).remove(0);
    let error = turn.error.unwrap();
    assert_eq!(error.message, "m");
    assert_eq!(
        error.codex_error_info.unwrap(),
        serde_json::json!({"httpConnectionFailed": {"httpStatusCode": 401}})
    );
    let before = event(r#"{"type":"error","message":"m"}"#);
    assert_eq!(told(&[start("a"), before, end("a")]), ["a Failed: "]);
}

#[test]
fn parts_of_one_piece_of_reasoning_are_one_item() {
    let thought = |text: &str| event(&format!(r#"{{"type":"agent_reasoning","text":"{text}"}}"#));
    let lines = [start("a"), thought("1"), thought("2"), agent("3"), thought("4")];
    assert_eq!(told(&lines), ["a InProgress: reasoning agentMessage reasoning"]);
    let first = serde_json::to_value(&turns(&lines)[0].items[0]).unwrap();
    assert_eq!(first["summary"], serde_json::json!(["1", "2"]));
}

#[test]
fn a_call_is_joined_with_its_output_unless_an_event_has_told_more() {
    let response = |payload: &str| {
        format!(r#"{{"timestamp":"t","type":"response_item","payload":{payload}}}"#)
    };
    let call = response(
        r#"{"type":"function_call","name":"shell","call_id":"c","arguments":"{\"command\":[\"ls\"]}"}"#,
    );
    let output = response(r#"{"type":"function_call_output","call_id":"c","output":"model's"}"#);
    let told = event(
        r#"{"type":"exec_command_end","call_id":"c","command":["ls"],"exit_code":0,"aggregated_output":"event's"}"#,
    );
    let item = |lines: &[String]| serde_json::to_value(&turns(lines)[0].items).unwrap();
    let joined = item(&[start("a"), call.clone(), output.clone()]);
    assert_eq!(joined[0]["aggregatedOutput"], "model's");
    assert_eq!(joined[0]["id"], "c");
    let by_event = item(&[start("a"), call, told, output]);
    assert_eq!(by_event[0]["aggregatedOutput"], "event's");
    assert_eq!(by_event.as_array().unwrap().len(), 1);
}

#[test]
fn turns_that_were_taken_back_are_gone() {
    let turn = |id: &str| [start(id), user(id), end(id)];
    let mut lines = [turn("a"), turn("b"), turn("c")].concat();
    lines.push(marker(r#""num_turns":1"#));
    lines.extend(turn("d"));
    assert_eq!(turns(&lines).iter().map(|turn| &*turn.id).collect::<Vec<_>>(), ["a", "b", "d"]);
    lines.push(marker(r#""num_turns":2"#));
    assert_eq!(turns(&lines).len(), 1);
    lines.push(marker(r#""num_turns":9"#));
    assert!(turns(&lines).is_empty());
    lines.extend(turn("e"));
    assert_eq!(turns(&lines).len(), 1);
}

#[test]
fn a_marker_that_counts_items_can_bring_back_what_another_took() {
    let mut lines = vec![start("a"), user("1"), end("a"), start("b"), user("2"), end("b")];
    lines.push(marker(r#""num_turns":1,"num_items":3"#));
    assert_eq!(told(&lines), ["a Completed: userMessage"]);
    lines.push(marker(r#""num_turns":0,"num_items":1"#));
    assert_eq!(told(&lines), ["a Completed: userMessage", "b Completed: userMessage"]);
    lines.push(marker(r#""num_turns":0,"num_items":4"#));
    assert_eq!(told(&lines), ["a Completed: userMessage", "b InProgress: "]);
}

#[test]
fn messages_that_were_taken_back_take_their_turn_along() {
    let mut lines = vec![user("1"), agent("2"), user("3"), agent("4")];
    lines.push(marker(r#""num_turns":1"#));
    assert_eq!(told(&lines), ["rollout-0 Completed: userMessage agentMessage"]);
    let mut mixed = vec![user("1"), start("a"), user("2"), agent("3"), end("a")];
    mixed.push(marker(r#""num_turns":1"#));
    assert_eq!(told(&mixed), ["rollout-0 Completed: userMessage"]);
}

#[test]
fn what_a_sub_agent_was_given_is_not_its_own() {
    let given = r#"{"timestamp":"t","ordinal":1,"type":"event_msg","payload":{"type":"task_started","turn_id":"p"}}"#;
    let own = given.replace(r#""ordinal":1"#, r#""ordinal":5"#).replace(r#""p""#, r#""o""#);
    let header = header(r#","history_mode":"paginated","subagent_history_start_ordinal":5"#);
    assert_eq!(told(&[header, given.to_owned(), own]), ["o InProgress: "]);
}

#[test]
fn a_paginated_history_is_known_by_its_numbers_where_its_header_is_lost() {
    let numbered = r#"{"timestamp":"t","ordinal":1,"type":"event_msg","payload":{"type":"task_started","turn_id":"a"}}"#;
    let (head, _) = standing(&[numbered.to_owned()]);
    assert!(head.paginated);
}
