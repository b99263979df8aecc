//! Ids.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;

pub(super) async fn an_unknown_id_is_not_found_everywhere(cx: Cx) -> CaseResult {
    let (store, id) = (cx.store(), cx.unknown_id());
    let known = cx.leased(1).await?;
    let lease = WriterLease::new(id, known.epoch, known.holder, known.next_ordinal);
    let patch = ThreadMetadataPatch::default().name("x".to_owned());
    let code = "not_found";
    expect_error("read_thread", code, store.read_thread(id.into()).await)?;
    expect_error("load_history", code, store.load_history(id.into()).await)?;
    expect_error(
        "resume_thread",
        code,
        store.resume_thread(ResumeThread::new(id, cx.holder())).await,
    )?;
    expect_error("append_items", code, cx.append(&lease, cx.items(0..1)).await)?;
    expect_error("flush_thread", code, store.flush_thread(lease.clone()).await)?;
    expect_error("shutdown", code, store.shutdown_thread(lease.clone()).await)?;
    expect_error("discard", code, store.discard_thread(lease).await)?;
    expect_error(
        "update",
        code,
        store.update_thread_metadata(UpdateThreadMetadata::new(id, patch)).await,
    )?;
    expect_error("archive", code, store.archive_thread(id).await)?;
    expect_error("unarchive", code, store.unarchive_thread(id).await)?;
    expect_error("fork_thread", code, store.fork_thread(ForkThread::new(id, cx.id())).await)?;
    expect_error("explain", code, store.explain(Explain::new(id, ListFilter::default())).await)?;
    if cx.capabilities().delete {
        expect_error("delete_thread", code, store.delete_thread(id.into()).await)?;
    }
    Ok(())
}

pub(super) async fn what_met_an_unknown_id_does_not_make_it_known(cx: Cx) -> CaseResult {
    let (store, id) = (cx.store(), cx.unknown_id());
    let patch = ThreadMetadataPatch::default().name("x".to_owned());
    cx.refused("not_found", cx.patch(id, patch)).await?;
    cx.refused("not_found", store.archive_thread(id)).await?;
    cx.refused("not_found", store.resume_thread(ResumeThread::new(id, cx.holder()))).await?;
    let made = store.create_thread(id.into()).await?.thread;
    expect_eq("the name", None, made.metadata.name)?;
    expect_eq("archived at", None, made.archived_at)
}

pub(super) async fn an_id_in_any_case_or_form_names_the_same_thread(cx: Cx) -> CaseResult {
    let id = cx.thread(2).await?;
    let lower = id.to_string();
    expect_eq("the id in lower case", lower.to_lowercase(), lower.clone())?;
    let urn = format!("urn:uuid:{lower}");
    for text in [lower.to_uppercase(), urn.to_uppercase(), urn] {
        let named = ThreadId::parse(&text)?;
        expect_eq("the id", id, cx.read(named).await?.thread_id)?;
        cx.expect_items(named, 2).await?;
    }
    Ok(())
}

pub(super) async fn ids_of_every_version_are_taken(cx: Cx) -> CaseResult {
    let texts = [
        "00000000-0000-0000-0000-000000000000",
        "c232ab00-9414-11ec-b3c8-9f6bdeced846",
        "5df41881-3aed-3515-88a7-2f4a814cf09e",
        "919108f7-52d1-4320-9bac-f847db4148a8",
        "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ];
    let mut ids = Vec::new();
    for text in texts {
        let create = CreateThread::new(ThreadId::parse(text)?).with_created_at(cx.time(0));
        let lease = cx.leased_by(create.with_lease(cx.holder())).await?;
        cx.append(&lease, cx.items(0..2)).await?;
        cx.expect_items(lease.thread_id, 2).await?;
        ids.push(lease.thread_id);
    }
    ids.sort();
    expect_eq("the list", ids, cx.list_all().await?)
}

pub(super) async fn ids_that_differ_in_one_bit_are_different_threads(cx: Cx) -> CaseResult {
    let all = (0..128).map(|bit| ThreadId::from_bytes((1_u128 << bit).to_be_bytes()));
    for (at, id) in all.clone().enumerate() {
        let item = cx.item(at as u64);
        cx.store().create_thread(CreateThread::new(id).with_items(vec![item])).await?;
    }
    for (at, id) in all.enumerate() {
        cx.expect_history(id, &[cx.item(at as u64)]).await?;
    }
    expect_eq("how many are listed", 128, cx.list_all().await?.len())
}

pub(super) async fn an_id_in_a_filter_need_not_exist(cx: Cx) -> CaseResult {
    let id = cx.thread(0).await?;
    let unknown = cx.unknown_id();
    for relation in [Relation::ChildrenOf(unknown), Relation::DescendantsOf(unknown)] {
        let mut filter = ListFilter::default();
        filter.relation = Some(relation);
        expect_eq("the list", vec![], cx.list(filter.clone()).await?)?;
        cx.store().explain(Explain::new(id, filter)).await?;
    }
    Ok(())
}
