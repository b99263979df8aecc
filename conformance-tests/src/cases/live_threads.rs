//! Live threads over the store: what a session holds of the thread that it writes.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::faulty::Faulty;
use crate::support::live::*;
use crate::support::records::*;
use crate::support::tasks::{at_once, dropped_after, polls};
use crate::support::words::*;

pub(super) async fn starting_a_live_thread_stores_nothing(cx: Cx) -> CaseResult {
    let store = Faulty::new(cx.shared());
    let live = cx.live_on(store.clone());
    live.set_options(ThreadOptions::default().model("m".to_owned())).await?;
    expect_eq("the next ordinal", Ordinal::ZERO, live.next_ordinal().await?)?;
    expect_receipt(0, 0, live.append_items(vec![]).await?)?;
    live.flush().await?;
    live.check().await?;
    live.continuation_token().await?;
    expect("it is not started", !live.is_started())?;
    expect_eq("the calls", vec![], store.made())?;
    cx.expect_nothing_stored(live.thread_id()).await
}

pub(super) async fn the_first_append_creates_the_thread_in_one_step(cx: Cx) -> CaseResult {
    let store = Faulty::new(cx.shared());
    let live = cx.live_on(store.clone());
    live.set_options(ThreadOptions::default().model("m".to_owned())).await?;
    expect_receipt(0, 4, live.append_items(turn("t1")).await?)?;
    expect_eq("the calls", vec![Operation::CreateThread], store.made())?;
    let thread = cx.read(live.thread_id()).await?;
    let told = (thread.metadata.title.as_deref(), thread.metadata.model.as_deref());
    expect_eq("title and model", (Some("ask t1"), Some("m")), told)?;
    expect_eq("the thread as it is known", &thread, &live.thread().await?)?;
    expect_eq("the list", vec![live.thread_id()], cx.list_all().await?)?;
    cx.expect_history(live.thread_id(), &turn("t1")).await
}

pub(super) async fn an_explicit_edit_creates_the_thread(cx: Cx) -> CaseResult {
    let live = cx.live();
    let edited = live.update_metadata(named("n")).await?;
    expect_eq("the thread", &edited, &cx.read(live.thread_id()).await?)?;
    expect_eq("the name", Some("n"), edited.metadata.name.as_deref())?;
    append_each(&live, 0, cx.items(0..3)).await?;
    cx.expect_items(live.thread_id(), 3).await
}

pub(super) async fn persisting_creates_the_thread(cx: Cx) -> CaseResult {
    let live = cx.live();
    for _ in 0..2 {
        live.persist().await?;
        expect_eq("the list", vec![live.thread_id()], cx.list_all().await?)?;
    }
    append_each(&live, 0, cx.items(0..3)).await?;
    cx.expect_items(live.thread_id(), 3).await
}

pub(super) async fn an_untouched_live_thread_leaves_its_id_free(cx: Cx) -> CaseResult {
    let (shut_down, discarded) = (cx.live(), cx.live());
    shut_down.shutdown().await?;
    discarded.discard().await?;
    for live in [shut_down, discarded] {
        let id = live.thread_id();
        expect_error("append", "conflict.closed", live.append_items(cx.items(0..1)).await)?;
        expect_error("read_thread", "not_found", cx.store().thread(id).await)?;
        cx.make(CreateThread::new(id).with_items(cx.items(0..2))).await?;
        cx.expect_items(id, 2).await?;
    }
    Ok(())
}

pub(super) async fn a_live_thread_of_an_id_that_is_taken_writes_nothing(cx: Cx) -> CaseResult {
    let lease = cx.leased(2).await?;
    let start = StartThread::new(lease.thread_id);
    let live = LiveThread::start(cx.shared(), start, cx.live_config());
    for _ in 0..2 {
        let append = live.append_items(cx.items(5..6));
        cx.conflicts(Conflict::AlreadyExists, append).await?;
    }
    live.discard().await?;
    cx.append(&lease, cx.items(2..3)).await?;
    cx.expect_items(lease.thread_id, 3).await
}

pub(super) async fn what_several_sessions_append_is_one_history(cx: Cx) -> CaseResult {
    let live = cx.live();
    let id = live.thread_id();
    for session in 0..4 {
        let live = if session == 0 { live.clone() } else { cx.relive(id).await? };
        let first = session * 10;
        append_each(&live, first, cx.items(first..first + 4)).await?;
        live.flush().await?;
        expect_receipt(first + 4, 6, live.append_items(cx.items(first + 4..first + 10)).await?)?;
        expect_eq("the next ordinal", first + 10, live.next_ordinal().await?.get())?;
        live.shutdown().await?;
        live.shutdown().await?;
        let late = live.append_items(cx.items(0..1)).await;
        expect_error("append to what was shut down", "conflict.closed", late)?;
    }
    cx.expect_items(id, 40).await
}

pub(super) async fn odd_items_of_a_live_thread_come_back(cx: Cx) -> CaseResult {
    let odd = [
        "{}",
        r#"{ "b" : 1 ,"a":  2, "a": 3 }"#,
        r#"{"ordinal":77,"type":"event_msg","payload":null}"#,
        r#"{"s":"\ud800 \u0000 / \/ é \u00e9"}"#,
        r#"{"type":"event_msg","payload":{"type":"user_message","message":["\ud800"]}}"#,
        r#"{"type":"turn_context","payload":{"n":1e400,"m":-0.0,"model":7}}"#,
        "{\"t\":\"\u{2028}\u{feff}\",\"w\":\t1 \r}",
    ];
    let items: Vec<_> = odd.iter().map(|text| cx.raw(text)).collect();
    let live = cx.live();
    live.append_items(items.clone()).await?;
    append_each(&live, 7, items.clone()).await?;
    live.shutdown().await?;
    cx.expect_history(live.thread_id(), &[items.clone(), items].concat()).await
}

pub(super) async fn what_a_policy_drops_gets_no_ordinal(cx: Cx) -> CaseResult {
    let live = cx.live();
    let progress = || event(&serde_json::json!({ "type": "exec_command_begin" }));
    expect_receipt(0, 0, live.append_items(vec![progress()]).await?)?;
    cx.expect_nothing_stored(live.thread_id()).await?;
    let mixed = vec![progress(), cx.item(0), progress(), cx.item(1)];
    expect_receipt(0, 2, live.append_items(mixed).await?)?;
    expect_receipt(2, 0, live.append_items(vec![progress()]).await?)?;
    expect_receipt(2, 1, live.append_items(vec![cx.item(2), progress()]).await?)?;
    cx.expect_items(live.thread_id(), 3).await
}

pub(super) async fn an_item_that_is_refused_costs_nothing_else(cx: Cx) -> CaseResult {
    let oversized = cx.oversized()?;
    let live = cx.live();
    let refused = live.append_items(vec![cx.item(9), oversized.clone()]).await;
    expect_error("append", "invalid_request", refused)?;
    cx.expect_nothing_stored(live.thread_id()).await?;
    append_each(&live, 0, cx.items(0..2)).await?;
    let refused = live.append_items(vec![cx.item(9), oversized]).await;
    expect_error("append", "invalid_request", refused)?;
    append_each(&live, 2, cx.items(2..4)).await?;
    live.shutdown().await?;
    cx.expect_items(live.thread_id(), 4).await
}

pub(super) async fn clones_that_append_at_once_keep_their_own_order(cx: Cx) -> CaseResult {
    const CLONES: u64 = 32;
    const EACH: u64 = 6;
    let live = cx.live();
    let appends = |clone: u64| {
        let (live, items) = (live.clone(), cx.items(clone * EACH..(clone + 1) * EACH));
        async move {
            let mut ordinals = Vec::new();
            for item in items {
                ordinals.push(live.append_items(vec![item]).await?.first.get());
            }
            Ok::<_, Error>(ordinals)
        }
    };
    let mut placed = vec![None; (CLONES * EACH) as usize];
    for (clone, ordinals) in (0..).zip(at_once((0..CLONES).map(appends)).await?) {
        let ordinals = ordinals?;
        expect("the order of a clone is kept", ordinals.is_sorted())?;
        for (n, ordinal) in (clone * EACH..).zip(ordinals) {
            match placed.get_mut(ordinal as usize) {
                Some(place @ None) => *place = Some(cx.item(n).text().into_owned()),
                _ => return fail("a receipt", "an ordinal of its own", ordinal),
            }
        }
    }
    let placed: Vec<_> = placed.into_iter().flatten().collect();
    expect_eq("the history", placed, cx.texts(live.thread_id()).await?)
}

pub(super) async fn a_live_thread_is_all_there_after_reopening(mut cx: Cx) -> CaseResult {
    let live = cx.live();
    let id = live.thread_id();
    live.append_items(turns(1..=2)).await?;
    append_each(&live, 8, turns(3..=3)).await?;
    live.shutdown().await?;
    drop(live);
    let before = cx.read(id).await?;
    cx.reopen().await?;
    expect_eq("the thread", before, cx.read(id).await?)?;
    let live = cx.relive(id).await?;
    append_each(&live, 12, turns(4..=4)).await?;
    live.shutdown().await?;
    cx.expect_history(id, &turns(1..=4)).await
}

pub(super) async fn a_live_thread_resumes_an_archived_one_only_if_included(cx: Cx) -> CaseResult {
    let id = cx.thread(2).await?;
    cx.store().archive_thread(id).await?;
    let resume = ResumeLive::new(id);
    cx.refused("archived", cx.relive_on(cx.shared(), resume.clone())).await?;
    let live = cx.relive_on(cx.shared(), resume.with_include_archived(true)).await?;
    append_each(&live, 2, [asks("later")]).await?;
    live.update_metadata(named("n")).await?;
    live.shutdown().await?;
    let thread = cx.read(id).await?;
    expect("it stays archived", thread.is_archived())?;
    let told = (thread.metadata.name.as_deref(), thread.metadata.title.as_deref());
    expect_eq("name and title", (Some("n"), Some("later")), told)
}

pub(super) async fn a_cancelled_append_is_wholly_done_or_undone(cx: Cx) -> CaseResult {
    const BATCH: usize = 3;
    for start in [0, 1] {
        let live = cx.live();
        append_each(&live, 0, cx.items(1000..1000 + start)).await?;
        let mut kept = Vec::new();
        for (n, polls) in (0..).zip(polls()) {
            let (first, last) = (n * 4, n * 4 + 3);
            let batch = live.append_items(cx.items(first..last));
            dropped_after(polls, batch).await.transpose()?;
            let receipt = live.append_items(cx.items(last..last + 1)).await?;
            kept.push((receipt.first.get(), cx.item(last).text().into_owned()));
        }
        live.shutdown().await?;
        let texts = cx.texts(live.thread_id()).await?.split_off(start as usize);
        expect_cancelled_batches(&cx, &texts, BATCH)?;
        for (ordinal, text) in kept {
            expect_eq("where an append stands", &text, &texts[(ordinal - start) as usize])?;
        }
    }
    Ok(())
}

/// Every fourth item stands, the three before it stand together or not at all, and nothing else does.
fn expect_cancelled_batches(cx: &Cx, texts: &[String], batch: usize) -> CaseResult {
    let mut rest = texts;
    for n in (0..polls().count() as u64).map(|n| n * 4) {
        let whole: Vec<_> = (n..n + batch as u64).map(|n| cx.item(n).text().into_owned()).collect();
        rest = rest.strip_prefix(whole.as_slice()).unwrap_or(rest);
        let next = cx.item(n + batch as u64).text().into_owned();
        rest = match rest.split_first() {
            Some((first, rest)) if *first == next => rest,
            other => return fail("the next item", next, other.map(|(first, _)| first)),
        };
    }
    expect_eq("items after the last", 0, rest.len())
}

pub(super) async fn a_cancelled_append_can_be_repeated(cx: Cx) -> CaseResult {
    let live = cx.live();
    for (n, polls) in (0..).zip(polls()) {
        let items = || cx.items(n * 5..n * 5 + 5);
        dropped_after(polls, live.append_items(items())).await.transpose()?;
        if live.next_ordinal().await?.get() == n * 5 {
            expect_receipt(n * 5, 5, live.append_items(items()).await?)?;
        }
    }
    live.shutdown().await?;
    cx.expect_items(live.thread_id(), 36 * 5).await
}
