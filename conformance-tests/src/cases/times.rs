//! The three times of a thread.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;

/// Created, updated, recency.
fn times(thread: &StoredThread) -> [Timestamp; 3] {
    let metadata = &thread.metadata;
    [thread.identity.created_at, metadata.updated_at, metadata.recency_at]
}

fn touch(updated: Timestamp, recency: Timestamp) -> ThreadMetadataPatch {
    ThreadMetadataPatch::default().updated_at(updated).recency_at(recency)
}

/// Lets an hour pass, where the harness has a clock; where not, a little passes by itself.
fn later(cx: &Cx) {
    if let Ok(clock) = cx.clock() {
        clock.advance_millis(3_600_000);
    }
}

pub(super) async fn all_times_start_as_the_creation(cx: Cx) -> CaseResult {
    let id = cx.thread(3).await?;
    expect_eq("the times", [cx.time(0); 3], times(&cx.read(id).await?))
}

pub(super) async fn the_time_of_creation_is_kept_to_the_millisecond(cx: Cx) -> CaseResult {
    let millis = [0, 1, -1, -999, -1000, -86_400_001, 999, 1_795_192_420_587, 4_102_444_800_001];
    let edges = [Timestamp::MIN, Timestamp::MAX];
    for time in millis.map(Timestamp::from_millis).into_iter().chain(edges) {
        let create = CreateThread::new(cx.id()).with_created_at(time);
        let id = cx.store().create_thread(create).await?.thread.thread_id;
        expect_eq("the times", [time; 3], times(&cx.read(id).await?))?;
    }
    Ok(())
}

pub(super) async fn times_given_with_the_creation_are_kept(cx: Cx) -> CaseResult {
    let create = cx.create().with_metadata(touch(cx.time(20), cx.time(-30)));
    let made = cx.store().create_thread(create).await?.thread;
    let expected = [cx.time(0), cx.time(20), cx.time(-30)];
    expect_eq("the answer", expected, times(&made))?;
    expect_eq("the thread", expected, times(&cx.read(made.thread_id).await?))
}

pub(super) async fn the_clock_of_the_store_dates_what_has_no_date(cx: Cx) -> CaseResult {
    let clock = cx.clock()?;
    clock.advance_millis(1234);
    let now = clock.now();
    let made = cx.store().create_thread(cx.id().into()).await?.thread;
    expect_eq("the times", [now; 3], times(&made))?;
    clock.advance_millis(1);
    expect_eq("the times", [now; 3], times(&cx.read(made.thread_id).await?))
}

pub(super) async fn a_repeated_create_does_not_date_anew(cx: Cx) -> CaseResult {
    let create = CreateThread::new(cx.id()).with_request_id("once".to_owned());
    let first = cx.store().create_thread(create.clone()).await?.thread;
    later(&cx);
    let again = cx.store().create_thread(create).await?.thread;
    expect_eq("the thread", first, again)
}

pub(super) async fn archiving_is_dated_by_the_clock_of_the_store(cx: Cx) -> CaseResult {
    let (clock, id) = (cx.clock()?, cx.thread(1).await?);
    clock.advance_millis(1234);
    cx.store().archive_thread(id).await?;
    let at = clock.now();
    clock.advance_millis(1);
    cx.store().archive_thread(id).await?;
    expect_eq("archived at", Some(at), cx.read(id).await?.archived_at)
}

pub(super) async fn reading_changes_no_time(cx: Cx) -> CaseResult {
    let id = cx.thread(3).await?;
    let before = cx.read(id).await?;
    later(&cx);
    cx.expect_items(id, 3).await?;
    cx.list_all().await?;
    cx.store().last_items(id, 2).await?;
    cx.store().explain(Explain::new(id, ListFilter::default())).await?;
    expect_eq("the thread", before, cx.read(id).await?)
}

pub(super) async fn leases_and_appends_change_no_time(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    later(&cx);
    cx.append(&lease, cx.items(1..2)).await?;
    cx.store().flush_thread(lease.clone()).await?;
    cx.store().shutdown_thread(lease.clone()).await?;
    later(&cx);
    let newer = cx.resume(lease.thread_id).await?;
    cx.append(&newer, cx.items(2..3)).await?;
    cx.store().discard_thread(newer).await?;
    expect_eq("the times", [cx.time(0); 3], times(&cx.read(lease.thread_id).await?))
}

pub(super) async fn archiving_changes_none_of_the_three_times(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    for archived in [true, true, false, false] {
        later(&cx);
        cx.store().set_archived(SetArchived::new(id, archived)).await?;
        expect_eq("the times", [cx.time(0); 3], times(&cx.read(id).await?))?;
    }
    Ok(())
}

pub(super) async fn an_edit_changes_no_time_that_it_does_not_set(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    later(&cx);
    let named = cx.patch(id, ThreadMetadataPatch::default().name("x".to_owned())).await?;
    expect_eq("the times", [cx.time(0); 3], times(&named))?;
    let updated = ThreadMetadataPatch::default().updated_at(cx.time(5));
    let expected = [cx.time(0), cx.time(5), cx.time(0)];
    expect_eq("the times", expected, times(&cx.patch(id, updated).await?))?;
    let recency = ThreadMetadataPatch::default().recency_at(cx.time(6));
    let expected = [cx.time(0), cx.time(5), cx.time(6)];
    expect_eq("the times", expected, times(&cx.patch(id, recency).await?))
}

pub(super) async fn times_move_either_way_and_to_any_date(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    let dates =
        [cx.time(9), cx.time(-9), Timestamp::MIN, Timestamp::MAX, Timestamp::from_millis(-1)];
    for (updated, recency) in dates.into_iter().zip(dates.into_iter().rev()) {
        cx.patch(id, touch(updated, recency)).await?;
        expect_eq("the times", [cx.time(0), updated, recency], times(&cx.read(id).await?))?;
    }
    Ok(())
}

pub(super) async fn a_deletion_of_another_thread_changes_no_time(cx: Cx) -> CaseResult {
    if !cx.capabilities().delete {
        return skip("the store deletes nothing");
    }
    let parent = cx.thread(1).await?;
    let child = cx.child(parent).await?;
    let before = cx.read(child).await?;
    later(&cx);
    cx.store().delete_thread(parent.into()).await?;
    expect_eq("the child", before, cx.read(child).await?)
}
