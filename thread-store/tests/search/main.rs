//! Searching as every store does it by default, on the memory store.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod wrapped;

use serde_json::{Value, json};
use thread_store::{
    AppendItems, CreateThread, DamageReport, DeleteThread, ErrorKind, Holder, ListFilter, Ordinal,
    Replay, RevertThread, RevertTo, RolloutItem, Search, SearchHit, SearchPage, SearchThreads,
    Speaker, ThreadId, ThreadMetadataPatch, ThreadStore, ThreadStoreExt as _, Timestamp,
};
use thread_store_memory::MemoryStore;

use crate::wrapped::Wrapped;

fn id(n: u64) -> ThreadId {
    ThreadId::from_parts(Timestamp::from_millis(1_772_442_000_000), u128::from(n))
}

fn item(kind: &str, payload: &Value) -> RolloutItem {
    RolloutItem::new(kind, payload, Timestamp::from_millis(0)).unwrap()
}

fn event(payload: &Value) -> RolloutItem {
    item("event_msg", payload)
}

fn user(text: &str) -> RolloutItem {
    event(&json!({"type": "user_message", "message": text}))
}

fn agent(text: &str) -> RolloutItem {
    event(&json!({"type": "agent_message", "message": text}))
}

fn turn(n: u32, said: Vec<RolloutItem>) -> Vec<RolloutItem> {
    let mut items = vec![event(&json!({"type": "task_started", "turn_id": format!("turn-{n}")}))];
    items.extend(said);
    items.push(event(&json!({"type": "task_complete", "turn_id": format!("turn-{n}")})));
    items
}

async fn create(store: &impl ThreadStore, n: u64, items: Vec<RolloutItem>) {
    store.create_thread(CreateThread::new(id(n)).with_items(items)).await.unwrap();
}

async fn create_with(store: &impl ThreadStore, n: u64, patch: ThreadMetadataPatch) {
    store.create_thread(CreateThread::new(id(n)).with_metadata(patch)).await.unwrap();
}

fn patch() -> ThreadMetadataPatch {
    ThreadMetadataPatch::default()
}

async fn search(store: &dyn ThreadStore, term: &str) -> SearchPage {
    store.search_threads(SearchThreads::new(term.to_owned())).await.unwrap()
}

async fn found(store: &dyn ThreadStore, term: &str) -> Vec<ThreadId> {
    ids(&search(store, term).await.hits)
}

fn ids(hits: &[SearchHit]) -> Vec<ThreadId> {
    hits.iter().map(|hit| hit.thread.thread_id).collect()
}

#[tokio::test]
async fn what_people_can_read_is_found_the_most_telling_place_first() {
    let store = MemoryStore::new();
    create(&store, 1, turn(1, vec![user("Hi"), agent("The lamp blinks")])).await;
    create(&store, 2, turn(1, vec![user("Which LAMP?"), agent("That one")])).await;
    create_with(&store, 3, patch().preview("a lamp".to_owned())).await;
    create_with(&store, 4, patch().name("Lamps".to_owned())).await;
    create_with(&store, 5, patch().title("la mp".to_owned()).cwd("/lamp".to_owned())).await;
    assert_eq!(found(&store, "lamp").await, [id(4), id(3), id(2), id(1)]);
}

#[tokio::test]
async fn a_hit_names_the_turn_the_item_and_the_place() {
    let store = MemoryStore::new();
    let items = [
        turn(1, vec![user("nothing")]),
        turn(2, vec![user("one\n lamp"), agent("x"), agent("lamp two")]),
    ];
    create(&store, 1, items.concat()).await;
    let [hit] = search(&store, "lamp").await.hits.try_into().unwrap();
    assert_eq!((hit.count, hit.snippet.as_str(), hit.range.clone()), (2, "one lamp", 4..8));
    let told: Vec<_> = hit.occurrences.iter().map(|it| (it.ordinal.get(), it.speaker)).collect();
    assert_eq!(told, [(4, Speaker::Person), (6, Speaker::Agent)]);
    assert!(hit.occurrences.iter().all(|it| it.turn_id == "turn-2"));
    let items = store.replay(id(1)).await.unwrap().into_items();
    let named = |item_id: &str| items.iter().find(|item| item.id == item_id).unwrap().ordinal;
    assert!(hit.occurrences.iter().all(|it| named(&it.item_id) == it.ordinal));
}

#[tokio::test]
async fn what_tools_and_developers_wrote_is_not_found() {
    let store = MemoryStore::new();
    let message = |role: &str| {
        let content = json!([{"type": "input_text", "text": "lamp"}]);
        item("response_item", &json!({"type": "message", "role": role, "content": content}))
    };
    let tool = [
        json!({"type": "function_call", "name": "lamp", "call_id": "1", "arguments": "{\"lamp\":1}"}),
        json!({"type": "function_call_output", "call_id": "1", "output": "lamp"}),
        json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "lamp"}]}),
    ];
    let mut said = vec![user("hi"), message("developer"), message("system")];
    said.extend(tool.iter().map(|payload| item("response_item", payload)));
    create(&store, 1, turn(1, said)).await;
    assert_eq!(found(&store, "lamp").await, []);
}

#[tokio::test]
async fn what_was_taken_back_is_not_found() {
    let store = MemoryStore::new();
    let items = [turn(1, vec![user("lamp one")]), turn(2, vec![user("lamp two")])].concat();
    let create = CreateThread::new(id(1)).with_items(items).with_lease(Holder::new("test"));
    let lease = store.create_thread(create).await.unwrap().lease.unwrap();
    assert_eq!(search(&store, "lamp").await.hits[0].count, 2);
    let revert = RevertThread::new(lease, RevertTo::BeforeTurn("turn-2".to_owned()));
    store.revert_thread(revert).await.unwrap();
    assert_eq!(found(&store, "lamp two").await, []);
    assert_eq!(search(&store, "lamp").await.hits[0].count, 1);
}

#[tokio::test]
async fn what_was_appended_is_found_at_once_and_what_was_deleted_is_not() {
    let store = MemoryStore::new();
    let create = CreateThread::new(id(1)).with_lease(Holder::new("test"));
    let lease = store.create_thread(create).await.unwrap().lease.unwrap();
    assert_eq!(found(&store, "lamp").await, []);
    store.append_items(AppendItems::new(lease, vec![user("lamp")])).await.unwrap();
    assert_eq!(found(&store, "lamp").await, [id(1)]);
    store.delete_thread(DeleteThread::new(id(1))).await.unwrap();
    assert_eq!(found(&store, "lamp").await, []);
}

#[tokio::test]
async fn the_filter_says_in_which_threads() {
    let store = MemoryStore::new();
    for n in 1..=2 {
        create(&store, n, vec![user("lamp")]).await;
    }
    store.archive_thread(id(2)).await.unwrap();
    for (archived, expected) in
        [(None, vec![id(2), id(1)]), (Some(true), vec![id(2)]), (Some(false), vec![id(1)])]
    {
        let mut filter = ListFilter::default();
        filter.archived = archived;
        let params = SearchThreads::new("lamp".to_owned()).with_filter(filter);
        let mut found = ids(&store.search_threads(params).await.unwrap().hits);
        found.sort_unstable_by(|a, b| b.cmp(a));
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn pages_of_a_search_over_many_threads_are_the_whole() {
    let store = MemoryStore::new();
    for n in 0..230 {
        let said = if n % 3 == 0 { agent("a lamp") } else { user("a lamp") };
        create(&store, n, vec![said]).await;
    }
    let params = SearchThreads::new("lamp".to_owned());
    let whole = store.search_threads(params.clone().with_page_size(1000)).await.unwrap();
    assert_eq!((whole.hits.len(), whole.next_cursor), (230, None));
    let (mut paged, mut next) = (Vec::new(), Some(params.with_page_size(46)));
    while let Some(params) = next {
        let page = store.search_threads(params.clone()).await.unwrap();
        assert_eq!(page.hits.len(), 46);
        paged.extend(page.hits);
        next = page.next_cursor.map(|cursor| params.with_cursor(cursor));
    }
    assert_eq!(paged, whole.hits);
}

#[tokio::test]
async fn a_thread_that_is_deleted_meanwhile_is_not_found_and_hides_no_other() {
    let store = Wrapped::default();
    create(&store, 1, vec![user("lamp")]).await;
    create(&store, 2, vec![user("lamp")]).await;
    store.delete_when_listed(id(2));
    assert_eq!(found(&store, "lamp").await, [id(1)]);
}

#[tokio::test]
async fn damage_is_told_of_all_threads_and_hides_no_other() {
    let store = Wrapped::default();
    create(&store, 1, vec![user("lamp")]).await;
    create(&store, 2, vec![user("lamp")]).await;
    create(&store, 3, vec![user("lamp")]).await;
    create(&store, 4, vec![user("lamp")]).await;
    store.rename(id(3), Some("lamp".to_owned())).await.unwrap();
    store.damage_a_record(id(2));
    store.corrupt(id(3));
    store.corrupt(id(4));
    let page = search(&store, "lamp").await;
    assert_eq!(ids(&page.hits), [id(3), id(2), id(1)]);
    let told: Vec<_> = page.damage.records.iter().map(|it| it.location.as_str()).collect();
    assert_eq!((page.damage.count, told.len()), (3, 3));
    for (n, place) in [(2, "record of"), (3, "history of"), (4, "history of")] {
        assert!(told.contains(&format!("{place} {}", id(n)).as_str()), "{told:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_told() {
    let store = MemoryStore::new();
    let term = |term: &str| SearchThreads::new(term.to_owned());
    for (params, wrong) in [
        (term(" \n"), "term"),
        (term(&"x".repeat(1025)), "term"),
        (term("x").with_page_size(0), "page_size"),
    ] {
        let error = store.search_threads(params).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::InvalidRequest { field, .. } if field == wrong));
        assert!(error.to_string().contains("search_threads"), "{error}");
    }
    let page = store.search_threads(term("x").with_page_size(usize::MAX)).await.unwrap();
    assert_eq!((page.page_size, page.clamped), (1000, true));
}

#[tokio::test]
async fn a_store_that_claims_no_search_refuses_and_the_memory_store_claims_to_scan() {
    assert_eq!(MemoryStore::new().capabilities().search, Search::Scan);
    let store = Wrapped::claiming(Search::None);
    create(&store, 1, vec![user("lamp")]).await;
    for term in ["lamp", " "] {
        let error = store.search_threads(SearchThreads::new(term.to_owned())).await.unwrap_err();
        assert_eq!(error.code(), "unsupported");
    }
}

#[tokio::test]
async fn a_replay_of_records_at_hand_is_that_of_the_stored_ones() {
    let store = MemoryStore::new();
    let items = [turn(1, vec![user("a"), agent("b")]), turn(2, vec![user("c")]), vec![user("d")]];
    let create =
        CreateThread::new(id(1)).with_items(items.concat()).with_lease(Holder::new("test"));
    let lease = store.create_thread(create).await.unwrap().lease.unwrap();
    for to in [RevertTo::BeforeTurn("turn-2".to_owned()), RevertTo::Ordinal(Ordinal::new(2))] {
        store.revert_thread(RevertThread::new(lease.clone(), to)).await.unwrap();
        let (thread, history) = (store.thread(id(1)).await, store.history(id(1)).await.unwrap());
        let replay = Replay::of(&thread.unwrap(), history, DamageReport::default());
        assert_eq!(replay, store.replay(id(1)).await.unwrap());
    }
}
