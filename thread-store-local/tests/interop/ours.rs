//! What we wrote, used by Codex: it lists, reads, resumes, forks, renames, archives and continues
//! every thread, and we read what it wrote.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use thread_store::{
    HistoryMode, LiveThread, ResumeLive, ThreadId, ThreadStore, ThreadStoreExt as _,
};

use crate::codex::{Codex, program};
use crate::question;
use crate::records::turn;
use crate::server::threads::CONFIGURED;
use crate::server::turns::compare_rows;
use crate::store;
use crate::written::{Written, config, written};

/// All that Codex has on a list that asks for these.
fn list(codex: &mut Codex, mut params: Value) -> Vec<Value> {
    params["limit"] = json!(100);
    let mut answer = codex.ask("thread/list", params);
    serde_json::from_value(answer["data"].take()).unwrap()
}

fn id_of(row: &Value) -> ThreadId {
    row["id"].as_str().unwrap().parse().unwrap()
}

/// What Codex shows of the turns, without asking it to load the thread.
pub(crate) fn turns(codex: &mut Codex, id: ThreadId) -> Vec<Value> {
    let params = json!({"threadId": id, "includeTurns": true});
    let mut answer = codex.ask("thread/read", params);
    serde_json::from_value(answer["thread"]["turns"].take()).unwrap()
}

pub(crate) fn resume(codex: &mut Codex, id: ThreadId) {
    codex.ask("thread/resume", json!({"threadId": id, "excludeTurns": true}));
}

pub(crate) fn inject(codex: &mut Codex, id: ThreadId, text: &str) {
    let message = json!({"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": text}]});
    codex.ask("thread/inject_items", json!({"threadId": id, "items": [message]}));
}

/// The names that we gave to the threads of these rows.
fn names(home: &Written, rows: &[Value]) -> BTreeSet<&'static str> {
    rows.iter().map(|row| home.name(id_of(row))).collect()
}

fn is_archived(name: &str) -> bool {
    name.contains("archived")
}

fn is_sub_agent(name: &str) -> bool {
    name.contains("child")
}

fn is_shown(name: &str) -> bool {
    !name.starts_with("with")
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_lists_every_thread_that_we_wrote() {
    let Some(program) = program() else { return };
    let home = written().await;
    let mut codex = Codex::start(&program, home.home());
    let all = |wanted: &dyn Fn(&str) -> bool| -> BTreeSet<&'static str> {
        home.threads().map(|(name, _)| name).filter(|name| wanted(name)).collect()
    };
    let active = |name: &str| is_shown(name) && !is_archived(name) && !is_sub_agent(name);
    for key in ["created_at", "updated_at", "recency_at"] {
        let rows = list(&mut codex, json!({"sortKey": key}));
        assert_eq!(rows.len(), names(&home, &rows).len(), "{key}");
        assert_eq!(names(&home, &rows), all(&active), "{key}");
        let archived = list(&mut codex, json!({"sortKey": key, "archived": true}));
        assert_eq!(names(&home, &archived), all(&is_archived), "{key}");
    }
    codex.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_lists_what_we_wrote_in_the_order_in_which_we_do() {
    let Some(program) = program() else { return };
    let home = written().await;
    let store = store::open(home.home()).await;
    let mut codex = Codex::start(&program, home.home());
    for key in ["created_at", "updated_at", "recency_at"] {
        for filter in [json!({}), json!({"archived": true}), json!({"searchTerm": "question"})] {
            for direction in ["asc", "desc"] {
                let mut params = filter.clone();
                params["sortKey"] = json!(key);
                params["sortDirection"] = json!(direction);
                params["limit"] = json!(100);
                // By its database, which knows the milliseconds that file names do not have.
                params["useStateDbOnly"] = json!(true);
                let theirs = list(&mut codex, params.clone());
                let ours = question::list(&params).unwrap();
                let ours = store.list_threads(ours).await.unwrap().threads;
                let ours: Vec<_> = ours.iter().map(|it| home.name(it.thread_id)).collect();
                let theirs: Vec<_> = theirs.iter().map(|row| home.name(id_of(row))).collect();
                assert_eq!(ours, theirs, "{params}");
                assert!(ours.len() > 1, "{params}");
            }
        }
    }
    codex.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_finds_the_children_of_every_thread_that_we_wrote() {
    let Some(program) = program() else { return };
    let home = written().await;
    let mut codex = Codex::start(&program, home.home());
    let root = home.id("legacy");
    let children = list(&mut codex, json!({"parentThreadId": root}));
    assert_eq!(names(&home, &children), BTreeSet::from(["legacy child"]));
    let all = list(&mut codex, json!({"ancestorThreadId": root}));
    assert_eq!(names(&home, &all), BTreeSet::from(["legacy child", "paginated grandchild"]));
    for (child, parent) in [("legacy child", "legacy"), ("paginated grandchild", "legacy child")] {
        let read = codex.ask("thread/read", json!({"threadId": home.id(child)}));
        assert_eq!(read["thread"]["parentThreadId"], json!(home.id(parent)));
    }
    codex.stop();
}

/// The record of a thread in the words of Codex, where both know it.
#[tokio::test(flavor = "multi_thread")]
async fn codex_says_of_every_thread_what_we_say() {
    let Some(program) = program() else { return };
    let home = written().await;
    let store = store::open(home.home()).await;
    let mut codex = Codex::start(&program, home.home());
    let mut found = BTreeSet::new();
    for (name, id) in home.threads() {
        let theirs = codex.ask("thread/read", json!({"threadId": id}));
        let ours = store.thread(id).await.unwrap();
        let fields = crate::server::threads::differences(&theirs["thread"], &ours);
        found.extend(fields.into_iter().map(|field| format!("{name}: {field}")));
    }
    let listed = RECORDS.iter().map(|(what, _)| (*what).to_owned());
    assert_eq!(found, listed.collect());
    codex.stop();
}

/// What Codex says otherwise of threads that we wrote, and why.
pub(crate) const RECORDS: &[(&str, &str)] = &[
    ("paginated renamed: name", NAMES),
    ("with messages alone: modelProvider", CONFIGURED),
    ("with unknown records: modelProvider", CONFIGURED),
    ("without items: modelProvider", CONFIGURED),
    ("with messages alone: cliVersion", HEADER),
    ("with unknown records: cliVersion", HEADER),
    ("without items: cliVersion", HEADER),
    ("with messages alone: originator", HEADER),
    ("with unknown records: originator", HEADER),
    ("without items: originator", HEADER),
];
pub(crate) const NAMES: &str = "Codex keeps the names of paginated threads only in its database";
const HEADER: &str = "a header must say it: where nobody did, it names the store";

#[tokio::test(flavor = "multi_thread")]
async fn codex_shows_the_turns_of_every_thread_that_we_wrote() {
    let Some(program) = program() else { return };
    let home = written().await;
    let store = store::open(home.home()).await;
    let mut codex = Codex::start(&program, home.home());
    let mut found = BTreeSet::new();
    for (name, id) in home.threads() {
        // Codex shows the turns of a paginated thread once it was resumed, its own as well.
        if name.contains("paginated") && !is_archived(name) {
            resume(&mut codex, id);
        }
        let theirs = turns(&mut codex, id);
        let ours = store.replay(id).await.unwrap().turns;
        let ours: Vec<Value> = ours.iter().map(|turn| json!(turn)).collect();
        let mut differences = BTreeSet::new();
        compare_rows(&ours, &theirs, &mut differences);
        found.extend(differences.iter().map(|what| format!("{name}: {}", without_id(what))));
    }
    let listed = TURNS.iter().map(|(what, _)| (*what).to_owned());
    assert_eq!(found, listed.collect());
    codex.stop();
}

/// Ids are made anew in each run.
fn without_id(what: &str) -> String {
    match what.split(' ').collect::<Vec<_>>()[..] {
        ["turn", _, field] => field.to_owned(),
        _ => what.to_owned(),
    }
}

/// What Codex shows otherwise of threads that we wrote, and why.
pub(crate) const TURNS: &[(&str, &str)] = &[
    (
        "paginated archived: turns",
        "Codex shows the turns of a paginated thread once it was resumed",
    ),
    ("paginated reverted: turns", "Codex knows the marker of a revert in legacy threads alone"),
];

#[tokio::test(flavor = "multi_thread")]
async fn codex_continues_every_thread_that_we_wrote_and_we_go_on_after_it() {
    let Some(program) = program() else { return };
    let home = written().await;
    let before = ends(&home).await;
    let mut codex = Codex::start(&program, home.home());
    for (name, id) in active(&home) {
        resume(&mut codex, id);
        inject(&mut codex, id, &format!("injected into {name}"));
    }
    codex.stop();
    let store = store::open(home.home()).await;
    for ((name, id), before) in active(&home).zip(before) {
        let history = store.history(id).await.unwrap();
        assert!(history.len() > before, "{name}");
        let last = history.last().unwrap().item.text().into_owned();
        assert!(last.contains(&format!("injected into {name}")), "{name}: {last}");
        go_on(&store, id).await;
    }
    drop(store);
    let mut codex = Codex::start(&program, home.home());
    for (name, id) in active(&home) {
        resume(&mut codex, id);
        let last = turns(&mut codex, id).pop().unwrap_or_default();
        assert_eq!(last["items"][0]["content"][0]["text"], "third question", "{name}");
    }
    codex.stop();
}

/// Another turn, by us.
pub(crate) async fn go_on(store: &Arc<dyn ThreadStore>, id: ThreadId) {
    let live = LiveThread::resume(Arc::clone(store), ResumeLive::new(id), config()).await.unwrap();
    let mode = live.thread().await.unwrap().metadata.history_mode;
    let mode = mode.and_then(|mode| HistoryMode::parse(&mode)).unwrap_or(HistoryMode::Legacy);
    turn(&live, mode, "third question", "third answer").await;
    live.shutdown().await.unwrap();
}

/// The threads that can be continued.
fn active(home: &Written) -> impl Iterator<Item = (&'static str, ThreadId)> + '_ {
    home.threads().filter(|(name, _)| !is_archived(name))
}

/// How many items each of them has.
async fn ends(home: &Written) -> Vec<usize> {
    let store = store::open(home.home()).await;
    let mut ends = Vec::new();
    for (_, id) in active(home) {
        ends.push(store.history(id).await.unwrap().len());
    }
    ends
}

#[tokio::test(flavor = "multi_thread")]
async fn codex_forks_every_thread_that_we_wrote_and_we_read_the_fork() {
    let Some(program) = program() else { return };
    let home = written().await;
    let mut codex = Codex::start(&program, home.home());
    let mut forks = Vec::new();
    for (name, id) in active(&home).filter(|(name, _)| is_shown(name)) {
        let fork = codex.ask("thread/fork", json!({"threadId": id}));
        forks.push((name, id, id_of(&fork["thread"])));
    }
    codex.stop();
    let store = store::open(home.home()).await;
    for (name, id, fork) in forks {
        let thread = store.thread(fork).await.unwrap();
        let forked_from = thread.identity.forked_from.map(|from| from.thread_id);
        assert_eq!(forked_from, Some(id), "{name}");
        assert_eq!(questions(&*store, fork).await, questions(&*store, id).await, "{name}");
    }
}

/// What people said in the turns that stand.
async fn questions(store: &dyn ThreadStore, id: ThreadId) -> Vec<String> {
    let turns = store.replay(id).await.unwrap().turns;
    let rows = turns.iter().map(|turn| json!(turn)).collect::<Vec<_>>();
    let items = rows.iter().flat_map(|turn| turn["items"].as_array().unwrap().clone());
    let users = items.filter(|item| item["type"] == "userMessage");
    users.map(|item| item["content"][0]["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_codex_renames_archives_and_unarchives_is_so_for_us() {
    let Some(program) = program() else { return };
    let home = written().await;
    let mut codex = Codex::start(&program, home.home());
    for (name, id) in active(&home) {
        codex.ask("thread/name/set", json!({"threadId": id, "name": format!("{name} by Codex")}));
    }
    for name in ["legacy", "paginated fork", "without items"] {
        codex.ask("thread/archive", json!({"threadId": home.id(name)}));
    }
    for name in ["legacy archived", "paginated archived"] {
        codex.ask("thread/unarchive", json!({"threadId": home.id(name)}));
    }
    codex.stop();
    let store = store::open(home.home()).await;
    for (name, id) in active(&home) {
        let thread = store.thread(id).await.unwrap();
        assert_eq!(thread.metadata.name, Some(format!("{name} by Codex")));
    }
    // A thread is archived with its subtree.
    let archived = home.threads().filter(|(name, _)| {
        ["legacy", "legacy child", "paginated grandchild", "paginated fork", "without items"]
            .contains(name)
    });
    let archived: BTreeSet<_> = archived.collect();
    for (name, id) in home.threads() {
        let is_archived = store.thread(id).await.unwrap().is_archived();
        assert_eq!(is_archived, archived.contains(&(name, id)), "{name}");
    }
}
