//! Leases: what they are and what they leave alone.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::at_once;
use crate::support::words::*;

pub(super) async fn a_lease_that_was_never_granted_allows_nothing(cx: Cx) -> CaseResult {
    let id = cx.thread(2).await?;
    for epoch in [Epoch::default(), Epoch::new(1)] {
        let made_up = WriterLease::new(id, epoch, cx.holder(), Ordinal::new(2));
        match cx.append(&made_up, cx.items(2..3)).await {
            Err(error) if error.as_conflict().is_some() => {}
            answer => return fail("append", "a conflict", answer),
        }
    }
    cx.expect_items(id, 2).await
}

pub(super) async fn a_lease_says_what_it_is_for(cx: Cx) -> CaseResult {
    let holder = Holder::new("agent").with_host("box").with_process(7).with_incarnation("boot-1");
    let create = cx.create().with_items(cx.items(0..3)).with_lease(holder.clone());
    let created = cx.store().create_thread(create).await?;
    let lease = expect_some("the lease", created.lease)?;
    expect_eq("its thread", created.thread.thread_id, lease.thread_id)?;
    expect_eq("its holder", holder, lease.holder)?;
    expect_eq("its next ordinal", Ordinal::new(3), lease.next_ordinal)
}

pub(super) async fn a_later_lease_starts_where_the_history_ends(cx: Cx) -> CaseResult {
    let lease = cx.leased(2).await?;
    cx.append(&lease, cx.items(2..7)).await?;
    let resume = ResumeThread::new(lease.thread_id, Holder::new("next"));
    let resumed = cx.store().resume_thread(resume).await?;
    expect_eq("its next ordinal", Ordinal::new(7), resumed.lease.next_ordinal)?;
    expect_eq("its holder", Holder::new("next"), resumed.lease.holder)?;
    expect_eq("the thread answered", cx.read(lease.thread_id).await?, resumed.thread)
}

pub(super) async fn creating_without_a_holder_grants_no_lease(cx: Cx) -> CaseResult {
    let created = cx.store().create_thread(cx.create()).await?;
    expect_eq("the lease", None, created.lease)?;
    cx.resume_if_free(created.thread.thread_id).await?;
    Ok(())
}

pub(super) async fn a_cloned_lease_works_beside_the_first(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let clone = lease.clone();
    cx.append(&clone, cx.items(0..1)).await?;
    cx.append(&lease, cx.items(1..2)).await?;
    cx.append(&clone, cx.items(2..3)).await?;
    cx.expect_items(lease.thread_id, 3).await
}

pub(super) async fn a_lease_works_after_a_trip_through_json(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    let text = serde_json::to_string(&lease).unwrap_or_default();
    let Ok(back) = serde_json::from_str::<WriterLease>(&text) else {
        return fail("the lease as JSON", "a lease", text);
    };
    expect_eq("the lease", &lease, &back)?;
    cx.append(&back, cx.items(1..2)).await?;
    cx.store().shutdown_thread(back).await?;
    expect_conflict("append", &closed(&lease, 2), cx.append(&lease, cx.items(2..3)).await)
}

pub(super) async fn a_lease_works_through_another_handle(cx: Cx) -> CaseResult {
    let (lease, other) = (cx.leased(0).await?, cx.open().await?);
    other.append_items(AppendItems::new(lease.clone(), cx.items(0..1))).await?;
    cx.append(&lease, cx.items(1..2)).await?;
    other.flush_thread(lease.clone()).await?;
    other.shutdown_thread(lease.clone()).await?;
    expect_conflict("append", &closed(&lease, 2), cx.append(&lease, cx.items(2..3)).await)?;
    cx.expect_items(lease.thread_id, 2).await
}

pub(super) async fn dropping_a_lease_releases_nothing(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let id = lease.thread_id;
    drop(lease);
    expect_error("resume_thread", "conflict.held", cx.resume_if_free(id).await)?;
    Ok(())
}

pub(super) async fn a_lease_serves_any_number_of_appends(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    for n in 0..200 {
        let receipt = cx.append(&lease, cx.items(n..n + 1)).await?;
        expect_eq("the receipt", AppendReceipt::new(Ordinal::new(n), 1), receipt)?;
    }
    cx.expect_items(lease.thread_id, 200).await
}

pub(super) async fn every_thread_has_its_own_lease(cx: Cx) -> CaseResult {
    let mut leases = Vec::new();
    for _ in 0..20 {
        leases.push(cx.leased(0).await?);
    }
    cx.store().shutdown_thread(leases[3].clone()).await?;
    cx.resume(leases[4].thread_id).await?;
    for (n, lease) in leases.iter().enumerate().filter(|(n, _)| !(3..=4).contains(n)) {
        cx.append(lease, cx.items(0..n as u64)).await?;
        cx.expect_items(lease.thread_id, n as u64).await?;
    }
    Ok(())
}

pub(super) async fn a_lease_that_was_never_granted_appends_nothing(cx: Cx) -> CaseResult {
    let real = cx.leased(1).await?;
    for epoch in [0, real.epoch.get() + 1, u64::from(u32::MAX), i64::MAX as u64, u64::MAX] {
        let forged =
            WriterLease::new(real.thread_id, Epoch::new(epoch), cx.holder(), Ordinal::new(1));
        expect_error("append", "conflict.fenced", cx.append(&forged, cx.items(1..2)).await)?;
    }
    cx.append(&real, cx.items(1..2)).await?;
    cx.expect_items(real.thread_id, 2).await
}

pub(super) async fn a_refused_create_disturbs_no_lease(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    let again = CreateThread::new(lease.thread_id).with_lease(Holder::new("intruder"));
    expect_error(
        "create_thread",
        "conflict.already_exists",
        cx.store().create_thread(again).await,
    )?;
    cx.append(&lease, cx.items(1..2)).await?;
    cx.expect_items(lease.thread_id, 2).await
}

pub(super) async fn a_repeated_create_grants_a_fresh_lease(cx: Cx) -> CaseResult {
    let create = cx.create().with_lease(cx.holder()).with_request_id("once".to_owned());
    let first = expect_some("a lease", cx.store().create_thread(create.clone()).await?.lease)?;
    cx.append(&first, cx.items(0..2)).await?;
    let second = expect_some("a lease", cx.store().create_thread(create).await?.lease)?;
    expect_eq("its next ordinal", Ordinal::new(2), second.next_ordinal)?;
    let fenced = fenced_by(&first, &second, 2);
    expect_conflict("append", &fenced, cx.append(&first, cx.items(2..3)).await)?;
    cx.append(&second, cx.items(2..3)).await?;
    cx.expect_items(first.thread_id, 3).await
}

pub(super) async fn leases_change_no_metadata_and_no_time(cx: Cx) -> CaseResult {
    let create = cx.create().with_items(cx.items(0..2)).with_metadata(named("n"));
    let id = cx.make(create).await?;
    let before = cx.read(id).await?;
    for _ in 0..3 {
        if let Ok(clock) = cx.clock() {
            clock.advance_millis(1000);
        }
        let (fenced, lease) = (cx.resume(id).await?, cx.resume(id).await?);
        expect_error("resume_thread", "conflict.held", cx.resume_if_free(id).await)?;
        cx.store().flush_thread(lease.clone()).await?;
        cx.store().discard_thread(fenced).await?;
        cx.store().shutdown_thread(lease).await?;
        expect_eq("the thread", &before, &cx.read(id).await?)?;
    }
    Ok(())
}

pub(super) async fn an_archived_thread_is_resumed_only_if_included(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    cx.store().archive_thread(id).await?;
    let resume = ResumeThread::new(id, cx.holder());
    expect_error("resume_thread", "archived", cx.store().resume_thread(resume.clone()).await)?;
    let resumed = cx.store().resume_thread(resume.with_include_archived(true)).await?;
    expect("the thread answered is archived", resumed.thread.is_archived())
}

pub(super) async fn a_resumed_archived_thread_stays_archived_and_is_appended_to(
    cx: Cx,
) -> CaseResult {
    let id = cx.thread(1).await?;
    cx.store().archive_thread(id).await?;
    let archived_at = cx.read(id).await?.archived_at;
    let lease = cx.resume(id).await?;
    cx.append(&lease, cx.items(1..3)).await?;
    cx.store().flush_thread(lease.clone()).await?;
    cx.store().shutdown_thread(lease).await?;
    expect_eq("archived at", archived_at, cx.read(id).await?.archived_at)?;
    expect_eq("archived", vec![id], cx.list(ListFilter::default().with_archived(true)).await?)?;
    cx.expect_items(id, 3).await
}

pub(super) async fn clones_of_a_lease_append_at_once(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let tasks = (0..50).map(|n| cx.append_task(&lease, cx.items(n * 2..n * 2 + 2)));
    let mut firsts = Vec::new();
    for (n, receipt) in at_once(tasks.collect::<Vec<_>>()).await?.into_iter().enumerate() {
        firsts.push((receipt?.first.get(), n as u64));
    }
    firsts.sort_unstable();
    let expected = firsts.iter().flat_map(|(_, n)| cx.items(n * 2..n * 2 + 2));
    let expected: Vec<_> = expected.map(|item| item.text().into_owned()).collect();
    expect_eq("the history", expected, cx.texts(lease.thread_id).await?)
}
