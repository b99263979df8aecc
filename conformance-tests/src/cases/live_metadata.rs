//! What live threads derive from their items, and what others edit meanwhile.

use serde_json::{Value, json};
use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::faulty::{Fault, Faulty};
use crate::support::fields::patch;
use crate::support::live::*;
use crate::support::records::*;
use crate::support::words::*;

const EDIT: Operation = Operation::UpdateThreadMetadata;

/// A turn that begins so many milliseconds after `time(0)`.
fn started_at(cx: &Cx, turn: &str, millis: i64) -> RolloutItem {
    let start = json!({ "type": "task_started", "turn_id": turn });
    item(&json!({ "timestamp": cx.time(millis), "type": "event_msg", "payload": start }))
}

/// The tokens used, title and model.
fn facts(thread: &StoredThread) -> (Option<u64>, Option<&str>, Option<&str>) {
    let ThreadMetadata { token_usage, title, model, .. } = &thread.metadata;
    let total = token_usage.as_ref().map(|usage| usage.total_tokens);
    (total, title.as_deref(), model.as_deref())
}

/// The facts are these, in the record and on the list.
async fn expect_facts(
    cx: &Cx,
    thread_id: ThreadId,
    expected: (Option<u64>, Option<&str>, Option<&str>),
) -> CaseResult {
    let read = cx.read(thread_id).await?;
    expect_eq("tokens, title and model", expected, facts(&read))?;
    let page = cx.page(ListThreads::new()).await?;
    let listed = page.threads.into_iter().find(|thread| thread.thread_id == thread_id);
    expect_eq("the thread as listed", Some(read), listed)
}

/// A live thread with a turn, whose edits fail from then on.
async fn unable_to_edit(cx: &Cx, fault: Fault) -> CaseResult<(LiveThread, std::sync::Arc<Faulty>)> {
    let store = Faulty::new(cx.shared());
    let live = cx.live_on(store.clone());
    live.append_items(vec![cx.item(0)]).await?;
    store.fail(EDIT, fault);
    Ok((live, store))
}

pub(super) async fn what_items_tell_is_read_and_listed(cx: Cx) -> CaseResult {
    let live = cx.live();
    let id = live.thread_id();
    append_each(&live, 0, [cx.item(0), started("t1"), asks("hello")]).await?;
    expect_facts(&cx, id, (None, Some("hello"), None)).await?;
    append_each(&live, 3, [run_by("m1"), used(7)]).await?;
    expect_facts(&cx, id, (Some(7), Some("hello"), Some("m1"))).await?;
    append_each(&live, 5, [asks("more"), run_by("m2"), used(9)]).await?;
    expect_facts(&cx, id, (Some(9), Some("hello"), Some("m2"))).await?;
    let metadata = cx.read(id).await?.metadata;
    expect_eq("the preview", Some("hello"), metadata.preview.as_deref())?;
    live.shutdown().await?;
    let live = cx.relive(id).await?;
    append_each(&live, 8, [asks("again"), used(11)]).await?;
    expect_facts(&cx, id, (Some(11), Some("hello"), Some("m2"))).await
}

pub(super) async fn what_items_tell_is_there_after_reopening(mut cx: Cx) -> CaseResult {
    let live = cx.live();
    let id = live.thread_id();
    append_each(&live, 0, [asks("hello"), run_by("m"), used(7)]).await?;
    live.shutdown().await?;
    drop(live);
    cx.reopen().await?;
    expect_facts(&cx, id, (Some(7), Some("hello"), Some("m"))).await
}

pub(super) async fn recency_moves_with_turns_alone_and_updated_with_everything(
    cx: Cx,
) -> CaseResult {
    let clock = ManualClock::new(cx.time(0));
    let start = StartThread::new(cx.id());
    let live = LiveThread::start(cx.shared(), start, cx.live_config_at(&clock));
    let (mut now, mut turn) = (0, 0);
    let mut history = vec![vec![started_at(&cx, "t1", 0)], vec![cx.item(0)], vec![used(1)]];
    history.extend([vec![started_at(&cx, "t2", 30_000)], vec![asks("hello")]]);
    for items in history {
        live.append_items(items).await?;
        live.flush().await?;
        turn = if now >= 30_000 { 30_000 } else { turn };
        let ThreadMetadata { updated_at, recency_at, .. } =
            cx.read(live.thread_id()).await?.metadata;
        expect_eq("the times", (cx.time(now), cx.time(turn)), (updated_at, recency_at))?;
        clock.advance_millis(10_000);
        now += 10_000;
    }
    Ok(())
}

pub(super) async fn a_live_thread_that_writes_nothing_changes_nothing(cx: Cx) -> CaseResult {
    let live = cx.live();
    let id = live.thread_id();
    append_each(&live, 0, turn("t1")).await?;
    live.shutdown().await?;
    let before = cx.read(id).await?;
    for end in [ReleaseMode::Shutdown, ReleaseMode::Discard] {
        let live = cx.relive(id).await?;
        expect_eq("the thread as it is known", &before, &live.thread().await?)?;
        live.flush().await?;
        match end {
            ReleaseMode::Shutdown => live.shutdown().await?,
            _ => live.discard().await?,
        }
        expect_eq("the thread", &before, &cx.read(id).await?)?;
    }
    Ok(())
}

pub(super) async fn mere_touches_are_held_back_until_a_barrier(cx: Cx) -> CaseResult {
    let (clock, store) = (ManualClock::new(cx.time(0)), Faulty::new(cx.shared()));
    let start = StartThread::new(cx.id());
    let live = LiveThread::start(store.clone(), start, cx.live_config_at(&clock));
    live.append_items(cx.items(0..1)).await?;
    let version = cx.read(live.thread_id()).await?.metadata_version;
    for n in 1..50 {
        clock.advance_millis(10);
        append_each(&live, n, cx.items(n..n + 1)).await?;
    }
    let edits = |made: Vec<Operation>| made.into_iter().filter(|it| *it == EDIT).count();
    expect_eq("edits so far", 0, edits(store.made()))?;
    live.flush().await?;
    expect_eq("edits after a flush", 1, edits(store.made()))?;
    let thread = cx.read(live.thread_id()).await?;
    let times = (thread.metadata.updated_at, thread.metadata.recency_at);
    expect_eq("the times", (cx.time(490), cx.time(0)), times)?;
    expect_eq("the version", version, thread.metadata_version)
}

pub(super) async fn a_name_is_never_replaced_by_a_title(cx: Cx) -> CaseResult {
    let live = cx.live();
    live.update_metadata(named("given")).await?;
    append_each(&live, 0, turn("t1")).await?;
    live.shutdown().await?;
    let ThreadMetadata { name, title, .. } = cx.read(live.thread_id()).await?.metadata;
    let both = (name.as_deref(), title.as_deref());
    expect_eq("name and title", (Some("given"), Some("ask t1")), both)
}

pub(super) async fn an_edit_that_fails_does_not_fail_the_append(cx: Cx) -> CaseResult {
    for fault in Fault::ALL {
        let (live, store) = unable_to_edit(&cx, fault).await?;
        append_each(&live, 1, [asks("hello"), used(7)]).await?;
        store.heal();
        live.flush().await?;
        expect_facts(&cx, live.thread_id(), (Some(7), Some("hello"), None)).await?;
    }
    Ok(())
}

pub(super) async fn facts_after_an_edit_whose_answer_was_lost_are_stored(cx: Cx) -> CaseResult {
    let (live, store) = unable_to_edit(&cx, Fault::AnswerLost).await?;
    live.append_items(vec![asks("hello"), run_by("m1"), used(7)]).await?;
    append_each(&live, 4, [used(9), run_by("m2")]).await?;
    store.heal();
    live.flush().await?;
    expect_facts(&cx, live.thread_id(), (Some(9), Some("hello"), Some("m2"))).await
}

pub(super) async fn what_others_edit_is_not_replaced_by_what_was_known_before(
    cx: Cx,
) -> CaseResult {
    for fault in Fault::ALL {
        let (live, store) = unable_to_edit(&cx, fault).await?;
        append_each(&live, 1, [asks("hello"), used(7)]).await?;
        let other = cx.open().await?;
        let edit = named("n").preview("p".to_owned()).title("t".to_owned());
        other.update_thread_metadata(UpdateThreadMetadata::new(live.thread_id(), edit)).await?;
        store.heal();
        append_each(&live, 3, [run_by("m")]).await?;
        live.shutdown().await?;
        expect_facts(&cx, live.thread_id(), (Some(7), Some("t"), Some("m"))).await?;
        let ThreadMetadata { name, preview, .. } = cx.read(live.thread_id()).await?.metadata;
        let both = (name.as_deref(), preview.as_deref());
        expect_eq("name and preview", (Some("n"), Some("p")), both)?;
    }
    Ok(())
}

pub(super) async fn giving_way_to_what_others_edit_is_repeated_if_it_fails(cx: Cx) -> CaseResult {
    for fault in Fault::ALL {
        let (live, store) = unable_to_edit(&cx, Fault::Refused).await?;
        append_each(&live, 1, [asks("hello")]).await?;
        cx.patch(live.thread_id(), named("n")).await?;
        let first = store.made().len();
        store.plan(move |call, operation| {
            let read = call < first + 4 && operation == Operation::ReadThread;
            read.then_some(fault)
        });
        live.persist().await?;
        expect_facts(&cx, live.thread_id(), (None, Some("hello"), None)).await?;
        expect_eq(
            "the name",
            Some("n"),
            cx.read(live.thread_id()).await?.metadata.name.as_deref(),
        )?;
    }
    Ok(())
}

pub(super) async fn what_others_add_to_the_metadata_stays(cx: Cx) -> CaseResult {
    let live = cx.live();
    append_each(&live, 0, turn("t1")).await?;
    let edit = patch(&json!({ "labels": { "k": "v" }, "of_the_future": 1, "git_branch": "b" }))?;
    let other = cx.open().await?;
    other.update_thread_metadata(UpdateThreadMetadata::new(live.thread_id(), edit)).await?;
    append_each(&live, 4, [used(7)]).await?;
    live.shutdown().await?;
    let metadata = cx.read(live.thread_id()).await?.metadata;
    expect_eq("a label", Some("v"), metadata.labels.get("k").map(String::as_str))?;
    expect_eq("an unknown member", Some(&json!(1)), metadata.extra.get("of_the_future"))?;
    expect_eq("the branch", Some("b"), metadata.git_branch.as_deref())?;
    expect_facts(&cx, live.thread_id(), (Some(7), Some("ask t1"), None)).await
}

pub(super) async fn an_edit_from_an_older_version_is_refused_by_a_live_thread(
    cx: Cx,
) -> CaseResult {
    let live = cx.live();
    let version = live.update_metadata(named("a")).await?.metadata_version;
    cx.patch(live.thread_id(), named("b")).await?;
    let edit = UpdateThreadMetadata::new(live.thread_id(), named("c"));
    let edit = live.update_thread_metadata(edit.with_expected_version(version));
    let moved = Conflict::MetadataVersion { expected: version, actual: version + 1 };
    cx.conflicts(moved, edit).await?;
    append_each(&live, 0, cx.items(0..1)).await
}

pub(super) async fn what_a_session_did_not_come_to_store_is_derived_on_resume(
    cx: Cx,
) -> CaseResult {
    for fault in Fault::ALL {
        let (live, _) = unable_to_edit(&cx, fault).await?;
        let id = live.thread_id();
        append_each(&live, 1, [asks("hello"), run_by("m"), used(7)]).await?;
        drop(live);
        let live = cx.relive(id).await?;
        let known = live.thread().await?;
        expect_eq("what is known", (Some(7), Some("hello"), Some("m")), facts(&known))?;
        append_each(&live, 4, [cx.item(4)]).await?;
        live.shutdown().await?;
        expect_facts(&cx, id, (Some(7), Some("hello"), Some("m"))).await?;
    }
    Ok(())
}

pub(super) async fn what_a_crash_cut_off_is_derived_on_resume(mut cx: Cx) -> CaseResult {
    let (live, _) = unable_to_edit(&cx, Fault::Refused).await?;
    let id = live.thread_id();
    append_each(&live, 1, [asks("hello"), used(7)]).await?;
    cx.crash().await?;
    drop(live);
    let live = cx.relive(id).await?;
    live.persist().await?;
    expect_facts(&cx, id, (Some(7), Some("hello"), None)).await?;
    append_each(&live, 3, [used(9)]).await?;
    cx.crash().await?;
    expect_facts(&cx, id, (Some(9), Some("hello"), None)).await
}

pub(super) async fn what_came_along_with_a_creation_derives_nothing(cx: Cx) -> CaseResult {
    let id = cx.told(vec![asks("old"), used(3)]).await?;
    let live = cx.relive(id).await?;
    append_each(&live, 2, [run_by("m")]).await?;
    live.shutdown().await?;
    expect_facts(&cx, id, (None, None, Some("m"))).await
}

pub(super) async fn what_a_fork_inherits_derives_nothing(cx: Cx) -> CaseResult {
    let source = cx.live();
    append_each(&source, 0, [asks("old"), used(3), run_by("m")]).await?;
    let fork = ForkThread::new(source.thread_id(), cx.id());
    let patch = ThreadMetadataPatch::default().title("t".to_owned()).model(None);
    let fork = cx.store().fork_thread(fork.with_metadata(patch)).await?.thread;
    let live = cx.relive(fork.thread_id).await?;
    expect_eq("the thread as it is known", &fork, &live.thread().await?)?;
    append_each(&live, 3, [cx.item(3)]).await?;
    live.shutdown().await?;
    expect_eq("the facts", facts(&fork), facts(&cx.read(fork.thread_id).await?))?;
    let live = cx.relive(fork.thread_id).await?;
    append_each(&live, 4, [used(9)]).await?;
    expect_facts(&cx, fork.thread_id, (Some(9), Some("t"), None)).await
}

pub(super) async fn options_given_null_and_not_given_are_kept_apart(mut cx: Cx) -> CaseResult {
    let mut given = ThreadOptions::default().model("m".to_owned()).personality(None);
    given.extra.insert("of_the_future".to_owned(), Value::Null);
    let start = StartThread::new(cx.id()).with_options(given.clone());
    let live = LiveThread::start(cx.shared(), start, cx.live_config());
    append_each(&live, 0, turn("t1")).await?;
    live.shutdown().await?;
    drop(live);
    cx.reopen().await?;
    let live = cx.relive(cx.list_all().await?[0]).await?;
    expect_same_options(&given, &live.options().await?)?;
    let later = ThreadOptions::default().model(None).service_name("s".to_owned());
    let changed = live.set_options(later).await?;
    live.shutdown().await?;
    let live = cx.relive(live.thread_id()).await?;
    expect_same_options(&changed, &live.options().await?)?;
    expect_same_options(&given.model(None).service_name("s".to_owned()), &changed)?;
    expect_eq("the model listed", None, cx.read(live.thread_id()).await?.metadata.model)
}

pub(super) async fn what_a_turn_differs_in_is_over_with_it(cx: Cx) -> CaseResult {
    let given = ThreadOptions::default().personality("friendly".to_owned());
    let overrides = ThreadOptions::default().personality(None).service_name("s".to_owned());
    let start = StartThread::new(cx.id()).with_options(given.clone());
    let live = LiveThread::start(cx.shared(), start, cx.live_config());
    let turn = live.begin_turn(BeginTurn::new().with_overrides(overrides.clone())).await?;
    expect_same_options(&given.clone().overridden_by(overrides), &turn.options)?;
    expect_same_options(&turn.options, &live.turn_options().await?)?;
    expect_same_options(&given, &live.options().await?)?;
    live.end_turn(EndTurn::new(TurnOutcome::Completed)).await?;
    expect_same_options(&given, &live.turn_options().await?)?;
    live.shutdown().await?;
    let live = cx.relive(live.thread_id()).await?;
    expect_same_options(&given, &live.options().await?)
}

/// Instructions are contents, so options do not show what they are.
fn expect_same_options(expected: &ThreadOptions, got: &ThreadOptions) -> CaseResult {
    let json = |options| serde_json::to_value::<&ThreadOptions>(options).unwrap_or_default();
    expect_eq("the options", json(expected), json(got))
}
