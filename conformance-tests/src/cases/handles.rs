//! Several handles on the same data, and many threads at once.

use std::sync::Arc;

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::at_once;

/// The ids that a handle lists, active or archived.
async fn listed(store: &Arc<dyn ThreadStore>, archived: bool) -> CaseResult<Vec<ThreadId>> {
    let mut filter = ListFilter::default();
    filter.archived = Some(archived);
    let page = store.list_threads(filter.into()).await?;
    Ok(page.threads.iter().map(|thread| thread.thread_id).collect())
}

pub(super) async fn another_handle_sees_a_creation(cx: Cx) -> CaseResult {
    let other = cx.open().await?;
    expect_eq("the list", vec![], listed(&other, false).await?)?;
    let id = cx.thread(3).await?;
    expect_eq("the thread", cx.read(id).await?, other.thread(id).await?)?;
    expect_eq("its items", 3, other.history(id).await?.len())?;
    expect_eq("the list", vec![id], listed(&other, false).await?)
}

pub(super) async fn another_handle_sees_an_append(cx: Cx) -> CaseResult {
    let other = cx.open().await?;
    let lease = cx.leased(1).await?;
    for n in 1..20 {
        cx.append(&lease, cx.items(n..n + 1)).await?;
        let texts = other.history(lease.thread_id).await?;
        let last =
            texts.last().map(|stored| (stored.ordinal.get(), stored.item.text().into_owned()));
        expect_eq("the last item", Some((n, cx.item(n).text().into_owned())), last)?;
        let end = other.next_ordinal(lease.thread_id).await?;
        expect_eq("the next ordinal", n + 1, end.get())?;
    }
    Ok(())
}

pub(super) async fn another_handle_sees_an_edit(cx: Cx) -> CaseResult {
    let other = cx.open().await?;
    let id = cx.thread(1).await?;
    other.thread(id).await?;
    let patch = ThreadMetadataPatch::default().name("seen".to_owned());
    let after = cx.patch(id, patch).await?;
    expect_eq("the thread", &after, &other.thread(id).await?)?;
    let page = other.list_threads(ListThreads::new()).await?;
    expect_eq("the list", vec![after], page.threads)
}

pub(super) async fn another_handle_sees_archiving(cx: Cx) -> CaseResult {
    let other = cx.open().await?;
    let id = cx.thread(1).await?;
    expect_eq("active", vec![id], listed(&other, false).await?)?;
    cx.store().archive_thread(id).await?;
    expect_error("read_thread", "archived", other.read_thread(id.into()).await)?;
    expect_eq("active", vec![], listed(&other, false).await?)?;
    expect_eq("archived", vec![id], listed(&other, true).await?)?;
    cx.store().unarchive_thread(id).await?;
    other.read_thread(id.into()).await?;
    expect_eq("active", vec![id], listed(&other, false).await?)
}

pub(super) async fn another_handle_sees_a_deletion(cx: Cx) -> CaseResult {
    if !cx.capabilities().delete {
        return skip("the store deletes nothing");
    }
    let other = cx.open().await?;
    let id = cx.thread(1).await?;
    other.history(id).await?;
    cx.store().delete_thread(id.into()).await?;
    expect_error("read_thread", "not_found", other.thread(id).await)?;
    expect_error("load_history", "not_found", other.history(id).await)?;
    expect_eq("the list", vec![], listed(&other, false).await?)
}

pub(super) async fn another_handle_sees_a_fork(cx: Cx) -> CaseResult {
    let other = cx.open().await?;
    let id = cx.thread(3).await?;
    let fork = ForkThread::new(id, cx.id()).with_created_at(cx.time(9));
    let made = cx.store().fork_thread(fork).await?.thread;
    expect_eq("the fork", &made, &other.thread(made.thread_id).await?)?;
    expect_eq("its items", 3, other.history(made.thread_id).await?.len())
}

pub(super) async fn two_handles_write_to_one_thread_in_turns(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let handles = [cx.store().clone(), cx.open().await?];
    for n in 0..20 {
        let append = AppendItems::new(lease.clone(), cx.items(n..n + 1));
        let append = append.with_expected_ordinal(Ordinal::new(n));
        handles[(n % 2) as usize].append_items(append).await?;
    }
    cx.expect_items(lease.thread_id, 20).await
}

pub(super) async fn a_handle_that_is_dropped_takes_nothing_with_it(cx: Cx) -> CaseResult {
    let other = cx.open().await?;
    let create = cx.create().with_items(cx.items(0..2)).with_lease(cx.holder());
    let created = other.create_thread(create).await?;
    drop(other);
    let Some(lease) = created.lease else {
        return fail("create_thread with a holder", "a lease", "none");
    };
    cx.append(&lease, cx.items(2..3)).await?;
    cx.expect_items(lease.thread_id, 3).await
}

pub(super) async fn threads_appended_at_once_keep_their_own_order(cx: Cx) -> CaseResult {
    let mut leases = Vec::new();
    for _ in 0..20 {
        leases.push(cx.leased(0).await?);
    }
    let all = leases.iter().map(|lease| {
        let batches: Vec<_> = (0..20).map(|n| cx.items(n * 3..n * 3 + 3)).collect();
        append_all(cx.store().clone(), lease.clone(), batches)
    });
    for appended in at_once(all).await? {
        appended?;
    }
    for lease in leases {
        cx.expect_items(lease.thread_id, 60).await?;
    }
    Ok(())
}

async fn append_all(
    store: Arc<dyn ThreadStore>,
    lease: WriterLease,
    batches: Vec<Vec<RolloutItem>>,
) -> Result<()> {
    for batch in batches {
        store.append_items(AppendItems::new(lease.clone(), batch)).await?;
    }
    Ok(())
}

pub(super) async fn an_append_that_fails_fails_no_other(cx: Cx) -> CaseResult {
    let mut leases = Vec::new();
    for n in 0..20 {
        leases.push(cx.leased(1).await?);
        if n % 2 == 0 {
            cx.resume(leases[n].thread_id).await?;
        }
    }
    let appends = leases.iter().map(|lease| {
        let append = AppendItems::new(lease.clone(), cx.items(1..9));
        let store = cx.store().clone();
        async move { store.append_items(append).await }
    });
    for (n, answer) in at_once(appends).await?.into_iter().enumerate() {
        if n % 2 == 0 {
            expect_error("a fenced append", "conflict.fenced", answer)?;
            cx.expect_items(leases[n].thread_id, 1).await?;
        } else {
            expect_eq("the next ordinal", 9, answer?.next.get())?;
            cx.expect_items(leases[n].thread_id, 9).await?;
        }
    }
    Ok(())
}

pub(super) async fn threads_created_at_once_are_all_there(cx: Cx) -> CaseResult {
    let creates: Vec<_> = (0..40).map(|n| cx.create().with_items(cx.items(0..n))).collect();
    let ids: Vec<_> = creates.iter().map(|create| create.thread_id).collect();
    let answers = at_once(creates.into_iter().map(|create| {
        let store = cx.store().clone();
        async move { store.create_thread(create).await }
    }));
    for answer in answers.await? {
        answer?;
    }
    expect_eq("the list", &ids, &cx.list_all().await?)?;
    for (n, id) in (0..).zip(ids) {
        cx.expect_items(id, n).await?;
    }
    Ok(())
}

pub(super) async fn reading_goes_on_while_others_append(cx: Cx) -> CaseResult {
    let read = cx.thread(300).await?;
    let lease = cx.leased(0).await?;
    let batches: Vec<_> = (0..50).map(|n| cx.items(n..n + 1)).collect();
    let writer = tokio::spawn(append_all(cx.store().clone(), lease.clone(), batches));
    while !writer.is_finished() {
        tokio::task::yield_now().await;
        cx.expect_items(read, 300).await?;
    }
    match writer.await {
        Ok(written) => written?,
        Err(error) => return fail("the writer", "an end", error),
    }
    cx.expect_items(lease.thread_id, 50).await
}
