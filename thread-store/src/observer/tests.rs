use serde_json::{Value, json};

use super::*;
use crate::{ForkedFrom, Identity, SessionSource};

const OWN: &str = "01a1f9ce-78de-7c20-8e0b-1825d888a9cb";
const OTHER: &str = "01a1f9ce-8ec2-76f1-8e12-594f59eb5937";

fn id(text: &str) -> ThreadId {
    ThreadId::parse(text).unwrap()
}

fn time(second: u8) -> Timestamp {
    Timestamp::parse(&format!("2026-11-20T16:33:{second:02}.000Z")).unwrap()
}

fn line(second: u8, kind: &str, payload: Value) -> RolloutItem {
    RolloutItem::new(kind, &payload, time(second)).unwrap()
}

fn event(second: u8, payload: Value) -> RolloutItem {
    line(second, "event_msg", payload)
}

fn raw(value: Value) -> RolloutItem {
    RolloutItem::try_from(value.to_string().as_str()).unwrap()
}

fn header(id: &str, more: Value) -> RolloutItem {
    let mut payload = json!({"id": id, "timestamp": time(1).to_string(), "cwd": "/work",
        "cli_version": "0.1", "originator": "test", "model_provider": "p", "source": "cli"});
    payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line(1, "session_meta", payload)
}

fn says(text: &str) -> RolloutItem {
    event(2, json!({"type": "user_message", "message": text}))
}

fn item_says(content: Value) -> RolloutItem {
    event(2, json!({"type": "item_completed", "item": {"type": "UserMessage", "content": content}}))
}

fn observed(items: &[RolloutItem]) -> ThreadObserver {
    let mut observer = ThreadObserver::new(id(OWN));
    items.iter().for_each(|item| observer.observe(item));
    observer
}

fn metadata(items: &[RolloutItem]) -> ThreadMetadata {
    let mut metadata = ThreadMetadata::default();
    observed(items).patch().apply(&mut metadata);
    metadata
}

fn stored(items: u64) -> StoredThread {
    let mut thread =
        StoredThread::new(id(OWN), Identity::new(time(0)), ThreadMetadata::new(time(0)));
    thread.next_ordinal = Ordinal::new(items);
    thread
}

#[test]
fn the_own_header_gives_identity_and_metadata() {
    let source = json!({"subagent": {"thread_spawn": {"parent_thread_id": OTHER, "depth": 1,
        "agent_nickname": "Ada", "agent_role": "worker"}}});
    let observer = observed(&[header(
        OWN,
        json!({"source": source.clone(), "session_id": OTHER, "agent_role": "explorer", "history_mode": "legacy",
        "forked_from_id": OTHER, "forked_from_ordinal_exclusive": 7, "memory_mode": "disabled", "thread_source": "subagent",
        "git": {"commit_hash": "c", "branch": "b", "repository_url": "u"}}),
    )]);
    let identity = observer.identity();
    assert_eq!(serde_json::to_value(&identity.source).unwrap(), source);
    assert_eq!(identity.parent_thread_id, Some(id(OTHER)));
    assert_eq!(identity.forked_from, Some(ForkedFrom::new(id(OTHER), Some(Ordinal::new(7)))));
    assert_eq!(identity.created_at, Some(time(1)));
    assert_eq!(identity.session_id.as_deref(), Some(OTHER));
    assert_eq!(
        serde_json::to_value(observer.patch()).unwrap(),
        json!({"updated_at": time(1), "recency_at": time(1), "cwd": "/work", "model_provider": "p", "cli_version": "0.1",
            "originator": "test", "thread_source": "subagent", "agent_nickname": "Ada",
            "agent_role": "explorer", "git_sha": "c", "git_branch": "b", "git_origin_url": "u",
            "memory_mode": "disabled", "history_mode": "legacy"})
    );
}

#[test]
fn headers_of_copied_history_tell_nothing() {
    let copied = header(OTHER, json!({"cwd": "/elsewhere", "source": "exec"}));
    let own = header(OWN, json!({}));
    for items in [[own.clone(), copied.clone()], [copied, own]] {
        assert_eq!(metadata(&items).cwd.as_deref(), Some("/work"));
        let observer = observed(&items);
        assert_eq!(observer.identity().source, Some(SessionSource::Cli));
    }
}

#[test]
fn a_later_own_header_revises_git_and_memory_mode_only() {
    let later = header(
        OWN,
        json!({"cwd": "/later", "timestamp": time(9).to_string(), "memory_mode": "disabled",
            "git": {"branch": "new"}}),
    );
    let first = header(OWN, json!({"git": {"commit_hash": "c", "branch": "b"}}));
    let found = metadata(&[first.clone(), later]);
    assert_eq!(found.cwd.as_deref(), Some("/work"));
    assert_eq!((found.git_sha, found.git_branch), (None, Some("new".into())));
    assert_eq!(found.memory_mode.as_deref(), Some("disabled"));
    let without_git = header(OWN, json!({"git": {}, "memory_mode": "odd"}));
    assert_eq!(metadata(&[first, without_git]).git_sha.as_deref(), Some("c"));
}

#[test]
fn the_own_header_wins_over_settings_of_inherited_history() {
    let context = json!({"cwd": "/inherited", "model": "m", "effort": "low"});
    let found = metadata(&[
        header(OTHER, json!({"cwd": "/inherited"})),
        line(1, "turn_context", context.clone()),
        header(OWN, json!({})),
        line(2, "turn_context", context),
    ]);
    assert_eq!(found.cwd.as_deref(), Some("/work"));
    assert_eq!(found.model.as_deref(), Some("m"));
    assert_eq!(found.reasoning_effort.as_deref(), Some("low"));
}

#[test]
fn a_fork_keeps_what_it_inherits_where_its_header_is_silent() {
    let fork = header(OWN, json!({"cwd": "", "model_provider": null}));
    let context = line(1, "turn_context", json!({"cwd": "/inherited"}));
    assert_eq!(metadata(&[context, fork]).cwd.as_deref(), Some("/inherited"));
}

#[test]
fn the_first_user_message_is_preview_title_and_first_message_once() {
    for first in [
        says("  hello\n"),
        says("# Context\nfile\n## My request for Codex:\nhello "),
        item_says(
            json!([{"type": "text", "text": "hel"}, {"type": "image"}, {"type": "text", "text": "lo"}]),
        ),
        item_says(json!([{"type": "input_text", "text": "hello"}])),
        raw(
            json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}),
        ),
        raw(json!({"role": "user", "content": "hello"})),
    ] {
        let found = metadata(&[first, says("later")]);
        assert_eq!(found.preview.as_deref(), Some("hello"));
        assert_eq!(found.title.as_deref(), Some("hello"));
        assert_eq!(found.first_user_message.as_deref(), Some("hello"));
    }
}

#[test]
fn a_message_without_text_is_shown_by_its_kind_and_gives_no_title() {
    for (first, shown) in [
        (event(2, json!({"type": "user_message", "message": "", "images": ["data:"]})), "[Image]"),
        (event(2, json!({"type": "user_message", "local_audio": ["a.wav"]})), "[Audio]"),
        (item_says(json!([{"type": "local_image", "path": "p"}])), "[Image]"),
        (item_says(json!([{"type": "audio"}])), "[Audio]"),
    ] {
        let found = metadata(&[first, says("words")]);
        assert_eq!(found.preview.as_deref(), Some(shown));
        assert_eq!(found.first_user_message.as_deref(), Some(shown));
        assert_eq!(found.title.as_deref(), Some("words"));
    }
}

#[test]
fn what_the_user_did_not_say_is_no_preview() {
    let found = metadata(&[
        says(" "),
        event(2, json!({"type": "user_message", "message": "m", "kind": "environment_context"})),
        item_says(json!("odd")),
        event(
            2,
            json!({"type": "item_completed", "item": {"type": "AgentMessage", "content": [{"type": "text", "text": "t"}]}}),
        ),
        raw(
            json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "<environment_context>x"}]}),
        ),
        raw(json!({"role": "user", "content": "<user_instructions>x"})),
        raw(json!({"role": "assistant", "content": "answer"})),
        raw(json!({"record_type": "state"})),
        line(
            2,
            "response_item",
            json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "injected"}]}),
        ),
    ]);
    assert_eq!(found.preview, None);
    assert_eq!(found.title, None);
}

#[test]
fn a_goal_is_a_preview_but_no_title() {
    let goal = event(2, json!({"type": "thread_goal_updated", "goal": {"objective": " win "}}));
    let found = metadata(&[goal.clone(), says("later")]);
    assert_eq!(found.preview.as_deref(), Some("win"));
    assert_eq!(found.title.as_deref(), Some("later"));
    assert_eq!(metadata(&[says("first"), goal]).preview.as_deref(), Some("first"));
}

#[test]
fn history_that_a_sub_agent_was_given_is_hidden_from_its_preview() {
    let at = |ordinal: u64, text: &str| {
        raw(
            json!({"ordinal": ordinal, "type": "event_msg", "payload": {"type": "user_message", "message": text}}),
        )
    };
    let own = header(OWN, json!({"subagent_history_start_ordinal": 3}));
    let found = metadata(&[own, at(1, "copied"), at(2, "copied"), at(3, "mine")]);
    assert_eq!(found.preview.as_deref(), Some("mine"));
}

#[test]
fn settings_of_this_thread_move_it_and_those_of_another_do_not() {
    let settings = |thread: &str, cwd: &str| {
        event(
            2,
            json!({"type": "thread_settings_applied", "thread_id": thread, "thread_settings": {
            "cwd": cwd, "model": "m2", "model_provider_id": "q", "reasoning_effort": "high",
            "approval_policy": "never", "permission_profile": {"type": "disabled"}}}),
        )
    };
    let own = header(OWN, json!({}));
    let moved = metadata(&[own.clone(), settings(OWN, "/moved")]);
    assert_eq!(moved.cwd.as_deref(), Some("/moved"));
    assert_eq!(moved.model_provider.as_deref(), Some("q"));
    assert_eq!(moved.reasoning_effort.as_deref(), Some("high"));
    assert_eq!(moved.approval_policy, Some(json!("never")));
    assert_eq!(moved.permission_profile, Some(json!({"type": "disabled"})));
    assert_eq!(metadata(&[own, settings(OTHER, "/moved")]).cwd.as_deref(), Some("/work"));
}

#[test]
fn token_counts_without_totals_leave_the_last_totals() {
    let count = |info: Value| event(2, json!({"type": "token_count", "info": info}));
    let found = metadata(&[
        count(json!({"total_token_usage": {"total_tokens": 7, "new_tokens": 1}})),
        count(Value::Null),
        count(json!({"total_token_usage": {"total_tokens": "many"}})),
        event(2, json!({"type": "token_count"})),
    ]);
    let usage = found.token_usage.unwrap();
    assert_eq!(usage.total_tokens, 7);
    assert_eq!(usage.extra["new_tokens"], 1);
}

#[test]
fn turns_move_recency_and_every_record_moves_updated_at_and_neither_goes_back() {
    let started = |second| event(second, json!({"type": "task_started"}));
    let found = metadata(&[started(3), started(5), started(4), says("x")]);
    assert_eq!(found.recency_at, time(5));
    assert_eq!(found.updated_at, time(5));
    let turn = event(7, json!({"type": "turn_started"}));
    assert_eq!(metadata(&[turn, event(8, json!({"type": "x"}))]).recency_at, time(7));
    assert!(observed(&[raw(json!({"role": "user"}))]).patch().is_empty());
}

#[test]
fn the_turns_that_a_fork_begins_with_do_not_make_it_older_than_it_is() {
    let inherited = event(0, json!({"type": "task_started"}));
    let own = header(OWN, json!({"forked_from_id": OTHER}));
    assert_eq!(metadata(&[inherited.clone(), own.clone()]).recency_at, time(1));
    assert_eq!(metadata(&[own, inherited]).recency_at, time(1));
}

#[test]
fn where_turns_are_not_recorded_a_user_message_moves_recency() {
    let said = |second| event(second, json!({"type": "user_message", "message": "m"}));
    assert_eq!(metadata(&[said(3), said(5)]).recency_at, time(5));
    let started = event(4, json!({"type": "task_started"}));
    assert_eq!(metadata(&[started, said(5)]).recency_at, time(4));
}

#[test]
fn the_name_event_of_this_thread_sets_and_clears_the_name() {
    let named = |thread: &str, name: Value| {
        event(2, json!({"type": "thread_name_updated", "thread_id": thread, "thread_name": name}))
    };
    let items = [named(OWN, json!("n")), named(OTHER, json!("other"))];
    assert_eq!(metadata(&items).name.as_deref(), Some("n"));
    let items = [named(OWN, json!("n")), named(OWN, Value::Null)];
    assert_eq!(metadata(&items).name, None);
}

#[test]
fn a_bare_header_gives_creation_and_git() {
    let bare =
        raw(json!({"id": OWN, "timestamp": "2025-08-19T10:11:12.345Z", "instructions": null,
        "git": {"branch": "main"}}));
    let observer = observed(&[bare]);
    let created = Timestamp::parse("2025-08-19T10:11:12.345Z").unwrap();
    assert_eq!(observer.identity().created_at, Some(created));
    assert_eq!(observer.patch().git_branch.value(), Some(&Some("main".into())));
}

#[test]
fn members_of_odd_types_tell_nothing() {
    let odd = json!([{}]);
    let names = [
        "cwd",
        "model_provider",
        "git",
        "source",
        "session_id",
        "timestamp",
        "forked_from_id",
        "history_mode",
        "agent_role",
        "parent_thread_id",
        "memory_mode",
        "subagent_history_start_ordinal",
    ];
    let mut payload = json!({"id": OWN});
    for name in names {
        payload[name] = odd.clone();
    }
    let mut observer = observed(&[
        raw(json!({"type": "session_meta", "payload": payload})),
        raw(json!({"type": "turn_context", "payload": {"model": 1, "effort": {}, "cwd": null}})),
        raw(json!({"type": "event_msg", "payload": {"type": "user_message", "message": 7}})),
        raw(
            json!({"type": "event_msg", "payload": {"type": "thread_settings_applied", "thread_settings": 1}}),
        ),
        raw(json!({"type": "event_msg", "payload": {"type": "thread_goal_updated", "goal": "g"}})),
        raw(json!({"type": "event_msg"})),
        raw(json!({})),
    ]);
    assert_eq!(observer.identity().created_at, None);
    assert!(observer.take_patch().is_empty());
}

#[test]
fn a_header_without_its_id_is_the_own_one_if_it_is_the_first() {
    let lost =
        raw(json!({"type": "session_meta", "payload": {"id": "[redacted]", "cwd": "/work"}}));
    assert_eq!(metadata(std::slice::from_ref(&lost)).cwd.as_deref(), Some("/work"));
    let found = metadata(&[header(OWN, json!({"cwd": "/first"})), lost]);
    assert_eq!(found.cwd.as_deref(), Some("/first"));
}

#[test]
fn taking_the_patch_hands_out_each_fact_once() {
    let mut observer = observed(&[header(OWN, json!({}))]);
    assert!(!observer.take_patch().is_empty());
    observer.observe(&header(OWN, json!({})));
    assert!(observer.take_patch().is_empty());
    observer.observe(&event(6, json!({"type": "x"})));
    assert!(observer.take_patch().is_touch());
}

#[test]
fn what_a_stored_thread_has_is_not_replaced_by_later_items() {
    let mut thread = stored(5);
    thread.metadata.preview = Some("p".into());
    thread.metadata.title = Some("t".into());
    thread.metadata.updated_at = time(30);
    thread.metadata.cwd = Some("/work".into());
    let mut observer = ThreadObserver::resuming(&thread);
    observer.observe(&header(OWN, json!({"cwd": "/other"})));
    observer.observe(&says("later"));
    let patch = observer.take_patch();
    assert_eq!(serde_json::to_value(&patch).unwrap(), json!({"first_user_message": "later"}));
    assert_eq!(observer.identity().created_at, Some(time(0)));
}

#[test]
fn a_new_thread_and_a_fresh_fork_still_get_their_header() {
    let mut fork = stored(4);
    fork.identity.forked_from = Some(ForkedFrom::new(id(OTHER), Some(Ordinal::new(4))));
    for thread in [stored(0), fork] {
        let mut observer = ThreadObserver::resuming(&thread);
        observer.observe(&header(OWN, json!({"cwd": "/header"})));
        assert_eq!(observer.patch().cwd.value(), Some(&Some("/header".into())));
    }
}

#[test]
fn an_observer_that_goes_on_later_ends_where_one_that_never_stopped_does() {
    let items: Vec<RolloutItem> = [
        r#"{"id":"aaaaaaaa-0000-7000-8000-000000000001","timestamp":"2025-08-20T10:00:00Z","instructions":null}"#,
        r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}"#,
        r#"{"timestamp":"2025-08-20T10:00:01Z","type":"event_msg","payload":{"type":"user_message","message":"again"}}"#,
        r#"{"timestamp":"2025-08-20T10:00:02Z","type":"event_msg","payload":{"type":"task_started"}}"#,
        r#"{"timestamp":"2025-08-20T10:00:03Z","type":"event_msg","payload":{"type":"user_message","message":"late"}}"#,
    ]
    .map(|text| RolloutItem::try_from(text).unwrap())
    .to_vec();
    let id = ThreadId::parse("aaaaaaaa-0000-7000-8000-000000000001").unwrap();
    let mut whole = ThreadObserver::new(id);
    items.iter().for_each(|item| whole.observe(item));
    for stop in 0..=items.len() {
        let mut first = ThreadObserver::new(id);
        items[..stop].iter().for_each(|item| first.observe(item));
        let identity = first.identity().or_created_at(Timestamp::MIN);
        let record = StoredThread::new(id, identity, first.metadata().clone());
        let state = serde_json::to_string(&first.state()).unwrap();
        let mut second = ThreadObserver::going_on(&record, serde_json::from_str(&state).unwrap());
        items[stop..].iter().for_each(|item| second.observe(item));
        assert_eq!(second.metadata(), whole.metadata(), "{stop}");
    }
}
