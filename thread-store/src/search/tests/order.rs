//! Which hits come first, page by page.

use std::borrow::Cow;

use super::super::{Message, Rank, SearchHit, SearchPlan, SearchThreads, Speaker, Tally};
use crate::capabilities::Limits;
use crate::error::Error;
use crate::history::DamageReport;
use crate::id::ThreadId;
use crate::list::{Cursor, ListFilter};
use crate::metadata::ThreadMetadata;
use crate::ordinal::Ordinal;
use crate::source::SourceKind;
use crate::thread::{Identity, StoredThread};
use crate::time::Timestamp;

fn thread(n: u128, recency: i64) -> StoredThread {
    let created = Timestamp::from_millis(0);
    let mut metadata = ThreadMetadata::new(created);
    metadata.recency_at = Timestamp::from_millis(recency);
    StoredThread::new(ThreadId::from_parts(created, n), Identity::new(created), metadata)
}

fn said(speaker: Speaker, text: &str, at: u64) -> Message<'_> {
    let text = Cow::Borrowed(text);
    Message { speaker, text, turn_id: "turn", item_id: "item", ordinal: Ordinal::new(at) }
}

fn plan(params: &SearchThreads) -> Result<SearchPlan, Error> {
    SearchPlan::new(params, &Limits::default())
}

fn search() -> SearchThreads {
    SearchThreads::new("lamp".to_owned())
}

/// What the search makes of a thread in which these texts were said.
fn judged(thread: &StoredThread, messages: &[(Speaker, &str)]) -> Option<SearchHit> {
    let messages = messages.iter().zip(7..).map(|((by, text), at)| said(*by, text, at));
    plan(&search()).unwrap().judge(thread, messages)
}

use Speaker::{Agent, Person};

#[test]
fn a_thread_without_the_text_is_no_hit() {
    let mut none = thread(1, 0);
    none.metadata.name = Some("Lam".to_owned());
    assert_eq!(judged(&none, &[(Person, "lam"), (Agent, "p")]), None);
}

#[test]
fn a_hit_tells_how_often_and_where_it_was_said() {
    let messages =
        [(Agent, "no"), (Agent, "a Lamp"), (Person, "Which lamp? This lamp?"), (Agent, "the LAMP")];
    let hit = judged(&thread(1, 0), &messages).unwrap();
    assert_eq!((hit.count, hit.snippet.as_str(), hit.range), (3, "Which lamp? This lamp?", 6..10));
    let told: Vec<_> = hit.occurrences.iter().map(|it| (it.ordinal.get(), it.speaker)).collect();
    assert_eq!(told, [(8, Agent), (9, Person), (10, Agent)]);
    assert_eq!(hit.occurrences[2].range, 4..8);
}

#[test]
fn as_many_occurrences_are_told_as_were_asked_for() {
    for asked in [0, 1, 3] {
        let plan = plan(&search().with_occurrences(asked)).unwrap();
        let messages = (0..5).map(|at| said(Agent, "lamp", at));
        let hit = plan.judge(&thread(1, 0), messages).unwrap();
        assert_eq!((hit.occurrences.len(), hit.count), (asked, 5));
    }
}

#[test]
fn the_snippet_is_of_a_message_before_a_name_and_of_a_name_before_a_title() {
    let mut named = thread(1, 0);
    named.metadata.preview = Some("the preview lamp".to_owned());
    let shown = |thread: &StoredThread, messages: &[_]| judged(thread, messages).unwrap().snippet;
    assert_eq!(shown(&named, &[]), "the preview lamp");
    named.metadata.title = Some("the title lamp".to_owned());
    assert_eq!(shown(&named, &[]), "the title lamp");
    named.metadata.name = Some("the name lamp".to_owned());
    assert_eq!(shown(&named, &[]), "the name lamp");
    assert_eq!(shown(&named, &[(Agent, "agent lamp")]), "agent lamp");
    assert_eq!(shown(&named, &[(Agent, "agent lamp"), (Person, "my lamp")]), "my lamp");
}

#[test]
fn each_place_outweighs_all_that_come_after_it() {
    const MANY: u64 = 1 << 40;
    let score = |name, title, person, agent| Tally { name, title, person, agent }.score();
    let worse_first = [
        score(false, false, 0, 1),
        score(false, false, 0, 2),
        score(false, false, 0, MANY),
        score(false, false, 1, 0),
        score(false, false, 2, 0),
        score(false, false, 2, 1),
        score(false, false, MANY, MANY),
        score(false, true, 0, 0),
        score(false, true, 0, 1),
        score(false, true, MANY, MANY),
        score(true, false, 0, 0),
        score(true, true, 0, 1),
    ];
    assert!(worse_first.is_sorted_by(|worse, better| worse < better), "{worse_first:?}");
}

#[test]
fn one_message_more_counts_less_each_time() {
    let score = |agent| Tally { agent, ..Tally::default() }.score();
    let gains: Vec<_> = (1..20).map(|count| score(count) - score(count - 1)).collect();
    assert!(gains.is_sorted_by(|earlier, later| earlier > later));
}

/// Threads of which some are equally good and equally new.
fn hits() -> Vec<SearchHit> {
    let hit = |n: u128| {
        let messages =
            vec![(if n.is_multiple_of(2) { Person } else { Agent }, "lamp"); 1 + n as usize % 3];
        judged(&thread(n, n as i64 % 4), &messages).unwrap()
    };
    (0..40).map(hit).collect()
}

/// All pages of a search over these hits.
fn pages(params: &SearchThreads, hits: &[SearchHit]) -> Vec<Vec<ThreadId>> {
    let (mut pages, mut next) = (Vec::new(), Some(params.clone()));
    while let Some(params) = next {
        let mut best = plan(&params).unwrap().collect();
        hits.iter().for_each(|hit| best.offer(hit.clone()));
        let page = best.into_page(DamageReport::default());
        pages.push(page.hits.iter().map(|hit| hit.thread.thread_id).collect());
        next = page.next_cursor.map(|cursor| params.with_cursor(cursor));
    }
    pages
}

#[test]
fn the_best_come_first_then_the_newest_then_the_larger_id() {
    let mut sorted = hits();
    sorted.sort_by(|a, b| {
        let key = |hit: &SearchHit| (hit.thread.metadata.recency_at, hit.thread.thread_id);
        b.score.total_cmp(&a.score).then(key(b).cmp(&key(a)))
    });
    let expected: Vec<_> = sorted.iter().map(|hit| hit.thread.thread_id).collect();
    let params = search().with_page_size(100);
    assert_eq!(pages(&params, &hits()), [&expected[..]]);
    let reversed: Vec<_> = hits().into_iter().rev().collect();
    assert_eq!(pages(&params, &reversed), [&expected[..]]);
}

#[test]
fn pages_together_are_the_whole_and_only_the_last_has_no_cursor() {
    let whole = pages(&search().with_page_size(100), &hits()).concat();
    for (size, count) in [(1, 40), (3, 14), (20, 2), (39, 2), (40, 1), (41, 1)] {
        let paged = pages(&search().with_page_size(size), &hits());
        assert_eq!((paged.len(), paged.concat()), (count, whole.clone()), "{size}");
    }
    assert_eq!(pages(&search(), &[]), [vec![]]);
}

/// What an index may promise of a hit: this many messages more than it has.
fn promised(hit: &SearchHit, more: u64) -> Rank {
    let person = hit.occurrences.iter().filter(|it| it.speaker == Person).count() as u64;
    let agent = hit.count - person;
    let tally = Tally { person: person + more, agent: agent + more, ..Tally::default() };
    Rank::new(&tally, hit.thread.metadata.recency_at, hit.thread.thread_id)
}

#[test]
fn the_most_promising_first_and_no_more_than_there_is_room_for_give_the_same_page() {
    for (more, size) in [0, 1, 5].into_iter().flat_map(|more| [1, 3, 39, 40].map(|n| (more, n))) {
        let params = search().with_page_size(size);
        let mut promising: Vec<_> =
            hits().into_iter().map(|hit| (promised(&hit, more * hit.count), hit)).collect();
        promising.sort_by_key(|(rank, _)| *rank);
        let (mut best, mut offered) = (plan(&params).unwrap().collect(), 0);
        for (rank, hit) in promising {
            if !best.has_room_for(&rank) {
                break;
            }
            best.offer(hit);
            offered += 1;
        }
        let page = best.into_page(DamageReport::default());
        let ids: Vec<_> = page.hits.iter().map(|hit| hit.thread.thread_id).collect();
        assert_eq!(ids, pages(&params, &hits())[0], "{more} {size}");
        // Who promises what is there need not be asked for more than the page and one more.
        assert!(more > 0 || offered == (size + 1).min(40), "{offered} for {size}");
    }
}

fn a_cursor(params: &SearchThreads) -> Cursor {
    let params = params.clone().with_page_size(1);
    let mut best = plan(&params).unwrap().collect();
    hits().into_iter().for_each(|hit| best.offer(hit));
    best.into_page(DamageReport::default()).next_cursor.unwrap()
}

#[test]
fn a_cursor_is_good_for_the_same_text_in_the_same_threads_alone() {
    let kinds = |kinds: &[SourceKind]| ListFilter::default().with_source_kinds(kinds.to_vec());
    let both = kinds(&[SourceKind::Cli, SourceKind::Exec]);
    let made = search().with_filter(both);
    let cursor = a_cursor(&made);
    let turned = search().with_filter(kinds(&[SourceKind::Exec, SourceKind::Cli]));
    let mut same_text = turned.clone();
    same_text.term = "LAMP".to_owned();
    for good in [made, turned, same_text] {
        assert!(plan(&good.with_cursor(cursor.clone()).with_occurrences(9)).is_ok());
    }
    let other_term = SearchThreads::new("lamps".to_owned());
    for other in [search(), other_term, search().with_filter(kinds(&[SourceKind::Cli]))] {
        refused(other.with_cursor(cursor.clone()), "cursor");
    }
}

#[test]
fn a_damaged_cursor_and_one_of_another_kind_are_refused() {
    let cursor = a_cursor(&search());
    let mut damaged = cursor.as_str().to_owned();
    damaged.replace_range(4..5, if &damaged[4..5] == "A" { "B" } else { "A" });
    for text in ["", "x", &damaged, &cursor.as_str()[1..]] {
        refused(search().with_cursor(Cursor::new(text)), "cursor");
    }
}

#[test]
fn a_page_of_no_rows_is_refused_and_one_of_too_many_is_clamped() {
    refused(search().with_page_size(0), "page_size");
    let page = plan(&search().with_page_size(1001)).unwrap().collect();
    let page = page.into_page(DamageReport::default());
    assert_eq!((page.page_size, page.clamped), (1000, true));
}

fn refused(params: SearchThreads, field: &str) {
    let error = plan(&params).unwrap_err();
    assert_eq!(error.code(), "invalid_request");
    assert!(error.to_string().contains(field), "{error}");
}
