//! Appending history.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::observe::expect_whole_batches;
use crate::support::tasks::at_once;

/// The conflict of an append that expects to stand somewhere else.
fn ordinal(expected: u64, actual: u64) -> Conflict {
    let (expected, actual) = (Ordinal::new(expected), Ordinal::new(actual));
    Conflict::Ordinal { expected, actual }
}

pub(super) async fn items_read_back_in_the_order_appended(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    cx.append(&lease, cx.items(0..1)).await?;
    cx.append(&lease, cx.items(1..300)).await?;
    cx.append(&lease, cx.items(300..302)).await?;
    cx.expect_items(lease.thread_id, 302).await
}

pub(super) async fn appended_items_follow_those_of_the_creation(cx: Cx) -> CaseResult {
    let lease = cx.leased(3).await?;
    cx.append(&lease, cx.items(3..5)).await?;
    let newer = cx.resume(lease.thread_id).await?;
    cx.append(&newer, cx.items(5..6)).await?;
    cx.expect_items(lease.thread_id, 6).await
}

pub(super) async fn ordinals_are_dense_whatever_the_sizes_of_batches(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let mut next = 0;
    for size in [1, 2, 255, 0, 1, 256, 257, 3, 0, 512, 1] {
        let receipt = cx.append(&lease, cx.items(next..next + size)).await?;
        expect_eq("the first ordinal", next, receipt.first.get())?;
        next += size;
        expect_eq("the next ordinal", next, receipt.next.get())?;
    }
    cx.expect_items(lease.thread_id, next).await
}

pub(super) async fn ordinals_are_independent_of_ordinal_members(cx: Cx) -> CaseResult {
    let texts = [r#"{"ordinal":7,"n":0}"#, r#"{"n":1,"ordinal":7}"#, r#"{"ordinal":0}"#];
    let items: Vec<_> = texts.iter().map(|text| cx.raw(text)).collect();
    let lease = cx.leased(0).await?;
    cx.append(&lease, items.clone()).await?;
    cx.expect_history(lease.thread_id, &items).await
}

pub(super) async fn equal_items_are_all_kept(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let same = vec![cx.item(1); 5];
    cx.append(&lease, same.clone()).await?;
    cx.append(&lease, same).await?;
    cx.expect_history(lease.thread_id, &vec![cx.item(1); 10]).await
}

pub(super) async fn the_next_ordinal_is_the_same_everywhere(cx: Cx) -> CaseResult {
    let lease = cx.leased(2).await?;
    let id = lease.thread_id;
    expect_eq("of the lease", 2, lease.next_ordinal.get())?;
    let receipt = cx.append(&lease, cx.items(2..7)).await?;
    expect_eq("of the receipt", 7, receipt.next.get())?;
    expect_eq("of the thread", 7, cx.read(id).await?.next_ordinal.get())?;
    let page = cx.store().load_history(id.into()).await?;
    expect_eq("of the history", 7, page.next_ordinal.get())?;
    let listed = cx.store().list_threads(ListThreads::new()).await?.threads;
    expect_eq("of the list", 7, listed[0].next_ordinal.get())?;
    let resumed = cx.store().resume_thread(ResumeThread::new(id, cx.holder())).await?;
    expect_eq("of the thread resumed", 7, resumed.thread.next_ordinal.get())?;
    expect_eq("of the new lease", 7, resumed.lease.next_ordinal.get())
}

pub(super) async fn an_append_at_the_end_is_taken(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    for n in [0, 3, 6, 9] {
        let receipt = cx.append_at(&lease, n, cx.items(n..n + 3)).await?;
        expect_eq("the receipt", (n, n + 3), (receipt.first.get(), receipt.next.get()))?;
    }
    cx.expect_items(lease.thread_id, 12).await
}

pub(super) async fn an_append_beyond_the_end_is_refused(cx: Cx) -> CaseResult {
    let lease = cx.leased(3).await?;
    for beyond in [4, 5, 256, 1 << 31, 1 << 32, 1 << 53, 1 << 63, u64::MAX] {
        let append = cx.append_at(&lease, beyond, cx.items(3..4));
        cx.conflicts(ordinal(beyond, 3), append).await?;
    }
    cx.append_at(&lease, 3, cx.items(3..4)).await?;
    cx.expect_items(lease.thread_id, 4).await
}

pub(super) async fn an_append_where_other_items_stand_is_refused(cx: Cx) -> CaseResult {
    let lease = cx.leased(3).await?;
    for before in 0..3 {
        let append = cx.append_at(&lease, before, cx.items(70..74));
        cx.conflicts(ordinal(before, 3), append).await?;
    }
    cx.append_at(&lease, 3, cx.items(3..4)).await?;
    cx.expect_items(lease.thread_id, 4).await
}

pub(super) async fn an_empty_batch_succeeds_and_writes_nothing(cx: Cx) -> CaseResult {
    let lease = cx.leased(3).await?;
    let before = cx.read(lease.thread_id).await?;
    let receipt = cx.append(&lease, vec![]).await?;
    expect_eq("the receipt", (3, 3), (receipt.first.get(), receipt.next.get()))?;
    for at in [3, 1, 0] {
        let receipt = cx.append_at(&lease, at, vec![]).await?;
        expect_eq("the receipt", (at, at), (receipt.first.get(), receipt.next.get()))?;
    }
    expect_eq("the thread", before, cx.read(lease.thread_id).await?)?;
    cx.expect_items(lease.thread_id, 3).await
}

pub(super) async fn an_empty_batch_beyond_the_end_is_refused(cx: Cx) -> CaseResult {
    let lease = cx.leased(3).await?;
    cx.conflicts(ordinal(4, 3), cx.append_at(&lease, 4, vec![])).await
}

pub(super) async fn an_empty_batch_needs_its_lease_all_the_same(cx: Cx) -> CaseResult {
    let fenced = cx.leased(3).await?;
    let closed = cx.resume(fenced.thread_id).await?;
    cx.refused("conflict.fenced", cx.append(&fenced, vec![])).await?;
    cx.store().shutdown_thread(closed.clone()).await?;
    cx.refused("conflict.closed", cx.append(&closed, vec![])).await?;
    Ok(())
}

pub(super) async fn appending_changes_no_metadata(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    let patch = ThreadMetadataPatch::default().name("kept".to_owned());
    let mut before = cx.patch(lease.thread_id, patch).await?;
    if let Ok(clock) = cx.clock() {
        clock.advance_millis(5000);
    }
    cx.append(&lease, cx.items(1..9)).await?;
    cx.store().flush_thread(lease.clone()).await?;
    before.next_ordinal = Ordinal::new(9);
    expect_eq("the thread", before, cx.read(lease.thread_id).await?)
}

pub(super) async fn what_items_say_changes_no_metadata(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let mut before = cx.read(lease.thread_id).await?;
    let items = [
        r#"{"timestamp":"2030-01-01T00:00:00Z","type":"session_meta","payload":{"id":"00000000-0000-0000-0000-000000000001","timestamp":"2030-01-01T00:00:00Z","cwd":"/x","source":"cli","model_provider":"p","git":{"branch":"b"}}}"#,
        r#"{"timestamp":"2030-01-01T00:00:00Z","type":"turn_context","payload":{"cwd":"/y","model":"m","effort":"high"}}"#,
        r#"{"timestamp":"2030-01-01T00:00:00Z","type":"event_msg","payload":{"type":"user_message","message":"a first message"}}"#,
        r#"{"timestamp":"2030-01-01T00:00:00Z","type":"event_msg","payload":{"type":"thread_name_updated","thread_name":"a name"}}"#,
        r#"{"timestamp":"2030-01-01T00:00:00Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"total_tokens":5}}}}"#,
    ];
    let items: Vec<_> = items.iter().map(|text| cx.raw(text)).collect();
    cx.append(&lease, items.clone()).await?;
    before.next_ordinal = Ordinal::new(5);
    expect_eq("the thread", before, cx.read(lease.thread_id).await?)?;
    cx.expect_history(lease.thread_id, &items).await
}

pub(super) async fn a_reader_never_sees_part_of_a_batch(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let (store, id) = (cx.store().clone(), lease.thread_id);
    let batches: Vec<_> = (0..60).map(|n| cx.items(n * 7..n * 7 + 7)).collect();
    let writer = tokio::spawn(async move {
        for batch in batches {
            store.append_items(AppendItems::new(lease.clone(), batch)).await?;
        }
        Ok::<_, Error>(())
    });
    while !writer.is_finished() {
        tokio::task::yield_now().await;
        expect_whole_batches(cx.store().as_ref(), id, 7).await?;
        expect_eq("of the thread", 0, cx.read(id).await?.next_ordinal.get() % 7)?;
        tokio::task::yield_now().await;
    }
    match writer.await {
        Ok(written) => written?,
        Err(error) => return fail("the writer", "an end", error),
    }
    cx.expect_items(id, 60 * 7).await
}

pub(super) async fn batches_appended_at_once_with_one_lease_stay_whole(cx: Cx) -> CaseResult {
    let lease = cx.leased(0).await?;
    let receipts = at_once((0..12).map(|n| {
        let batch = cx.items(n * 5..n * 5 + 5);
        let (store, lease) = (cx.store().clone(), lease.clone());
        async move { (n, store.append_items(AppendItems::new(lease, batch)).await) }
    }))
    .await?;
    let mut expected = vec![cx.item(0); 12 * 5];
    for (n, receipt) in receipts {
        let first = receipt?.first.get() as usize;
        expected.splice(first..first + 5, cx.items(n * 5..n * 5 + 5));
    }
    cx.expect_history(lease.thread_id, &expected).await
}

pub(super) async fn of_different_appends_at_one_ordinal_exactly_one_wins(cx: Cx) -> CaseResult {
    let lease = cx.leased(1).await?;
    let answers = at_once((0..12).map(|n| {
        let append = AppendItems::new(lease.clone(), cx.items(n * 2 + 10..n * 2 + 12));
        let (store, append) = (cx.store().clone(), append.with_expected_ordinal(Ordinal::new(1)));
        async move { (n, store.append_items(append).await) }
    }))
    .await?;
    let mut expected = cx.items(0..1);
    for (n, answer) in answers {
        match answer {
            Ok(_) => expected.extend(cx.items(n * 2 + 10..n * 2 + 12)),
            lost => drop(expect_error("an append", "conflict.ordinal", lost)?),
        }
    }
    cx.expect_history(lease.thread_id, &expected).await?;
    expect_eq("the length", 3, expected.len())
}
