//! What the name of a rollout file says.

use std::path::Path;

use thread_store::{ThreadId, Timestamp};

/// A hyphenated UUID: `x` stands for a hexadecimal digit, and so below.
const UUID_FORM: &[u8] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
const UUID: usize = UUID_FORM.len();
/// The date of `2026-11-20T16-33-14`, and how long that is.
const DATE_FORM: &[u8] = b"xxxx-xx-xx";
const DATE: usize = DATE_FORM.len();
const TIME: usize = 19;

/// The parts of a file name such as `rollout-2026-11-20T16-33-14-<thread>_<segment>.jsonl.zst`.
/// Each may be missing: people rename files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct FileName {
    pub(crate) thread: Option<ThreadId>,
    /// Only in what was written after a revert.
    pub(crate) segment: Option<ThreadId>,
    /// The time in the name, taken as UTC. It is local time of an unknown zone, so up to 14 hours
    /// off.
    pub(crate) time: Option<Timestamp>,
    /// Whether it starts as Codex's own names do.
    pub(crate) is_codex: bool,
}

impl FileName {
    pub(crate) fn of(path: &Path) -> Self {
        let name =
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (thread, segment) = ids(name.as_bytes());
        Self {
            thread,
            segment,
            time: time(name.as_bytes()),
            is_codex: name.starts_with("rollout-"),
        }
    }
}

/// The last pair `<uuid>_<uuid>`, else the last UUID.
fn ids(name: &[u8]) -> (Option<ThreadId>, Option<ThreadId>) {
    let found = uuids(name);
    let pair = found.windows(2).rev().find_map(|pair| match pair {
        [(at, thread), (next, segment)] if at + UUID + 1 == *next && name[next - 1] == b'_' => {
            Some((*thread, *segment))
        }
        _ => None,
    });
    match pair {
        Some((thread, segment)) => (Some(thread), Some(segment)),
        None => (found.last().map(|(_, id)| *id), None),
    }
}

fn uuids(name: &[u8]) -> Vec<(usize, ThreadId)> {
    let mut found: Vec<(usize, ThreadId)> = Vec::new();
    for (at, window) in name.windows(UUID).enumerate() {
        let free = found.last().is_none_or(|(last, _)| last + UUID <= at);
        if free
            && has_form(window, UUID_FORM)
            && let Ok(text) = std::str::from_utf8(window)
            && let Ok(id) = ThreadId::parse(text)
        {
            found.push((at, id));
        }
    }
    found
}

/// Whether it starts in this form: to parse what does not would cost as much as to read the file.
fn has_form(window: &[u8], form: &[u8]) -> bool {
    window.iter().zip(form).all(|(byte, form)| match form {
        b'x' => byte.is_ascii_hexdigit(),
        form => byte == form,
    })
}

fn time(name: &[u8]) -> Option<Timestamp> {
    let dated = |window: &&[u8]| has_form(window, DATE_FORM);
    let with_time = name.windows(TIME).filter(dated).find_map(|window| {
        let (date, time) = std::str::from_utf8(window).ok()?.split_once('T')?;
        Timestamp::parse(&format!("{date}T{}Z", time.replace('-', ":"))).ok()
    });
    with_time.or_else(|| {
        name.windows(DATE).filter(dated).find_map(|window| {
            let date = std::str::from_utf8(window).ok()?;
            Timestamp::parse(&format!("{date}T00:00:00Z")).ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "01a1f9ce-78de-7c20-8e0b-1825d888a9cb";
    const B: &str = "01a1f9ce-8ec2-76f1-8e12-594f59eb5937";

    fn parts(name: &str) -> (Option<String>, Option<String>, Option<String>) {
        let name = FileName::of(Path::new(name));
        (
            name.thread.map(|id| id.to_string()),
            name.segment.map(|id| id.to_string()),
            name.time.map(|time| time.to_string()),
        )
    }

    #[test]
    fn every_form_of_name_that_was_seen_is_understood() {
        let time = Some("2026-11-20T16:33:14.000Z".to_owned());
        let day = Some("2026-11-20T00:00:00.000Z".to_owned());
        let (a, b) = (Some(A.to_owned()), Some(B.to_owned()));
        for (name, expected) in [
            (format!("rollout-2026-11-20T16-33-14-{A}.jsonl"), (a.clone(), None, time.clone())),
            (
                format!("x/rollout-2026-11-20T16-33-14-{A}_{B}.jsonl.zst"),
                (a.clone(), b, time.clone()),
            ),
            (format!("rollout-2026-11-20-{A}.json"), (a.clone(), None, day.clone())),
            (format!("{A}.jsonl"), (a.clone(), None, None)),
            (format!("2026-11-20T16-33-14_redacted_{A}_export.jsonl"), (a.clone(), None, time)),
            (format!("codex-rollout-{}.full.jsonl", A.to_uppercase()), (a, None, None)),
            ("rollout-2026-11-20-basic.jsonl".into(), (None, None, day)),
            ("größe.jsonl".into(), (None, None, None)),
            (String::new(), (None, None, None)),
        ] {
            assert_eq!(parts(&name), expected, "{name}");
        }
    }
}
