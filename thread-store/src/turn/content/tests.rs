use std::borrow::Cow;

use serde_json::json;

use super::*;

/// One of each kind, with all members that are never left out.
fn every_kind() -> Vec<Value> {
    vec![
        json!({"type": "userMessage", "clientId": null, "content": [{"type": "text", "text": "a"}]}),
        json!({"type": "hookPrompt", "fragments": [{"text": "a", "hookRunId": "h"}]}),
        json!({"type": "agentMessage", "text": "a", "phase": "final_answer", "delivery": null,
            "memoryCitation": null, "moderation": {"moderated": true}, "questions": null}),
        json!({"type": "functionCallOutput", "name": "f", "namespace": null, "output": "x"}),
        json!({"type": "plan", "text": "a"}),
        json!({"type": "reasoning", "summary": ["a"], "content": []}),
        json!({"type": "commandExecution", "command": "ls", "cwd": "/w", "processId": "1",
            "source": "userShell", "status": "failed", "commandActions": [{"type": "unknown"}],
            "aggregatedOutput": null, "exitCode": -1, "durationMs": 5, "pluginId": null,
            "scriptPath": null}),
        json!({"type": "fileChange", "status": "completed", "changes": [
            {"path": "a", "kind": {"type": "add"}, "diff": "x\n"},
            {"path": "b", "kind": {"type": "delete"}, "diff": ""},
            {"path": "c", "kind": {"type": "update", "move_path": null}, "diff": ""},
            {"path": "d", "kind": {"type": "linked", "to": "e"}, "diff": ""},
        ]}),
        json!({"type": "mcpToolCall", "server": "s", "tool": "t", "status": "completed",
            "arguments": {"a": 1.5}, "appContext": null, "mcpAppUi": null, "pluginId": null,
            "readOnlyHint": true, "result": {"content": []}, "error": null, "durationMs": 1}),
        json!({"type": "dynamicToolCall", "namespace": null, "tool": "t", "arguments": "raw",
            "status": "inProgress", "contentItems": null, "success": null, "durationMs": null}),
        json!({"type": "collabAgentToolCall", "tool": "wait", "status": "completed",
            "senderThreadId": "s", "receiverThreadIds": ["r"], "prompt": null, "model": null,
            "reasoningEffort": null, "agentsStates": {"r": {"status": "running"}}}),
        json!({"type": "subAgentActivity", "kind": "started", "agentThreadId": "t",
            "agentPath": "/root/a", "model": null, "reasoningEffort": "high"}),
        json!({"type": "webSearch", "query": "q", "action": {"type": "other"}, "results": null}),
        json!({"type": "imageView", "path": "/a.png"}),
        json!({"type": "sleep", "durationMs": 7}),
        json!({"type": "imageGeneration", "status": "completed", "revisedPrompt": null,
            "fileId": "f", "generationId": null, "failure": null, "transparentBackground": null}),
        json!({"type": "enteredReviewMode", "review": "r"}),
        json!({"type": "exitedReviewMode", "review": "r"}),
        json!({"type": "contextCompaction"}),
        json!({"type": "hologram", "size": {"some_name": 3}}),
    ]
}

#[test]
fn every_kind_is_read_from_its_own_json() {
    for json in every_kind() {
        let content: ItemContent = serde_json::from_value(json.clone()).unwrap();
        let is_unknown = matches!(content, ItemContent::Unknown(_));
        assert_eq!(is_unknown, json["type"] == "hologram", "{json}");
        assert_eq!(serde_json::to_value(&content).unwrap(), json);
    }
}

#[test]
fn every_kind_is_read_from_between_the_members_of_its_item() {
    #[derive(Serialize, Deserialize)]
    struct Item {
        id: String,
        #[serde(flatten)]
        content: ItemContent,
        inherited: bool,
    }
    for mut json in every_kind() {
        let content: ItemContent = serde_json::from_value(json.clone()).unwrap();
        json["id"] = "i".into();
        json["inherited"] = true.into();
        let item: Item = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(item.content, content);
        assert_eq!(serde_json::to_value(&item).unwrap(), json);
    }
}

#[test]
fn a_known_kind_without_a_member_that_it_must_have_is_kept_as_it_is() {
    let json = json!({"type": "commandExecution", "status": "odd"});
    let content: ItemContent = serde_json::from_value(json.clone()).unwrap();
    assert!(matches!(content, ItemContent::Unknown(_)));
    assert_eq!(serde_json::to_value(&content).unwrap(), json);
}

#[test]
fn members_that_the_protocol_may_leave_out_have_its_defaults() {
    let json = json!({"type": "commandExecution", "command": "ls", "cwd": "/", "status": "new"});
    let content: ItemContent = serde_json::from_value(json).unwrap();
    let json = serde_json::to_value(&content).unwrap();
    assert_eq!(json["source"], "agent");
    assert_eq!(json["status"], "new");
    assert_eq!(json["commandActions"], json!([]));
}

fn searchable(json: Value) -> Option<String> {
    let content: ItemContent = serde_json::from_value(json).unwrap();
    content.searchable_text().map(Cow::into_owned)
}

#[test]
fn what_people_and_the_agent_said_can_be_searched() {
    let user = json!({"type": "userMessage", "content": [
        {"type": "text", "text": "one"}, {"type": "image", "text": "not said"},
        {"type": "text", "text": "two"},
    ]});
    assert_eq!(searchable(user).as_deref(), Some("one\ntwo"));
    let agent = json!({"type": "agentMessage", "text": "done"});
    assert_eq!(searchable(agent).as_deref(), Some("done"));
}

#[test]
fn what_an_editor_put_before_a_request_cannot_be_searched() {
    let text = "# Context from my IDE\nopen: a.rs\n## My request for Codex:\nfix it\n";
    let user = json!({"type": "userMessage", "content": [{"type": "text", "text": text}]});
    assert_eq!(searchable(user).as_deref(), Some("fix it"));
}

#[test]
fn nothing_else_can_be_searched() {
    for json in every_kind() {
        let is_said = json["type"] == "userMessage" || json["type"] == "agentMessage";
        assert_eq!(searchable(json.clone()).is_some(), is_said, "{json}");
    }
    assert_eq!(searchable(json!({"type": "userMessage", "content": []})), None);
    assert_eq!(searchable(json!({"type": "agentMessage", "text": ""})), None);
}
