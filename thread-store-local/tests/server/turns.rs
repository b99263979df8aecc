//! Turns and items: any store against the answers of the server.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use thread_store::{Cursor, Direction, ItemsView, ListItems, ListTurns, ThreadId, ThreadStore};

use crate::corpus_dir::golden_file;

/// Where the answer is another one on purpose: home, thread, what, why. The test fails if a
/// difference is missing here, and if one listed here is gone. The table in the README says more.
pub(crate) const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    ("dev", "01a1f9cf-3fc0", "turn 80b3a31d52ce status", OPEN),
    ("migrated", "01a1f9d9-2432", "turn 4d8e9db27360 status", OPEN),
    ("dev", "01a1f9ce-e643", "order of turns", FIRST_RECORD),
    ("dev", "01a1f9ce-3259", "+commandExecution call_mock_00052_2 completed", CALLS),
    ("old", "01a1f9d8-bda8", "+commandExecution call_mock_00001_1 completed", CALLS),
    ("old", "01a1f9d8-f62d", "+commandExecution call_mock_00006_2 failed", CALLS),
    ("old", "01a1f9d8-f62d", "+fileChange call_mock_00007_0 completed", CALLS),
    ("old", "01a1f9d8-f62d", "+fileChange call_mock_00008_0 completed", CALLS),
    ("migrated", "01a1f9d8-bda8", "turn rollout-3 startedAt", STARTED),
    ("migrated", "01a1f9d8-c423", "turn rollout-3 startedAt", STARTED),
    ("migrated", "01a1f9d8-cfe5", "turn rollout-3 startedAt", STARTED),
    ("migrated", "01a1f9d8-f195", "turn 933528e12e1f startedAt", STARTED),
    ("migrated", "01a1f9d9-2432", "turn rollout-13 startedAt", STARTED),
    ("migrated", "01a1f9d9-6b2d", "turn 75d782237ff1 startedAt", STARTED),
    ("migrated", "01a1f9d9-726c", "turn 0c03dbc0eb4a startedAt", STARTED),
    ("migrated", "01a1f9d9-72c9", "turn 0c03dbc0eb4a startedAt", STARTED),
    ("migrated", "01a1f9d9-72c9", "turn be271475a5bc startedAt", STARTED),
];
pub(crate) const OPEN: &str = "an open last turn is in progress";
const FIRST_RECORD: &str = "a turn stands where its first record does";
const CALLS: &str = "tool calls of legacy histories are items";
const STARTED: &str = "the start record says when a turn started";

/// Home, thread, what.
pub(crate) type Found = BTreeSet<(String, String, String)>;

/// The table.
pub(crate) fn listed() -> Found {
    let row = |(home, id, what, _): &(&str, &str, &str, &str)| {
        ((*home).to_owned(), (*id).to_owned(), (*what).to_owned())
    };
    DIFFERENCES.iter().map(row).collect()
}

/// One thread, and the answers about it.
pub(crate) struct Check {
    pub(crate) store: Arc<dyn ThreadStore>,
    pub(crate) id: ThreadId,
}

#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) compared: usize,
    pub(crate) differences: BTreeSet<String>,
}

impl Outcome {
    pub(crate) fn named(
        self,
        home: &str,
        id: ThreadId,
    ) -> impl Iterator<Item = (String, String, String)> {
        let (home, id) = (home.to_owned(), id.to_string()[..13].to_owned());
        self.differences.into_iter().map(move |what| (home.clone(), id.clone(), what))
    }
}

impl Check {
    /// All that was answered about the turns and items of this thread.
    pub(crate) async fn all_answers(&self, corpus: &Path, home: &str) -> Outcome {
        let mut all = Outcome::default();
        for folder in ["turns", "items", "read/full"] {
            let golden = golden_file(corpus, home, &self.file(folder));
            let outcome = self.answers(golden["entries"].as_array().unwrap()).await;
            all.compared += outcome.compared;
            all.differences.extend(outcome.differences);
        }
        all
    }

    fn file(&self, folder: &str) -> String {
        format!("{folder}/{}.json", self.id)
    }

    /// Asks what the server was asked, and compares.
    pub(crate) async fn answers(&self, entries: &[Value]) -> Outcome {
        let mut outcome = Outcome::default();
        let mut cursor = None;
        for entry in entries {
            let (params, result) = (&entry["params"], &entry["result"]);
            let first_page = params.get("cursor").is_none();
            if first_page {
                cursor = None;
            }
            let theirs = match entry["method"].as_str().unwrap() {
                "thread/read" => &result["thread"]["turns"],
                _ => &result["data"],
            };
            let (Some(theirs), true) = (theirs.as_array(), is_comparable(entry)) else { continue };
            let ours = match entry["method"].as_str().unwrap() {
                "thread/items/list" => self.items(params, &mut cursor).await,
                _ => self.turns(params, &mut cursor).await,
            };
            outcome.compared += 1;
            compare_rows(&ours, theirs, &mut outcome.differences);
            if cursor.is_some() == result["nextCursor"].is_null() && result.get("data").is_some() {
                outcome.differences.insert("end of a page".into());
            }
        }
        outcome
    }

    pub(crate) async fn turns(&self, params: &Value, cursor: &mut Option<Cursor>) -> Vec<Value> {
        let is_read = params.get("includeTurns").is_some();
        let view = match params["itemsView"].as_str() {
            Some("notLoaded") => ItemsView::NotLoaded,
            Some("full") => ItemsView::Full,
            _ if is_read => ItemsView::Full,
            _ => ItemsView::Summary,
        };
        let default = if is_read { Direction::Ascending } else { Direction::Descending };
        let list = ListTurns::new(self.id)
            .with_include_archived(true)
            .with_view(view)
            .with_direction(direction(params, default))
            .with_cursor(cursor.take())
            .with_page_size(limit(params, if is_read { 1000 } else { 25 }));
        let page = self.store.list_turns(list).await.unwrap();
        *cursor = page.next_cursor;
        page.turns.iter().map(|turn| json!(turn)).collect()
    }

    async fn items(&self, params: &Value, cursor: &mut Option<Cursor>) -> Vec<Value> {
        let turn_id = params["turnId"].as_str().map(str::to_owned);
        let list = ListItems::new(self.id)
            .with_include_archived(true)
            .with_turn_id(turn_id)
            .with_direction(direction(params, Direction::Ascending))
            .with_cursor(cursor.take())
            .with_page_size(limit(params, 25));
        let page = self.store.list_items(list).await.unwrap();
        *cursor = page.next_cursor;
        let entry = |item: &thread_store::ThreadItem| {
            json!({"turnId": item.turn_id, "item": item, "startedAtMs": item.started_at_ms,
                "completedAtMs": item.completed_at_ms})
        };
        page.items.iter().map(entry).collect()
    }
}

/// Pages that are followed from the start, and whole lists. What only the protocol has (anchors,
/// outputs left out, cursors of its own form) is the server's.
fn is_comparable(entry: &Value) -> bool {
    let name = entry["name"].as_str().unwrap_or_default();
    !["backwards", "defer", "anchor", "items/read"].iter().any(|word| name.contains(word))
}

fn direction(params: &Value, default: Direction) -> Direction {
    match params["sortDirection"].as_str() {
        Some("asc") => Direction::Ascending,
        Some("desc") => Direction::Descending,
        _ => default,
    }
}

fn limit(params: &Value, default: usize) -> usize {
    params["limit"].as_u64().map_or(default, |limit| usize::try_from(limit).unwrap())
}

pub(crate) fn compare_rows(ours: &[Value], theirs: &[Value], differences: &mut BTreeSet<String>) {
    let is_turn = |row: &Value| row.get("status").is_some() && row.get("items").is_some();
    if !ours.iter().chain(theirs).all(is_turn) {
        return compare_items(ours, theirs, differences);
    }
    let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    if ids(ours) != ids(theirs) {
        let sorted = |rows| ids(rows).iter().map(Value::to_string).collect::<BTreeSet<_>>();
        let same = ours.len() == theirs.len() && sorted(ours) == sorted(theirs);
        differences.insert(if same { "order of turns" } else { "turns" }.into());
    }
    for theirs in theirs {
        if let Some(ours) = ours.iter().find(|ours| ours["id"] == theirs["id"]) {
            compare_turn(ours, theirs, differences);
        }
    }
}

fn compare_turn(ours: &Value, theirs: &Value, differences: &mut BTreeSet<String>) {
    let id = ours["id"].as_str().unwrap();
    let short = &id[id.len().saturating_sub(12)..];
    let names = ours.as_object().unwrap().keys().chain(theirs.as_object().unwrap().keys());
    for name in names.filter(|name| !["items", "inherited"].contains(&name.as_str())) {
        if ours.get(name) != theirs.get(name) {
            differences.insert(format!("turn {short} {name}"));
        }
    }
    let (ours, theirs) = (ours["items"].as_array().unwrap(), theirs["items"].as_array().unwrap());
    compare_items(ours, theirs, differences);
}

/// Items that only we have are told by kind and id, all others have to be the same, one by one.
fn compare_items(ours: &[Value], theirs: &[Value], differences: &mut BTreeSet<String>) {
    let mut theirs = theirs.iter().peekable();
    for row in ours {
        match theirs.peek() {
            Some(other) if kind(row) == kind(other) => {
                compare_item(row, other, differences);
                theirs.next();
            }
            _ => drop(differences.insert(format!("+{} {} {}", kind(row), id(row), status(row)))),
        }
    }
    differences.extend(theirs.map(|row| format!("-{} {}", kind(row), id(row))));
}

fn compare_item(ours: &Value, theirs: &Value, differences: &mut BTreeSet<String>) {
    let (ours, theirs) = (ours.as_object().unwrap(), theirs.as_object().unwrap());
    for name in ours.keys().chain(theirs.keys()).filter(|name| *name != "inherited") {
        match (ours.get(name), theirs.get(name)) {
            (Some(ours), Some(theirs)) if name == "item" => {
                compare_item(ours, theirs, differences);
            }
            // The server counts the items of a legacy thread; here the ordinal is the number.
            (Some(Value::String(ours)), Some(Value::String(theirs)))
                if name == "id" && theirs.starts_with("item-") && ours.starts_with("item-") => {}
            (ours, theirs) if ours == theirs => {}
            _ => drop(differences.insert(format!("item {name}"))),
        }
    }
}

fn status(row: &Value) -> &str {
    row.get("item").unwrap_or(row)["status"].as_str().unwrap_or_default()
}

fn id(row: &Value) -> &str {
    row.get("item").unwrap_or(row)["id"].as_str().unwrap_or_default()
}

fn kind(row: &Value) -> &str {
    let item = row.get("item").unwrap_or(row);
    item["type"].as_str().unwrap_or_default()
}
