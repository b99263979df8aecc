//! Archive, unarchive and delete with all below.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::tasks::ended;

/// Three generations below a root, and others that do not belong to it although they could seem to.
struct Family {
    root: ThreadId,
    below: Vec<ThreadId>,
    others: Vec<ThreadId>,
}

impl Family {
    async fn new(cx: &Cx) -> CaseResult<Self> {
        let root = cx.thread(2).await?;
        let mut below = vec![cx.child(root).await?, cx.child(root).await?];
        for parent in [0, 0, 1, 2, 5] {
            below.push(cx.child(below[parent]).await?);
        }
        let review = SessionSource::SubAgent(SubAgentSource::Review);
        let others = vec![
            cx.make(cx.create().with_source(review).with_parent(root)).await?,
            cx.fork_at(root, 1).await?.thread.thread_id,
            cx.child(cx.unknown_id()).await?,
            cx.thread(1).await?,
        ];
        Ok(Self { root, below, others })
    }

    fn whole(&self) -> Vec<ThreadId> {
        [vec![self.root], self.below.clone()].concat()
    }

    /// The answer names exactly these, and every parent before its children.
    fn expect_answer(&self, mut expected: Vec<ThreadId>, mut answer: Vec<ThreadId>) -> CaseResult {
        let place = |id: &ThreadId| answer.iter().position(|it| it == id);
        let parents = [None, None, Some(0), Some(0), Some(1), Some(2), Some(5)];
        for (child, parent) in self.below.iter().zip(parents) {
            let parent = parent.map_or(&self.root, |n| &self.below[n]);
            if let (Some(parent), Some(child)) = (place(parent), place(child)) {
                expect("a parent comes before its children", parent < child)?;
            }
        }
        expected.sort_unstable();
        answer.sort_unstable();
        expect_eq("the threads changed", expected, answer)
    }
}

async fn archived(cx: &Cx) -> CaseResult<Vec<ThreadId>> {
    cx.list(ListFilter::default().with_archived(true)).await
}

pub(super) async fn archiving_with_descendants_covers_all_below_and_nobody_else(
    cx: Cx,
) -> CaseResult {
    cx.needs_descendants()?;
    let family = Family::new(&cx).await?;
    let answer = cx.archive_tree(family.root, true).await?;
    family.expect_answer(family.whole(), answer)?;
    expect_eq("the archived", family.whole(), archived(&cx).await?)?;
    expect_eq("again", vec![], cx.archive_tree(family.root, true).await?)
}

pub(super) async fn unarchiving_with_descendants_covers_all_below_and_nobody_else(
    cx: Cx,
) -> CaseResult {
    cx.needs_descendants()?;
    let family = Family::new(&cx).await?;
    for id in family.whole().iter().chain(&family.others) {
        cx.store().archive_thread(*id).await?;
    }
    let answer = cx.archive_tree(family.root, false).await?;
    family.expect_answer(family.whole(), answer)?;
    let mut others = family.others.clone();
    others.sort_unstable();
    let mut left = archived(&cx).await?;
    left.sort_unstable();
    expect_eq("the archived", others, left)?;
    expect_eq("again", vec![], cx.archive_tree(family.root, false).await?)
}

pub(super) async fn without_descendants_only_the_thread_itself_is_archived(cx: Cx) -> CaseResult {
    let family = Family::new(&cx).await?;
    let changed = cx.store().archive_thread(family.root).await?;
    expect_eq("the threads changed", vec![family.root], changed.thread_ids)?;
    expect_eq("the archived", vec![family.root], archived(&cx).await?)
}

pub(super) async fn threads_that_are_archived_already_are_not_named(cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let family = Family::new(&cx).await?;
    for n in [0, 5] {
        cx.store().archive_thread(family.below[n]).await?;
    }
    let mut expected = family.whole();
    expected.retain(|id| ![family.below[0], family.below[5]].contains(id));
    let answer = cx.archive_tree(family.root, true).await?;
    family.expect_answer(expected, answer)
}

pub(super) async fn an_archived_root_does_not_shield_what_is_below(cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let family = Family::new(&cx).await?;
    cx.store().archive_thread(family.root).await?;
    let answer = cx.archive_tree(family.root, true).await?;
    family.expect_answer(family.below.clone(), answer)?;
    cx.store().unarchive_thread(family.root).await?;
    let answer = cx.archive_tree(family.root, false).await?;
    family.expect_answer(family.below.clone(), answer)
}

pub(super) async fn a_subtree_in_the_middle_leaves_what_is_above(cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let family = Family::new(&cx).await?;
    let answer = cx.archive_tree(family.below[2], true).await?;
    let expected = vec![family.below[2], family.below[5], family.below[6]];
    expect_eq("the threads changed", &expected, &answer)?;
    expect_eq("the archived", expected, archived(&cx).await?)?;
    expect_eq("a leaf", vec![family.below[3]], cx.archive_tree(family.below[3], true).await?)
}

pub(super) async fn archiving_with_descendants_fences_every_holder_below(cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let family = Family::new(&cx).await?;
    let mut leases = Vec::new();
    for id in family.whole() {
        leases.push(cx.resume(id).await?);
    }
    let other = cx.resume(family.others[0]).await?;
    cx.archive_tree(family.root, true).await?;
    for lease in leases {
        expect_error("append", "conflict.fenced", cx.append(&lease, cx.items(0..1)).await)?;
    }
    cx.append(&other, cx.items(0..1)).await?;
    Ok(())
}

pub(super) async fn archiving_with_descendants_changes_no_metadata(cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let family = Family::new(&cx).await?;
    let mut before = Vec::new();
    for id in family.whole() {
        before.push(cx.read(id).await?);
    }
    cx.archive_tree(family.root, true).await?;
    cx.archive_tree(family.root, false).await?;
    for thread in before {
        let after = cx.read(thread.thread_id).await?;
        expect_eq("metadata", thread.metadata, after.metadata)?;
        expect_eq("version", thread.metadata_version, after.metadata_version)?;
        expect_eq("next ordinal", thread.next_ordinal, after.next_ordinal)?;
    }
    Ok(())
}

pub(super) async fn readers_see_a_subtree_archived_whole_or_not_at_all(cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let family = Family::new(&cx).await?;
    let (store, root) = (cx.shared(), family.root);
    let writer = tokio::spawn(async move {
        for n in 0..60 {
            let set = SetArchived::new(root, n % 2 == 0).with_descendants(true);
            store.set_archived(set).await?;
        }
        Ok::<(), Error>(())
    });
    while !writer.is_finished() {
        tokio::task::yield_now().await;
        let seen = archived(&cx).await?.len();
        expect("all or none of them are archived", [0, family.below.len() + 1].contains(&seen))?;
    }
    Ok(ended(writer).await??)
}

pub(super) async fn deleting_with_descendants_covers_all_below_and_nobody_else(
    cx: Cx,
) -> CaseResult {
    cx.needs_delete()?;
    cx.needs_descendants()?;
    let family = Family::new(&cx).await?;
    cx.store().archive_thread(family.below[1]).await?;
    let delete = DeleteThread::new(family.root).with_descendants(true);
    let answer = cx.store().delete_thread(delete.clone()).await?.thread_ids;
    family.expect_answer(family.whole(), answer)?;
    for id in family.whole() {
        expect_error("read_thread", "not_found", cx.store().thread(id).await)?;
    }
    expect_error("again", "not_found", cx.store().delete_thread(delete).await)?;
    expect_eq("how many are left", family.others.len(), cx.list_all().await?.len())
}

pub(super) async fn readers_see_a_subtree_deleted_whole_or_not_at_all(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    cx.needs_descendants()?;
    for _ in 0..5 {
        let family = Family::new(&cx).await?;
        let (store, root) = (cx.shared(), family.root);
        let delete = DeleteThread::new(root).with_descendants(true);
        let writer = tokio::spawn(async move { store.delete_thread(delete).await });
        let relation = ListFilter::default().with_relation(Relation::DescendantsOf(root));
        while !writer.is_finished() {
            tokio::task::yield_now().await;
            let seen = cx.list(relation.clone()).await?.len();
            expect("all or none of them are there", [0, family.below.len()].contains(&seen))?;
        }
        ended(writer).await??;
    }
    Ok(())
}

pub(super) async fn deep_and_wide_subtrees_are_covered_whole(cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let mut deep = vec![cx.thread(0).await?];
    for n in 0..60 {
        deep.push(cx.child(deep[n]).await?);
    }
    let mut all = deep.clone();
    for _ in 0..150 {
        all.push(cx.child(deep[30]).await?);
    }
    let mut changed = cx.archive_tree(deep[0], true).await?;
    let chain: Vec<_> = changed.iter().filter(|id| deep.contains(id)).copied().collect();
    expect_eq("every parent before its child", deep, chain)?;
    changed.sort_unstable();
    expect_eq("the threads changed", all, changed)
}

pub(super) async fn a_ring_is_covered_once(cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let (a, b) = (cx.id(), cx.id());
    for (id, parent) in [(a, b), (b, a)] {
        let create = CreateThread::new(id).with_created_at(cx.time(0)).with_parent(parent);
        cx.make(create.with_source(SessionSource::spawned_by(parent, 1))).await?;
    }
    expect_eq("archived", vec![a, b], cx.archive_tree(a, true).await?)?;
    expect_eq("unarchived", vec![b, a], cx.archive_tree(b, false).await?)
}

pub(super) async fn an_archived_thread_in_between_shields_nothing(cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let root = cx.thread(0).await?;
    let middle = cx.child(root).await?;
    let leaf = cx.child(middle).await?;
    cx.store().archive_thread(middle).await?;
    expect_eq("the threads changed", vec![root, leaf], cx.archive_tree(root, true).await?)
}

pub(super) async fn a_subtree_ends_where_a_thread_is_gone(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    cx.needs_descendants()?;
    let root = cx.thread(0).await?;
    let middle = cx.child(root).await?;
    let leaf = cx.child(middle).await?;
    cx.delete(middle).await?;
    expect_eq("the threads changed", vec![root], cx.archive_tree(root, true).await?)?;
    expect("the leaf is active", !cx.read(leaf).await?.is_archived())
}

pub(super) async fn a_subtree_of_an_unknown_thread_is_not_found(cx: Cx) -> CaseResult {
    cx.needs_descendants()?;
    let child = cx.child(cx.unknown_id()).await?;
    for archived in [true, false] {
        let set = SetArchived::new(cx.unknown_id(), archived).with_descendants(true);
        expect_error("set_archived", "not_found", cx.store().set_archived(set).await)?;
    }
    expect("its child is active", !cx.read(child).await?.is_archived())
}

pub(super) async fn a_store_that_covers_no_subtrees_refuses_them(cx: Cx) -> CaseResult {
    if cx.capabilities().descendants {
        return skip("the store covers subtrees");
    }
    let family = Family::new(&cx).await?;
    let lease = cx.resume(family.below[0]).await?;
    let archive = SetArchived::new(family.root, true).with_descendants(true);
    expect_error("set_archived", "unsupported", cx.store().set_archived(archive).await)?;
    let unarchive = SetArchived::new(family.root, false).with_descendants(true);
    expect_error("set_archived", "unsupported", cx.store().set_archived(unarchive).await)?;
    let delete = DeleteThread::new(family.root).with_descendants(true);
    expect_error("delete_thread", "unsupported", cx.store().delete_thread(delete).await)?;
    cx.append(&lease, cx.items(0..1)).await?;
    expect_eq("the archived", vec![], archived(&cx).await?)
}
