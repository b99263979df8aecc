use serde_json::json;

use super::*;
use crate::{ForkedFrom, Identity, Ordinal, SessionSource, ThreadId};

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Every field that there is: the JSON of the record is fixed by this text.
#[test]
fn the_json_of_a_record_is_this() {
    let golden = json!({
        "thread_id": "01a1f9ce-78de-7c20-8e0b-1825d888a9cb",
        "source": {"subagent": {"thread_spawn": {"parent_thread_id": "01a1f9ce-0000-7000-8000-000000000001", "depth": 1}}},
        "parent_thread_id": "01a1f9ce-0000-7000-8000-000000000001",
        "forked_from_id": "01a1f9ce-0000-7000-8000-000000000002",
        "forked_from_ordinal": 17,
        "created_at": "2026-11-20T16:33:40.575Z",
        "session_id": "01a1f9ce-0000-7000-8000-000000000001",
        "name": "n",
        "title": "t",
        "preview": "p",
        "first_user_message": "f",
        "updated_at": "2026-11-20T16:33:41.000Z",
        "recency_at": "2026-11-20T16:33:42.000Z",
        "cwd": "/c",
        "model_provider": "mp",
        "model": "m",
        "reasoning_effort": "high",
        "approval_policy": "never",
        "sandbox_policy": {"type": "read-only"},
        "permission_profile": {"type": "disabled"},
        "cli_version": "0.169.0",
        "originator": "codex-tui",
        "thread_source": "fork-button",
        "agent_nickname": "Herschel",
        "agent_role": "explorer",
        "agent_path": "/root/mapper",
        "git_sha": "25166fc2",
        "git_branch": "trunk",
        "git_origin_url": "https://example.com/r.git",
        "memory_mode": "disabled",
        "history_mode": "paginated",
        "token_usage": {"input_tokens": 1, "cached_input_tokens": 2, "output_tokens": 3,
                        "reasoning_output_tokens": 4, "total_tokens": 5, "cache_write_input_tokens": 6},
        "options": {"model": "m", "personality": null, "of_the_future": true},
        "observed_to": 8,
        "labels": {"team": "red"},
        "a_member_of_the_future": {"x": [1]},
        "metadata_version": 4,
        "archived_at": "2026-11-20T16:33:43.000Z",
        "next_ordinal": 9,
        "location": "/somewhere"
    });
    let thread: StoredThread = serde_json::from_value(golden.clone()).unwrap();
    assert_eq!(serde_json::to_value(&thread).unwrap(), golden);
    for field in ThreadMetadata::FIELD_NAMES {
        assert!(golden.get(field).is_some(), "{field} is not in the golden record");
    }
    assert!(thread.metadata.extra.contains_key("a_member_of_the_future"));
}

#[test]
fn the_json_of_an_empty_record_is_this() {
    let id = ThreadId::from_bytes([1; 16]);
    let thread = StoredThread::new(id, Identity::new(time(0)), ThreadMetadata::new(time(0)));
    assert_eq!(
        serde_json::to_string(&thread).unwrap(),
        concat!(
            r#"{"thread_id":"01010101-0101-0101-0101-010101010101","source":"unknown","#,
            r#""created_at":"1970-01-01T00:00:00.000Z","updated_at":"1970-01-01T00:00:00.000Z","#,
            r#""recency_at":"1970-01-01T00:00:00.000Z","metadata_version":1,"next_ordinal":0}"#
        )
    );
}

#[test]
fn the_json_of_an_identity_is_this() {
    let mut identity = Identity::new(time(1));
    identity.source = SessionSource::Exec;
    identity.forked_from =
        Some(ForkedFrom::new(ThreadId::from_bytes([2; 16]), Some(Ordinal::new(3))));
    let golden = json!({"source": "exec", "forked_from_id": "02020202-0202-0202-0202-020202020202",
        "forked_from_ordinal": 3, "created_at": "1970-01-01T00:00:00.001Z"});
    assert_eq!(serde_json::to_value(&identity).unwrap(), golden);
    assert_eq!(serde_json::from_value::<Identity>(golden).unwrap(), identity);
}

#[test]
fn in_the_json_of_a_patch_absent_keeps_null_clears_and_a_value_sets() {
    let golden = json!({"name": "new", "title": null, "updated_at": "1970-01-01T00:00:00.005Z",
        "labels": {"keep": "me", "drop": null}, "of_the_future": null});
    let patch = ThreadMetadataPatch::from_json(&golden).unwrap();
    assert_eq!(patch.name, Edit::Set(Some("new".into())));
    assert_eq!(patch.title, Edit::Set(None));
    assert_eq!(patch.preview, Edit::Keep);
    assert_eq!(serde_json::to_value(&patch).unwrap(), golden);

    let mut metadata = ThreadMetadata::new(time(0));
    metadata.title = Some("old".into());
    metadata.labels.insert("drop".into(), "x".into());
    metadata.labels.insert("other".into(), "y".into());
    metadata.extra.insert("of_the_future".into(), json!(1));
    patch.apply(&mut metadata);
    assert_eq!(
        serde_json::to_value(&metadata).unwrap(),
        json!({"name": "new", "updated_at": "1970-01-01T00:00:00.005Z", "recency_at": "1970-01-01T00:00:00.000Z",
               "labels": {"keep": "me", "other": "y"}})
    );
}

#[test]
fn a_patch_that_clears_what_cannot_be_empty_or_names_identity_is_refused() {
    for bad in [
        json!({"updated_at": null}),
        json!({"recency_at": null}),
        json!({"labels": null}),
        json!({"labels": {"a": 1}}),
        json!({"name": 7}),
        json!({"updated_at": "soon"}),
        json!({"source": "cli"}),
        json!({"parent_thread_id": null}),
        json!({"created_at": "1970-01-01T00:00:00.000Z"}),
        json!({"archived_at": "1970-01-01T00:00:00.000Z"}),
        json!([]),
        json!("s3cret"),
    ] {
        let error = ThreadMetadataPatch::from_json(&bad).unwrap_err();
        assert_eq!(error.code(), "invalid_request", "{bad}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[test]
fn an_unknown_member_with_the_name_of_a_field_is_refused() {
    let names = ThreadMetadata::FIELD_NAMES.iter().chain(&["labels"]);
    for name in names {
        let mut patch = ThreadMetadataPatch::default();
        patch.extra.insert((*name).to_owned(), json!("x"));
        assert_eq!(patch.validate().unwrap_err().code(), "invalid_request", "{name}");
    }
}

#[test]
fn a_json_null_clears_in_whatever_way_it_is_set() {
    let mut metadata = ThreadMetadata::new(time(0));
    ThreadMetadataPatch::default().approval_policy(json!("never")).apply(&mut metadata);
    ThreadMetadataPatch::default().approval_policy(json!(null)).apply(&mut metadata);
    assert_eq!(metadata, ThreadMetadata::new(time(0)));
}

#[test]
fn a_touch_sets_nothing_but_what_moves_with_activity() {
    let touch = ThreadMetadataPatch::default()
        .updated_at(time(1))
        .recency_at(time(2))
        .observed_to(Ordinal::new(3));
    assert!(touch.is_touch());
    assert!(!touch.name("x".to_owned()).is_touch());
    assert!(!ThreadMetadataPatch::default().is_touch());
}

#[test]
fn the_patch_of_metadata_makes_the_same_metadata_anew() {
    let mut metadata = ThreadMetadata::new(time(3));
    metadata.name = Some("n".into());
    metadata.labels.insert("k".into(), "v".into());
    metadata.extra.insert("future".into(), json!({"a": 1}));
    let mut copy = ThreadMetadata::new(time(9));
    metadata.to_patch().apply(&mut copy);
    assert_eq!(copy, metadata);
}

mod merging {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = Option<String>> + Clone {
        proptest::option::of("[a-c]{0,2}")
    }

    fn patch() -> impl Strategy<Value = ThreadMetadataPatch> {
        let edit = proptest::option::of(text());
        let labels = proptest::collection::btree_map("[a-b]", text(), 0..3);
        let extra = proptest::collection::btree_map("x[a-b]", proptest::option::of(0..3_i64), 0..3);
        (edit.clone(), edit, proptest::option::of(0..5_i64), labels, extra).prop_map(
            |(name, title, updated, labels, extra)| {
                let mut patch = ThreadMetadataPatch {
                    name: name.map_or(Edit::Keep, Edit::Set),
                    title: title.map_or(Edit::Keep, Edit::Set),
                    updated_at: updated.map_or(Edit::Keep, |at| Edit::Set(time(at))),
                    ..ThreadMetadataPatch::default()
                };
                for (key, value) in labels {
                    match value {
                        Some(value) => patch.labels.set(key, value),
                        None => patch.labels.remove(key),
                    }
                }
                patch.extra = extra.into_iter().map(|(key, value)| (key, json!(value))).collect();
                patch
            },
        )
    }

    proptest! {
        #[test]
        fn applying_one_patch_and_then_another_equals_applying_both_merged(
            start in patch(), a in patch(), b in patch(),
        ) {
            let mut one_by_one = ThreadMetadata::new(time(0));
            start.apply(&mut one_by_one);
            let mut merged = one_by_one.clone();
            a.apply(&mut one_by_one);
            b.apply(&mut one_by_one);
            a.merge(b).apply(&mut merged);
            prop_assert_eq!(one_by_one, merged);
        }
    }
}
