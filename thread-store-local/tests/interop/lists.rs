//! Lists of the homes that Codex made, in every order and with every filter, against its recorded
//! answers.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use thread_store::{Cursor, ListThreads, SortKey, ThreadStore};

use crate::corpus_dir::{golden_file, unpacked};
use crate::server::threads::{CONFIGURED, GIVEN};
use crate::{question, store};

/// The recorded lists, by what they are about.
const LISTS: &[&str] = &[
    "default",
    "sort",
    "all_sources",
    "cwd",
    "search_term",
    "source_and_provider",
    "relations",
    "misc",
    "pages_created_at_asc",
    "pages_created_at_desc",
    "pages_updated_at_asc",
    "pages_updated_at_desc",
    "pages_recency_at_asc",
    "pages_recency_at_desc",
    "pages_other",
];

/// Where the answer is another one on purpose: home, what, why. `+` is a thread that only we list, `-`
/// one that only the server does, `~` one that stands elsewhere. The test fails if a difference is
/// missing here, and if one listed here is gone.
pub(crate) const DIFFERENCES: &[(&str, &[&str], &str)] = &[
    (
        "dev",
        &["+01a1f9ce-8856", "+01a1f9ce-8856 by cwd", "+01a1f9ce-8856 by searchTerm"],
        "an attached fork is a thread like any other",
    ),
    (
        "dev",
        &["twice 01a1f9ce-9026", "twice 01a1f9ce-91e2", "twice 01a1f9ce-954b"],
        "a thread that was reverted stands on a list once, not with each of its files",
    ),
    (
        "dev",
        &[
            "+01a1f9ce-86f5 by searchTerm",
            "+01a1f9ce-8776 by searchTerm",
            "+01a1f9ce-87e5 by searchTerm",
            "+01a1f9ce-8d5b by searchTerm",
            "+01a1f9ce-8dff by searchTerm",
            "+01a1f9ce-954b by searchTerm",
            "-01a1f9ce-954b by searchTerm",
            "+01a1f9cf-3a44 by searchTerm",
            "-01a1f9cf-3a44 by searchTerm",
        ],
        "the preview of a fork is the first message of the whole history",
    ),
    (
        "dev",
        &["+01a1f9ce-c414 by cwd", "-01a1f9ce-c414 by cwd"],
        "a thread is where it was led last; the server filters by where it began",
    ),
    (
        "dev",
        &[
            "~01a1f9ce-3259 Updated",
            "~01a1f9ce-5525 Updated",
            "~01a1f9ce-78de Updated",
            "~01a1f9ce-7dc8 Updated",
            "~01a1f9ce-85d8 Updated",
            "~01a1f9ce-9026 Updated",
            "~01a1f9ce-acdb Updated",
        ],
        DATES,
    ),
    ("old", &["~01a1f9d9-2432 Updated"], DATES),
    (
        "migrated",
        &[
            "~01a1f9ce-2ca0 Recency",
            "~01a1f9ce-2ca0 Updated",
            "~01a1f9ce-3259 Recency",
            "~01a1f9ce-3259 Updated",
        ],
        DATES,
    ),
    ("old", &["-01a1f9d8-bda8", "-01a1f9d8-c423"], CONFIGURED),
    ("old", NO_PROVIDER_IN_TUI, CONFIGURED),
    ("migrated", &["-01a1f9d8-bda8", "-01a1f9d8-c423"], CONFIGURED),
    ("migrated", NO_PROVIDER_IN_TUI, CONFIGURED),
    ("migrated", &["-01a1f9d9-2482"], GIVEN),
];
const DATES: &str = "dates of files change with copies";
const NO_PROVIDER_IN_TUI: &[&str] =
    &["-01a1f9d8-cfe5", "-01a1f9d8-cfe5 by cwd", "-01a1f9d8-cfe5 by searchTerm"];

type Found = BTreeSet<(String, String)>;

#[tokio::test]
async fn lists_have_the_threads_that_codex_lists_in_its_order() {
    let Some(dir) = unpacked() else { return };
    let mut found = Found::new();
    let mut compared = 0;
    for home in ["dev", "old", "migrated"] {
        let store = store::open(&dir.path().join("homes").join(home)).await;
        for about in LISTS {
            let golden = golden(dir.path(), home, about);
            let differences = compare(&*store, &golden, &mut compared).await;
            found.extend(differences.into_iter().map(|what| (home.to_owned(), what)));
        }
    }
    let listed = DIFFERENCES.iter().flat_map(|(home, whats, _)| {
        whats.iter().map(|what| ((*home).to_owned(), (*what).to_owned()))
    });
    assert_eq!(found, listed.collect());
    assert!(compared > 500, "only {compared} lists were compared");
}

fn golden(dir: &Path, home: &str, about: &str) -> Vec<Value> {
    let golden = golden_file(dir, home, &format!("list/{about}.json"));
    golden["entries"].as_array().unwrap().clone()
}

/// Asks what the server was asked, page after page by our own cursors, and compares the whole.
async fn compare(
    store: &dyn ThreadStore,
    entries: &[Value],
    compared: &mut usize,
) -> BTreeSet<String> {
    let mut differences = BTreeSet::new();
    let mut pages = Pages::default();
    for entry in entries.iter().filter(|entry| is_comparable(entry)) {
        let (params, result) = (&entry["params"], &entry["result"]);
        let Some(list) = question::list(params) else { continue };
        pages.extend_theirs(result["data"].as_array().unwrap());
        pages.next(store, &list).await;
        *compared += 1;
        let goes_on = entries.iter().any(|entry| is_next_page(entry, result));
        if !goes_on {
            let ends = result["nextCursor"].is_null();
            // A thread that only we list moves the others to later pages.
            while ends && pages.cursor.is_some() {
                pages.next(store, &list).await;
            }
            std::mem::take(&mut pages).compare(params, ends, &mut differences);
        }
    }
    differences
}

/// Not the pages that go back by a cursor: theirs begins elsewhere than ours.
fn is_comparable(entry: &Value) -> bool {
    !entry["name"].as_str().unwrap().contains("back") && entry["result"]["data"].is_array()
}

fn is_next_page(entry: &Value, page: &Value) -> bool {
    !page["nextCursor"].is_null()
        && entry["params"].get("cursor") == page.get("nextCursor")
        && is_comparable(entry)
}

/// The rows of one list so far.
#[derive(Default)]
struct Pages {
    ours: Vec<String>,
    theirs: Vec<String>,
    cursor: Option<Cursor>,
}

impl Pages {
    /// Our next page.
    async fn next(&mut self, store: &dyn ThreadStore, list: &ListThreads) {
        let list = list.clone().with_cursor(self.cursor.take());
        let page = store.list_threads(list).await.unwrap();
        self.ours.extend(page.threads.iter().map(|thread| thread.thread_id.to_string()));
        self.cursor = page.next_cursor;
    }

    fn extend_theirs(&mut self, rows: &[Value]) {
        self.theirs.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
    }

    /// A list that was not read to its end says nothing where the order is another one.
    fn compare(self, params: &Value, ends: bool, differences: &mut BTreeSet<String>) {
        let theirs = once(&self.theirs, differences);
        // By the names of the files, which have local times of several zones.
        let by_file_name = question::sort_key(params) == SortKey::Created
            && params["useStateDbOnly"] != Value::Bool(true);
        if by_file_name && !ends {
            return;
        }
        let only = |some: &[String], others: &[String]| -> Vec<String> {
            some.iter().filter(|id| !others.contains(id)).cloned().collect()
        };
        let (only_ours, only_theirs) = (only(&self.ours, &theirs), only(&theirs, &self.ours));
        let ours = only(&self.ours, &only_ours);
        let theirs = only(&theirs, &only_theirs);
        let by = ["searchTerm", "cwd"].iter().find(|name| params.get(**name).is_some());
        let by = by.map(|name| format!(" by {name}")).unwrap_or_default();
        differences.extend(only_ours.iter().map(|id| format!("+{}{by}", short(id))));
        differences.extend(only_theirs.iter().map(|id| format!("-{}{by}", short(id))));
        if !by_file_name {
            let key = question::sort_key(params);
            let moved = moved(&ours, &theirs);
            differences.extend(moved.iter().map(|id| format!("~{} {key:?}", short(id))));
        }
    }
}

fn short(id: &str) -> &str {
    &id[..13]
}

/// Each id once, where it stands first.
fn once(ids: &[String], differences: &mut BTreeSet<String>) -> Vec<String> {
    let mut seen = Vec::new();
    for id in ids {
        if seen.contains(id) {
            differences.insert(format!("twice {}", short(id)));
        } else {
            seen.push(id.clone());
        }
    }
    seen
}

/// The fewest ids that have to move for both to be in the same order: those that are not in the
/// longest sequence that both have.
fn moved(ours: &[String], theirs: &[String]) -> Vec<String> {
    let place = |id: &String| theirs.iter().position(|other| other == id).unwrap();
    let mut best: Vec<Vec<&String>> = Vec::new();
    for (index, id) in ours.iter().enumerate() {
        let before = best.iter().take(index).filter(|run| place(run[run.len() - 1]) < place(id));
        let mut run = before.max_by_key(|run| run.len()).cloned().unwrap_or_default();
        run.push(id);
        best.push(run);
    }
    let kept = best.into_iter().max_by_key(Vec::len).unwrap_or_default();
    ours.iter().filter(|id| !kept.contains(id)).cloned().collect()
}
