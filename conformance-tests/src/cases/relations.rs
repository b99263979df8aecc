//! Children and descendants.

use serde_json::json;
use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;

fn children_of(id: ThreadId) -> ListFilter {
    ListFilter::default().with_relation(Relation::ChildrenOf(id))
}

fn descendants_of(id: ThreadId) -> ListFilter {
    ListFilter::default().with_relation(Relation::DescendantsOf(id))
}

pub(super) async fn children_leave_out_grandchildren(cx: Cx) -> CaseResult {
    let root = cx.thread(1).await?;
    let children = vec![cx.child(root).await?, cx.child(root).await?];
    let grandchild = cx.child(children[0]).await?;
    cx.child(grandchild).await?;
    expect_eq("the root's", &children, &cx.list(children_of(root)).await?)?;
    expect_eq("a child's", vec![grandchild], cx.list(children_of(children[0])).await?)?;
    expect_eq("a leaf's", vec![], cx.list(children_of(children[1])).await?)
}

pub(super) async fn descendants_are_all_below_and_not_the_thread_itself(cx: Cx) -> CaseResult {
    let root = cx.thread(1).await?;
    let mut below = vec![cx.child(root).await?, cx.child(root).await?];
    below.push(cx.child(below[0]).await?);
    below.push(cx.child(below[2]).await?);
    cx.child(cx.thread(0).await?).await?;
    expect_eq("the root's", &below, &cx.list(descendants_of(root)).await?)?;
    expect_eq("a child's", &below[2..], &cx.list(descendants_of(below[0])).await?)?;
    expect_eq("a leaf's", vec![], cx.list(descendants_of(below[3])).await?)
}

pub(super) async fn a_parent_without_a_spawn_makes_no_child(cx: Cx) -> CaseResult {
    let root = cx.thread(1).await?;
    let sub_agent = SessionSource::SubAgent;
    for source in [
        sub_agent(SubAgentSource::Review),
        sub_agent(SubAgentSource::Compact),
        sub_agent(SubAgentSource::Guardian),
        sub_agent(SubAgentSource::Other(json!({"thread_spawn": {"parent_thread_id": "nonsense"}}))),
        SessionSource::Cli,
        SessionSource::Unknown,
    ] {
        cx.make(cx.create().with_source(source).with_parent(root)).await?;
    }
    expect_eq("children", vec![], cx.list(children_of(root)).await?)?;
    expect_eq("descendants", vec![], cx.list(descendants_of(root)).await?)
}

pub(super) async fn a_spawn_without_a_parent_makes_no_child(cx: Cx) -> CaseResult {
    let root = cx.thread(1).await?;
    cx.make(cx.create().with_source(SessionSource::spawned_by(root, 1))).await?;
    expect_eq("children", vec![], cx.list(children_of(root)).await?)
}

pub(super) async fn the_parent_is_the_one_given_at_creation(cx: Cx) -> CaseResult {
    let (given, in_source) = (cx.thread(0).await?, cx.thread(0).await?);
    let create =
        cx.create().with_source(SessionSource::spawned_by(in_source, 1)).with_parent(given);
    let child = cx.make(create).await?;
    expect_eq("of the parent given", vec![child], cx.list(children_of(given)).await?)?;
    expect_eq("of the other", vec![], cx.list(children_of(in_source)).await?)
}

pub(super) async fn a_review_in_between_ends_the_chain(cx: Cx) -> CaseResult {
    let root = cx.thread(1).await?;
    let review = SessionSource::SubAgent(SubAgentSource::Review);
    let review = cx.make(cx.create().with_source(review).with_parent(root)).await?;
    let below = cx.child(review).await?;
    expect_eq("below the root", vec![], cx.list(descendants_of(root)).await?)?;
    expect_eq("below the review", vec![below], cx.list(descendants_of(review)).await?)
}

pub(super) async fn a_fork_of_a_parent_has_no_children(cx: Cx) -> CaseResult {
    let root = cx.thread(2).await?;
    let child = cx.child(root).await?;
    let fork = cx.fork_at(root, 1).await?.thread.thread_id;
    expect_eq("of the fork", vec![], cx.list(descendants_of(fork)).await?)?;
    expect_eq("of the root", vec![child], cx.list(descendants_of(root)).await?)
}

pub(super) async fn a_relation_implies_no_other_filter(cx: Cx) -> CaseResult {
    let root = cx.thread(0).await?;
    let active = cx.child(root).await?;
    let archived = cx.child(root).await?;
    cx.store().archive_thread(archived).await?;
    for of_root in [children_of(root), descendants_of(root)] {
        expect_eq("any", vec![active, archived], cx.list(of_root.clone()).await?)?;
        expect_eq("archived", vec![archived], cx.list(of_root.clone().with_archived(true)).await?)?;
        expect_eq("active", vec![active], cx.list(of_root.with_archived(false)).await?)?;
    }
    Ok(())
}

pub(super) async fn an_archived_thread_in_between_does_not_end_the_chain(cx: Cx) -> CaseResult {
    let root = cx.thread(0).await?;
    let middle = cx.child(root).await?;
    let below = cx.child(middle).await?;
    for id in [root, middle] {
        cx.store().archive_thread(id).await?;
    }
    expect_eq("descendants", vec![middle, below], cx.list(descendants_of(root)).await?)?;
    let active = descendants_of(root).with_archived(false);
    expect_eq("active descendants", vec![below], cx.list(active).await?)
}

pub(super) async fn children_may_come_before_their_parent(cx: Cx) -> CaseResult {
    let parent = cx.id();
    let child = cx.child(parent).await?;
    let grandchild = cx.child(child).await?;
    expect_eq("of an id to come", vec![child], cx.list(children_of(parent)).await?)?;
    expect_eq("below it", vec![child, grandchild], cx.list(descendants_of(parent)).await?)?;
    cx.make(CreateThread::new(parent).with_created_at(cx.time(9))).await?;
    expect_eq("once it is there", vec![child], cx.list(children_of(parent)).await?)?;
    expect_eq("below it", vec![child, grandchild], cx.list(descendants_of(parent)).await?)
}

pub(super) async fn the_children_of_a_deleted_thread_stay_its_children(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let parent = cx.thread(1).await?;
    let child = cx.child(parent).await?;
    let grandchild = cx.child(child).await?;
    cx.delete(parent).await?;
    expect_eq("children", vec![child], cx.list(children_of(parent)).await?)?;
    expect_eq("descendants", vec![child, grandchild], cx.list(descendants_of(parent)).await?)
}

pub(super) async fn a_chain_ends_at_a_thread_that_is_gone(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let root = cx.thread(1).await?;
    let middle = cx.child(root).await?;
    let below = cx.child(middle).await?;
    let leaf = cx.child(below).await?;
    cx.delete(middle).await?;
    expect_eq("below the root", vec![], cx.list(descendants_of(root)).await?)?;
    expect_eq("below the gap", vec![below, leaf], cx.list(descendants_of(middle)).await?)?;
    expect_eq("the chain", vec![leaf], cx.list(children_of(below)).await?)
}

pub(super) async fn a_ring_ends_and_nobody_is_below_themselves(cx: Cx) -> CaseResult {
    let (a, b, c) = (cx.id(), cx.id(), cx.id());
    for (id, parent) in [(a, c), (b, a), (c, b)] {
        let create = CreateThread::new(id).with_created_at(cx.time(0)).with_parent(parent);
        cx.make(create.with_source(SessionSource::spawned_by(parent, 1))).await?;
    }
    let hanging = cx.child(b).await?;
    expect_eq("below a", vec![b, c, hanging], cx.list(descendants_of(a)).await?)?;
    expect_eq("below b", vec![a, c, hanging], cx.list(descendants_of(b)).await?)?;
    expect_eq("children of a", vec![b], cx.list(children_of(a)).await?)
}

pub(super) async fn a_thread_that_is_its_own_parent_is_not_below_itself(cx: Cx) -> CaseResult {
    let id = cx.id();
    let create = CreateThread::new(id).with_created_at(cx.time(0)).with_parent(id);
    cx.make(create.with_source(SessionSource::spawned_by(id, 1))).await?;
    let child = cx.child(id).await?;
    expect_eq("descendants", vec![child], cx.list(descendants_of(id)).await?)
}

pub(super) async fn deep_and_wide_subtrees_are_found_whole(cx: Cx) -> CaseResult {
    let root = cx.thread(0).await?;
    let mut deep = vec![cx.child(root).await?];
    for n in 0..80 {
        deep.push(cx.child(deep[n]).await?);
    }
    let mut wide = Vec::new();
    for _ in 0..80 {
        wide.push(cx.child(deep[40]).await?);
    }
    let all = [deep.clone(), wide.clone()].concat();
    expect_eq("below the root", &all, &cx.list(descendants_of(root)).await?)?;
    let pages = ListThreads::from(descendants_of(root)).with_page_size(7);
    expect_eq("page by page", &all, &cx.list(pages).await?)?;
    let mut children = vec![deep[41]];
    children.extend(wide);
    expect_eq("children in the middle", children, cx.list(children_of(deep[40])).await?)
}
