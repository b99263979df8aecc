//! Two processes at the same data.

use std::sync::Arc;

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::{at_once, ended};
use crate::support::words::*;

pub(super) async fn another_process_sees_whatever_returned(cx: Cx) -> CaseResult {
    let other = cx.open_elsewhere().await?;
    let lease = cx.leased(2).await?;
    let id = lease.thread_id;
    expect_eq("the creation", cx.read(id).await?, other.thread(id).await?)?;
    cx.append(&lease, cx.items(2..5)).await?;
    expect_eq("the append", cx.store().history(id).await?, other.history(id).await?)?;
    cx.update(id, named("new")).await?;
    expect_eq("the edit", Some("new".to_owned()), other.thread(id).await?.metadata.name)?;
    cx.store().archive_thread(id).await?;
    expect_error("read_thread", "archived", other.read_thread(id.into()).await)?;
    let archived = ListThreads::from(ListFilter::default().with_archived(true));
    expect_eq("the list", vec![id], ids(&other.list_threads(archived).await?))?;
    if cx.capabilities().delete {
        cx.delete(id).await?;
        expect_error("read_thread", "not_found", other.thread(id).await)?;
        expect_eq("the list", vec![], ids(&other.list_threads(ListThreads::new()).await?))?;
    }
    Ok(())
}

pub(super) async fn a_process_sees_what_another_changed_after_it_has_read(cx: Cx) -> CaseResult {
    let other = cx.open_elsewhere().await?;
    let id = cx.thread(2).await?;
    for n in 0..5 {
        let name = format!("name {n}");
        other.rename(id, Some(name.clone())).await?;
        expect_eq("the name", Some(name.clone()), cx.read(id).await?.metadata.name)?;
        let by_name = ListFilter::default().with_search_term(name);
        expect_eq("the list", vec![id], cx.list(by_name).await?)?;
    }
    Ok(())
}

pub(super) async fn taking_over_reaches_as_far_as_is_claimed(cx: Cx) -> CaseResult {
    let other = cx.open_elsewhere().await?;
    let old = cx.leased(1).await?;
    let result = other.resume_thread(ResumeThread::new(old.thread_id, Holder::new("there"))).await;
    if cx.capabilities().takeover == Takeover::Process {
        expect_error("resume_thread", "conflict.held", result)?;
        cx.append(&old, cx.items(1..2)).await?;
        return cx.expect_items(old.thread_id, 2).await;
    }
    let new = result?.lease;
    expect_conflict("append", &fenced_by(&old, &new, 1), cx.append(&old, cx.items(1..2)).await)?;
    other.append_items(AppendItems::new(new, cx.items(1..2))).await?;
    cx.expect_items(old.thread_id, 2).await
}

pub(super) async fn a_thread_held_by_another_process_is_refused(cx: Cx) -> CaseResult {
    let other = cx.open_elsewhere().await?;
    let id = cx.thread(1).await?;
    let lease = other.resume_thread(ResumeThread::new(id, Holder::new("there"))).await?.lease;
    expect_error("resume_thread", "conflict.held", cx.resume_if_free(id).await)?;
    other.append_items(AppendItems::new(lease.clone(), cx.items(1..2))).await?;
    other.shutdown_thread(lease).await?;
    let lease = cx.resume_if_free(id).await?;
    cx.append(&lease, cx.items(2..3)).await?;
    cx.expect_items(id, 3).await
}

pub(super) async fn two_processes_append_to_one_thread_in_turn(cx: Cx) -> CaseResult {
    let other = cx.open_elsewhere().await?;
    let id = cx.thread(0).await?;
    let mut last: Option<WriterLease> = None;
    for n in 0..12 {
        let store = if n % 2 == 0 { cx.store() } else { &other };
        let lease = store.resume_thread(ResumeThread::new(id, cx.holder())).await?.lease;
        expect_eq("where it goes on", n * 2, lease.next_ordinal.get())?;
        expect("epochs grow", last.as_ref().is_none_or(|last| last.epoch < lease.epoch))?;
        store.append_items(AppendItems::new(lease.clone(), cx.items(n * 2..n * 2 + 2))).await?;
        store.shutdown_thread(lease.clone()).await?;
        last = Some(lease);
    }
    cx.expect_items(id, 24).await
}

pub(super) async fn nothing_of_an_old_lease_lands_after_a_takeover_elsewhere(cx: Cx) -> CaseResult {
    if cx.capabilities().takeover == Takeover::Process {
        return skip("no lease of another process is taken over");
    }
    let other = cx.open_elsewhere().await?;
    let old = cx.leased(0).await?;
    let tasks: Vec<_> = (0..50).map(|n| cx.append_task(&old, cx.items(n..n + 1))).collect();
    let appends = tokio::spawn(at_once(tasks));
    let new = other.resume_thread(ResumeThread::new(old.thread_id, cx.holder())).await?.lease;
    let at_takeover = other.history(old.thread_id).await?;
    expect_eq("its next ordinal", at_takeover.len() as u64, new.next_ordinal.get())?;
    let receipts = ended(appends).await??;
    let landed = receipts.iter().filter(|receipt| receipt.is_ok()).count();
    expect_eq("how many landed", at_takeover.len(), landed)?;
    expect_eq("the history later", at_takeover, cx.store().history(old.thread_id).await?)
}

pub(super) async fn two_processes_append_to_their_own_threads_at_once(cx: Cx) -> CaseResult {
    let (here, there) = (cx.shared(), cx.open_elsewhere().await?);
    let append_all = |store: Arc<dyn ThreadStore>, lease: WriterLease| {
        let batches: Vec<_> = (0..40).map(|n| cx.items(n..n + 1)).collect();
        async move {
            for batch in batches {
                store.append_items(AppendItems::new(lease.clone(), batch)).await?;
            }
            Ok::<(), Error>(())
        }
    };
    let (ours, theirs) = (cx.leased(0).await?, cx.thread(0).await?);
    let lease = there.resume_thread(ResumeThread::new(theirs, Holder::new("there"))).await?.lease;
    let id = ours.thread_id;
    for done in at_once([append_all(here, ours), append_all(there, lease)]).await? {
        done?;
    }
    cx.expect_items(id, 40).await?;
    cx.expect_items(theirs, 40).await
}

pub(super) async fn one_of_two_processes_creates_an_id(cx: Cx) -> CaseResult {
    let stores = [cx.shared(), cx.open_elsewhere().await?];
    for _ in 0..10 {
        let create = cx.create().with_items(cx.items(0..3));
        let task = |store: Arc<dyn ThreadStore>| {
            let create = create.clone();
            async move { store.create_thread(create).await }
        };
        let answers = at_once(stores.clone().map(task)).await?;
        let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        expect_eq("how many made it", 1, done.len())?;
        for answer in refused {
            expect_error("create_thread", "conflict.already_exists", answer)?;
        }
        cx.expect_items(create.thread_id, 3).await?;
    }
    Ok(())
}

pub(super) async fn a_cursor_works_in_another_process(cx: Cx) -> CaseResult {
    let other = cx.open_elsewhere().await?;
    let row = cx.row(5).await?;
    let list = ListThreads::new().with_page_size(2);
    let cursor = cx.page(list.clone()).await?.next_cursor;
    let page = other.list_threads(list.with_cursor(cursor)).await?;
    expect_eq("the page", &row[2..4], &ids(&page))
}
