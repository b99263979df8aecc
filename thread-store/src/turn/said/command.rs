//! Commands that were run.

use serde_json::{Value, json};

use super::fields::Fields;
use super::spelling::camel;
use super::{path, status};
use crate::item::Members;
use crate::turn::ItemContent;

/// A command as an item or event has it.
pub(super) fn of(item: Fields<'_, '_>) -> ItemContent {
    let cwd = path::local(&item.text_or_empty("cwd"));
    let exit_code: Option<i64> = item.scalar("exit_code");
    ItemContent::CommandExecution {
        command: line(item, "command").unwrap_or_default(),
        process_id: item.text("process_id"),
        source: item.word("source").unwrap_or_else(|| "agent".into()),
        status: item
            .word("status")
            .unwrap_or_else(|| status::of(exit_code.is_none_or(|code| code == 0))),
        command_actions: actions(item, &cwd),
        aggregated_output: written(item),
        exit_code,
        duration_ms: item.duration_ms("duration"),
        plugin_id: item.text("plugin_id"),
        script_path: item.text("script_path"),
        cwd,
    }
}

/// A command that the model called for, before anything came of it.
pub(super) fn called(command: String, cwd: Option<String>) -> ItemContent {
    ItemContent::CommandExecution {
        command,
        cwd: cwd.map(|cwd| path::local(&cwd)).unwrap_or_default(),
        process_id: None,
        source: "agent".into(),
        status: status::IN_PROGRESS.into(),
        command_actions: Vec::new(),
        aggregated_output: None,
        exit_code: None,
        duration_ms: None,
        plugin_id: None,
        script_path: None,
    }
}

/// A command as one line: a text as it is, a list of arguments quoted for a shell.
pub(super) fn line(item: Fields<'_, '_>, name: &str) -> Option<String> {
    if let Some(text) = item.text(name) {
        return Some(text);
    }
    let arguments = item.texts(name);
    // What holds a NUL cannot be quoted.
    let quoted = || shlex::try_join(arguments.iter().map(String::as_str)).ok();
    (!arguments.is_empty()).then(|| quoted().unwrap_or_else(|| arguments.join(" ")))
}

/// What the command wrote, if anything.
fn written(item: Fields<'_, '_>) -> Option<String> {
    let text = item
        .text("aggregated_output")
        .unwrap_or_else(|| item.text_or_empty("stdout") + &item.text_or_empty("stderr"));
    (!text.is_empty()).then_some(text)
}

fn actions(item: Fields<'_, '_>, cwd: &str) -> Vec<Value> {
    let parsed = item.list("parsed_cmd").into_iter();
    parsed.map(|action| one_action(&Members::of_value(action), cwd)).collect()
}

/// What a command does, in the form of the protocol. Files that are read have whole paths there.
fn one_action(action: &Members<'_>, cwd: &str) -> Value {
    let action = Fields::of(action);
    let kind = action.word("type").unwrap_or_else(|| "unknown".into());
    let command = action.text("cmd").or_else(|| action.text("command")).unwrap_or_default();
    let path = action.text("path").map(|path| path::local(&path));
    match kind.as_str() {
        "read" => {
            let path = path::join(cwd, &path.unwrap_or_default());
            json!({"type": kind, "command": command, "name": action.text_or_empty("name"), "path": path})
        }
        "listFiles" => json!({"type": kind, "command": command, "path": path}),
        "search" => {
            json!({"type": kind, "command": command, "query": action.text("query"), "path": path})
        }
        "unknown" => json!({"type": kind, "command": command}),
        _ => other_action(action, kind, command),
    }
}

fn other_action(action: Fields<'_, '_>, kind: String, command: String) -> Value {
    let mut members: serde_json::Map<_, _> =
        action.all().into_iter().map(|(name, value)| (camel(&name), value)).collect();
    members.remove("cmd");
    members.insert("type".into(), kind.into());
    members.insert("command".into(), command.into());
    members.into()
}
