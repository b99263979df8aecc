use super::*;

fn function(name: &str, arguments: &str) -> Option<Said> {
    response_item(json!({"type": "function_call", "id": "fc", "call_id": "c", "name": name,
        "arguments": arguments}))
}

/// The output in a record as JSON has it.
fn output(output: Value) -> CallOutput {
    let payload = json!({"type": "function_call_output", "call_id": "c", "output": output});
    match response_item(payload) {
        Some(Said::Output(output)) => output,
        other => panic!("no output: {other:?}"),
    }
}

/// A call with what came of it, in JSON.
fn finished(call: Option<Said>, body: Value) -> Value {
    let mut content = item(call).content;
    content.finish(&output(body));
    serde_json::to_value(content).unwrap()
}

fn ls() -> Option<Said> {
    function("shell", r#"{"command":["ls"]}"#)
}

#[test]
fn commands_are_called_in_many_ways() {
    for (name, arguments, command, cwd) in [
        ("shell", r#"{"command":["bash","-lc","ls -a"],"workdir":"/w"}"#, "bash -lc 'ls -a'", "/w"),
        ("container.exec", r#"{"cmd":["ls","a b"]}"#, "ls 'a b'", ""),
        ("shell_command", r#"{"command":"ls; echo $X"}"#, "ls; echo $X", ""),
        ("exec_command", r#"{"cmd":"ls","workdir":"/w","yield_time_ms":5}"#, "ls", "/w"),
        ("unified_exec", r#"{"input":["ls"],"session_id":null}"#, "ls", ""),
        ("shell", "{not json", "{not json", ""),
        ("shell", r#"{"other":1}"#, r#"{"other":1}"#, ""),
    ] {
        let item = item(function(name, arguments));
        assert_eq!((item.id.as_deref(), item.by), (Some("c"), By::Call));
        let call = serde_json::to_value(item.content).unwrap();
        assert_eq!(call["type"], "commandExecution");
        assert_eq!((&call["command"], &call["cwd"]), (&json!(command), &json!(cwd)));
        assert_eq!(call["status"], "inProgress");
    }
}

#[test]
fn the_shell_of_the_model_service_is_a_command() {
    let call = json(response_item(json!({"type": "local_shell_call", "call_id": "c",
        "action": {"type": "exec", "command": ["ls"], "working_directory": "/w"}})));
    assert_eq!((&call["command"], &call["cwd"]), (&json!("ls"), &json!("/w")));
    let call = json(response_item(json!({"type": "local_shell_call"})));
    assert_eq!(call["command"], "");
}

#[test]
fn what_feeds_a_command_is_none() {
    assert_eq!(function("write_stdin", r#"{"session_id":1,"chars":"y"}"#), None);
}

const PATCH: &str = "*** Begin Patch\n*** Add File: b.txt\n+x\n*** End Patch\n";

#[test]
fn patches_are_called_in_many_ways() {
    let in_script = json!({"command": ["bash", "-lc", format!("apply_patch <<'E'\n{PATCH}E")]});
    for call in [
        response_item(json!({"type": "custom_tool_call", "call_id": "c", "name": "apply_patch",
            "input": PATCH})),
        function("apply_patch", &json!({"input": PATCH}).to_string()),
        function("shell", &json!({"command": ["apply_patch", PATCH]}).to_string()),
        function("shell", &in_script.to_string()),
        function(
            "shell_command",
            &json!({"command": format!("apply_patch '{PATCH}'")}).to_string(),
        ),
    ] {
        assert_eq!(
            json(call),
            json!({"type": "fileChange", "status": "inProgress", "changes": [
                {"path": "b.txt", "kind": {"type": "add"}, "diff": "x\n"}]})
        );
    }
}

#[test]
fn a_patch_that_cannot_be_read_has_no_changes() {
    let call = json(function("apply_patch", "nonsense"));
    assert_eq!(call, json!({"type": "fileChange", "status": "inProgress", "changes": []}));
}

#[test]
fn every_other_tool_keeps_its_name_and_its_arguments() {
    let call = json(response_item(json!({"type": "function_call", "call_id": "c", "name": "t",
        "namespace": "n", "arguments": r#"{"a_b":1}"#})));
    assert_eq!(
        call,
        json!({"type": "dynamicToolCall", "namespace": "n", "tool": "t", "arguments": {"a_b": 1},
            "status": "inProgress", "contentItems": null, "success": null, "durationMs": null})
    );
    assert_eq!(json(function("shell<|x|>", "{a:"))["arguments"], "{a:");
    let custom = response_item(json!({"type": "custom_tool_call", "call_id": "c", "name": "exec",
        "input": "const a = 1;"}));
    assert_eq!(json(custom)["arguments"], "const a = 1;");
}

#[test]
fn searches_and_images_of_the_model_are_items() {
    let search = item(response_item(json!({"type": "web_search_call", "id": "ws",
        "action": {"type": "open_page", "url": "u"}})));
    assert_eq!((search.id.as_deref(), search.by), (Some("ws"), By::Call));
    let search = serde_json::to_value(search.content).unwrap();
    assert_eq!(search["query"], "u");
    let search = json(response_item(json!({"type": "web_search_call",
        "action": {"type": "search", "queries": ["a", "b"]}})));
    assert_eq!(search["query"], "a");
    let image = json(response_item(json!({"type": "image_generation_call", "id": "ig",
        "status": "completed", "result": "b64"})));
    assert_eq!((&image["type"], &image["result"]), (&json!("imageGeneration"), &json!("b64")));
}

#[test]
fn messages_and_reasoning_have_events_of_their_own() {
    for kind in ["message", "reasoning", "agent_message", "ghost_snapshot", "mystery"] {
        let payload = json!({"type": kind, "role": "user", "content": [{"text": "a"}]});
        assert_eq!(response_item(payload), None);
    }
    assert_eq!(response_item(json!({"role": "user", "content": "a"})), None);
}

#[test]
fn an_output_without_its_call_says_nothing() {
    assert_eq!(response_item(json!({"type": "function_call_output", "output": "x"})), None);
}

#[test]
fn outputs_of_commands_tell_how_they_ended() {
    for (body, status, text, exit_code, duration) in [
        (
            json!(r#"{"output":"a\n","metadata":{"exit_code":0,"duration_seconds":0.3}}"#),
            "completed",
            json!("a\n"),
            json!(0),
            json!(300),
        ),
        (
            json!("Exit code: 4\nWall time: 1.5 seconds\nTotal output lines: 9\nOutput:\na\nb"),
            "failed",
            json!("a\nb"),
            json!(4),
            json!(1500),
        ),
        (
            json!("Chunk ID: f\nWall time: 0.25 seconds\nProcess exited with code 0\nOutput:\n"),
            "completed",
            json!(null),
            json!(0),
            json!(250),
        ),
        (
            json!("Wall time: 1 seconds\nProcess running with session ID 7\nOutput:\nso far"),
            "inProgress",
            json!("so far"),
            json!(null),
            json!(1000),
        ),
        (json!("plain"), "completed", json!("plain"), json!(null), json!(null)),
        (json!("Exit code: none"), "completed", json!("Exit code: none"), json!(null), json!(null)),
        (json!("{\"a\":1}"), "completed", json!("{\"a\":1}"), json!(null), json!(null)),
        (
            json!([{"type": "input_text", "text": "a"}, {"type": "input_text", "text": "b"}]),
            "completed",
            json!("ab"),
            json!(null),
            json!(null),
        ),
        (
            json!({"content": "no", "success": false}),
            "failed",
            json!("no"),
            json!(null),
            json!(null),
        ),
        (json!(null), "completed", json!(null), json!(null), json!(null)),
        (json!(7), "completed", json!(null), json!(null), json!(null)),
        (json!({"content": {"content": "x"}}), "completed", json!(null), json!(null), json!(null)),
    ] {
        let command = finished(ls(), body.clone());
        let expected = json!([status, text, exit_code, duration]);
        let got = json!([
            command["status"],
            command["aggregatedOutput"],
            command["exitCode"],
            command["durationMs"]
        ]);
        assert_eq!(got, expected, "{body}");
    }
}

#[test]
fn commands_that_did_not_run_have_failed_or_were_declined() {
    for (body, status) in [
        (json!("exec_command failed: no such shell"), "failed"),
        (json!({"content": "execution error: Io", "success": true}), "failed"),
        (json!("exec command rejected by user"), "declined"),
        (json!("Exit code: 0\nWall time: 0 seconds\nOutput:\nexecution error"), "completed"),
    ] {
        assert_eq!(finished(ls(), body.clone())["status"], status, "{body}");
    }
}

#[test]
fn outputs_of_patches_tell_how_they_ended() {
    for (body, status) in [
        (json!(r#"{"output":"Success.","metadata":{"exit_code":0}}"#), "completed"),
        (json!(r#"{"output":"no","metadata":{"exit_code":1}}"#), "failed"),
        (json!("Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess."), "completed"),
        (json!("Success. Updated the following files:\nA a\n"), "completed"),
        (json!("apply_patch verification failed: no such file"), "failed"),
        (json!("patch rejected by user"), "declined"),
        (json!({"content": "x", "success": true}), "completed"),
        (json!(""), "completed"),
    ] {
        let patch = finished(function("apply_patch", PATCH), body.clone());
        assert_eq!(patch["status"], status, "{body}");
    }
}

#[test]
fn outputs_of_other_tools_are_what_came_back() {
    let call = finished(
        function("t", "{}"),
        json!([{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": "u"}]),
    );
    assert_eq!(
        call["contentItems"],
        json!([{"type": "inputText", "text": "a"}, {"type": "inputImage", "imageUrl": "u"}])
    );
    assert_eq!((&call["status"], &call["success"]), (&json!("completed"), &json!(null)));
    let call = finished(function("t", "{}"), json!({"content": "no", "success": false}));
    assert_eq!(call["contentItems"], json!([{"type": "inputText", "text": "no"}]));
    assert_eq!((&call["status"], &call["success"]), (&json!("failed"), &json!(false)));
}

#[test]
fn what_is_no_call_stays_as_it_is() {
    let mut plan = ItemContent::Plan { text: "p".into() };
    plan.finish(&output(json!("x")));
    assert_eq!(plan, ItemContent::Plan { text: "p".into() });
}
