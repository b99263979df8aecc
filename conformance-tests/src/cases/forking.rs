//! Forking.

use serde_json::json;
use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::ended;
use crate::support::words::*;

pub(super) async fn a_fork_has_exactly_the_items_before_its_point(cx: Cx) -> CaseResult {
    let id = cx.thread(6).await?;
    for at in [0, 1, 3, 5, 6] {
        let fork = cx.fork_at(id, at).await?.thread;
        expect_eq("its next ordinal", Ordinal::new(at), fork.next_ordinal)?;
        cx.expect_items(fork.thread_id, at).await?;
    }
    cx.expect_items(id, 6).await
}

pub(super) async fn a_fork_without_a_point_has_everything(cx: Cx) -> CaseResult {
    let lease = cx.leased(2).await?;
    cx.append(&lease, cx.items(2..5)).await?;
    let fork = cx.store().fork_thread(ForkThread::new(lease.thread_id, cx.id())).await?.thread;
    let forked_from = ForkedFrom::new(lease.thread_id, Some(Ordinal::new(5)));
    expect_eq("forked from", Some(forked_from), fork.identity.forked_from)?;
    cx.expect_items(fork.thread_id, 5).await
}

pub(super) async fn a_fork_says_where_it_branched_off(cx: Cx) -> CaseResult {
    let id = cx.thread(4).await?;
    for at in [0, 2] {
        let fork = cx.fork_at(id, at).await?.thread;
        let forked_from = ForkedFrom::new(id, Some(Ordinal::new(at)));
        expect_eq("forked from", Some(forked_from), fork.identity.forked_from)?;
        expect_eq("as read", &fork, &cx.read(fork.thread_id).await?)?;
    }
    Ok(())
}

pub(super) async fn forking_beyond_the_end_is_refused_and_makes_nothing(cx: Cx) -> CaseResult {
    let id = cx.thread(3).await?;
    for at in [4, 100, u64::MAX] {
        let new = cx.id();
        let fork = ForkThread::new(id, new).with_at(Ordinal::new(at));
        expect_error("fork_thread", "invalid_request", cx.store().fork_thread(fork).await)?;
        expect_error("read_thread", "not_found", cx.store().thread(new).await)?;
    }
    expect_eq("the list", vec![id], cx.list_all().await?)
}

pub(super) async fn a_fork_has_its_items_byte_for_byte(cx: Cx) -> CaseResult {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(2000), "]".repeat(2000));
    let odd = [
        "{}",
        r#"{ "b" : 1 ,"a":  2, "a": 3 }"#,
        r#"{"ordinal":77,"type":"x"}"#,
        r#"{"s":"\ud800 \u0000 / \/ é \u00e9"}"#,
        r#"{"n":1e400,"m":-0.0,"k":123456789012345678901234567890}"#,
        "{\"t\":\"\u{2028}\u{feff}\",\"w\":\t1 \r}",
        deep.as_str(),
    ];
    let items = odd.iter().map(|text| cx.raw(text)).collect::<Vec<_>>();
    let id = cx.make(cx.create().with_items(items)).await?;
    let fork = cx.fork_at(id, odd.len() as u64).await?.thread.thread_id;
    expect_eq("the items of the thread", odd.map(str::to_owned).to_vec(), cx.texts(id).await?)?;
    expect_eq("the items of the fork", cx.texts(id).await?, cx.texts(fork).await?)
}

pub(super) async fn either_side_grows_alone(cx: Cx) -> CaseResult {
    let source = cx.leased(4).await?;
    let fork = cx.resume(cx.fork_at(source.thread_id, 2).await?.thread.thread_id).await?;
    expect_eq("where the fork goes on", Ordinal::new(2), fork.next_ordinal)?;
    cx.append(&source, cx.items(4..6)).await?;
    cx.append(&fork, cx.items(2..9)).await?;
    cx.expect_items(source.thread_id, 6).await?;
    cx.expect_items(fork.thread_id, 9).await
}

pub(super) async fn either_side_is_edited_alone(cx: Cx) -> CaseResult {
    let source = cx.with(named("as it was")).await?;
    let fork = cx.fork_at(source, 0).await?.thread.thread_id;
    cx.update(source, named("the source")).await?;
    expect_eq("the fork", Some("as it was".to_owned()), cx.read(fork).await?.metadata.name)?;
    cx.update(fork, named("the fork")).await?;
    cx.store().archive_thread(fork).await?;
    let source = cx.read(source).await?;
    expect_eq("the source", Some("the source"), source.metadata.name.as_deref())?;
    expect("the source is active", !source.is_archived())
}

pub(super) async fn either_side_is_deleted_alone(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let id = cx.thread(5).await?;
    let (first, second) = (cx.fork_at(id, 3).await?, cx.fork_at(id, 4).await?);
    cx.delete(first.thread.thread_id).await?;
    cx.expect_items(id, 5).await?;
    let fork = second.thread;
    cx.delete(id).await?;
    expect_eq("the fork", &fork, &cx.read(fork.thread_id).await?)?;
    let lease = cx.resume(fork.thread_id).await?;
    cx.append(&lease, cx.items(4..6)).await?;
    cx.expect_items(fork.thread_id, 6).await
}

pub(super) async fn forking_leaves_the_source_as_it_was(cx: Cx) -> CaseResult {
    let lease = cx.leased(3).await?;
    let before = cx.read(lease.thread_id).await?;
    cx.fork_at(lease.thread_id, 2).await?;
    expect_eq("the source", before, cx.read(lease.thread_id).await?)?;
    cx.append(&lease, cx.items(3..4)).await?;
    cx.expect_items(lease.thread_id, 4).await
}

pub(super) async fn a_fork_inherits_what_describes_the_conversation(cx: Cx) -> CaseResult {
    let mut metadata = named("name")
        .title("title".to_owned())
        .preview("preview".to_owned())
        .first_user_message("first".to_owned())
        .cwd("/a/../b".to_owned())
        .model_provider("p".to_owned())
        .model("m".to_owned())
        .reasoning_effort("high".to_owned())
        .approval_policy(json!("never"))
        .sandbox_policy(json!({"mode": "x"}))
        .git_sha("0".repeat(40))
        .git_branch("main".to_owned())
        .git_origin_url("git@example.org:a".to_owned())
        .options(ThreadOptions::default().model("m".to_owned()).personality(None));
    metadata.labels.set("k", "v");
    metadata.extra.insert("unknown_member".to_owned(), json!({"a": [1, {"b": null}]}));
    let id = cx.make(cx.create().with_metadata(metadata).with_source(SessionSource::Cli)).await?;
    let fork = ForkThread::new(id, cx.id()).with_created_at(cx.time(0));
    let fork = cx.store().fork_thread(fork).await?.thread;
    expect_eq("metadata", cx.read(id).await?.metadata, fork.metadata)?;
    expect_eq("source", SessionSource::Cli, fork.identity.source)
}

pub(super) async fn a_fork_inherits_neither_archive_state_nor_parent_nor_times_nor_versions(
    cx: Cx,
) -> CaseResult {
    let parent = cx.thread(0).await?;
    let create = cx.create().with_parent(parent).with_source(SessionSource::spawned_by(parent, 1));
    let id = cx.make(create.with_session_id("s".to_owned())).await?;
    let times = named("n").updated_at(cx.time(70)).recency_at(cx.time(80));
    cx.update(id, times.observed_to(Ordinal::ZERO)).await?;
    cx.store().archive_thread(id).await?;
    let fork =
        ForkThread::new(id, cx.id()).with_include_archived(true).with_created_at(cx.time(500));
    let fork = cx.store().fork_thread(fork).await?.thread;
    let times = (fork.identity.created_at, fork.metadata.updated_at, fork.metadata.recency_at);
    expect_eq("times", (cx.time(500), cx.time(500), cx.time(500)), times)?;
    expect_eq("parent", None, fork.identity.parent_thread_id)?;
    expect_eq("archived at", None, fork.archived_at)?;
    expect_eq("how far it was observed", None, fork.metadata.observed_to)?;
    expect_eq("version", 1, fork.metadata_version)
}

pub(super) async fn a_fork_is_created_at_the_time_of_the_clock(cx: Cx) -> CaseResult {
    let clock = cx.clock()?;
    let id = cx.thread(1).await?;
    clock.advance_millis(4321);
    let fork = cx.fork_at(id, 1).await?.thread;
    expect_eq("created at", clock.now(), fork.identity.created_at)
}

pub(super) async fn a_fork_of_a_spawned_thread_is_nobodys_child(cx: Cx) -> CaseResult {
    let parent = cx.thread(0).await?;
    let marks = named("n")
        .agent_nickname("x".to_owned())
        .agent_role("y".to_owned())
        .agent_path("/z".to_owned());
    let create = cx.create().with_parent(parent).with_source(SessionSource::spawned_by(parent, 1));
    let child = cx.make(create.with_metadata(marks)).await?;
    let fork = cx.fork_at(child, 0).await?.thread;
    let metadata = &fork.metadata;
    let marks = (&metadata.agent_nickname, &metadata.agent_role, &metadata.agent_path);
    expect_eq("the marks of a sub-agent", (&None, &None, &None), marks)?;
    expect("it is no sub-agent", !fork.identity.source.kind().is_sub_agent())?;
    let children = ListFilter::default().with_relation(Relation::ChildrenOf(parent));
    expect_eq("the children", vec![child], cx.list(children).await?)
}

pub(super) async fn a_fork_differs_in_what_was_said(cx: Cx) -> CaseResult {
    let mut metadata = named("old").preview("kept".to_owned()).model("m".to_owned());
    metadata.labels.set("kept", "1");
    metadata.labels.set("changed", "1");
    metadata.labels.set("removed", "1");
    let id = cx.with(metadata).await?;
    let mut changes = named("new").model(None).updated_at(cx.time(9));
    changes.labels.set("changed", "2");
    changes.labels.remove("removed");
    let fork = ForkThread::new(id, cx.id()).with_metadata(changes).with_source(SessionSource::Exec);
    let fork = cx.store().fork_thread(fork.with_created_at(cx.time(5))).await?.thread;
    let metadata = &fork.metadata;
    expect_eq("name", Some("new"), metadata.name.as_deref())?;
    expect_eq("preview", Some("kept"), metadata.preview.as_deref())?;
    expect_eq("model", None, metadata.model.as_deref())?;
    expect_eq("updated at", cx.time(9), metadata.updated_at)?;
    let labels: Vec<_> =
        metadata.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    expect_eq("labels", vec!["changed=2".to_owned(), "kept=1".to_owned()], labels)?;
    expect_eq("source", SessionSource::Exec, fork.identity.source)
}

pub(super) async fn an_archived_thread_is_forked_only_if_included(cx: Cx) -> CaseResult {
    let id = cx.thread(3).await?;
    cx.store().archive_thread(id).await?;
    let fork = ForkThread::new(id, cx.id()).with_at(Ordinal::new(2));
    expect_error("fork_thread", "archived", cx.store().fork_thread(fork.clone()).await)?;
    expect_error("read_thread", "not_found", cx.store().thread(fork.new_thread_id).await)?;
    let fork = cx.store().fork_thread(fork.with_include_archived(true)).await?.thread;
    expect("the fork is active", !fork.is_archived())?;
    expect("the thread stays archived", cx.read(id).await?.is_archived())?;
    cx.expect_items(fork.thread_id, 2).await
}

pub(super) async fn a_fork_of_a_fork_names_the_fork(cx: Cx) -> CaseResult {
    let first = cx.fork_at(cx.thread(6).await?, 4).await?.thread.thread_id;
    let lease = cx.resume(first).await?;
    cx.append(&lease, cx.items(4..8)).await?;
    let second = cx.fork_at(first, 6).await?.thread;
    let forked_from = ForkedFrom::new(first, Some(Ordinal::new(6)));
    expect_eq("forked from", Some(forked_from), second.identity.forked_from)?;
    cx.expect_items(second.thread_id, 6).await
}

pub(super) async fn a_fork_comes_with_a_lease_if_asked(cx: Cx) -> CaseResult {
    let source = cx.leased(3).await?;
    expect_eq("without asking", None, cx.fork_at(source.thread_id, 1).await?.lease)?;
    let fork = ForkThread::new(source.thread_id, cx.id()).with_at(Ordinal::new(1));
    let fork = fork.with_lease(Holder::new("forker"));
    let lease = expect_some("a lease", cx.store().fork_thread(fork.clone()).await?.lease)?;
    expect_eq("its thread", fork.new_thread_id, lease.thread_id)?;
    expect_eq("its next ordinal", Ordinal::new(1), lease.next_ordinal)?;
    cx.append(&lease, cx.items(1..2)).await?;
    cx.append(&source, cx.items(3..4)).await?;
    cx.expect_items(lease.thread_id, 2).await
}

pub(super) async fn a_fork_onto_an_id_that_exists_is_a_conflict(cx: Cx) -> CaseResult {
    let (source, taken, archived) = (cx.thread(3).await?, cx.thread(1).await?, cx.thread(1).await?);
    cx.store().archive_thread(archived).await?;
    for onto in [taken, archived, source] {
        let before = cx.read(onto).await?;
        let fork = ForkThread::new(source, onto).with_at(Ordinal::new(2));
        let result = cx.store().fork_thread(fork).await;
        expect_error("fork_thread", "conflict.already_exists", result)?;
        expect_eq("the thread there", before, cx.read(onto).await?)?;
    }
    cx.expect_items(taken, 1).await
}

pub(super) async fn a_repeated_fork_answers_the_fork_that_it_made(cx: Cx) -> CaseResult {
    let source = cx.leased(2).await?;
    let fork = ForkThread::new(source.thread_id, cx.id()).with_request_id("once".to_owned());
    let first = cx.store().fork_thread(fork.clone()).await?.thread;
    cx.append(&source, cx.items(2..4)).await?;
    let again = cx.store().fork_thread(fork.clone()).await?.thread;
    expect_eq("the fork", first, again)?;
    cx.expect_items(fork.new_thread_id, 2).await?;
    let other = fork.with_request_id("twice".to_owned());
    let result = cx.store().fork_thread(other).await;
    expect_error("another request", "conflict.already_exists", result)?;
    Ok(())
}

pub(super) async fn a_long_history_is_forked_whole(cx: Cx) -> CaseResult {
    let id = cx.thread(3000).await?;
    for at in [2999, 3000] {
        let fork = cx.fork_at(id, at).await?.thread.thread_id;
        cx.expect_items(fork, at).await?;
    }
    Ok(())
}

pub(super) async fn a_fork_beside_appends_has_an_unbroken_start(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let (store, id) = (cx.shared(), lease.thread_id);
    let appends: Vec<_> =
        (0..100).map(|n| AppendItems::new(lease.clone(), cx.items(n..n + 1))).collect();
    let writer = tokio::spawn(async move {
        for append in appends {
            store.append_items(append).await?;
        }
        Ok::<(), Error>(())
    });
    for _ in 0..10 {
        let fork = cx.store().fork_thread(ForkThread::new(id, cx.id())).await?.thread;
        cx.expect_items(fork.thread_id, fork.next_ordinal.get()).await?;
    }
    ended(writer).await??;
    cx.expect_items(id, 100).await
}

pub(super) async fn a_fork_of_an_unknown_thread_is_not_found(cx: Cx) -> CaseResult {
    let new = cx.id();
    let result = cx.store().fork_thread(ForkThread::new(cx.unknown_id(), new)).await;
    expect_error("fork_thread", "not_found", result)?;
    expect_error("read_thread", "not_found", cx.store().thread(new).await)?;
    Ok(())
}
