//! Why a thread is not on a list.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;

async fn explain(cx: &Cx, id: ThreadId, filter: ListFilter) -> CaseResult<Explanation> {
    Ok(cx.store().explain(Explain::new(id, filter)).await?)
}

pub(super) async fn a_listed_thread_has_nothing_against_it(cx: Cx) -> CaseResult {
    let root = cx.thread(0).await?;
    let child = cx.child(root).await?;
    let below = cx.child(child).await?;
    cx.store().archive_thread(below).await?;
    for filter in [
        ListFilter::default(),
        ListFilter::default().with_archived(true).with_relation(Relation::ChildrenOf(child)),
        ListFilter::default().with_relation(Relation::DescendantsOf(root)),
    ] {
        expect_eq(
            "the answer",
            Explanation::new(below, vec![]),
            explain(&cx, below, filter).await?,
        )?;
    }
    Ok(())
}

pub(super) async fn each_filter_that_does_not_fit_is_named_with_what_there_is(
    cx: Cx,
) -> CaseResult {
    let id = cx.thread(0).await?;
    let filter = ListFilter::default()
        .with_archived(true)
        .with_source_kinds(vec![SourceKind::Cli])
        .with_model_providers(vec!["p".to_owned()])
        .with_cwds(vec!["/a".to_owned()])
        .with_relation(Relation::ChildrenOf(cx.unknown_id()))
        .with_labels([("k".to_owned(), "v".to_owned())].into())
        .with_has_preview(true)
        .with_search_term("x".to_owned())
        .with_created(TimeRange::new(Some(cx.time(1)), None))
        .with_updated(TimeRange::new(None, Some(cx.time(0))));
    let expected = vec![
        Mismatch::Archived { wanted: true },
        Mismatch::SourceKind { actual: SourceKind::Unknown },
        Mismatch::ModelProvider { actual: None },
        Mismatch::Cwd { actual: None },
        Mismatch::Parent { actual: None },
        Mismatch::Label { key: "k".to_owned(), actual: None },
        Mismatch::HasPreview { wanted: true },
        Mismatch::SearchTerm,
        Mismatch::Created { actual: cx.time(0) },
        Mismatch::Updated { actual: cx.time(0) },
    ];
    expect_eq("the answer", Explanation::new(id, expected), explain(&cx, id, filter).await?)
}

pub(super) async fn explaining_an_unknown_thread_is_not_found(cx: Cx) -> CaseResult {
    let explain = Explain::new(cx.unknown_id(), ListFilter::default().with_archived(true));
    let error = expect_error("explain", "not_found", cx.store().explain(explain).await)?;
    expect_eq("the thread", Some(cx.unknown_id()), error.thread_id())
}

pub(super) async fn an_archived_thread_is_explained_without_asking(cx: Cx) -> CaseResult {
    let id = cx.thread(1).await?;
    cx.store().archive_thread(id).await?;
    let explained = explain(&cx, id, ListFilter::default().with_archived(false)).await?;
    expect_eq(
        "the answer",
        Explanation::new(id, vec![Mismatch::Archived { wanted: false }]),
        explained,
    )
}

pub(super) async fn a_missing_ancestor_is_explained_by_the_chain_that_there_is(
    cx: Cx,
) -> CaseResult {
    let root = cx.thread(0).await?;
    let middle = cx.child(root).await?;
    let leaf = cx.child(middle).await?;
    let filter = ListFilter::default().with_relation(Relation::DescendantsOf(cx.unknown_id()));
    let chain = vec![Mismatch::Ancestor { chain: vec![middle, root] }];
    expect_eq(
        "the leaf",
        Explanation::new(leaf, chain),
        explain(&cx, leaf, filter.clone()).await?,
    )?;
    let none = vec![Mismatch::Ancestor { chain: vec![] }];
    expect_eq("the root", Explanation::new(root, none), explain(&cx, root, filter).await?)
}

pub(super) async fn a_chain_that_lost_a_thread_is_explained_up_to_the_gap(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let root = cx.thread(0).await?;
    let middle = cx.child(root).await?;
    let leaf = cx.child(middle).await?;
    cx.delete(middle).await?;
    let filter = ListFilter::default().with_relation(Relation::DescendantsOf(root));
    let chain = vec![Mismatch::Ancestor { chain: vec![middle] }];
    expect_eq("the answer", Explanation::new(leaf, chain), explain(&cx, leaf, filter).await?)
}
