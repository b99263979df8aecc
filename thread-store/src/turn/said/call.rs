//! Calls that the model made, in its own records, and what came of them.

use serde_json::Value;

use super::fields::Fields;
use super::{By, CallOutput, Said, command, patch, status, tool};
use crate::item::Members;
use crate::turn::ItemContent;

/// What a response item says, if it is a call or the output of one. Messages and reasoning have
/// events that say the same.
pub(super) fn said(item: &Members<'_>) -> Option<Said> {
    let kind = item.string("type")?;
    let item = Fields::of(item);
    let content = match kind.as_str() {
        "function_call" => function(item)?,
        "custom_tool_call" => custom(item),
        "local_shell_call" => local_shell(item),
        "web_search_call" => tool::web_search(item),
        "image_generation_call" => tool::image_generation(item),
        "function_call_output" | "custom_tool_call_output" => {
            return CallOutput::of(item).map(Said::Output);
        }
        _ => return None,
    };
    let id = item.text("call_id").or_else(|| item.text("id"));
    Some(Said::item(By::Call, id, content))
}

/// A call of a function: its arguments are JSON in a text.
fn function(item: Fields<'_, '_>) -> Option<ItemContent> {
    let name = item.text_or_empty("name");
    let arguments = item.text_or_empty("arguments");
    Some(match name.as_str() {
        // It feeds a command that is there already.
        "write_stdin" => return None,
        "apply_patch" => patched(&patch_argument(&arguments)),
        name if is_shell(name) => shell(&arguments),
        _ => tool::called(name, item.text("namespace"), json_or_text(arguments)),
    })
}

/// A call of a custom tool: its input is any text.
fn custom(item: Fields<'_, '_>) -> ItemContent {
    let name = item.text_or_empty("name");
    let input = item.text_or_empty("input");
    match name.as_str() {
        "apply_patch" => patched(&input),
        _ => tool::called(name, item.text("namespace"), json_or_text(input)),
    }
}

/// A call of the shell that the model service knows itself.
fn local_shell(item: Fields<'_, '_>) -> ItemContent {
    let action = item.object("action").unwrap_or_default();
    shell_call(Fields::of(&action)).unwrap_or_else(|| command::called(String::new(), None))
}

fn is_shell(name: &str) -> bool {
    matches!(
        name,
        "shell"
            | "shell_command"
            | "exec_command"
            | "local_shell"
            | "container.exec"
            | "unified_exec"
    )
}

/// A command, from arguments. Arguments that cannot be read stand for the command.
fn shell(arguments: &str) -> ItemContent {
    let members = Members::of(arguments.as_bytes());
    shell_call(Fields::of(&members)).unwrap_or_else(|| command::called(arguments.into(), None))
}

fn shell_call(call: Fields<'_, '_>) -> Option<ItemContent> {
    let name = ["command", "cmd", "input"].into_iter().find(|name| call.raw(name).is_some())?;
    if let Some(patch) = patch_command(call, name) {
        return Some(patched(&patch));
    }
    let cwd = ["workdir", "working_directory", "cwd"].into_iter().find_map(|name| call.text(name));
    Some(command::called(command::line(call, name)?, cwd))
}

/// The patch in a command whose first word is `apply_patch`: as an argument, or in a script.
fn patch_command(call: Fields<'_, '_>, name: &str) -> Option<String> {
    let words = call.texts(name);
    let script = match words.as_slice() {
        [] => call.text(name)?,
        [first, patch, ..] if is_apply_patch(first) => return Some(patch.clone()),
        [_, flag, script] if flag == "-lc" || flag == "-c" => script.clone(),
        _ => return None,
    };
    let first = script.split_whitespace().next()?;
    is_apply_patch(first).then_some(script)
}

fn is_apply_patch(word: &str) -> bool {
    matches!(word, "apply_patch" | "applypatch")
}

/// The patch in the arguments of a function: `{"input": …}`, or the patch itself.
fn patch_argument(arguments: &str) -> String {
    let members = Members::of(arguments.as_bytes());
    let call = Fields::of(&members);
    let patch = call.text("input").or_else(|| call.text("patch"));
    patch.unwrap_or_else(|| arguments.to_owned())
}

fn patched(patch: &str) -> ItemContent {
    ItemContent::FileChange { changes: patch::changes(patch), status: status::IN_PROGRESS.into() }
}

/// Arguments as JSON, if they are, else as a text.
fn json_or_text(arguments: String) -> Value {
    match serde_json::from_str::<&serde_json::value::RawValue>(&arguments) {
        Ok(json) => super::fields::value_of(json),
        Err(_) => Value::String(arguments),
    }
}
