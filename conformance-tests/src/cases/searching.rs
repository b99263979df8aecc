//! Searching what people can read.

use std::fmt::Debug;

use serde_json::json;
use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::records::*;
use crate::support::turns::*;
use crate::support::words::*;

pub(super) fn search(term: &str) -> SearchThreads {
    SearchThreads::new(term.to_owned())
}

/// Goes on only on a store that searches.
pub(super) fn needs_search(cx: &Cx) -> CaseResult {
    if cx.capabilities().search == Search::None {
        return skip("the store does not search");
    }
    Ok(())
}

pub(super) async fn page(cx: &Cx, search: SearchThreads) -> CaseResult<SearchPage> {
    needs_search(cx)?;
    Ok(cx.store().search_threads(search).await?)
}

pub(super) fn ids(page: &SearchPage) -> Vec<ThreadId> {
    page.hits.iter().map(|hit| hit.thread.thread_id).collect()
}

/// The threads in which this is found, best first.
pub(super) async fn found(cx: &Cx, term: &str) -> CaseResult<Vec<ThreadId>> {
    Ok(ids(&page(cx, search(term)).await?))
}

async fn expect_found(cx: &Cx, term: &str, expected: &[ThreadId]) -> CaseResult {
    let (mut expected, mut got) = (expected.to_vec(), found(cx, term).await?);
    expected.sort();
    got.sort();
    expect_eq(&format!("the threads with {term:?}"), expected, got)
}

/// The text is where the range says, and is the term but for its case.
fn expect_shown(term: &str, snippet: &str, range: &std::ops::Range<usize>) -> CaseResult {
    let shown = expect_some("text there", snippet.get(range.clone()))?;
    expect_eq("the text at the place", fold(term), fold(shown))
}

pub(super) async fn names_titles_and_previews_are_found(cx: Cx) -> CaseResult {
    let name = cx.with(named("The Deploy Plan")).await?;
    let title = ThreadMetadataPatch::default().title("how to deploy".to_owned());
    let title = cx.with(title).await?;
    let preview = ThreadMetadataPatch::default().preview("please DEPLOY it".to_owned());
    let preview = cx.with(preview).await?;
    cx.with(named("something else")).await?;
    expect_found(&cx, "deploy", &[name, title, preview]).await?;
    expect_found(&cx, "plan", &[name]).await?;
    expect_found(&cx, "nothing like it", &[]).await
}

pub(super) async fn messages_of_people_and_of_the_agent_are_found(cx: Cx) -> CaseResult {
    let legacy = cx.told(vec![started("a"), asks("a needle"), answers("some hay"), completed("a")]);
    let legacy = legacy.await?;
    let items = vec![paginated(), asks_in("a", "i", "some hay"), answers_in("a", "j", "needles")];
    let paged = cx.told(items).await?;
    let bare = cx.told(vec![bare("user", "hay?"), bare("assistant", "no needle")]).await?;
    expect_found(&cx, "needle", &[legacy, paged, bare]).await?;
    expect_found(&cx, "hay", &[legacy, paged, bare]).await?;
    expect_found(&cx, "some hay", &[legacy, paged]).await
}

pub(super) async fn what_tools_developers_and_thoughts_say_is_not_found(cx: Cx) -> CaseResult {
    let says = |role: &str| {
        let content = json!([{ "type": "input_text", "text": "a needle" }]);
        response(&json!({ "type": "message", "role": role, "content": content }))
    };
    let items = vec![
        header(&json!({ "instructions": "a needle", "cwd": "/needle" })),
        cx.raw(r#"{"type":"turn_context","payload":{"cwd":"/needle","model":"needle"}}"#),
        started("needle"),
        says("developer"),
        says("system"),
        asks("hay"),
        event(&json!({ "type": "agent_reasoning", "text": "a needle" })),
        calls("needle", "find needle"),
        gives("needle", "a needle"),
        event(&json!({ "type": "of_the_future", "message": "a needle" })),
        done("needle", &json!({ "type": "OfTheFuture", "id": "x", "text": "a needle" })),
        answers("hay"),
        completed("needle"),
        compacted("a needle"),
    ];
    let id = cx.told(items).await?;
    expect_found(&cx, "needle", &[]).await?;
    expect_found(&cx, "hay", &[id]).await
}

pub(super) async fn metadata_that_nobody_reads_are_not_found(cx: Cx) -> CaseResult {
    let mut metadata =
        ThreadMetadataPatch::default().cwd("/needle".to_owned()).model("needle".to_owned());
    metadata.labels.set("needle", "needle");
    cx.with(metadata).await?;
    expect_found(&cx, "needle", &[]).await
}

pub(super) async fn case_makes_no_difference_in_any_alphabet(cx: Cx) -> CaseResult {
    for (text, terms) in [
        ("Größe ÄNDERN", ["größe", "GRÖßE", "ändern"]),
        ("ΑΘΗΝΑ μου", ["αθηνα", "ΜΟΥ", "Αθηνα"]),
        ("Москва", ["МОСКВА", "москва", "оскв"]),
        ("日本語の文", ["日本語", "本", "の文"]),
        ("a 🦀 crab", ["🦀", "A 🦀", "🦀 CRAB"]),
        ("naïve café", ["NAÏVE", "CAFÉ", "é"]),
    ] {
        let id = cx.told(vec![asks(text)]).await?;
        for term in terms {
            let hits = page(&cx, search(term)).await?.hits;
            let hit = expect_some(term, hits.iter().find(|hit| hit.thread.thread_id == id))?;
            expect_shown(term, &hit.snippet, &hit.range)?;
        }
    }
    Ok(())
}

pub(super) async fn white_space_of_any_width_is_alike(cx: Cx) -> CaseResult {
    let id = cx.told(vec![asks("first  line\n\tsecond line")]).await?;
    for term in ["line second", "line\nsecond", "first line", "line \u{a0} second", "t  l"] {
        expect_found(&cx, term, &[id]).await?;
    }
    expect_found(&cx, "firstline", &[]).await
}

pub(super) async fn a_term_is_taken_literally(cx: Cx) -> CaseResult {
    let id = cx.told(vec![asks(r#"100% of a_b, "c" AND d* (e.f) \ it's [x]"#)]).await?;
    for term in ["100%", "a_b", r#""c""#, "AND d*", "(e.f)", "\\", "it's", "[x]", "%"] {
        expect_found(&cx, term, &[id]).await?;
    }
    for term in ["a.b", "a%b", "axb", "100_", "d (e", "NOT", "c AND d", "e.*f"] {
        expect_found(&cx, term, &[]).await?;
    }
    Ok(())
}

pub(super) async fn a_part_of_a_word_is_found(cx: Cx) -> CaseResult {
    let id = cx.told(vec![asks("unbelievable")]).await?;
    for term in ["unbelievable", "believ", "u", "able", "lie"] {
        expect_found(&cx, term, &[id]).await?;
    }
    Ok(())
}

pub(super) async fn what_was_taken_back_is_not_found(cx: Cx) -> CaseResult {
    let lease = cx.told_to([turn("t1"), vec![started("t2"), asks("a needle")]].concat()).await?;
    expect_found(&cx, "needle", &[lease.thread_id]).await?;
    cx.revert(&lease, RevertTo::BeforeTurn("t2".to_owned())).await?;
    expect_found(&cx, "needle", &[]).await?;
    expect_found(&cx, "answer t1", &[lease.thread_id]).await?;
    cx.revert(&lease, RevertTo::Ordinal(Ordinal::new(6))).await?;
    expect_found(&cx, "needle", &[lease.thread_id]).await
}

pub(super) async fn what_was_appended_is_found_at_the_latest_after_a_flush(cx: Cx) -> CaseResult {
    let lease = cx.told_to(turn("t1")).await?;
    expect_found(&cx, "needle", &[]).await?;
    cx.append(&lease, vec![started("t2"), asks("a needle")]).await?;
    cx.store().flush_thread(lease.clone()).await?;
    expect_found(&cx, "needle", &[lease.thread_id]).await?;
    let other = cx.open().await?.search_threads(search("needle")).await?;
    expect_eq("through another handle", vec![lease.thread_id], ids(&other))?;
    cx.append(&lease, vec![answers("another pin")]).await?;
    cx.store().shutdown_thread(lease.clone()).await?;
    expect_found(&cx, "another pin", &[lease.thread_id]).await
}

pub(super) async fn edits_are_found_at_once(cx: Cx) -> CaseResult {
    let id = cx.with(named("before")).await?;
    cx.update(id, named("after")).await?;
    expect_found(&cx, "before", &[]).await?;
    expect_found(&cx, "after", &[id]).await?;
    cx.update(id, ThreadMetadataPatch::default().name(None)).await?;
    expect_found(&cx, "after", &[]).await
}

pub(super) async fn what_was_deleted_is_not_found(cx: Cx) -> CaseResult {
    cx.needs_delete()?;
    let create = cx.create().with_items(vec![asks("a needle")]).with_metadata(named("needle"));
    let (id, other) = (cx.make(create).await?, cx.told(vec![asks("a needle")]).await?);
    expect_found(&cx, "needle", &[id, other]).await?;
    cx.delete(id).await?;
    expect_found(&cx, "needle", &[other]).await?;
    cx.make(CreateThread::new(id)).await?;
    expect_found(&cx, "needle", &[other]).await
}

pub(super) async fn a_fork_is_found_by_what_it_has(cx: Cx) -> CaseResult {
    let source = cx.told([turn("t1"), vec![asks("a needle")]].concat()).await?;
    let (whole, start) = (cx.fork_at(source, 5).await?.thread, cx.fork_at(source, 4).await?.thread);
    expect_found(&cx, "needle", &[source, whole.thread_id]).await?;
    expect_found(&cx, "ask t1", &[source, whole.thread_id, start.thread_id]).await
}

pub(super) async fn a_search_keeps_to_its_filter(cx: Cx) -> CaseResult {
    let needle = || vec![asks("a needle")];
    let parent = cx.make(cx.create().with_items(needle()).with_source(SessionSource::Cli)).await?;
    let child = cx.make(cx.create().with_items(needle()).spawned_by(parent, 1)).await?;
    let archived = cx.told(needle()).await?;
    cx.store().archive_thread(archived).await?;
    cx.told(vec![asks("hay")]).await?;
    let any = ListFilter::default;
    for (filter, mut expected) in [
        (any(), vec![parent, child, archived]),
        (any().with_archived(true), vec![archived]),
        (any().with_archived(false), vec![parent, child]),
        (any().with_relation(Relation::ChildrenOf(parent)), vec![child]),
        (any().with_source_kinds(vec![SourceKind::Cli]), vec![parent]),
        (any().with_source_kinds(Vec::new()), vec![]),
    ] {
        let mut got = ids(&page(&cx, search("needle").with_filter(filter.clone())).await?);
        got.sort();
        expected.sort();
        expect_eq(&format!("with {filter:?}"), expected, got)?;
    }
    Ok(())
}

pub(super) async fn a_name_comes_before_a_message_and_a_person_before_the_agent(
    cx: Cx,
) -> CaseResult {
    if cx.capabilities().search == Search::Index {
        return skip("a store with an index may rank in its own way");
    }
    let agent = cx.told(vec![asks("hay"), answers("needle"), answers("needle, needle")]).await?;
    let person = cx.told(vec![asks("a needle")]).await?;
    let title = cx.with(ThreadMetadataPatch::default().title("needle".to_owned())).await?;
    let name = cx.with(named("needle")).await?;
    cx.told(vec![asks("hay")]).await?;
    let page = page(&cx, search("needle")).await?;
    expect_eq("the order", vec![name, title, person, agent], ids(&page))?;
    let scores: Vec<_> = page.hits.iter().map(|hit| hit.score).collect();
    expect("the scores only fall", scores.is_sorted_by(|a, b| a > b))
}

pub(super) async fn hits_as_good_as_each_other_come_newest_first(cx: Cx) -> CaseResult {
    if cx.capabilities().search == Search::Index {
        return skip("a store with an index may rank in its own way");
    }
    let mut expected = Vec::new();
    for millis in [5, 30, 30, 10] {
        let metadata = named("needle").recency_at(cx.time(millis));
        expected.push((millis, cx.with(metadata).await?));
    }
    expected.sort();
    expected.reverse();
    let expected: Vec<_> = expected.into_iter().map(|(_, id)| id).collect();
    expect_eq("the order", expected, found(&cx, "needle").await?)
}

pub(super) async fn places_name_the_turn_and_the_item_that_have_the_text(cx: Cx) -> CaseResult {
    let items = vec![
        paginated(),
        started("a"),
        asks_in("a", "i1", "where is the needle?"),
        answers_in("a", "i2", "no such thing"),
        completed("a"),
        started("b"),
        asks_in("b", "i3", "Needle! NEEDLE!"),
        answers_in("b", "i4", "here: needle"),
        completed("b"),
    ];
    let id = cx.told(items).await?;
    let items = cx.store().list_items(items_of(id)).await?.items;
    let hit = expect_some("a hit", page(&cx, search("needle")).await?.hits.pop())?;
    expect_shown("needle", &hit.snippet, &hit.range)?;
    expect_eq("messages that have it", 3, hit.count)?;
    expect_eq("the thread", cx.read(id).await?, hit.thread)?;
    let places: Vec<_> = hit.occurrences.iter().map(|it| it.item_id.as_str()).collect();
    expect_eq("the places, oldest first", vec!["i1", "i3", "i4"], places)?;
    for place in &hit.occurrences {
        expect_shown("needle", &place.snippet, &place.range)?;
        let item = items.iter().find(|item| item.id == place.item_id);
        let item = expect_some("an item of this id", item)?;
        let (turn, at) = (place.turn_id.as_str(), place.ordinal);
        expect_eq("its turn and its place", (item.turn_id.as_str(), item.ordinal), (turn, at))?;
    }
    Ok(())
}

pub(super) async fn as_many_places_are_told_as_were_asked_for(cx: Cx) -> CaseResult {
    let id = cx.told((0..9).map(|n| asks(&format!("needle {n}"))).collect()).await?;
    for (asked, told) in [(0, 0), (1, 1), (3, 3), (9, 9), (50, 9)] {
        let mut page = page(&cx, search("needle").with_occurrences(asked)).await?;
        let hit = expect_some("a hit", page.hits.pop())?;
        expect_eq("the thread", id, hit.thread.thread_id)?;
        expect_eq("places and messages", (told, 9), (hit.occurrences.len(), hit.count))?;
        let snippets: Vec<_> = hit.occurrences.into_iter().map(|place| place.snippet).collect();
        let expected: Vec<_> = (0..told).map(|n| format!("needle {n}")).collect();
        expect_eq("the first ones", expected, snippets)?;
    }
    Ok(())
}

pub(super) async fn a_snippet_is_short_however_long_the_message(cx: Cx) -> CaseResult {
    let filler = "word ".repeat(2000);
    cx.told(vec![asks(&format!("{filler}needle {filler}"))]).await?;
    let hit = expect_some("a hit", page(&cx, search("needle")).await?.hits.pop())?;
    expect_shown("needle", &hit.snippet, &hit.range)?;
    expect("it is short", hit.snippet.chars().count() < 1000)
}

pub(super) async fn a_store_that_does_not_search_refuses_to(cx: Cx) -> CaseResult {
    if cx.capabilities().search != Search::None {
        return skip("the store searches");
    }
    cx.with(named("needle")).await?;
    refuses(cx.store().search_threads(search("needle")).await)
}

fn refuses<T: Debug>(result: thread_store::Result<T>) -> CaseResult {
    expect_error("search_threads", "unsupported", result).map(drop)
}

pub(super) async fn damage_hides_no_other_message(mut cx: Cx) -> CaseResult {
    needs_search(&cx)?;
    let whole = cx.told(vec![asks("a needle")]).await?;
    let id = cx.told(vec![asks("a needle"), answers("hay"), asks("one more needle")]).await?;
    cx.damage(id, 0).await?;
    expect_found(&cx, "needle", &[whole, id]).await?;
    expect_found(&cx, "hay", &[id]).await
}
