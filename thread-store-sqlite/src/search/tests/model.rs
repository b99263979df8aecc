//! A search by the index is a search by reading everything, whatever was done and indexed before.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use thread_store::{
    AppendItems, DeleteThread, ForkThread, Holder, ListFilter, Relation, ResumeThread,
    SessionSource, SourceKind, SubAgentSource, ThreadMetadataPatch, ThreadSpawn,
    ThreadStoreExt as _,
};
use thread_store_conformance::CoreOnly;

use super::*;

/// What texts are made of; terms are parts of what stands side by side.
const PARTS: &[&str] = &[
    "Lamp",
    "lamp",
    "LAMPS ",
    "mp la",
    "la",
    "p",
    " ",
    "\n\t",
    "\u{3000}",
    "日本語",
    "本語の文",
    "日",
    "ß",
    "İ",
    "i\u{307}",
    "ΟΔΟΣ",
    "οδος",
    "\"",
    "x\"y",
    "100%_",
    "\0",
    "\u{fffe}",
    "## My request for Codex:",
];

/// One of a few threads.
type Thread = u64;

#[derive(Clone, Debug)]
enum Step {
    Create {
        thread: Thread,
        said: Vec<Said>,
        name: Option<String>,
        preview: Option<String>,
        place: u8,
    },
    Append(Thread, Vec<Said>),
    Rename(Thread, Option<String>),
    Title(Thread, Option<String>),
    Archive(Thread, bool),
    Fork(Thread, Thread),
    Delete(Thread),
    Damage(Thread),
    IndexItems(Thread, usize),
    IndexTexts(Thread),
}

#[derive(Clone, Debug)]
enum Said {
    User(String),
    Agent(String),
    /// Says what an item is, which may be said again.
    Item(&'static str, u8, String),
    Start(u8),
    TakeBack(u8),
    Tool(String),
}

impl Said {
    fn record(&self) -> RolloutItem {
        match self {
            Self::User(text) => user(text),
            Self::Agent(text) => agent(text),
            Self::Item(kind, id, text) => {
                let content = json!([{"type": "text", "text": text}]);
                let item = json!({"type": kind, "id": format!("i{id}"), "content": content});
                event(&json!({"type": "item_completed", "turn_id": "t1", "item": item}))
            }
            Self::Start(turn) => {
                event(&json!({"type": "task_started", "turn_id": format!("t{turn}")}))
            }
            Self::TakeBack(turns) => {
                event(&json!({"type": "thread_rolled_back", "num_turns": turns}))
            }
            Self::Tool(text) => {
                event(&json!({"type": "exec_command_end", "call_id": "1", "stdout": text}))
            }
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(select(PARTS), 0..5).prop_map(|parts| parts.concat())
}

fn term() -> impl Strategy<Value = String> {
    (prop::collection::vec(select(PARTS), 1..3), 0..4_usize, 1..7_usize)
        .prop_map(|(parts, from, len)| {
            parts.concat().chars().skip(from).take(len).collect::<String>()
        })
        .prop_filter("a term has text", |term| !term.trim().is_empty())
}

fn said() -> impl Strategy<Value = Vec<Said>> {
    let said = prop_oneof![
        4 => text().prop_map(Said::User),
        3 => text().prop_map(Said::Agent),
        2 => (select(&["UserMessage", "AgentMessage", "Plan"][..]), 0..3_u8, text())
            .prop_map(|(kind, id, text)| Said::Item(kind, id, text)),
        2 => (0..3_u8).prop_map(Said::Start),
        1 => (0..3_u8).prop_map(Said::TakeBack),
        1 => text().prop_map(Said::Tool),
    ];
    prop::collection::vec(said, 0..8)
}

fn step() -> impl Strategy<Value = Step> {
    let thread = || 1..7_u64;
    let name = || proptest::option::of(text());
    prop_oneof![
        6 => (thread(), said(), name(), name(), 0..8_u8).prop_map(|(thread, said, name, preview, place)| {
            Step::Create { thread, said, name, preview, place }
        }),
        5 => (thread(), said()).prop_map(|(thread, said)| Step::Append(thread, said)),
        2 => (thread(), name()).prop_map(|(thread, name)| Step::Rename(thread, name)),
        1 => (thread(), name()).prop_map(|(thread, title)| Step::Title(thread, title)),
        1 => (thread(), any::<bool>()).prop_map(|(thread, archived)| Step::Archive(thread, archived)),
        1 => (thread(), thread()).prop_map(|(from, to)| Step::Fork(from, to)),
        1 => thread().prop_map(Step::Delete),
        1 => thread().prop_map(Step::Damage),
        6 => (thread(), select(&[1, 400, 1 << 20][..])).prop_map(|(thread, budget)| Step::IndexItems(thread, budget)),
        4 => thread().prop_map(Step::IndexTexts),
    ]
}

fn filter() -> impl Strategy<Value = ListFilter> {
    let any = ListFilter::default;
    let relation = |relation| any().with_relation(relation);
    prop_oneof![
        4 => Just(any()),
        1 => Just(any().with_archived(false)),
        1 => Just(any().with_archived(true)),
        1 => Just(any().with_source_kinds(vec![SourceKind::Cli, SourceKind::SubAgentThreadSpawn])),
        1 => Just(any().with_has_preview(true)),
        1 => Just(any().with_search_term("a".to_owned())),
        1 => Just(relation(Relation::ChildrenOf(id(1)))),
        1 => Just(relation(Relation::DescendantsOf(id(1))).with_archived(false)),
    ]
}

/// Some steps cannot be done where they come: then nothing happens.
async fn take(fresh: &Fresh, step: Step) {
    let store = &fresh.store;
    match step {
        Step::Create { thread, said, name, preview, place } => {
            let items: Vec<_> = said.iter().map(Said::record).collect();
            let mut metadata = ThreadMetadataPatch::default().name(name).preview(preview);
            metadata = metadata.recency_at(Timestamp::from_millis(i64::from(place / 4)));
            let mut create =
                CreateThread::new(id(thread)).with_items(items).with_metadata(metadata);
            if place % 2 == 0 {
                let parent = id(1 + u64::from(place / 2));
                let spawn = SubAgentSource::ThreadSpawn(ThreadSpawn::new(parent, 1));
                create =
                    create.with_source(SessionSource::SubAgent(spawn)).with_parent(Some(parent));
            }
            store.create_thread(create).await.ok();
        }
        Step::Append(thread, said) => {
            let resume = ResumeThread::new(id(thread), Holder::new("test"));
            if let Ok(resumed) = store.resume_thread(resume).await {
                let items: Vec<_> = said.iter().map(Said::record).collect();
                store.append_items(AppendItems::new(resumed.lease, items)).await.unwrap();
            }
        }
        Step::Rename(thread, name) => drop(store.rename(id(thread), name).await),
        Step::Title(thread, title) => {
            let patch = ThreadMetadataPatch::default().title(title);
            let update = thread_store::UpdateThreadMetadata::new(id(thread), patch);
            drop(store.update_thread_metadata(update).await);
        }
        Step::Archive(thread, true) => drop(store.archive_thread(id(thread)).await),
        Step::Archive(thread, false) => drop(store.unarchive_thread(id(thread)).await),
        Step::Fork(from, to) => {
            drop(store.fork_thread(ForkThread::new(id(from), id(to))).await);
        }
        Step::Delete(thread) => drop(store.delete_thread(DeleteThread::new(id(thread))).await),
        Step::Damage(thread) => fresh.damage(thread).await,
        Step::IndexItems(thread, budget) => drop(fresh.index_items(thread, budget).await),
        Step::IndexTexts(thread) => fresh.index_texts(thread).await,
    }
}

/// All pages, without the damage that was met: who reads less meets less.
async fn pages(store: &impl thread_store::ThreadStore, search: &SearchThreads) -> Vec<SearchPage> {
    let (mut pages, mut next) = (Vec::new(), Some(search.clone()));
    while let Some(search) = next {
        let mut page = store.search_threads(search.clone()).await.unwrap();
        page.damage = thread_store::DamageReport::default();
        next = page.next_cursor.clone().map(|cursor| search.with_cursor(cursor));
        pages.push(page);
    }
    pages
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn the_answer_is_that_of_reading_everything(
        steps in prop::collection::vec(step(), 0..40),
        searches in prop::collection::vec((term(), filter(), 1..4_usize, 0..4_usize), 12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let fresh = Fresh::open().await;
            for step in steps {
                take(&fresh, step).await;
            }
            let by_reading = CoreOnly(Arc::new(fresh.store.clone()));
            for (term, filter, size, occurrences) in searches {
                let search = SearchThreads::new(term)
                    .with_filter(filter)
                    .with_page_size(size)
                    .with_occurrences(occurrences);
                let expected = pages(&by_reading, &search).await;
                prop_assert_eq!(pages(&fresh.store, &search).await, expected, "{:?}", search);
            }
            fresh.store.close().await;
            Ok(())
        })?;
    }
}
