use super::*;

fn message(role: &str, content: Value) -> Option<Said> {
    let typed = bare(json!({"type": "message", "role": role, "content": content}));
    let oldest = bare(json!({"role": role, "content": content}));
    assert_eq!(typed, oldest);
    typed
}

#[test]
fn users_say_texts_and_show_images() {
    let message = json(message(
        "user",
        json!([{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": "u"}]),
    ));
    assert_eq!(
        message,
        json!({"type": "userMessage", "clientId": null, "content": [
            {"type": "text", "text": "a", "text_elements": []},
            {"type": "image", "url": "u", "detail": null},
        ]})
    );
}

#[test]
fn a_message_may_be_one_text() {
    let user = json(message("user", json!("a")));
    assert_eq!(user["content"], json!([{"type": "text", "text": "a", "text_elements": []}]));
    assert_eq!(json(message("assistant", json!("b")))["text"], "b");
}

#[test]
fn what_the_agent_put_in_the_users_name_says_nothing() {
    let injected = json!({"type": "input_text", "text": "\n<environment_context>\n…"});
    assert_eq!(message("user", json!([injected])), None);
    let said = json(message("user", json!([injected, {"type": "input_text", "text": "a"}])));
    assert_eq!(said["content"].as_array().unwrap().len(), 1);
}

#[test]
fn messages_without_anything_to_read_say_nothing() {
    for content in [json!(null), json!(""), json!([]), json!({}), json!([{"type": "input_text"}])] {
        assert_eq!(message("user", content.clone()), None, "{content}");
        assert_eq!(message("assistant", content.clone()), None, "{content}");
    }
    for role in ["system", "developer", "critic"] {
        assert_eq!(message(role, json!("a")), None);
    }
}

#[test]
fn the_agent_may_call_tools_beside_what_it_says() {
    let message =
        bare(json!({"role": "assistant", "content": "on it", "tool_calls": [{"id": "c"}]}));
    assert_eq!(json(message)["text"], "on it");
    assert_eq!(bare(json!({"role": "assistant", "content": null, "tool_calls": []})), None);
}

#[test]
fn messages_of_tools_are_outputs() {
    let output = bare(json!({"role": "tool", "tool_call_id": "c", "content": "x"}));
    let Some(Said::Output(output)) = output else { panic!("no output") };
    assert_eq!((output.call_id.as_str(), &*output.text()), ("c", "x"));
    assert_eq!(bare(json!({"role": "tool", "content": "x"})), None);
}

#[test]
fn reasoning_that_can_be_read_is_an_item() {
    let reasoning = json(bare(json!({"type": "reasoning", "id": "rs",
        "summary": [{"type": "summary_text", "text": "s"}, {"type": "summary_text", "text": ""}],
        "content": [{"type": "reasoning_text", "text": "r"}]})));
    assert_eq!(reasoning, json!({"type": "reasoning", "summary": ["s"], "content": ["r"]}));
    let hidden = json!({"type": "reasoning", "summary": [], "content": null,
        "encrypted_content": "x"});
    assert_eq!(bare(hidden), None);
}

#[test]
fn calls_and_outputs_are_as_in_envelopes() {
    let call = bare(json!({"type": "function_call", "call_id": "c", "name": "shell",
        "arguments": r#"{"command":["ls"]}"#}));
    assert_eq!(item(call).by, By::Call);
    let output = bare(json!({"type": "function_call_output", "call_id": "c", "output": "x"}));
    assert!(matches!(output, Some(Said::Output(_))));
    assert_eq!(bare(json!({"type": "mystery"})), None);
    assert_eq!(bare(json!({"record_type": "state"})), None);
}
