use std::collections::BTreeSet;

use sqlx::SqliteConnection;
use thread_store::{Direction, ListFilter, Position, Scan, SortKey, StoredThread, ThreadId};

use super::{scan, scans, stored, thread};
use crate::grams;
use crate::list::choice::{self, MOST_KEYS};
use crate::list::driver::{self, Driver, Keys};
use crate::list::question::Question;
use crate::list::{packed, rows};

fn threads() -> Vec<StoredThread> {
    let each = (0..40).map(|number| {
        let mut it = thread(number);
        it.next_ordinal = thread_store::Ordinal::new(u64::from(number));
        it.metadata_version = u64::from(number % 3);
        it.archived_at = number.is_multiple_of(3).then_some(it.identity.created_at);
        it.metadata.name = Some(format!("n\u{1f}\u{1e}\0\n\"{}\"", number % 4));
        it.metadata.title = number.is_multiple_of(5).then(|| "Größe  und mehr".to_owned());
        it.metadata.cwd = Some(format!("/{}", number % 2));
        it
    });
    each.collect()
}

fn filters() -> [ListFilter; 5] {
    let any = ListFilter::default();
    [
        any.clone(),
        any.clone().with_archived(true),
        any.clone().with_cwds(vec!["/1".into(), "/2".into()]),
        any.clone().with_search_term("ße  und".to_owned()),
        any.with_search_term("\0".to_owned()),
    ]
}

/// What the reference finds, of the page and of what follows it.
fn expected(filter: &ListFilter, scan: &Scan, threads: &[StoredThread]) -> Vec<StoredThread> {
    scan.select(filter, threads.iter(), |_| None)
}

#[tokio::test]
async fn one_row_and_many_say_the_same_whatever_drives() {
    let threads = threads();
    let mut connection = stored(threads.clone()).await;
    for filter in filters() {
        for scan in scans() {
            let follow_up =
                scan.after.map(|_| Scan { direction: scan.direction.reversed(), limit: 1, ..scan });
            for driver in driver::options(&filter) {
                let question = Question { filter: &filter, driver, scan, follow_up };
                let packed = packed::find(&mut connection, &question).await.unwrap().unwrap();
                let rows = rows::find(&mut connection, &question).await.unwrap();
                assert_eq!(packed.threads, expected(&filter, &scan, &threads));
                assert_eq!(rows.threads, packed.threads);
                let followed =
                    follow_up.is_some_and(|it| !expected(&filter, &it, &threads).is_empty());
                assert_eq!(packed.followed, followed);
                assert!(rows.threads.is_empty() || rows.followed == followed);
                assert!(packed.damage.is_empty() && rows.damage.is_empty());
            }
        }
    }
}

/// Puts the texts of every thread into the index, as the background does.
async fn index(connection: &mut SqliteConnection, threads: &[StoredThread]) {
    for (key, thread) in (1_i64..).zip(threads) {
        sqlx::query("INSERT INTO text_grams (rowid, folded) VALUES (?, ?)")
            .bind(key)
            .bind(grams::document(thread.list_row().texts.into_iter().flatten()))
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    sqlx::query("UPDATE heads SET pending = 0").execute(connection).await.unwrap();
}

#[tokio::test]
async fn a_term_is_found_by_the_index_and_before_it_is_in_there() {
    let threads: Vec<_> = (0..200)
        .map(|number| {
            let mut it = thread(number);
            it.metadata.title = Some(format!("Title of {number}, ΣΑΣ"));
            it
        })
        .collect();
    let mut connection = stored(threads.clone()).await;
    index(&mut connection, &threads[..150]).await;
    sqlx::query("UPDATE heads SET pending = 3 WHERE key > 150")
        .execute(&mut connection)
        .await
        .unwrap();
    for term in ["of 7", "f 7", "17", "7,", "9", "Title of 199", "title", "ΑΣ", "ας", "nothing"]
    {
        let filter = ListFilter::default().with_search_term(term.to_owned());
        let scan = Scan { limit: 300, ..scan(Direction::Descending) };
        let driver = Driver::Keys(Keys::Term(thread_store::fold(term)));
        let question = Question { filter: &filter, driver, scan, follow_up: None };
        let found = packed::find(&mut connection, &question).await.unwrap().unwrap();
        assert_eq!(found.threads, expected(&filter, &scan, &threads), "{term}");
    }
}

#[tokio::test]
async fn a_rare_word_drives_once_it_is_in_the_index() {
    let threads: Vec<_> = (0..u32::try_from(MOST_KEYS).unwrap() + 100)
        .map(|number| {
            let mut it = thread(number);
            let word = if number.is_multiple_of(500) { "quasar" } else { "ordinary" };
            it.metadata.title = Some(format!("an {word} title"));
            it
        })
        .collect();
    let mut connection = stored(threads.clone()).await;
    index(&mut connection, &threads).await;
    for (term, drives) in [("quasar", true), ("ua", true), ("ordinary", false), ("ti", false)] {
        let filter = ListFilter::default().with_search_term(term.to_owned());
        let scan = scan(Direction::Ascending);
        let driver = choice::driver(&mut connection, &filter, &scan).await.unwrap();
        assert_eq!(matches!(driver, Some(Driver::Keys(_))), drives, "{term}");
    }
}

#[tokio::test]
async fn threads_of_one_time_are_merged_in_the_order_of_their_ids() {
    let threads: Vec<_> = (0..30)
        .map(|number| {
            let mut it = thread(number);
            it.identity.created_at = thread_store::Timestamp::from_millis(7);
            it.archived_at = number.is_multiple_of(2).then_some(it.identity.created_at);
            it
        })
        .collect();
    let mut connection = stored(threads.clone()).await;
    let mut seen = BTreeSet::<ThreadId>::new();
    let mut scan = Scan { limit: 4, ..scan(Direction::Descending) };
    let filter = ListFilter::default();
    loop {
        let driver = choice::driver(&mut connection, &filter, &scan).await.unwrap().unwrap();
        let question = Question { filter: &filter, driver, scan, follow_up: None };
        let found = packed::find(&mut connection, &question).await.unwrap().unwrap().threads;
        let Some(last) = found.last() else { break };
        scan.after = Some(Position::of(last, SortKey::Created));
        assert!(found.iter().all(|it| seen.insert(it.thread_id)));
    }
    assert_eq!(seen.len(), threads.len());
}

/// Rule D4: an index that is damaged costs time only.
#[tokio::test]
async fn a_damaged_index_of_texts_is_none() {
    let mut connection = stored(threads()).await;
    index(&mut connection, &threads()).await;
    sqlx::query("UPDATE text_grams_data SET block = x'00' WHERE id > 10")
        .execute(&mut connection)
        .await
        .unwrap();
    for term in ["mehr", "hr"] {
        let filter = ListFilter::default().with_search_term(term.to_owned());
        let scan = scan(Direction::Ascending);
        let driver = choice::driver(&mut connection, &filter, &scan).await.unwrap().unwrap();
        assert!(matches!(driver, Driver::Walks { .. }), "{term}");
        let question = Question { filter: &filter, driver, scan, follow_up: None };
        let found = packed::find(&mut connection, &question).await.unwrap().unwrap();
        assert_eq!(found.threads, expected(&filter, &scan, &threads()), "{term}");
    }
}
