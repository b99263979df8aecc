use super::*;

fn completed(item: Value) -> Value {
    json(event(json!({"type": "item_completed", "item": item})))
}

#[test]
fn an_item_comes_with_its_id_and_its_times() {
    let item = item(event(json!({
        "type": "item_completed", "turn_id": "t", "started_at_ms": 5, "completed_at_ms": 9,
        "item": {"type": "Plan", "id": "p", "text": "1. rest"},
    })));
    assert_eq!(item.id.as_deref(), Some("p"));
    assert_eq!((item.started_at_ms, item.completed_at_ms), (Some(5), Some(9)));
    assert_eq!(item.by, By::Event);
    assert_eq!(item.content, ItemContent::Plan { text: "1. rest".into() });
}

#[test]
fn an_event_without_a_readable_item_says_nothing() {
    for item in [json!(null), json!("x"), json!([]), json!({}), json!({"type": 7})] {
        assert_eq!(event(json!({"type": "item_completed", "item": item})), None, "{item}");
    }
    assert_eq!(event(json!({"type": "item_completed"})), None);
}

#[test]
fn a_user_message_has_its_parts_in_the_form_of_the_protocol() {
    let message = completed(json!({"type": "UserMessage", "client_id": "c", "content": [
        {"type": "text", "text": "see @a", "text_elements": [
            {"byte_range": {"start": 4, "end": 6}, "placeholder": "@a"}]},
        {"type": "image", "image_url": "data:x", "detail": "high"},
        {"type": "image", "file_id": "f"},
        {"type": "local_image", "path": "/a b.png"},
        {"type": "audio", "audio_url": "data:y"},
        {"type": "local_audio", "path": "/a.wav"},
        {"type": "mention", "name": "a", "path": "app://a"},
        {"type": "some_part", "some_name": {"kept_as": 1}},
    ]}));
    assert_eq!(
        message,
        json!({"type": "userMessage", "clientId": "c", "content": [
            {"type": "text", "text": "see @a", "text_elements": [
                {"byteRange": {"start": 4, "end": 6}, "placeholder": "@a"}]},
            {"type": "image", "url": "data:x", "detail": "high"},
            {"type": "image", "fileId": "f", "detail": null},
            {"type": "localImage", "path": "/a b.png", "detail": null},
            {"type": "audio", "url": "data:y"},
            {"type": "localAudio", "path": "/a.wav"},
            {"type": "mention", "name": "a", "path": "app://a"},
            {"type": "somePart", "someName": {"kept_as": 1}},
        ]})
    );
}

#[test]
fn a_message_of_the_agent_is_the_text_of_its_parts() {
    let message = completed(json!({"type": "AgentMessage", "phase": "final_answer",
        "content": [{"type": "Text", "text": "a"}, {"type": "Text", "text": "b"}],
        "memory_citation": {"entries": [{"path": "m", "line_start": 1, "line_end": 2, "note": "n"}],
            "rollout_ids": ["r"]},
        "moderation": {"moderated": true, "display": {"action": "x", "block_type": "y"}},
    }));
    assert_eq!(
        message,
        json!({"type": "agentMessage", "text": "ab", "phase": "final_answer", "delivery": null,
            "memoryCitation": {"entries": [
                {"path": "m", "lineStart": 1, "lineEnd": 2, "note": "n"}], "threadIds": ["r"]},
            "moderation": {"moderated": true, "display": {"action": "x", "blockType": "y"}},
            "questions": null})
    );
}

#[test]
fn a_command_is_one_line_with_whole_paths() {
    let command = completed(json!({"type": "CommandExecution", "process_id": "9",
        "command": ["/bin/bash", "-lc", "echo \"a b\" | wc"], "cwd": "file:///w/a%20b",
        "parsed_cmd": [
            {"type": "read", "cmd": "cat x", "name": "x", "path": "../x"},
            {"type": "list_files", "cmd": "ls"},
            {"type": "search", "cmd": "rg y", "query": "y", "path": "src"},
            {"type": "unknown", "cmd": "wc"},
            {"type": "git_push", "cmd": "git push", "remote_name": "o"},
        ],
        "source": "unified_exec_startup", "status": "completed", "aggregated_output": "",
        "exit_code": 0, "duration": {"secs": 2, "nanos": 3_999_999}}));
    assert_eq!(
        command,
        json!({"type": "commandExecution", "processId": "9", "cwd": "/w/a b",
            "command": "/bin/bash -lc 'echo \"a b\" | wc'", "commandActions": [
                {"type": "read", "command": "cat x", "name": "x", "path": "/w/x"},
                {"type": "listFiles", "command": "ls", "path": null},
                {"type": "search", "command": "rg y", "query": "y", "path": "src"},
                {"type": "unknown", "command": "wc"},
                {"type": "gitPush", "command": "git push", "remoteName": "o"},
            ],
            "source": "unifiedExecStartup", "status": "completed", "aggregatedOutput": null,
            "exitCode": 0, "durationMs": 2003, "pluginId": null, "scriptPath": null})
    );
}

#[test]
fn an_unknown_status_does_not_cost_the_item() {
    let command = completed(json!({"type": "CommandExecution", "status": "paused_by_user"}));
    assert_eq!(command["status"], "pausedByUser");
    assert_eq!(command["type"], "commandExecution");
}

#[test]
fn changes_are_in_the_order_of_their_paths() {
    let change = completed(json!({"type": "FileChange", "status": "declined", "changes": {
        "/b": {"type": "update", "unified_diff": "@@\n-a\n+b\n", "move_path": "/c"},
        "/a": {"type": "add", "content": "x\n"},
        "/d": {"type": "delete", "content": "y\n"},
        "/e": {"update": {"unified_diff": "@@\n", "move_path": null}},
        "/f": {"type": "sym_link", "content": "z"},
    }}));
    assert_eq!(
        change,
        json!({"type": "fileChange", "status": "declined", "changes": [
            {"path": "/a", "kind": {"type": "add"}, "diff": "x\n"},
            {"path": "/b", "kind": {"type": "update", "move_path": "/c"},
                "diff": "@@\n-a\n+b\n\n\nMoved to: /c"},
            {"path": "/d", "kind": {"type": "delete"}, "diff": "y\n"},
            {"path": "/e", "kind": {"type": "update", "move_path": null}, "diff": "@@\n"},
            {"path": "/f", "kind": {"type": "symLink"}, "diff": "z"},
        ]})
    );
}

#[test]
fn a_call_of_an_mcp_tool_keeps_the_names_in_its_arguments() {
    let call = completed(json!({"type": "McpToolCall", "server": "s", "tool": "t",
        "arguments": {"some_name": 1.5}, "status": "failed", "connector_id": "c",
        "result": {"content": [{"type": "text", "text": "no"}], "isError": true},
        "duration": {"secs": 0, "nanos": 1_500_000}}));
    assert_eq!(
        call,
        json!({"type": "mcpToolCall", "server": "s", "tool": "t", "status": "failed",
            "arguments": {"some_name": 1.5}, "mcpAppUi": null, "pluginId": null,
            "appContext": {"connectorId": "c", "linkId": null, "resourceUri": null,
                "appName": null, "actionName": null},
            "readOnlyHint": null, "error": null, "durationMs": 1,
            "result": {"content": [{"type": "text", "text": "no"}], "structuredContent": null,
                "_meta": null}})
    );
}

#[test]
fn a_call_of_another_tool_has_what_came_back() {
    let call = completed(json!({"type": "DynamicToolCall", "tool": "t", "arguments": {"a_b": 1},
        "status": "completed", "content_items": [{"type": "inputImage", "image_url": "u"}],
        "success": true}));
    assert_eq!(
        call,
        json!({"type": "dynamicToolCall", "namespace": null, "tool": "t", "arguments": {"a_b": 1},
            "status": "completed", "contentItems": [{"type": "inputImage", "imageUrl": "u"}],
            "success": true, "durationMs": null})
    );
}

#[test]
fn other_agents_are_shown_as_they_were() {
    let call = completed(json!({"type": "CollabAgentToolCall", "tool": "spawn_agent",
        "status": "in_progress", "sender_thread_id": "s", "receiver_thread_ids": ["a", "b"],
        "receiver_agents": [], "reasoning_effort": "high",
        "agents_states": {"a": "pending_init", "b": {"completed": "done"}, "c": {"completed": null},
            "d": {}, "e": 5}}));
    assert_eq!(
        call,
        json!({"type": "collabAgentToolCall", "tool": "spawnAgent", "status": "inProgress",
        "senderThreadId": "s", "receiverThreadIds": ["a", "b"], "prompt": null, "model": null,
        "reasoningEffort": "high", "agentsStates": {
            "a": {"status": "pendingInit", "message": null},
            "b": {"status": "completed", "message": "done"},
            "c": {"status": "completed", "message": null},
            "d": {"status": "unknown", "message": null},
            "e": {"status": "unknown", "message": null},
        }})
    );
    let activity = completed(json!({"type": "SubAgentActivity", "kind": "started",
        "agent_thread_id": "t", "agent_path": "/root/a", "model": "m"}));
    assert_eq!(
        activity,
        json!({"type": "subAgentActivity", "kind": "started", "agentThreadId": "t",
            "agentPath": "/root/a", "model": "m", "reasoningEffort": null})
    );
}

#[test]
fn an_action_of_a_search_has_all_members_of_its_kind() {
    for (action, expected) in [
        (json!({"type": "search"}), json!({"type": "search", "query": null, "queries": null})),
        (json!({"type": "open_page", "url": "u"}), json!({"type": "openPage", "url": "u"})),
        (
            json!({"type": "find_in_page", "pattern": "p"}),
            json!({"type": "findInPage", "url": null, "pattern": "p"}),
        ),
        (json!({"type": "other"}), json!({"type": "other"})),
    ] {
        let search = completed(json!({"type": "WebSearch", "query": "q", "action": action}));
        let expected =
            json!({"type": "webSearch", "query": "q", "action": expected, "results": null});
        assert_eq!(search, expected);
    }
}

#[test]
fn items_of_extensions_are_items_like_the_others() {
    let sleep = completed(json!({"type": "Extension", "kind": "clock.sleep", "durationMs": 3}));
    assert_eq!(sleep, json!({"type": "sleep", "durationMs": 3}));
    let image = completed(json!({"type": "Extension", "kind": "image_gen.generation",
        "status": "completed", "revisedPrompt": "p", "result": "", "fileId": "f"}));
    assert_eq!(
        image,
        json!({"type": "imageGeneration", "status": "completed", "revisedPrompt": "p",
            "fileId": "f", "generationId": null, "failure": null, "transparentBackground": null})
    );
    let other = completed(json!({"type": "Extension", "id": "x", "kind": "a.b", "some_name": 1}));
    assert_eq!(other, json!({"type": "extension", "kind": "a.b", "someName": 1}));
}

#[test]
fn an_unknown_kind_is_kept_in_the_spelling_of_the_protocol() {
    let item = completed(json!({"type": "HologramCall", "id": "x", "started_at_ms": 3,
        "some_name": {"inner_name": [1]}, "_meta": null}));
    assert_eq!(
        item,
        json!({"type": "hologramCall", "someName": {"inner_name": [1]}, "_meta": null})
    );
}

#[test]
fn the_other_kinds_are_what_they_say() {
    for (item, expected) in [
        (
            json!({"type": "HookPrompt", "fragments": [{"text": "a", "hookRunId": "h"}]}),
            json!({"type": "hookPrompt", "fragments": [{"text": "a", "hookRunId": "h"}]}),
        ),
        (
            json!({"type": "FunctionCallOutput", "name": "f", "output": [{"type": "input_text"}]}),
            json!({"type": "functionCallOutput", "name": "f", "namespace": null,
                "output": [{"type": "input_text"}]}),
        ),
        (
            json!({"type": "Reasoning", "summary_text": ["s"], "raw_content": ["r"]}),
            json!({"type": "reasoning", "summary": ["s"], "content": ["r"]}),
        ),
        (
            json!({"type": "ImageView", "path": "file:///a%20b.png"}),
            json!({"type": "imageView", "path": "/a b.png"}),
        ),
        (
            json!({"type": "EnteredReviewMode", "user_facing_hint": "h"}),
            json!({"type": "enteredReviewMode", "review": "h"}),
        ),
        (json!({"type": "ContextCompaction"}), json!({"type": "contextCompaction"})),
    ] {
        assert_eq!(completed(item), expected);
    }
}

fn review(output: Value) -> Value {
    completed(json!({"type": "ExitedReviewMode", "review_output": output}))["review"].take()
}

fn finding(title: &str, body: &str) -> Value {
    json!({"title": title, "body": body, "code_location": {
        "absolute_file_path": "/a.rs", "line_range": {"start": 2, "end": 3}}})
}

#[test]
fn the_outcome_of_a_review_is_its_explanation_and_its_findings() {
    assert_eq!(
        review(json!({"overall_explanation": "Good.\n", "findings": [finding("One", "a\nb\n")]})),
        "Good.\n\nReview comment:\n\n- One — /a.rs:2-3\n  a\n  b"
    );
    assert_eq!(
        review(json!({"findings": [finding("One", "a"), finding("Two", "b")]})),
        "Full review comments:\n\n- One — /a.rs:2-3\n  a\n\n- Two — /a.rs:2-3\n  b"
    );
    assert_eq!(review(json!({"overall_explanation": "Good.", "findings": []})), "Good.");
    for nothing in [json!(null), json!({}), json!({"overall_explanation": " "})] {
        assert_eq!(review(nothing), "Reviewer failed to output a response.");
    }
}

#[test]
fn values_that_nothing_can_carry_cost_only_themselves() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let record = format!(
        r#"{{"timestamp":"t","type":"event_msg","payload":{{"type":"item_completed","item":
        {{"type":"DynamicToolCall","tool":"a\ud800","arguments":{{"lone":"\udc00","huge":1e999,
        "list":["b"],"a":1}},"content_items":{deep},"duration":[],"success":"yes"}}}}}}"#
    )
    .replace('\n', "");
    let record = RolloutItem::from_bytes(record).unwrap();
    let call = json(said(&record.record(), true));
    assert_eq!(call["tool"], "a\u{fffd}\u{fffd}\u{fffd}");
    assert_eq!(
        call["arguments"],
        json!({"lone": "\u{fffd}\u{fffd}\u{fffd}", "huge": null, "list": ["b"], "a": 1})
    );
    assert_eq!(call["contentItems"], json!(null));
    assert_eq!(call["success"], json!(null));
}
