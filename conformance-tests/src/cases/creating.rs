//! Creating threads, and repeating it.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::at_once;

/// The creation of a thread with a request id.
fn requested(cx: &Cx, request_id: &str) -> CreateThread {
    cx.create().with_items(cx.items(0..2)).with_request_id(request_id.to_owned())
}

pub(super) async fn a_created_thread_is_as_it_was_asked_for(cx: Cx) -> CaseResult {
    let create = cx.create().with_items(cx.items(0..3));
    let expected = create.to_thread(cx.time(0));
    let mut made = cx.store().create_thread(create).await?.thread;
    expect_eq("the thread read", &made, &cx.read(made.thread_id).await?)?;
    made.location = None;
    expect_eq("the answer", expected, made)
}

pub(super) async fn a_create_that_asks_no_lease_grants_none(cx: Cx) -> CaseResult {
    let created = cx.store().create_thread(cx.create()).await?;
    expect_eq("the lease", None, created.lease)
}

pub(super) async fn an_id_that_exists_is_refused_and_nothing_changes(cx: Cx) -> CaseResult {
    let id = cx.thread(2).await?;
    let patch = ThreadMetadataPatch::default().name("another".to_owned());
    let again = CreateThread::new(id).with_metadata(patch).with_items(cx.items(5..9));
    cx.conflicts(Conflict::AlreadyExists, cx.store().create_thread(again)).await
}

pub(super) async fn the_id_of_an_archived_thread_is_refused(cx: Cx) -> CaseResult {
    let id = cx.thread(2).await?;
    cx.store().archive_thread(id).await?;
    let again = CreateThread::new(id).with_items(cx.items(5..9));
    cx.conflicts(Conflict::AlreadyExists, cx.store().create_thread(again)).await
}

pub(super) async fn a_refused_create_leaves_the_lease_of_the_thread_usable(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    let again = CreateThread::new(lease.thread_id).with_lease(Holder::new("another"));
    cx.conflicts(Conflict::AlreadyExists, cx.store().create_thread(again)).await?;
    cx.append(&lease, cx.items(1..2)).await?;
    cx.expect_items(lease.thread_id, 2).await
}

pub(super) async fn a_repeated_create_answers_the_thread_it_made(cx: Cx) -> CaseResult {
    let create = requested(&cx, "once");
    let first = cx.store().create_thread(create.clone()).await?.thread;
    let second = cx.store().create_thread(create).await?.thread;
    expect_eq("the thread", &first, &second)?;
    expect_eq("the list", vec![first.thread_id], cx.list_all().await?)?;
    cx.expect_items(first.thread_id, 2).await
}

pub(super) async fn a_repeated_create_answers_the_thread_as_it_is_now(cx: Cx) -> CaseResult {
    let create = requested(&cx, "once").with_lease(cx.holder());
    let lease = cx.leased_by(create.clone()).await?;
    let id = lease.thread_id;
    cx.append(&lease, cx.items(2..4)).await?;
    cx.patch(id, ThreadMetadataPatch::default().name("since".to_owned())).await?;
    let now = cx.read(id).await?;
    let again = cx.store().create_thread(create.with_lease(None)).await?.thread;
    expect_eq("the answer", &now, &again)?;
    expect_eq("the thread", &now, &cx.read(id).await?)?;
    cx.expect_items(id, 4).await
}

pub(super) async fn a_repeated_create_answers_a_thread_that_was_archived(cx: Cx) -> CaseResult {
    let create = requested(&cx, "once");
    let id = cx.store().create_thread(create.clone()).await?.thread.thread_id;
    cx.store().archive_thread(id).await?;
    let now = cx.read(id).await?;
    let again = cx.store().create_thread(create).await?.thread;
    expect_eq("the answer", &now, &again)?;
    expect_eq("the thread", &now, &cx.read(id).await?)
}

pub(super) async fn a_repeated_create_grants_a_fresh_lease_that_fences_the_older(
    cx: Cx,
) -> CaseResult {
    let create = requested(&cx, "once").with_lease(cx.holder());
    let old = cx.leased_by(create.clone()).await?;
    let fresh = cx.leased_by(create).await?;
    expect("the epoch grew", fresh.epoch > old.epoch)?;
    cx.refused("conflict.fenced", cx.append(&old, cx.items(2..3))).await?;
    cx.append_at(&fresh, 2, cx.items(2..3)).await?;
    cx.expect_items(fresh.thread_id, 3).await
}

pub(super) async fn a_repeated_create_that_asks_no_lease_fences_nobody(cx: Cx) -> CaseResult {
    let create = requested(&cx, "once");
    let lease = cx.leased_by(create.clone().with_lease(cx.holder())).await?;
    let again = CreateThread::new(lease.thread_id).with_request_id("once".to_owned());
    expect_eq("the lease", None, cx.store().create_thread(again).await?.lease)?;
    cx.append(&lease, cx.items(2..3)).await?;
    cx.expect_items(lease.thread_id, 3).await
}

pub(super) async fn another_request_id_or_none_is_no_repeat(cx: Cx) -> CaseResult {
    let create = requested(&cx, "once");
    cx.store().create_thread(create.clone()).await?;
    for other in [Some("twice"), Some("ONCE"), Some("once "), Some(""), None] {
        let again = create.clone().with_request_id(other.map(str::to_owned));
        cx.conflicts(Conflict::AlreadyExists, cx.store().create_thread(again)).await?;
    }
    Ok(())
}

pub(super) async fn a_thread_made_without_request_id_is_no_repeat_of_any(cx: Cx) -> CaseResult {
    let create = cx.create();
    cx.store().create_thread(create.clone()).await?;
    for request_id in ["", "once"] {
        let again = create.clone().with_request_id(request_id.to_owned());
        cx.conflicts(Conflict::AlreadyExists, cx.store().create_thread(again)).await?;
    }
    Ok(())
}

pub(super) async fn the_request_id_of_an_edit_is_not_that_of_a_creation(cx: Cx) -> CaseResult {
    let create = requested(&cx, "created");
    let id = cx.store().create_thread(create.clone()).await?.thread.thread_id;
    let patch = ThreadMetadataPatch::default().name("x".to_owned());
    let update = UpdateThreadMetadata::new(id, patch).with_request_id("edited".to_owned());
    cx.store().update_thread_metadata(update).await?;
    cx.store().create_thread(create.clone()).await?;
    let other = create.with_request_id("edited".to_owned());
    cx.conflicts(Conflict::AlreadyExists, cx.store().create_thread(other)).await
}

pub(super) async fn one_request_id_serves_for_two_threads(cx: Cx) -> CaseResult {
    let creates = [requested(&cx, "same"), requested(&cx, "same")];
    for create in &creates {
        let made = cx.store().create_thread(create.clone()).await?.thread;
        expect_eq("the thread made", create.thread_id, made.thread_id)?;
    }
    let ids = creates.map(|create| create.thread_id).to_vec();
    expect_eq("the list", ids, cx.list_all().await?)
}

pub(super) async fn after_a_deletion_a_repeated_create_creates_anew(cx: Cx) -> CaseResult {
    if !cx.capabilities().delete {
        return skip("the store deletes nothing");
    }
    let create = requested(&cx, "once").with_lease(cx.holder());
    let old = cx.leased_by(create.clone()).await?;
    cx.append(&old, cx.items(2..5)).await?;
    cx.store().delete_thread(old.thread_id.into()).await?;
    let fresh = cx.leased_by(create).await?;
    expect("the epoch grew", fresh.epoch > old.epoch)?;
    cx.expect_items(old.thread_id, 2).await
}

pub(super) async fn a_request_id_of_256_bytes_is_taken_and_a_longer_one_refused(
    cx: Cx,
) -> CaseResult {
    let longest = "é".repeat(MAX_REQUEST_ID_BYTES / 2);
    let create = requested(&cx, &longest);
    let made = cx.store().create_thread(create.clone()).await?.thread;
    expect_eq("the repeat", made, cx.store().create_thread(create).await?.thread)?;
    let create = requested(&cx, &format!("{longest}x"));
    cx.refused("invalid_request", cx.store().create_thread(create)).await?;
    Ok(())
}

pub(super) async fn of_many_creates_at_once_exactly_one_wins(cx: Cx) -> CaseResult {
    let id = cx.id();
    let answers = at_once((0..16).map(|n| {
        let items = cx.items(n..n + 1);
        let (store, create) = (cx.store().clone(), CreateThread::new(id).with_items(items));
        async move { (n, store.create_thread(create).await) }
    }))
    .await?;
    let mut winners = Vec::new();
    for (n, answer) in answers {
        match answer {
            Ok(_) => winners.push(n),
            lost => drop(expect_error("a create", "conflict.already_exists", lost)?),
        }
    }
    expect_eq("how many won", 1, winners.len())?;
    cx.expect_history(id, &cx.items(winners[0]..winners[0] + 1)).await
}

pub(super) async fn repeated_creates_at_once_make_one_thread(cx: Cx) -> CaseResult {
    let create = requested(&cx, "once");
    let answers = at_once((0..16).map(|_| {
        let (store, create) = (cx.store().clone(), create.clone());
        async move { store.create_thread(create).await }
    }))
    .await?;
    let made = cx.read(create.thread_id).await?;
    for answer in answers {
        expect_eq("the answer", &made, &answer?.thread)?;
    }
    cx.expect_items(create.thread_id, 2).await
}
