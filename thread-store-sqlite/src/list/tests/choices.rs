use thread_store::{Direction, ListFilter, Relation, SessionSource, SourceKind, StoredThread};

use super::{scan, stored, thread};
use crate::list::choice;
use crate::list::driver::Driver;

/// What drives the list, newest first and oldest first.
async fn chosen(
    threads: impl IntoIterator<Item = StoredThread>,
    filter: &ListFilter,
) -> [String; 2] {
    let mut connection = stored(threads).await;
    let mut names = [const { String::new() }; 2];
    for (name, direction) in names.iter_mut().zip([Direction::Descending, Direction::Ascending]) {
        *name = match choice::driver(&mut connection, filter, &scan(direction)).await.unwrap() {
            Some(Driver::Walks { column, .. }) => column.to_owned(),
            Some(Driver::Keys(keys)) => format!("{keys:?}").split('(').next().unwrap().to_owned(),
            None => String::new(),
        };
    }
    names
}

/// Threads in a directory, of a provider and of a source: each that often.
fn skewed(
    count: u32,
    cwd: u32,
    provider: u32,
    source: u32,
) -> (impl Iterator<Item = StoredThread>, ListFilter) {
    let threads = (0..count).map(move |number| {
        let mut it = thread(number);
        let is = |every: u32| number.is_multiple_of(every);
        it.metadata.cwd = Some(if is(cwd) { "/here" } else { "/there" }.to_owned());
        it.metadata.model_provider = Some(if is(provider) { "this" } else { "that" }.to_owned());
        it.identity.source = if is(source) { SessionSource::Exec } else { SessionSource::Cli };
        it
    });
    let filter = ListFilter::default()
        .with_cwds(vec!["/here".into()])
        .with_model_providers(vec!["this".into()])
        .with_source_kinds(vec![SourceKind::Exec]);
    (threads, filter)
}

#[tokio::test]
async fn the_rarest_filter_drives_whichever_it_is() {
    for (often, driver) in [
        ((1, 1, 100), "source"),
        ((1, 100, 1), "provider"),
        ((100, 1, 1), "cwd"),
        ((2, 100, 50), "provider"),
        ((1, 1, 1), "cwd"),
    ] {
        let (threads, filter) = skewed(3000, often.0, often.1, often.2);
        assert_eq!(chosen(threads, &filter).await, [driver; 2], "{often:?}");
    }
}

/// All of them leave more than is looked at.
#[tokio::test]
async fn the_rarest_of_frequent_filters_drives() {
    for (often, driver) in [((1, 1, 5), "source"), ((2, 8, 3), "provider"), ((9, 3, 2), "cwd")] {
        let (threads, filter) = skewed(3000, often.0, often.1, often.2);
        assert_eq!(chosen(threads, &filter).await, [driver; 2], "{often:?}");
    }
}

#[tokio::test]
async fn of_many_alternatives_all_are_counted() {
    let (threads, filter) = skewed(3000, 20, 5, 1);
    // Rare by each of its names, and frequent by all of them.
    let filter = filter.with_cwds(vec!["/here".into(), "/there".into(), "/nowhere".into()]);
    assert_eq!(chosen(threads, &filter).await, ["provider"; 2]);
}

#[tokio::test]
async fn a_parent_of_many_does_not_drive_where_a_directory_has_few() {
    let parent = thread(0).thread_id;
    let (threads, filter) = skewed(2000, 200, 1, 1);
    let threads = threads.map(|mut it| {
        it.identity.parent_thread_id = Some(parent);
        it.identity.source =
            thread_store::CreateThread::new(it.thread_id).spawned_by(parent, 1).source;
        it
    });
    let mut filter = filter.with_relation(Relation::ChildrenOf(parent));
    filter.source_kinds = None;
    assert_eq!(chosen(threads, &filter).await, ["cwd"; 2]);
}

#[tokio::test]
async fn rare_words_and_labels_drive_and_frequent_ones_do_not() {
    let threads = || {
        (0..6000).map(|number| {
            let mut it = thread(number);
            let word = if number.is_multiple_of(1000) { "quasar" } else { "ordinary" };
            it.metadata.title = Some(format!("an {word} title"));
            it.metadata.labels.insert("team".into(), word.into());
            it
        })
    };
    let term = |term: &str| ListFilter::default().with_search_term(term.to_owned());
    let label =
        |value: &str| ListFilter::default().with_labels([("team".into(), value.into())].into());
    assert_eq!(chosen(threads(), &label("quasar")).await, ["Label"; 2]);
    assert_eq!(chosen(threads(), &label("ordinary")).await, ["all"; 2]);
    // As long as their texts are in no index, all threads may have the word.
    assert_eq!(chosen(threads(), &term("quasar")).await, ["all"; 2]);
    assert_eq!(chosen(threads().take(9), &term("quasar")).await, ["all"; 2]);
}

#[tokio::test]
async fn a_filter_that_matches_nothing_asks_nothing() {
    for filter in [
        ListFilter::default().with_cwds(vec![]),
        ListFilter::default().with_source_kinds(vec![]),
        ListFilter::default().with_model_providers(vec![]),
    ] {
        assert_eq!(chosen([thread(1)], &filter).await, ["", ""]);
    }
}
