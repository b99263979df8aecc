//! Filters, one by one.

use std::collections::BTreeMap;

use thread_store::*;

use crate::case::*;
use crate::support::context::Cx;
use crate::support::population::sources;
use crate::support::words::*;

fn filter() -> ListFilter {
    ListFilter::default()
}

fn strings(of: &[&str]) -> Vec<String> {
    of.iter().map(|it| (*it).to_owned()).collect()
}

fn term(term: &str) -> ListFilter {
    filter().with_search_term(term.to_owned())
}

fn label(key: &str, value: &str) -> ListFilter {
    filter().with_labels([(key.to_owned(), value.to_owned())].into())
}

fn metadata() -> ThreadMetadataPatch {
    ThreadMetadataPatch::default()
}

pub(super) async fn filters_with_many_alternatives_and_labels_are_answered(cx: Cx) -> CaseResult {
    let labels: BTreeMap<_, _> = (0..1500).map(|n| (format!("label {n}"), n.to_string())).collect();
    let mut patch = ThreadMetadataPatch::default().cwd("/dir/77".to_owned());
    labels.iter().for_each(|(key, value)| patch.labels.set(key, value));
    let id = cx.make(cx.create().with_metadata(patch)).await?;
    cx.thread(0).await?;
    let cwds = (0..2000).map(|n| format!("/dir/{n}")).collect();
    let names = (0..2000).map(|n| format!("provider {n}")).collect();
    let all = filter().with_labels(labels.clone()).with_cwds(cwds);
    expect_eq("all labels", vec![id], cx.list(all.clone()).await?)?;
    expect_eq("no provider", vec![], cx.list(all.with_model_providers(names)).await?)?;
    let mut other = labels;
    other.insert("label 3".to_owned(), "other".to_owned());
    expect_eq("another value", vec![], cx.list(filter().with_labels(other)).await?)
}

pub(super) async fn nothing_is_hidden_without_a_filter(cx: Cx) -> CaseResult {
    let mut all = vec![cx.thread(0).await?, cx.thread(3).await?];
    all.push(cx.child(all[0]).await?);
    for (source, _) in sources() {
        all.push(cx.make(cx.create().with_source(source)).await?);
    }
    all.push(cx.with(metadata().preview(String::new())).await?);
    all.push(cx.make(cx.create().with_archived_at(cx.time(5))).await?);
    all.push(cx.fork_at(all[1], 1).await?.thread.thread_id);
    all.sort_unstable();
    let mut listed = cx.list_all().await?;
    listed.sort_unstable();
    expect_eq("the list", all, listed)
}

pub(super) async fn archived_is_only_or_not_at_all_or_any(cx: Cx) -> CaseResult {
    let (active, archived) = (cx.thread(0).await?, cx.thread(0).await?);
    cx.store().archive_thread(archived).await?;
    expect_eq("any", vec![active, archived], cx.list(filter()).await?)?;
    expect_eq("archived", vec![archived], cx.list(filter().with_archived(true)).await?)?;
    expect_eq("active", vec![active], cx.list(filter().with_archived(false)).await?)
}

pub(super) async fn an_empty_list_of_alternatives_matches_nothing(cx: Cx) -> CaseResult {
    let create = cx.create().with_source(SessionSource::Cli);
    cx.make(create.with_metadata(metadata().cwd("/a".to_owned()).model_provider("p".to_owned())))
        .await?;
    cx.thread(0).await?;
    for empty in [
        filter().with_source_kinds(vec![]),
        filter().with_model_providers(vec![]),
        filter().with_cwds(vec![]),
    ] {
        let page = cx.page(empty.into()).await?;
        expect_eq("the list", vec![], ids(&page))?;
        expect_eq("its cursors", (None, None), (page.next_cursor, page.previous_cursor))?;
    }
    Ok(())
}

pub(super) async fn every_shape_of_source_has_exactly_one_kind(cx: Cx) -> CaseResult {
    let parent = cx.thread(0).await?;
    let mut threads = vec![
        (parent, SourceKind::Unknown),
        (cx.child(parent).await?, SourceKind::SubAgentThreadSpawn),
    ];
    for (source, kind) in sources() {
        threads.push((cx.make(cx.create().with_source(source)).await?, kind));
    }
    for &kind in SourceKind::ALL {
        let expected: Vec<_> =
            threads.iter().filter(|(_, it)| *it == kind).map(|(id, _)| *id).collect();
        expect_eq(kind.as_str(), expected, cx.list(filter().with_source_kinds(vec![kind])).await?)?;
    }
    Ok(())
}

pub(super) async fn a_thread_without_a_provider_matches_no_name(cx: Cx) -> CaseResult {
    cx.thread(0).await?;
    let empty = cx.with(metadata().model_provider(String::new())).await?;
    let null = cx.with(metadata().model_provider("null".to_owned())).await?;
    for (names, expected) in
        [(strings(&[""]), vec![empty]), (strings(&["null", "none"]), vec![null])]
    {
        expect_eq("the list", expected, cx.list(filter().with_model_providers(names)).await?)?;
    }
    Ok(())
}

pub(super) async fn providers_are_compared_letter_by_letter(cx: Cx) -> CaseResult {
    let lower = cx.with(metadata().model_provider("openai".to_owned())).await?;
    for name in ["OpenAI", "openai ", "open", "openai-2", "open%", "open__"] {
        cx.with(metadata().model_provider(name.to_owned())).await?;
    }
    let list = filter().with_model_providers(strings(&["openai"]));
    expect_eq("the list", vec![lower], cx.list(list).await?)
}

pub(super) async fn directories_are_compared_by_their_key(cx: Cx) -> CaseResult {
    let mut same = Vec::new();
    for cwd in ["/srv/a", "/srv/a/", "/srv//a/.", "/srv/x/../a"] {
        same.push(cx.with(metadata().cwd(cwd.to_owned())).await?);
    }
    for cwd in ["/srv/A", "/srv", "/srv/a/b", "srv/a", "/srv/ab"] {
        cx.with(metadata().cwd(cwd.to_owned())).await?;
    }
    cx.thread(0).await?;
    for asked in ["/srv/a", "/srv/./a//", "/../srv/a"] {
        expect_eq(asked, same.clone(), cx.list(filter().with_cwds(strings(&[asked]))).await?)?;
    }
    Ok(())
}

pub(super) async fn directories_of_windows_are_compared_without_case(cx: Cx) -> CaseResult {
    let mut same = Vec::new();
    for cwd in [r"C:\Users\Me", "c:/users/me/", r"\\?\C:\USERS\me"] {
        same.push(cx.with(metadata().cwd(cwd.to_owned())).await?);
    }
    cx.with(metadata().cwd(r"D:\Users\Me".to_owned())).await?;
    let list = filter().with_cwds(strings(&[r"C:/users\ME"]));
    expect_eq("the list", same.clone(), cx.list(list).await?)?;
    expect_eq(
        "as it was given",
        Some(r"C:\Users\Me"),
        cx.read(same[0]).await?.metadata.cwd.as_deref(),
    )
}

pub(super) async fn all_labels_given_have_to_fit(cx: Cx) -> CaseResult {
    let labelled = |labels: &[(&str, &str)]| {
        let mut patch = metadata();
        labels.iter().for_each(|(key, value)| patch.labels.set(*key, *value));
        patch
    };
    let both = cx.with(labelled(&[("team", "core"), ("stage", "")])).await?;
    let one = cx.with(labelled(&[("team", "core")])).await?;
    cx.with(labelled(&[("team", "Core"), ("stage", "x")])).await?;
    cx.with(labelled(&[("Team", "core")])).await?;
    expect_eq("one label", vec![both, one], cx.list(label("team", "core")).await?)?;
    expect_eq("an empty value", vec![both], cx.list(label("stage", "")).await?)?;
    let wish =
        [("team", "core"), ("stage", "")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    expect_eq("two labels", vec![both], cx.list(filter().with_labels(wish.into())).await?)?;
    expect_eq("an unknown label", vec![], cx.list(label("other", "")).await?)
}

pub(super) async fn label_keys_are_taken_literally(cx: Cx) -> CaseResult {
    for key in ["a.b", "$.a", "a\"b", "a'b", "%", "größe", "a[0]", "", " "] {
        let mut patch = metadata();
        patch.labels.set(key, "v'\"%");
        let id = cx.with(patch).await?;
        expect_eq(key, vec![id], cx.list(label(key, "v'\"%")).await?)?;
    }
    expect_eq("another key", vec![], cx.list(label("a", "v'\"%")).await?)
}

pub(super) async fn an_empty_preview_is_none(cx: Cx) -> CaseResult {
    let absent = cx.thread(2).await?;
    let empty = cx.with(metadata().preview(String::new())).await?;
    let blank = cx.with(metadata().preview(" ".to_owned())).await?;
    expect_eq("with", vec![blank], cx.list(filter().with_has_preview(true)).await?)?;
    expect_eq("without", vec![absent, empty], cx.list(filter().with_has_preview(false)).await?)
}

pub(super) async fn the_search_term_is_looked_for_in_name_title_and_preview(cx: Cx) -> CaseResult {
    let text = "fix the needle now".to_owned();
    let found = vec![
        cx.with(metadata().name(text.clone())).await?,
        cx.with(metadata().title(text.clone())).await?,
        cx.with(metadata().preview(text.clone())).await?,
    ];
    cx.with(metadata().first_user_message(text.clone()).cwd(text.clone()).model(text)).await?;
    cx.with(metadata().name("fix the Needle".to_owned())).await?;
    cx.with(metadata().name("need".to_owned()).title("le".to_owned())).await?;
    expect_eq("the list", found, cx.list(term("needle")).await?)
}

pub(super) async fn search_terms_are_literal(cx: Cx) -> CaseResult {
    let odd = [
        "100%",
        "a_b",
        r"back\slash",
        "it's",
        "\"quoted\"",
        "a*b",
        "[x]",
        "größe",
        "проект",
        "🦀",
        "a\nb",
    ];
    for text in odd {
        let id = cx.with(named(&format!("x{text}y"))).await?;
        expect_eq(text, vec![id], cx.list(term(text)).await?)?;
    }
    for text in ["1%0", "a__", "a?b", "GRÖSSE", "GRÖẞE", "Проект", "x.", "^x", "%%"] {
        expect_eq(text, vec![], cx.list(term(text)).await?)?;
    }
    Ok(())
}

pub(super) async fn search_counts_case_beyond_ascii_and_does_not_normalise(cx: Cx) -> CaseResult {
    let composed = cx.with(named("caf\u{e9}")).await?;
    let decomposed = cx.with(named("cafe\u{301}")).await?;
    let upper = cx.with(named("CAF\u{c9}")).await?;
    expect_eq("composed", vec![composed], cx.list(term("f\u{e9}")).await?)?;
    expect_eq("decomposed", vec![decomposed], cx.list(term("fe\u{301}")).await?)?;
    expect_eq("upper", vec![upper], cx.list(term("\u{c9}")).await?)
}

pub(super) async fn the_empty_search_term_finds_whatever_has_a_text(cx: Cx) -> CaseResult {
    cx.thread(1).await?;
    let empty = cx.with(named("")).await?;
    let titled = cx.with(metadata().title("t".to_owned())).await?;
    expect_eq("the list", vec![empty, titled], cx.list(term("")).await?)
}

pub(super) async fn times_are_from_inclusive_to_exclusive(cx: Cx) -> CaseResult {
    let row = cx.row(5).await?;
    let at = |millis| Some(cx.time(millis));
    for (from, to, expected) in [
        (at(1), at(3), &row[1..3]),
        (at(3), None, &row[3..]),
        (None, at(3), &row[..3]),
        (at(2), at(2), &[][..]),
        (at(3), at(1), &[][..]),
        (at(4), at(5), &row[4..]),
        (None, None, &row[..]),
        (Some(Timestamp::MIN), Some(Timestamp::MAX), &row[..]),
    ] {
        let range = TimeRange::new(from, to);
        let what = format!("{range:?}");
        expect_eq(&what, expected, &cx.list(filter().with_created(range)).await?)?;
        expect_eq(&what, expected, &cx.list(filter().with_updated(range)).await?)?;
    }
    Ok(())
}

pub(super) async fn created_and_updated_are_two_times(cx: Cx) -> CaseResult {
    let (first, second) = (cx.made_at(0).await?, cx.made_at(10).await?);
    cx.update(first, metadata().updated_at(cx.time(20)).recency_at(cx.time(99))).await?;
    let early = TimeRange::new(None, Some(cx.time(15)));
    expect_eq("created", vec![first, second], cx.list(filter().with_created(early)).await?)?;
    expect_eq("updated", vec![second], cx.list(filter().with_updated(early)).await?)
}

pub(super) async fn times_long_ago_and_far_ahead_are_found_and_sorted(cx: Cx) -> CaseResult {
    let times = [
        Timestamp::MIN,
        Timestamp::from_millis(-1),
        Timestamp::from_millis(0),
        cx.time(0),
        Timestamp::MAX,
    ];
    let mut made = Vec::new();
    for time in times {
        made.push(cx.make(cx.create().with_created_at(time)).await?);
    }
    expect_eq("the list", &made, &cx.list_all().await?)?;
    let before_1970 = TimeRange::new(None, Some(Timestamp::from_millis(0)));
    expect_eq("before 1970", &made[..2], &cx.list(filter().with_created(before_1970)).await?)
}

pub(super) async fn alternatives_given_twice_answer_no_row_twice(cx: Cx) -> CaseResult {
    let create = cx.create().with_source(SessionSource::Exec);
    let id = cx
        .make(create.with_metadata(metadata().cwd("/a".to_owned()).model_provider("p".to_owned())))
        .await?;
    for filter in [
        filter().with_source_kinds(vec![SourceKind::Exec; 3]),
        filter().with_model_providers(strings(&["p", "q", "p"])),
        filter().with_cwds(strings(&["/a", "/a/", "/b/../a"])),
    ] {
        expect_eq("the list", vec![id], cx.list(filter).await?)?;
    }
    Ok(())
}

pub(super) async fn thousands_of_alternatives_are_fine(cx: Cx) -> CaseResult {
    let id =
        cx.with(metadata().model_provider("p4999".to_owned()).cwd("/d/4999".to_owned())).await?;
    cx.thread(0).await?;
    let names = (0..5000).map(|n| format!("p{n}")).collect();
    let cwds = (0..5000).map(|n| format!("/d/{n}")).collect();
    expect_eq("providers", vec![id], cx.list(filter().with_model_providers(names)).await?)?;
    expect_eq("directories", vec![id], cx.list(filter().with_cwds(cwds)).await?)
}

pub(super) async fn a_filter_may_name_what_nobody_has(cx: Cx) -> CaseResult {
    cx.thread(1).await?;
    for filter in [
        filter().with_relation(Relation::ChildrenOf(cx.unknown_id())),
        filter().with_relation(Relation::DescendantsOf(cx.unknown_id())),
        filter().with_source_kinds(vec![SourceKind::SubAgentGuardian]),
        filter().with_model_providers(strings(&["nobody"])),
        filter().with_cwds(strings(&["/nowhere"])),
        label("no", "one"),
        term("nothing"),
    ] {
        let page = cx.page(filter.into()).await?;
        expect_eq("the list", vec![], ids(&page))?;
        expect_eq("its cursors", (None, None), (page.next_cursor, page.previous_cursor))?;
    }
    Ok(())
}
