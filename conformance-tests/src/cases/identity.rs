//! Ids and errors.

use thread_store::*;

use crate::case::*;
use crate::context::Cx;

pub(super) async fn an_unknown_id_is_not_found_everywhere(cx: Cx) -> CaseResult {
    let (store, id) = (cx.store(), cx.unknown_id());
    let known = cx.leased(1).await?;
    let lease = WriterLease::new(id, known.epoch, known.holder, known.next_ordinal);
    let patch = ThreadMetadataPatch::default().name("x".to_owned());
    let code = "not_found";
    expect_error("read_thread", code, store.read_thread(id.into()).await)?;
    expect_error("load_history", code, store.load_history(id.into()).await)?;
    expect_error("resume_thread", code, store.resume_thread(ResumeThread::new(id, cx.holder())).await)?;
    expect_error("append_items", code, cx.append(&lease, cx.items(0..1)).await)?;
    expect_error("flush_thread", code, store.flush_thread(lease.clone()).await)?;
    expect_error("shutdown", code, store.shutdown_thread(lease.clone()).await)?;
    expect_error("discard", code, store.discard_thread(lease).await)?;
    expect_error("update", code, store.update_thread_metadata(UpdateThreadMetadata::new(id, patch)).await)?;
    expect_error("archive", code, store.archive_thread(id).await)?;
    expect_error("unarchive", code, store.unarchive_thread(id).await)?;
    expect_error("fork_thread", code, store.fork_thread(ForkThread::new(id, cx.id())).await)?;
    expect_error("explain", code, store.explain(Explain::new(id, ListFilter::default())).await)?;
    if cx.capabilities().delete {
        expect_error("delete_thread", code, store.delete_thread(id.into()).await)?;
    }
    Ok(())
}
