//! Lists of a varied population, compared with the reference.

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::population::Population;
use crate::support::words::*;

pub(super) async fn each_filter_alone_answers_what_matches(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    cx.expect_every_filter(&population).await
}

pub(super) async fn two_filters_answer_what_matches_both(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    let filters = population.filters();
    for (n, (about, first)) in filters.iter().enumerate() {
        for (_, second) in filters[n..].iter().filter(|(other, _)| other != about) {
            let both = Population::both(first, second)?;
            cx.expect_list(&population, both.into()).await?;
        }
    }
    Ok(())
}

pub(super) async fn every_order_sorts_every_filter(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    for order in Population::orders() {
        cx.expect_list(&population, order.clone()).await?;
        for (_, filter) in population.filters() {
            cx.expect_list(&population, order.clone().with_filter(filter)).await?;
        }
    }
    Ok(())
}

pub(super) async fn small_pages_put_together_are_the_list(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    for order in Population::orders() {
        for (_, filter) in population.filters() {
            let list = order.clone().with_filter(filter).with_page_size(3);
            cx.expect_list(&population, list).await?;
        }
    }
    Ok(())
}

pub(super) async fn lists_follow_every_edit(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    for (n, id) in population.ids.iter().enumerate() {
        let mut patch = ThreadMetadataPatch::default();
        match n % 6 {
            0 => patch = patch.name("deploy".to_owned()).title(None),
            1 => patch = patch.cwd("/srv/a/.".to_owned()).model_provider(None),
            2 => patch.labels.remove("team"),
            3 => patch.labels.set("team", "core"),
            4 => patch = patch.preview(None).updated_at(cx.time(25)),
            _ => patch = patch.model_provider("openai".to_owned()).recency_at(cx.time(1)),
        }
        cx.update(*id, patch).await?;
    }
    let edited = cx.look_at(population.ids).await?;
    cx.expect_every_filter(&edited).await?;
    for order in Population::orders() {
        cx.expect_list(&edited, order).await?;
    }
    Ok(())
}

pub(super) async fn lists_follow_archiving(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    for id in population.ids.iter().step_by(3) {
        let archived = cx.read(*id).await?.is_archived();
        cx.store().set_archived(SetArchived::new(*id, !archived)).await?;
    }
    let moved = cx.look_at(population.ids).await?;
    cx.expect_every_filter(&moved).await
}

pub(super) async fn lists_follow_deleting(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let mut ids = cx.populate().await?.ids;
    for n in [33, 30, 12, 7] {
        cx.delete(ids.remove(n)).await?;
    }
    let left = cx.look_at(ids).await?;
    cx.expect_every_filter(&left).await?;
    cx.expect_list(&left, ListThreads::new()).await
}

pub(super) async fn lists_do_not_depend_on_histories(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    for id in population.ids.iter().step_by(4) {
        let lease = cx.resume(*id).await?;
        cx.append(&lease, cx.items(0..5)).await?;
    }
    cx.expect_every_filter(&population).await
}

pub(super) async fn explaining_agrees_with_every_list(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    for (_, filter) in population.filters() {
        cx.expect_explained(&population, &filter).await?;
    }
    Ok(())
}

pub(super) async fn explaining_names_every_filter_that_keeps_a_thread_off(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    let filters = population.filters();
    for (n, (about, first)) in filters.iter().enumerate() {
        if let Some((_, second)) = filters[n..].iter().find(|(other, _)| other != about) {
            cx.expect_explained(&population, &Population::both(first, second)?).await?;
        }
    }
    Ok(())
}

pub(super) async fn rows_are_the_threads_as_read_by_id(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    for page in cx.pages(ListThreads::new().with_page_size(7)).await? {
        for row in page.threads {
            expect_eq("the row", cx.read(row.thread_id).await?, row)?;
        }
    }
    expect_eq("how many", population.ids.len(), cx.list_all().await?.len())
}

pub(super) async fn another_handle_answers_the_same_lists(cx: Cx) -> CaseResult {
    let population = cx.populate().await?;
    let other = cx.open().await?;
    for (_, filter) in population.filters() {
        let list = ListThreads::from(filter);
        let page = other.list_threads(list.clone()).await?;
        expect_eq("the list", population.list(&list), ids(&page))?;
    }
    Ok(())
}
