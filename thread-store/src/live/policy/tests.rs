use proptest::prelude::*;

use super::*;

fn item(text: &str) -> RolloutItem {
    RolloutItem::try_from(text).unwrap()
}

fn line(kind: &str, payload: &str) -> RolloutItem {
    item(&format!(
        r#"{{"timestamp":"2026-11-20T16:33:40.587Z","type":"{kind}","payload":{payload}}}"#
    ))
}

fn event(kind: &str) -> RolloutItem {
    line("event_msg", &format!(r#"{{"type":"{kind}","turn_id":"t"}}"#))
}

fn response_item(kind: &str) -> RolloutItem {
    line("response_item", &format!(r#"{{"type":"{kind}"}}"#))
}

fn completed(completed: &str) -> RolloutItem {
    line("event_msg", &format!(r#"{{"type":"item_completed","item":{completed}}}"#))
}

const LEGACY: PersistencePolicy = PersistencePolicy::of(Some(HistoryMode::Legacy));
const PAGINATED: PersistencePolicy = PersistencePolicy::of(Some(HistoryMode::Paginated));
const EITHER: PersistencePolicy = PersistencePolicy::of(None);

/// What each mode is expected to do with an item; the others follow.
#[track_caller]
fn check(item: &RolloutItem, legacy: bool, paginated: bool) {
    let text = item.text();
    assert_eq!(LEGACY.keeps(item), legacy, "legacy {text}");
    assert_eq!(PAGINATED.keeps(item), paginated, "paginated {text}");
    assert_eq!(EITHER.keeps(item), legacy || paginated, "either {text}");
    assert!(PersistencePolicy::everything().keeps(item), "everything {text}");
    assert_eq!(LEGACY.keeps_record(&item.record()), legacy, "record {text}");
    assert!(PersistencePolicy::everything().keeps_record(&item.record()), "record {text}");
}

#[test]
fn lines_other_than_events_and_response_items_are_kept() {
    for kind in [
        "session_meta",
        "turn_context",
        "compacted",
        "world_state",
        "security_risk_score",
        "inter_agent_communication",
        "inter_agent_communication_metadata",
        "token_usage",
        "realtime_item",
        "of_a_later_version",
        "error",
        "other",
    ] {
        check(&line(kind, r#"{"type":"error"}"#), true, true);
    }
}

#[test]
fn response_items_are_kept_save_three() {
    for kind in [
        "message",
        "agent_message",
        "reasoning",
        "local_shell_call",
        "function_call",
        "function_call_output",
        "tool_search_call",
        "tool_search_output",
        "custom_tool_call",
        "custom_tool_call_output",
        "web_search_call",
        "image_generation_call",
        "compaction",
        "context_compaction",
        "ghost_snapshot",
        "of_a_later_version",
        // Only events go by how their names start and end.
        "collab_call",
        "message_delta",
    ] {
        check(&response_item(kind), true, true);
    }
    for kind in ["compaction_trigger", "other", "additional_tools"] {
        check(&response_item(kind), false, false);
    }
}

#[test]
fn both_modes_keep_the_events_that_say_what_became_of_a_turn_or_a_thread() {
    for kind in [
        "task_started",
        "turn_started",
        "task_complete",
        "turn_complete",
        "turn_aborted",
        "token_count",
        "thread_goal_updated",
        "thread_rolled_back",
        "thread_settings_applied",
        "thread_name_updated",
    ] {
        check(&event(kind), true, true);
    }
}

#[test]
fn only_legacy_keeps_the_events_that_tell_of_one_item() {
    for kind in [
        "user_message",
        "agent_message",
        "agent_reasoning",
        "agent_reasoning_raw_content",
        "entered_review_mode",
        "exited_review_mode",
        "patch_apply_end",
        "context_compacted",
        "mcp_tool_call_end",
        "web_search_end",
        "image_generation_end",
        "sub_agent_activity",
    ] {
        check(&event(kind), true, false);
    }
}

#[test]
fn only_paginated_keeps_every_completed_item() {
    for kind in ["UserMessage", "AgentMessage", "CommandExecution", "FileChange", "OfALaterVersion"]
    {
        check(&completed(&format!(r#"{{"type":"{kind}"}}"#)), false, true);
    }
    for kind in ["web.search", "image_gen.generation", "of.a.later.version"] {
        check(&completed(&format!(r#"{{"type":"Extension","kind":"{kind}"}}"#)), false, true);
    }
}

#[test]
fn both_modes_keep_completed_items_of_which_nothing_else_tells() {
    for item in [
        r#"{"type":"Plan","text":"p"}"#,
        r#"{"type":"Sleep","duration_ms":1}"#,
        r#"{"type":"Extension","kind":"clock.sleep","durationMs":1}"#,
    ] {
        check(&completed(item), true, true);
    }
}

#[test]
fn no_mode_keeps_events_that_only_tell_of_progress() {
    let named = "error warning stream_error deprecation_notice exec_approval_request \
        apply_patch_approval_request request_permissions request_user_input elicitation_request \
        raw_response_item item_started exec_command_end view_image_tool_call \
        dynamic_tool_call_request dynamic_tool_call_response agent_reasoning_section_break \
        terminal_interaction patch_apply_updated turn_diff plan_update background_event \
        undo_started hook_started hook_completed session_configured shutdown_complete \
        mcp_startup_update mcp_startup_complete model_reroute model_verification \
        safety_buffering turn_moderation_metadata skills_update_available \
        remote_skill_downloaded get_history_entry_response mcp_list_tools_response \
        list_custom_prompts_response list_skills_response list_remote_skills_response";
    assert_eq!(named.split_whitespace().count(), DROPPED_EVENTS.len());
    let of_families = "collab_agent_spawn_begin collab_agent_spawn_end collab_waiting_end \
        collab_close_end collab_resume_end realtime_conversation_started \
        realtime_conversation_realtime realtime_conversation_list_voices_response \
        guardian_assessment guardian_warning";
    let of_stages = "agent_message_delta agent_message_content_delta agent_reasoning_delta \
        agent_reasoning_raw_content_delta reasoning_content_delta plan_delta \
        exec_command_output_delta exec_command_begin mcp_tool_call_begin patch_apply_begin \
        web_search_begin image_generation_begin of_a_later_version_begin";
    for kind in [named, of_families, of_stages].iter().flat_map(|kinds| kinds.split_whitespace()) {
        check(&event(kind), false, false);
    }
}

#[test]
fn unknown_events_are_kept() {
    for kind in [
        "mystery_event",
        "turn.completed",
        "codex/event/raw_item",
        "undo_completed",
        "errors",
        "Error",
        "collab",
        "begin",
        "delta_of_something",
        "of_a_later_version_end",
        "of_a_later_version_response",
        "",
    ] {
        check(&event(kind), true, true);
    }
}

#[test]
fn odd_shapes_are_kept() {
    for text in [
        "{}",
        r#"{"type":7}"#,
        r#"{"type":null,"payload":{"type":"error"}}"#,
        r#"{"type":"event_msg"}"#,
        r#"{"type":"event_msg","payload":"error"}"#,
        r#"{"type":"event_msg","payload":[{"type":"error"}]}"#,
        r#"{"type":"event_msg","payload":{}}"#,
        r#"{"type":"event_msg","payload":{"type":7}}"#,
        r#"{"type":"event_msg","payload":{"type":{"error":{}}}}"#,
        r#"{"type":"event_msg","payload":{"type":"item_completed"}}"#,
        r#"{"type":"event_msg","payload":{"type":"item_completed","item":"Plan"}}"#,
        r#"{"type":"event_msg","payload":{"type":"item_completed","item":{}}}"#,
        r#"{"type":"event_msg","payload":{"type":"item_completed","item":{"type":7}}}"#,
        r#"{"type":"event_msg","payload":{"type":"item_completed","item":{"type":"Extension"}}}"#,
        r#"{"type":"response_item","payload":{}}"#,
        r#"{"type":"response_item","payload":{"type":["other"]}}"#,
        r#"{"type":"response_item","payload":null}"#,
    ] {
        check(&item(text), true, true);
    }
}

#[test]
fn items_without_an_envelope_are_kept() {
    for text in [
        r#"{"type":"message","role":"user","content":[]}"#,
        r#"{"type":"other"}"#,
        r#"{"type":"error"}"#,
        r#"{"role":"user","content":"x"}"#,
        r#"{"id":"x","timestamp":"2026-11-20T16-33-14"}"#,
    ] {
        check(&item(text), true, true);
    }
}

#[test]
fn escapes_and_repeated_names_hide_nothing() {
    check(&event(r"err\u006fr"), false, false);
    check(&event(r"user\u005fmessage"), true, false);
    check(&response_item(r"\u006fther"), false, false);
    check(
        &item(r#"{"t\u0079pe":"event\u005fmsg","p\u0061yload":{"typ\u0065":"turn_diff"}}"#),
        false,
        false,
    );
    check(&line("event_msg", r#"{"type":"task_started","type":"error"}"#), false, false);
    check(&line("event_msg", r#"{"type":"error","type":"task_started"}"#), true, true);
    check(&event(r"error\ud800"), true, true);
}

#[test]
fn modes_are_named_as_in_headers() {
    for (mode, name) in [(HistoryMode::Legacy, "legacy"), (HistoryMode::Paginated, "paginated")] {
        assert_eq!(mode.as_str(), name);
        assert_eq!(HistoryMode::parse(name), Some(mode));
        assert_eq!(serde_json::to_value(mode).unwrap(), name);
        assert_eq!(serde_json::from_value::<HistoryMode>(name.into()).unwrap(), mode);
    }
    for name in ["", "Legacy", "legacy ", "limited"] {
        assert_eq!(HistoryMode::parse(name), None);
    }
}

/// A name of either list, or any text.
fn kind() -> impl Strategy<Value = String> {
    let known = [LEGACY_EVENTS, DROPPED_EVENTS, DROPPED_RESPONSE_ITEMS].concat();
    prop_oneof![
        proptest::sample::select(known).prop_map(str::to_owned),
        proptest::sample::select(vec!["item_completed", "task_started", "token_count"])
            .prop_map(str::to_owned),
        "(collab_|guardian_|realtime_|)[a-z]{0,4}(_begin|_delta|)",
        any::<String>(),
    ]
}

fn any_item() -> impl Strategy<Value = RolloutItem> {
    let line = prop_oneof![
        4 => Just("event_msg".to_owned()),
        2 => Just("response_item".to_owned()),
        1 => kind(),
    ];
    let completed = proptest::sample::select(vec!["Plan", "Sleep", "Extension", "AgentMessage"]);
    let extension = proptest::option::of(proptest::sample::select(vec!["clock.sleep", "x"]));
    (line, kind(), completed, extension).prop_map(|(line, kind, completed, extension)| {
        let completed = serde_json::json!({"type": completed, "kind": extension});
        let payload = serde_json::json!({"type": kind, "item": completed});
        item(&serde_json::json!({"type": line, "payload": payload}).to_string())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_that_did_not_say_keeps_what_either_mode_keeps(item in any_item()) {
        prop_assert_eq!(EITHER.keeps(&item), LEGACY.keeps(&item) || PAGINATED.keeps(&item));
        prop_assert!(PersistencePolicy::everything().keeps(&item));
    }
}
