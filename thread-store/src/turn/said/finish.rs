//! Calls with what came of them.

use super::output::{CallOutput, CommandOutput};
use super::status;
use crate::turn::ItemContent;

impl ItemContent {
    /// Takes over what came of the call.
    pub(crate) fn finish(&mut self, output: &CallOutput) {
        match self {
            Self::CommandExecution {
                status, aggregated_output, exit_code, duration_ms, ..
            } => {
                let run = CommandOutput::of(&output.text());
                if !run.running {
                    *status = ran(&run, output.success);
                }
                *exit_code = run.exit_code;
                *duration_ms = run.duration_ms;
                *aggregated_output = Some(run.text).filter(|text| !text.is_empty());
            }
            Self::FileChange { status, .. } => *status = applied(output),
            Self::DynamicToolCall { status, content_items, success, duration_ms, .. } => {
                let run = CommandOutput::of(&output.text());
                *status = ended(&run, output.success);
                *success = output.success;
                *duration_ms = run.duration_ms;
                *content_items = Some(output.parts.clone());
            }
            _ => {}
        }
    }
}

/// How a call ended. Where nothing tells, it is taken to have gone well.
fn ended(run: &CommandOutput, success: Option<bool>) -> String {
    status::of(run.exit_code.map(|code| code == 0).or(success).unwrap_or(true))
}

/// How a command ended. Of one that did not run, only a text tells.
fn ran(run: &CommandOutput, success: Option<bool>) -> String {
    const REFUSED: [&str; 3] = ["exec_command failed", "execution error", "failed in sandbox"];
    match run.text.as_str() {
        _ if run.exit_code.is_some() => ended(run, success),
        text if text.starts_with("exec command rejected") => status::DECLINED.into(),
        text if REFUSED.iter().any(|start| text.starts_with(start)) => status::of(false),
        _ => ended(run, success),
    }
}

/// How a patch ended. Where no exit code tells, its text does: what went well says so.
fn applied(output: &CallOutput) -> String {
    let run = CommandOutput::of(&output.text());
    if run.exit_code.is_some() || output.success.is_some() {
        return ended(&run, output.success);
    }
    match run.text.trim_start() {
        text if text.starts_with("patch rejected") => status::DECLINED.into(),
        text => status::of(text.is_empty() || text.starts_with("Success")),
    }
}
