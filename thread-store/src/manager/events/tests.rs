//! What events look like, to machines and in logs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{ClosedReason, CompactionProgress, MissedThreads, ThreadEvent};
use crate::id::ThreadId;
use crate::lease::Holder;
use crate::manager::{ActiveFlag, ThreadStatus, ThreadView};
use crate::metadata::{ThreadMetadata, TokenUsage};
use crate::ordinal::Ordinal;
use crate::thread::{Identity, StoredThread};
use crate::time::Timestamp;

const ID: &str = "01a1f9ce-78de-7c20-8e0b-1825d888a9cb";

fn id() -> ThreadId {
    ThreadId::parse(ID).unwrap()
}

fn record() -> StoredThread {
    let created = Timestamp::from_millis(0);
    let mut metadata = ThreadMetadata::new(created);
    metadata.name = Some("secret name".to_owned());
    metadata.preview = Some("secret preview".to_owned());
    StoredThread::new(id(), Identity::new(created), metadata)
}

fn closed(reason: ClosedReason, json: &Value) -> (ThreadEvent, Value) {
    let event = ThreadEvent::Closed { thread_id: id(), reason };
    (event, json!({"type": "closed", "thread_id": ID, "reason": json}))
}

fn compaction(progress: CompactionProgress, json: &Value) -> (ThreadEvent, Value) {
    let event = ThreadEvent::Compaction { thread_id: id(), turn_id: "t".to_owned(), progress };
    (event, json!({"type": "compaction", "thread_id": ID, "turn_id": "t", "progress": json}))
}

/// Every event, with its JSON.
fn table() -> Vec<(ThreadEvent, Value)> {
    let thread_id = id();
    let mut token_usage = TokenUsage { total_tokens: 7, ..TokenUsage::default() };
    token_usage.extra.insert("new".to_owned(), json!("secret count"));
    let lost = |holder| ClosedReason::Lost { code: "conflict.fenced", holder };
    let waiting = ThreadStatus::active([ActiveFlag::WaitingOnApproval]);
    vec![
        (started(), started_json()),
        (
            ThreadEvent::StatusChanged { thread_id, status: waiting },
            json!({"type": "status_changed", "thread_id": ID,
                "status": {"type": "active", "activeFlags": ["waitingOnApproval"]}}),
        ),
        (
            ThreadEvent::NameUpdated { thread_id, name: Some("secret name".to_owned()) },
            json!({"type": "name_updated", "thread_id": ID, "name": "secret name"}),
        ),
        (
            ThreadEvent::NameUpdated { thread_id, name: None },
            json!({"type": "name_updated", "thread_id": ID, "name": null}),
        ),
        (
            ThreadEvent::TokenUsageUpdated { thread_id, token_usage },
            json!({"type": "token_usage_updated", "thread_id": ID, "token_usage": {
                "input_tokens": 0, "cached_input_tokens": 0, "output_tokens": 0,
                "reasoning_output_tokens": 0, "total_tokens": 7, "new": "secret count"}}),
        ),
        (ThreadEvent::Archived { thread_id }, json!({"type": "archived", "thread_id": ID})),
        (ThreadEvent::Unarchived { thread_id }, json!({"type": "unarchived", "thread_id": ID})),
        (ThreadEvent::Deleted { thread_id }, json!({"type": "deleted", "thread_id": ID})),
        (
            ThreadEvent::Reverted {
                thread_id,
                from: Ordinal::new(3),
                turn_ids: vec!["secret turn".to_owned()],
            },
            json!({"type": "reverted", "thread_id": ID, "from": 3, "turn_ids": ["secret turn"]}),
        ),
        closed(ClosedReason::Unloaded, &json!({"type": "unloaded"})),
        closed(ClosedReason::Archived, &json!({"type": "archived"})),
        closed(ClosedReason::Deleted, &json!({"type": "deleted"})),
        closed(ClosedReason::Shutdown, &json!({"type": "shutdown"})),
        closed(lost(None), &json!({"type": "lost", "code": "conflict.fenced", "holder": null})),
        closed(
            lost(Some(Holder::new("other").with_process(7))),
            &json!({"type": "lost", "code": "conflict.fenced",
                "holder": {"label": "other", "process": 7}}),
        ),
        compaction(CompactionProgress::Started, &json!({"type": "started"})),
        compaction(
            CompactionProgress::Advanced { done: 1, total: Some(2) },
            &json!({"type": "advanced", "done": 1, "total": 2}),
        ),
        compaction(
            CompactionProgress::Advanced { done: 1, total: None },
            &json!({"type": "advanced", "done": 1, "total": null}),
        ),
        compaction(
            CompactionProgress::Completed { ordinal: Ordinal::new(9) },
            &json!({"type": "completed", "ordinal": 9}),
        ),
        compaction(
            CompactionProgress::Failed { code: "unavailable".to_owned() },
            &json!({"type": "failed", "code": "unavailable"}),
        ),
        (
            ThreadEvent::Missed { count: 2, threads: MissedThreads::These([id()].into()) },
            json!({"type": "missed", "count": 2, "threads": [ID]}),
        ),
        (
            ThreadEvent::Missed { count: 3, threads: MissedThreads::Many },
            json!({"type": "missed", "count": 3, "threads": null}),
        ),
    ]
}

fn started() -> ThreadEvent {
    ThreadEvent::Started { thread: Arc::new(ThreadView::new(record(), ThreadStatus::Idle)) }
}

fn started_json() -> Value {
    let mut thread = serde_json::to_value(record()).unwrap();
    thread["status"] = json!({"type": "idle"});
    thread["ephemeral"] = json!(false);
    json!({"type": "started", "thread": thread})
}

#[test]
fn every_event_has_its_json() {
    for (event, json) in table() {
        assert_eq!(serde_json::to_value(&event).unwrap(), json);
    }
}

#[test]
fn the_kind_of_an_event_is_its_type_in_json() {
    for (event, json) in table() {
        assert_eq!(event.kind(), json["type"]);
    }
}

#[test]
fn every_event_but_missed_is_about_one_thread() {
    for (event, _) in table() {
        let expected = (event.kind() != "missed").then(id);
        assert_eq!(event.thread_id(), expected, "{event:?}");
    }
}

#[test]
fn debug_shows_what_happened_to_which_thread_and_no_contents() {
    for (event, _) in table() {
        let shown = format!("{event:?}");
        assert!(shown.starts_with(event.kind()), "{shown}");
        assert_eq!(shown.contains(ID), !shown.contains("Many"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}

#[test]
fn many_missed_threads_may_be_any() {
    let other = ThreadId::from_bytes([1; 16]);
    let these = MissedThreads::These([id()].into());
    assert!(these.may_include(id()) && !these.may_include(other));
    assert!(MissedThreads::Many.may_include(other));
}
