//! Labels, and members that this version does not know.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::fields::patch;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    owned.collect()
}

/// Edits the labels, and expects these after it.
async fn expect_labels(cx: &Cx, id: ThreadId, edit: Value, after: &[(&str, &str)]) -> CaseResult {
    let answer = cx.patch(id, patch(&json!({ "labels": edit }))?).await?;
    expect_eq("the labels", labels(after), answer.metadata.labels.clone())?;
    expect_eq("the thread", answer, cx.read(id).await?)
}

/// Edits unknown members, and expects these after it.
async fn expect_unknown(cx: &Cx, id: ThreadId, edit: Value, after: Value) -> CaseResult {
    let answer = cx.patch(id, patch(&edit)?).await?;
    expect_eq("the members", after, Value::Object(answer.metadata.extra.clone()))?;
    expect_eq("the thread", answer, cx.read(id).await?)
}

/// A thread with unknown members of many shapes, and what they are.
async fn with_unknown(cx: &Cx) -> CaseResult<(ThreadId, Map<String, Value>)> {
    let members = json!({
        "of_the_future": {"deep": [1, null, {"a": null}]},
        "number": u64::MAX, "negative": i64::MIN, "real": 0.1, "large": 1e300,
        "empty": {}, "text": "é\u{0}\u{2028}", "flag": false, "": "no name", "a b.c": [],
    });
    let create = cx.create().with_metadata(patch(&members)?);
    let made = cx.store().create_thread(create).await?.thread;
    expect_eq("the members", &members, &Value::Object(made.metadata.extra.clone()))?;
    Ok((made.thread_id, made.metadata.extra))
}

pub(super) async fn labels_are_set_changed_and_removed_key_by_key(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    expect_labels(&cx, id, json!({"a": "1", "b": "2"}), &[("a", "1"), ("b", "2")]).await?;
    expect_labels(&cx, id, json!({"b": "3"}), &[("a", "1"), ("b", "3")]).await?;
    expect_labels(&cx, id, json!({"a": null, "c": "4"}), &[("b", "3"), ("c", "4")]).await?;
    expect_labels(&cx, id, json!({"b": null, "c": null}), &[]).await
}

pub(super) async fn removing_a_label_that_is_not_there_removes_no_other(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    expect_labels(&cx, id, json!({"a": "1"}), &[("a", "1")]).await?;
    expect_labels(&cx, id, json!({"A": null, "": null, "b": null}), &[("a", "1")]).await
}

pub(super) async fn an_edit_of_fields_keeps_the_labels(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    expect_labels(&cx, id, json!({"a": "1"}), &[("a", "1")]).await?;
    let after = cx.patch(id, patch(&json!({"name": "x", "title": null}))?).await?;
    expect_eq("the labels", labels(&[("a", "1")]), after.metadata.labels)
}

pub(super) async fn labels_are_set_by_the_creation(cx: Cx) -> CaseResult {
    let edit = json!({"labels": {"a": "1", "b": null}});
    let create = cx.create().with_metadata(patch(&edit)?);
    let id = cx.store().create_thread(create).await?.thread.thread_id;
    expect_eq("the labels", labels(&[("a", "1")]), cx.read(id).await?.metadata.labels)
}

pub(super) async fn any_text_is_a_key_and_a_value(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let long = "x".repeat(100_000);
    let texts = [
        "",
        " ",
        "a",
        "A",
        "a.b",
        "$.a",
        "a[0]",
        "\"",
        "'",
        "\\",
        "%",
        "_",
        "null",
        "\0",
        "é",
        "e\u{301}",
        "\u{2028}",
        "\u{1f600}",
        &long,
    ];
    let mut expected = Vec::new();
    for text in texts {
        expected.push((text, text));
        expect_labels(&cx, id, json!({ text: text }), &expected).await?;
    }
    while let Some((text, _)) = expected.pop() {
        expect_labels(&cx, id, json!({ text: null }), &expected).await?;
    }
    Ok(())
}

pub(super) async fn many_labels_are_kept(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let many: BTreeMap<_, _> = (0..1000).map(|n| (format!("k{n}"), n.to_string())).collect();
    let after = cx.patch(id, patch(&json!({ "labels": many }))?).await?;
    expect_eq("the labels", many, after.metadata.labels)?;
    cx.patch(id, patch(&json!({"labels": {"k7": null}}))?).await?;
    expect_eq("how many are left", 999, cx.read(id).await?.metadata.labels.len())
}

pub(super) async fn the_labels_of_one_thread_are_not_those_of_another(cx: Cx) -> CaseResult {
    let (one, other) = (cx.thread(0).await?, cx.thread(0).await?);
    expect_labels(&cx, one, json!({"a": "1"}), &[("a", "1")]).await?;
    expect_labels(&cx, other, json!({"a": null, "b": "2"}), &[("b", "2")]).await?;
    expect_eq("the first", labels(&[("a", "1")]), cx.read(one).await?.metadata.labels)
}

pub(super) async fn unknown_members_are_patched_like_fields(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    expect_unknown(&cx, id, json!({"x": 1, "y": {"a": 1}}), json!({"x": 1, "y": {"a": 1}})).await?;
    expect_unknown(&cx, id, json!({"y": {"b": 2}}), json!({"x": 1, "y": {"b": 2}})).await?;
    expect_unknown(&cx, id, json!({"x": null, "z": null}), json!({"y": {"b": 2}})).await?;
    expect_unknown(&cx, id, json!({"y": {"b": null}}), json!({"y": {"b": null}})).await?;
    expect_unknown(&cx, id, json!({"y": null}), json!({})).await
}

pub(super) async fn unknown_members_survive_edits_and_touches(cx: Cx) -> CaseResult {
    let (id, members) = with_unknown(&cx).await?;
    cx.patch(id, patch(&json!({"name": "x", "labels": {"a": "1"}, "more": 1}))?).await?;
    cx.patch(id, patch(&json!({"name": null, "more": null}))?).await?;
    cx.patch(id, ThreadMetadataPatch::default().recency_at(cx.time(1))).await?;
    expect_eq("the members", members, cx.read(id).await?.metadata.extra)
}

pub(super) async fn unknown_members_survive_archiving_appending_and_leases(cx: Cx) -> CaseResult {
    let (id, members) = with_unknown(&cx).await?;
    cx.store().archive_thread(id).await?;
    let lease = cx.resume(id).await?;
    cx.append(&lease, cx.items(0..1)).await?;
    cx.store().unarchive_thread(id).await?;
    expect_eq("the members", members, cx.read(id).await?.metadata.extra)
}

pub(super) async fn unknown_members_are_seen_in_lists_and_through_other_handles(
    cx: Cx,
) -> CaseResult {
    let (id, members) = with_unknown(&cx).await?;
    let other = cx.open().await?;
    expect_eq("through another handle", &members, &other.thread(id).await?.metadata.extra)?;
    let listed = other.list_threads(ListThreads::new()).await?.threads;
    expect_eq("in the list", &members, &listed[0].metadata.extra)
}
