//! Calls of tools, as items and events have them.

use serde_json::{Value, json};

use super::fields::Fields;
use super::spelling::{camel, camel_names};
use super::{path, status};
use crate::item::{Members, text_of};
use crate::turn::ItemContent;

/// A call of an MCP tool, as a completed item has it.
pub(super) fn mcp(item: Fields<'_, '_>) -> ItemContent {
    let result = item.object("result").map(|result| mcp_result(&result));
    let error = item.value("error");
    let status = item.word("status").unwrap_or_else(|| status::of(error.is_none()));
    mcp_call(item, item, status, result, error)
}

/// A call of an MCP tool, as a legacy event has it: what was called stands in `invocation`, what
/// came of it in `result`, under `Ok` or `Err`.
pub(super) fn mcp_ended(event: Fields<'_, '_>) -> ItemContent {
    let invocation = event.object("invocation").unwrap_or_default();
    let outcome = event.object("result").unwrap_or_default();
    let ok = outcome.object("Ok");
    let error = outcome.get("Err").and_then(text_of).map(|message| json!({"message": message}));
    let refused = ok.as_ref().and_then(|ok| Fields::of(ok).scalar("is_error")).unwrap_or(false);
    let status = status::of(ok.is_some() && !refused);
    let result = ok.map(|result| mcp_result(&result));
    mcp_call(event, Fields::of(&invocation), status, result, error)
}

fn mcp_call(
    item: Fields<'_, '_>,
    call: Fields<'_, '_>,
    status: String,
    result: Option<Value>,
    error: Option<Value>,
) -> ItemContent {
    ItemContent::McpToolCall {
        server: call.text_or_empty("server"),
        tool: call.text_or_empty("tool"),
        status,
        arguments: call.value_or_null("arguments"),
        app_context: app_context(item),
        mcp_app_ui: item.value("mcp_app_ui").map(camel_names),
        mcp_app_resource_uri: item.text("mcp_app_resource_uri"),
        plugin_id: item.text("plugin_id"),
        read_only_hint: item.scalar("read_only_hint"),
        result,
        error,
        duration_ms: item.duration_ms("duration"),
    }
}

fn mcp_result(result: &Members<'_>) -> Value {
    let result = Fields::of(result);
    json!({
        "content": result.values("content").unwrap_or_default(),
        "structuredContent": result.value("structured_content"),
        "_meta": result.value("_meta"),
    })
}

fn app_context(item: Fields<'_, '_>) -> Option<Value> {
    let connector = item.text("connector_id")?;
    Some(json!({
        "connectorId": connector,
        "linkId": item.text("link_id"),
        "resourceUri": item.text("mcp_app_resource_uri"),
        "appName": item.text("app_name"),
        "actionName": item.text("action_name"),
    }))
}

/// A call of another tool, as a completed item or a legacy event has it.
pub(super) fn dynamic(item: Fields<'_, '_>) -> ItemContent {
    let success: Option<bool> = item.scalar("success");
    ItemContent::DynamicToolCall {
        namespace: item.text("namespace"),
        tool: item.text_or_empty("tool"),
        arguments: item.value_or_null("arguments"),
        status: item.word("status").unwrap_or_else(|| status::of(success.unwrap_or(true))),
        content_items: item
            .values("content_items")
            .map(|parts| parts.into_iter().map(content_item).collect()),
        success,
        duration_ms: item.duration_ms("duration"),
    }
}

/// A call of another tool that the model made, before anything came of it.
pub(super) fn called(tool: String, namespace: Option<String>, arguments: Value) -> ItemContent {
    ItemContent::DynamicToolCall {
        namespace,
        tool,
        arguments,
        status: status::IN_PROGRESS.into(),
        content_items: None,
        success: None,
        duration_ms: None,
    }
}

/// A part of what a tool gave: `{"type":"input_image","image_url":…}` as the protocol has it.
pub(super) fn content_item(part: Value) -> Value {
    let Value::Object(members) = part else { return part };
    let spelt = members.into_iter().map(|(name, value)| match (name.as_str(), &value) {
        ("type", Value::String(kind)) => (name, Value::String(camel(kind))),
        _ => (camel(&name), value),
    });
    spelt.collect::<serde_json::Map<_, _>>().into()
}

/// A search of the web. The model's own record has no query beside the action.
pub(super) fn web_search(item: Fields<'_, '_>) -> ItemContent {
    let action = item.object("action");
    let query = item.text("query").or_else(|| searched(Fields::of(action.as_ref()?)));
    ItemContent::WebSearch {
        query: query.unwrap_or_default(),
        action: action.map(|action| web_action(&action)),
        results: item.values("results"),
    }
}

/// What an action was about.
fn searched(action: Fields<'_, '_>) -> Option<String> {
    let first = || action.texts("queries").into_iter().next();
    action.text("query").or_else(first).or_else(|| action.text("url"))
}

/// An action of a search, with all the members that the protocol gives its kind.
fn web_action(action: &Members<'_>) -> Value {
    let fields = Fields::of(action);
    let kind = fields.word("type").unwrap_or_else(|| "other".into());
    let names: &[&str] = match kind.as_str() {
        "search" => &["query", "queries"],
        "openPage" => &["url"],
        "findInPage" => &["url", "pattern"],
        _ => &[],
    };
    let mut members = serde_json::Map::new();
    members.insert("type".into(), kind.into());
    for name in names {
        members.insert((*name).into(), fields.value_or_null(name));
    }
    members.into()
}

/// An image that was made. An item from the time of the change to attachments may have an empty
/// image beside the attachment: the attachment counts.
pub(super) fn image_generation(item: Fields<'_, '_>) -> ItemContent {
    let file_id = item.text("file_id");
    let result = match file_id {
        Some(_) => None,
        None => Some(item.text_or_empty("result")),
    };
    ItemContent::ImageGeneration {
        status: item.text_or_empty("status"),
        revised_prompt: item.text("revised_prompt"),
        result,
        file_id,
        saved_path: item.text("saved_path").map(|path| path::local(&path)),
        generation_id: item.text("generation_id"),
        failure: item.value("failure").map(camel_names),
        input_images: item
            .values("input_images")
            .map(|images| images.into_iter().map(camel_names).collect()),
        transparent_background: item.scalar("transparent_background"),
    }
}
