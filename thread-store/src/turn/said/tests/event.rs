use super::*;

#[test]
fn a_user_message_is_its_text_and_its_images() {
    let item = item(event(json!({"type": "user_message", "message": "see @a", "client_id": "c",
        "images": ["data:x"], "local_images": ["/a.png"], "local_image_details": ["low"],
        "audio": ["data:y"], "local_audio": ["/a.wav"],
        "text_elements": [{"byte_range": {"start": 4, "end": 6}, "placeholder": null}]})));
    assert_eq!((item.id, item.by), (None, By::Event));
    assert_eq!(
        serde_json::to_value(item.content).unwrap(),
        json!({"type": "userMessage", "clientId": "c", "content": [
            {"type": "text", "text": "see @a", "text_elements": [
                {"byteRange": {"start": 4, "end": 6}, "placeholder": null}]},
            {"type": "image", "url": "data:x", "detail": null},
            {"type": "localImage", "path": "/a.png", "detail": "low"},
            {"type": "audio", "url": "data:y"},
            {"type": "localAudio", "path": "/a.wav"},
        ]})
    );
}

#[test]
fn a_user_message_without_text_has_no_part_for_it() {
    let message = json(event(json!({"type": "user_message", "message": " ", "images": ["u"]})));
    assert_eq!(message["content"], json!([{"type": "image", "url": "u", "detail": null}]));
}

#[test]
fn injected_messages_of_old_versions_say_nothing() {
    let with_kind =
        |kind: &str| event(json!({"type": "user_message", "message": "a", "kind": kind}));
    assert!(with_kind("plain").is_some());
    assert_eq!(with_kind("environment_context"), None);
}

#[test]
fn a_message_of_the_agent_is_its_text() {
    let message =
        json(event(json!({"type": "agent_message", "message": "a", "phase": "commentary"})));
    assert_eq!(message["text"], "a");
    assert_eq!(message["phase"], "commentary");
    assert_eq!(event(json!({"type": "agent_message", "message": ""})), None);
}

#[test]
fn reasoning_comes_in_parts() {
    let reasoning = event(json!({"type": "agent_reasoning", "text": "s"}));
    assert_eq!(reasoning, Some(Said::Reasoning { summary: Some("s".into()), content: None }));
    let reasoning = event(json!({"type": "agent_reasoning_raw_content", "text": "r"}));
    assert_eq!(reasoning, Some(Said::Reasoning { summary: None, content: Some("r".into()) }));
    assert_eq!(event(json!({"type": "agent_reasoning", "text": ""})), None);
}

#[test]
fn a_patch_has_a_status_or_a_success() {
    let patch = |more: Value| {
        let mut payload = json!({"type": "patch_apply_end", "call_id": "c",
            "changes": {"/a": {"type": "add", "content": "x"}}});
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item(event(payload))
    };
    assert_eq!(patch(json!({})).id.as_deref(), Some("c"));
    for (more, status) in [
        (json!({"success": true}), "completed"),
        (json!({"success": false}), "failed"),
        (json!({"success": false, "status": "declined"}), "declined"),
    ] {
        let content = serde_json::to_value(patch(more).content).unwrap();
        assert_eq!(content["status"], status);
        assert_eq!(content["changes"][0]["path"], "/a");
    }
}

#[test]
fn a_command_has_its_output_and_how_it_ended() {
    let command = |more: Value| {
        let mut payload = json!({"type": "exec_command_end", "call_id": "c", "command": ["a", "b c"],
            "cwd": "/w", "parsed_cmd": [{"type": "unknown", "cmd": "a"}], "stdout": "out\n",
            "stderr": "err\n", "duration": {"secs": 1, "nanos": 0}});
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json(event(payload))
    };
    let failed = command(json!({"exit_code": 2}));
    assert_eq!(failed["command"], "a 'b c'");
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["aggregatedOutput"], "out\nerr\n");
    assert_eq!(failed["durationMs"], 1000);
    assert_eq!(failed["source"], "agent");
    let declined =
        command(json!({"exit_code": -1, "status": "declined", "aggregated_output": "x"}));
    assert_eq!(declined["status"], "declined");
    assert_eq!(declined["aggregatedOutput"], "x");
    assert_eq!(command(json!({"exit_code": 0}))["status"], "completed");
}

#[test]
fn a_call_of_an_mcp_tool_has_a_result_or_an_error() {
    let call = |result: Value| {
        json(event(json!({"type": "mcp_tool_call_end", "call_id": "c", "result": result,
            "invocation": {"server": "s", "tool": "t", "arguments": {"a_b": 1}}})))
    };
    let done = call(json!({"Ok": {"content": [1]}}));
    assert_eq!((&done["server"], &done["tool"]), (&json!("s"), &json!("t")));
    assert_eq!(done["arguments"], json!({"a_b": 1}));
    assert_eq!(done["status"], "completed");
    assert_eq!(done["result"]["content"], json!([1]));
    assert_eq!(call(json!({"Ok": {"content": [], "isError": true}}))["status"], "failed");
    let failed = call(json!({"Err": "no"}));
    assert_eq!((&failed["status"], &failed["result"]), (&json!("failed"), &json!(null)));
    assert_eq!(failed["error"], json!({"message": "no"}));
}

#[test]
fn work_with_other_agents_has_failed_if_one_of_them_has() {
    let ended = |kind: &str, more: Value| {
        let mut payload = json!({"type": kind, "call_id": "c", "sender_thread_id": "s"});
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let call = json(event(payload));
        [&call["tool"], &call["status"], &call["receiverThreadIds"]].map(Value::clone)
    };
    for (kind, more, expected) in [
        (
            "collab_agent_spawn_end",
            json!({"new_thread_id": "n", "status": "running"}),
            [json!("spawnAgent"), json!("completed"), json!(["n"])],
        ),
        (
            "collab_agent_spawn_end",
            json!({"new_thread_id": null, "status": "pending_init"}),
            [json!("spawnAgent"), json!("failed"), json!([])],
        ),
        (
            "collab_agent_interaction_end",
            json!({"receiver_thread_id": "r", "status": "not_found"}),
            [json!("sendInput"), json!("failed"), json!(["r"])],
        ),
        (
            "collab_waiting_end",
            json!({"statuses": {"b": "running", "a": {"errored": "x"}}}),
            [json!("wait"), json!("failed"), json!(["a", "b"])],
        ),
        (
            "collab_close_end",
            json!({"receiver_thread_id": "r", "status": "shutdown"}),
            [json!("closeAgent"), json!("completed"), json!(["r"])],
        ),
        (
            "collab_resume_end",
            json!({"receiver_thread_id": "r", "status": "running"}),
            [json!("resumeAgent"), json!("completed"), json!(["r"])],
        ),
    ] {
        assert_eq!(ended(kind, more), expected, "{kind}");
    }
}

#[test]
fn the_other_events_are_what_they_say() {
    for (payload, id, expected) in [
        (json!({"type": "context_compacted"}), None, json!({"type": "contextCompaction"})),
        (json!({"type": "plan", "text": "p"}), None, json!({"type": "plan", "text": "p"})),
        (
            json!({"type": "entered_review_mode", "target": {}}),
            None,
            json!({"type": "enteredReviewMode", "review": "Review requested."}),
        ),
        (
            json!({"type": "exited_review_mode", "review_output": {"overall_explanation": "e"}}),
            None,
            json!({"type": "exitedReviewMode", "review": "e"}),
        ),
        (
            json!({"type": "web_search_end", "call_id": "c", "query": "q"}),
            Some("c"),
            json!({"type": "webSearch", "query": "q", "action": null, "results": null}),
        ),
        (
            json!({"type": "view_image_tool_call", "call_id": "c", "path": "/a.png"}),
            Some("c"),
            json!({"type": "imageView", "path": "/a.png"}),
        ),
        (
            json!({"type": "image_generation_end", "call_id": "c", "status": "completed",
                "result": "b64", "saved_path": "/a.png"}),
            Some("c"),
            json!({"type": "imageGeneration", "status": "completed", "revisedPrompt": null,
                "result": "b64", "savedPath": "/a.png", "generationId": null, "failure": null,
                "transparentBackground": null}),
        ),
        (
            json!({"type": "dynamic_tool_call_response", "call_id": "c", "tool": "t",
                "arguments": [], "content_items": [], "success": false}),
            Some("c"),
            json!({"type": "dynamicToolCall", "namespace": null, "tool": "t", "arguments": [],
                "status": "failed", "contentItems": [], "success": false, "durationMs": null}),
        ),
        (
            json!({"type": "sub_agent_activity", "event_id": "e", "kind": "interacted",
                "agent_thread_id": "t", "agent_path": "/root/a"}),
            Some("e"),
            json!({"type": "subAgentActivity", "kind": "interacted", "agentThreadId": "t",
                "agentPath": "/root/a", "model": null, "reasoningEffort": null}),
        ),
    ] {
        let item = item(event(payload));
        assert_eq!((item.id.as_deref(), item.by), (id, By::Event));
        assert_eq!(serde_json::to_value(item.content).unwrap(), expected);
    }
}

#[test]
fn all_other_events_say_nothing() {
    for kind in ["token_count", "task_started", "exec_command_begin", "mystery"] {
        assert_eq!(event(json!({"type": kind, "call_id": "c", "text": "t", "message": "m"})), None);
    }
    for kind in ["session_meta", "turn_context", "compacted", "world_state"] {
        let record = json!({"timestamp": "t", "type": kind, "payload": {"type": "message"}});
        assert_eq!(both(&record), [None, None]);
    }
}
