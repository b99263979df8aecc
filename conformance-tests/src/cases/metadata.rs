//! Metadata: what an edit does, and what it does not.

use serde_json::{Map, Value, json};
use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::fields::{as_json, patch, sample, samples, takes, that_take, with_member};

/// A thread of which every field has its first sample.
async fn full(cx: &Cx) -> CaseResult<StoredThread> {
    let create = cx.create().with_metadata(patch(&samples(1)?)?);
    Ok(cx.store().create_thread(create).await?.thread)
}

/// Editing this one field leaves the thread with this value of it (`null`: none), and all else but
/// the version as it was.
async fn expect_edit(cx: &Cx, before: &StoredThread, field: &str, value: Value) -> CaseResult {
    let after = cx.patch(before.thread_id, patch(&json!({ field: value }))?).await?;
    let mut expected = with_member(as_json(before), field, value);
    expected["metadata_version"] = json!(after.metadata_version);
    expect_eq("the answer", expected, as_json(&after))?;
    expect_eq("the thread", after, cx.read(before.thread_id).await?)
}

/// A value of so many arrays in each other.
fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::from(1), |inner, _| Value::from(vec![inner]))
}

pub(super) async fn values_nested_too_deep_are_refused_and_disturb_nothing(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    for levels in [MAX_METADATA_DEPTH, 100, 126, 127] {
        let policy = ThreadMetadataPatch::default().approval_policy(nested(levels));
        let mut unknown = ThreadMetadataPatch::default();
        unknown.extra.insert("of_the_future".to_owned(), nested(levels));
        for patch in [policy, unknown] {
            let create = cx.create().with_metadata(patch.clone());
            expect_error("create", "invalid_request", cx.store().create_thread(create).await)?;
            let update = UpdateThreadMetadata::new(id, patch);
            let answer = cx.store().update_thread_metadata(update).await;
            expect_error("update", "invalid_request", answer)?;
        }
        let shape = serde_json::json!({ "internal": nested(levels) });
        let Ok(source) = serde_json::from_value::<SessionSource>(shape) else {
            continue;
        };
        let create = cx.create().with_source(source);
        expect_error("create", "invalid_request", cx.store().create_thread(create).await)?;
    }
    expect_eq("the list", vec![id], cx.list_all().await?)
}

pub(super) async fn values_nested_as_deep_as_allowed_come_back(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    let deep = nested(MAX_METADATA_DEPTH - 1);
    let patch = ThreadMetadataPatch::default().approval_policy(deep.clone());
    cx.store().update_thread_metadata(UpdateThreadMetadata::new(id, patch)).await?;
    expect_eq("the value", Some(deep), cx.read(id).await?.metadata.approval_policy)
}

pub(super) async fn metadata_too_large_are_refused(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    let before = cx.read(id).await?;
    let patch = ThreadMetadataPatch::default().name("x".repeat(MAX_METADATA_BYTES));
    let answer = cx.store().update_thread_metadata(UpdateThreadMetadata::new(id, patch)).await;
    expect_error("update", "invalid_request", answer)?;
    expect_eq("the thread", before, cx.read(id).await?)
}

pub(super) async fn the_empty_patch_changes_nothing(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    let before = cx.read(id).await?;
    let update = UpdateThreadMetadata::new(id, ThreadMetadataPatch::default());
    expect_eq("the answer", before.clone(), cx.store().update_thread_metadata(update).await?)?;
    expect_eq("the thread", before, cx.read(id).await?)
}

pub(super) async fn each_field_can_be_set_alone(cx: Cx) -> CaseResult {
    for field in ThreadMetadata::FIELD_NAMES {
        let empty = cx.store().create_thread(cx.create()).await?.thread;
        expect_edit(&cx, &empty, field, sample(field, 1)?).await?;
    }
    Ok(())
}

pub(super) async fn each_field_can_be_set_anew(cx: Cx) -> CaseResult {
    for field in ThreadMetadata::FIELD_NAMES {
        expect_edit(&cx, &full(&cx).await?, field, sample(field, 2)?).await?;
    }
    Ok(())
}

pub(super) async fn each_field_that_can_be_empty_can_be_cleared_alone(cx: Cx) -> CaseResult {
    for field in that_take(&Value::Null) {
        expect_edit(&cx, &full(&cx).await?, field, Value::Null).await?;
    }
    Ok(())
}

pub(super) async fn an_empty_field_can_be_cleared(cx: Cx) -> CaseResult {
    let empty = cx.store().create_thread(cx.create()).await?.thread;
    for field in that_take(&Value::Null) {
        let before = cx.read(empty.thread_id).await?;
        expect_edit(&cx, &before, field, Value::Null).await?;
    }
    Ok(())
}

pub(super) async fn all_fields_can_be_set_and_cleared_in_one_edit(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let bare = as_json(&cx.read(id).await?);
    let set = as_json(&cx.patch(id, patch(&samples(1)?)?).await?);
    for field in ThreadMetadata::FIELD_NAMES {
        expect_eq(field, &sample(field, 1)?, &set[field])?;
    }
    let nulls = that_take(&Value::Null).map(|field| (field.to_owned(), Value::Null));
    let cleared = cx.patch(id, patch(&Value::Object(nulls.collect()))?).await?;
    let mut expected = bare;
    for kept in ["updated_at", "recency_at"] {
        expected[kept] = set[kept].clone();
    }
    expected["metadata_version"] = json!(3);
    expect_eq("the thread after both", expected, as_json(&cleared))
}

pub(super) async fn each_field_can_be_set_by_the_creation(cx: Cx) -> CaseResult {
    let thread = full(&cx).await?;
    let made = as_json(&thread);
    for field in ThreadMetadata::FIELD_NAMES {
        expect_eq(field, &sample(field, 1)?, &made[field])?;
    }
    expect_eq("the version", 1, thread.metadata_version)?;
    expect_eq("the thread", &thread, &cx.read(thread.thread_id).await?)
}

pub(super) async fn an_edit_is_in_the_answer_the_thread_and_the_list(cx: Cx) -> CaseResult {
    let id = full(&cx).await?.thread_id;
    let after = cx.patch(id, patch(&samples(2)?)?).await?;
    expect_eq("the thread", &after, &cx.read(id).await?)?;
    let page = cx.store().list_threads(ListThreads::new()).await?;
    expect_eq("the list", vec![after], page.threads)
}

pub(super) async fn an_edit_of_one_thread_changes_no_other(cx: Cx) -> CaseResult {
    let (one, other) = (full(&cx).await?, full(&cx).await?);
    cx.patch(one.thread_id, patch(&samples(2)?)?).await?;
    expect_eq("the other", &other, &cx.read(other.thread_id).await?)
}

pub(super) async fn an_edit_leaves_history_and_lease_alone(cx: Cx) -> CaseResult {
    let lease = cx.leased(3).await?;
    cx.patch(lease.thread_id, patch(&samples(1)?)?).await?;
    cx.expect_items(lease.thread_id, 3).await?;
    cx.append_at(&lease, 3, cx.items(3..4)).await?;
    cx.expect_items(lease.thread_id, 4).await
}

/// A patch that keeps, sets and clears: of each field what its number and this one say.
fn mixed(shift: usize) -> CaseResult<ThreadMetadataPatch> {
    let mut json = Map::new();
    for (at, field) in ThreadMetadata::FIELD_NAMES.iter().enumerate() {
        let value = match (at + shift) % 3 {
            0 => continue,
            1 if takes(field, &Value::Null) => Value::Null,
            _ => sample(field, shift as u32 + 2)?,
        };
        json.insert((*field).to_owned(), value);
    }
    let labels = [json!({"a": "1"}), json!({"a": null, "b": "2"}), json!({"b": null, "c": "3"})];
    json.insert("labels".to_owned(), labels[shift % 3].clone());
    let unknown = [json!(1), Value::Null, json!({"deep": [null]})];
    json.insert("of_the_future".to_owned(), unknown[shift % 3].clone());
    patch(&Value::Object(json))
}

pub(super) async fn two_edits_equal_their_merge(cx: Cx) -> CaseResult {
    for (first, second) in (0..9).map(|n| (n / 3, n % 3)) {
        let (one, other) = (full(&cx).await?.thread_id, full(&cx).await?.thread_id);
        cx.patch(one, mixed(first)?).await?;
        let both = cx.patch(one, mixed(second)?).await?;
        let merged = cx.patch(other, mixed(first)?.merge(mixed(second)?)).await?;
        expect_eq("the metadata", both.metadata, merged.metadata)?;
    }
    Ok(())
}

pub(super) async fn a_creation_and_an_edit_equal_a_creation_with_their_merge(cx: Cx) -> CaseResult {
    for (first, second) in (0..9).map(|n| (n / 3, n % 3)) {
        let create = cx.create().with_metadata(mixed(first)?);
        let id = cx.store().create_thread(create).await?.thread.thread_id;
        let edited = cx.patch(id, mixed(second)?).await?;
        let create = cx.create().with_metadata(mixed(first)?.merge(mixed(second)?));
        let made = cx.store().create_thread(create).await?.thread;
        expect_eq("the metadata", edited.metadata, made.metadata)?;
    }
    Ok(())
}

pub(super) async fn what_is_not_metadata_is_in_no_patch(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    let known = ThreadMetadata::FIELD_NAMES.iter().chain(&["labels"]);
    for name in StoredThread::OWN_MEMBERS.iter().chain(known) {
        let mut patch = ThreadMetadataPatch::default().title("not set either".to_owned());
        patch.extra.insert((*name).to_owned(), json!("x"));
        cx.refused("invalid_request", cx.patch(id, patch.clone())).await?;
        let create = cx.create().with_metadata(patch);
        cx.refused("invalid_request", cx.store().create_thread(create)).await?;
    }
    Ok(())
}

pub(super) async fn identity_stays_over_every_edit(cx: Cx) -> CaseResult {
    let parent = cx.thread(1).await?;
    let create = cx
        .create()
        .with_source(SessionSource::spawned_by(parent, 3))
        .with_parent(parent)
        .with_forked_from(ForkedFrom::new(cx.unknown_id(), Some(Ordinal::new(7))))
        .with_session_id("a session".to_owned());
    let expected = create.to_thread(cx.time(0)).identity;
    let id = cx.store().create_thread(create).await?.thread.thread_id;
    let edited = cx.patch(id, patch(&samples(1)?)?).await?;
    expect_eq("after an edit", &expected, &edited.identity)?;
    cx.store().archive_thread(id).await?;
    cx.store().unarchive_thread(id).await?;
    cx.resume(id).await?;
    expect_eq("after everything", expected, cx.read(id).await?.identity)
}

pub(super) async fn every_source_is_kept(cx: Cx) -> CaseResult {
    let spawn = json!({"thread_spawn": {
        "parent_thread_id": cx.unknown_id(), "depth": 2, "agent_path": "/root/a",
        "agent_nickname": "é", "agent_role": "", "of_the_future": [1],
    }});
    let mut sources: Vec<_> = ["cli", "vscode", "exec", "mcp", "unknown", "of the future"]
        .map(|name| json!(name))
        .to_vec();
    for sub in [json!("review"), json!("compact"), spawn, json!({"of": "the future"})] {
        sources.push(json!({ "subagent": sub }));
    }
    sources.extend([json!({"custom": "mine"}), json!({"of": ["the", "future"]})]);
    for source in sources {
        let Ok(source) = serde_json::from_value::<SessionSource>(source.clone()) else {
            return fail("a source", "one of any shape", source);
        };
        let create = cx.create().with_source(source.clone());
        let id = cx.store().create_thread(create).await?.thread.thread_id;
        expect_eq("the source", source, cx.read(id).await?.identity.source)?;
    }
    Ok(())
}

pub(super) async fn a_parent_and_an_origin_need_not_exist(cx: Cx) -> CaseResult {
    let unknown = cx.unknown_id();
    let create = cx.create().with_parent(unknown).with_forked_from(ForkedFrom::new(unknown, None));
    let id = cx.store().create_thread(create).await?.thread.thread_id;
    let identity = cx.read(id).await?.identity;
    expect_eq("the parent", Some(unknown), identity.parent_thread_id)?;
    expect_eq("the origin", Some(ForkedFrom::new(unknown, None)), identity.forked_from)?;
    expect_error("read_thread", "not_found", cx.store().thread(unknown).await)?;
    Ok(())
}

pub(super) async fn archived_at_is_changed_by_archiving_alone(cx: Cx) -> CaseResult {
    let id = full(&cx).await?.thread_id;
    expect_eq("edited", None, cx.patch(id, patch(&samples(2)?)?).await?.archived_at)?;
    cx.store().archive_thread(id).await?;
    let archived = cx.read(id).await?.archived_at;
    expect("archived", archived.is_some())?;
    let update = UpdateThreadMetadata::new(id, patch(&samples(3)?)?).with_include_archived(true);
    let edited = cx.store().update_thread_metadata(update).await?;
    expect_eq("edited while archived", archived, edited.archived_at)?;
    cx.store().unarchive_thread(id).await?;
    expect_eq("unarchived", None, cx.read(id).await?.archived_at)
}

pub(super) async fn a_title_never_takes_the_place_of_a_name(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    cx.patch(id, patch(&json!({"name": "a name"}))?).await?;
    let both = cx.patch(id, patch(&json!({"title": "a title"}))?).await?.metadata;
    expect_eq("the name", Some("a name"), both.name.as_deref())?;
    expect_eq("the title", Some("a title"), both.title.as_deref())?;
    let title = cx.patch(id, patch(&json!({"name": null}))?).await?.metadata;
    expect_eq("the name", None, title.name)?;
    expect_eq("the title", Some("a title"), title.title.as_deref())
}

pub(super) async fn any_text_is_kept_as_it_is(cx: Cx) -> CaseResult {
    let long = "0123456789".repeat(10_000);
    let texts = [
        "",
        " ",
        " both ends ",
        "null",
        "\0",
        "a\0b",
        "a\nb\r\nc\t",
        "'; DROP TABLE x; --",
        "%_\\",
        "\"quoted\"",
        "\u{feff}é\u{301}\u{2028}\u{202e}\u{1f600}\u{10ffff}",
        "C:\\x/../y/",
        &long,
    ];
    for text in texts.map(|text| json!(text)) {
        let thread = full(&cx).await?;
        let all = that_take(&text).map(|field| (field.to_owned(), text.clone()));
        let after = cx.patch(thread.thread_id, patch(&Value::Object(all.collect()))?).await?;
        expect_eq("the thread", &after, &cx.read(thread.thread_id).await?)?;
        for field in that_take(&text) {
            expect_eq(field, &text, &as_json(&after)[field])?;
        }
    }
    Ok(())
}

pub(super) async fn values_in_the_form_of_the_protocol_are_kept(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let values = [
        json!({"type": "workspace-write", "writable_roots": ["/a"], "network_access": null}),
        json!([1, [2, {"a": {}}]]),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(0.1),
        json!(1e300),
        json!(false),
        json!({}),
    ];
    for value in values {
        for field in that_take(&value) {
            let after = cx.patch(id, patch(&json!({ field: value }))?).await?;
            expect_eq("the thread", &after, &cx.read(id).await?)?;
            if field != "token_usage" {
                expect_eq(field, &value, &as_json(&after)[field])?;
            }
        }
    }
    Ok(())
}
