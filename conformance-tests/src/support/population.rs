//! Threads that differ in everything that lists look at, and lists of every kind over them.

use std::collections::BTreeMap;

use serde_json::json;
use thread_store::{
    CreateThread, Direction, Explain, ListFilter, ListThreads, Position, Relation, SessionSource,
    SortKey, SourceKind, StoredThread, SubAgentSource, ThreadId, ThreadMetadataPatch, TimeRange,
};

use crate::case::{CaseResult, Failure, Stop, expect_eq};
use crate::support::context::{Cx, EPOCH_MILLIS};

/// The reference: the records of all threads, each read by its id, and what they say of lists.
pub(crate) struct Population {
    pub(crate) ids: Vec<ThreadId>,
    pub(crate) threads: BTreeMap<ThreadId, StoredThread>,
}

/// Every shape of source that is not spawned, with its kind.
pub(crate) fn sources() -> Vec<(SessionSource, SourceKind)> {
    let sub_agent = SessionSource::SubAgent;
    vec![
        (SessionSource::Cli, SourceKind::Cli),
        (SessionSource::VsCode, SourceKind::VsCode),
        (SessionSource::Exec, SourceKind::Exec),
        (SessionSource::AppServer, SourceKind::AppServer),
        (SessionSource::Custom("cli".into()), SourceKind::Custom),
        (SessionSource::Custom(String::new()), SourceKind::Custom),
        (sub_agent(SubAgentSource::Review), SourceKind::SubAgentReview),
        (sub_agent(SubAgentSource::Compact), SourceKind::SubAgentCompact),
        (sub_agent(SubAgentSource::Guardian), SourceKind::SubAgentGuardian),
        (sub_agent(SubAgentSource::Other(json!("memory"))), SourceKind::SubAgentOther),
        (sub_agent(SubAgentSource::Other(json!({"other": [1]}))), SourceKind::SubAgentOther),
        (SessionSource::Unknown, SourceKind::Unknown),
        (SessionSource::Other(json!({"internal": "memory"})), SourceKind::Unknown),
        (SessionSource::Other(json!(null)), SourceKind::Unknown),
    ]
}

const TEXTS: [Option<&str>; 8] = [
    None,
    Some(""),
    Some("Deploy 100% of it"),
    Some("deploy_1"),
    Some("größe проект 🦀"),
    Some(r"a\b 'c' * [d]"),
    Some("deploy"),
    Some("fix the bug"),
];
const PROVIDERS: [Option<&str>; 4] = [None, Some("openai"), Some("OpenAI"), Some("")];
const CWDS: [Option<&str>; 10] = [
    None,
    Some("/srv/a"),
    Some("/srv/a/"),
    Some("/srv/b/../a"),
    Some("/srv/A"),
    Some("/"),
    Some(r"C:\Users\Me"),
    Some("c:/users/me/"),
    Some("a/b"),
    Some(""),
];
const LABELS: [&[(&str, &str)]; 5] = [
    &[],
    &[("team", "core")],
    &[("team", "core"), ("stage", "a%b")],
    &[("Team", "core")],
    &[("team", "")],
];

/// Chosen evenly and without pattern, the same in every run.
fn pick<T: Copy>(of: &[T], thread: usize, field: usize) -> T {
    let mixed = (thread * 31 + field * 17 + 7).wrapping_mul(2_654_435_761) >> 9;
    of[mixed % of.len()]
}

impl Cx {
    /// Forty threads of all sorts.
    pub(crate) async fn populate(&self) -> CaseResult<Population> {
        let mut ids = Vec::new();
        for n in 0..40 {
            let create = self.varied(n, &ids);
            ids.push(self.make(create).await?);
        }
        self.look_at(ids).await
    }

    /// The reference for these threads as they are now.
    pub(crate) async fn look_at(&self, ids: Vec<ThreadId>) -> CaseResult<Population> {
        let mut threads = BTreeMap::new();
        for id in &ids {
            threads.insert(*id, self.read(*id).await?);
        }
        Ok(Population { ids, threads })
    }

    fn varied(&self, n: usize, earlier: &[ThreadId]) -> CreateThread {
        let time = |millis: usize| self.time(millis as i64 * 10);
        let text = |field| pick(&TEXTS, n, field).map(str::to_owned);
        let mut metadata = ThreadMetadataPatch::default()
            .name(text(1))
            .title(text(2))
            .preview(text(3))
            .model_provider(pick(&PROVIDERS, n, 4).map(str::to_owned))
            .cwd(pick(&CWDS, n, 5).map(str::to_owned))
            .updated_at(time(pick(&[1, 2, 3, 40], n, 6)))
            .recency_at(time(pick(&[5, 6, 7], n, 7)));
        for (key, value) in pick(&LABELS, n, 8) {
            metadata.labels.set(*key, *value);
        }
        let parent = earlier.get(n / 2).copied();
        let sources = sources();
        let source = match parent {
            Some(parent) if n % 3 == 2 => SessionSource::spawned_by(parent, 1),
            _ => sources[n % sources.len()].0.clone(),
        };
        let archived_at = (pick(&[0, 1, 2], n, 9) == 0).then(|| self.time(500));
        self.create()
            .with_source(source)
            .with_parent(parent.filter(|_| !n.is_multiple_of(3)))
            .with_created_at(time(n / 3))
            .with_archived_at(archived_at)
            .with_metadata(metadata)
            .with_items(self.items(0..n as u64 % 3))
    }

    /// The store answers this list as the reference does.
    pub(crate) async fn expect_list(&self, of: &Population, list: ListThreads) -> CaseResult {
        let expected = of.list(&list);
        let what = format!("{list:?}");
        expect_eq(&what, expected, self.list(list).await?)
    }

    /// The store answers every filter alone as the reference does.
    pub(crate) async fn expect_every_filter(&self, of: &Population) -> CaseResult {
        for (_, filter) in of.filters() {
            self.expect_list(of, filter.into()).await?;
        }
        Ok(())
    }

    /// The store says of each thread what the reference says about this filter.
    pub(crate) async fn expect_explained(
        &self,
        of: &Population,
        filter: &ListFilter,
    ) -> CaseResult {
        for (id, thread) in &of.threads {
            let explained = self.store().explain(Explain::new(*id, filter.clone())).await?;
            let expected = filter.mismatches(thread, |id| of.spawn_parent(id));
            expect_eq("listed", expected.is_empty(), explained.listed)?;
            let what = format!("the mismatches of {id} with {filter:?}");
            expect_eq(&what, expected, explained.mismatches)?;
        }
        Ok(())
    }
}

impl Population {
    /// The answer to a list.
    pub(crate) fn list(&self, list: &ListThreads) -> Vec<ThreadId> {
        let matching = self
            .threads
            .values()
            .filter(|thread| list.filter.matches(thread, |id| self.spawn_parent(id)));
        let mut places: Vec<_> =
            matching.map(|thread| Position::of(thread, list.sort_key)).collect();
        places.sort_unstable();
        if list.direction == Direction::Descending {
            places.reverse();
        }
        places.into_iter().map(|place| place.thread_id).collect()
    }

    /// Every way to sort.
    pub(crate) fn orders() -> impl Iterator<Item = ListThreads> {
        let directions = [Direction::Ascending, Direction::Descending];
        SortKey::ALL.into_iter().flat_map(move |key| {
            directions
                .map(|direction| ListThreads::new().with_sort_key(key).with_direction(direction))
        })
    }

    fn spawn_parent(&self, id: ThreadId) -> Option<ThreadId> {
        self.threads.get(&id).and_then(StoredThread::spawn_parent)
    }

    /// Filters with one wish each, and what the wish is about.
    pub(crate) fn filters(&self) -> Vec<(&'static str, ListFilter)> {
        let empty = ListFilter::default;
        let strings = |of: &[&str]| of.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let mut all = vec![
            ("archived", empty().with_archived(true)),
            ("archived", empty().with_archived(false)),
        ];
        let kinds = [
            vec![],
            vec![SourceKind::Cli],
            vec![SourceKind::Custom, SourceKind::Unknown],
            vec![SourceKind::SubAgentThreadSpawn],
            SourceKind::ALL.to_vec(),
        ];
        all.extend(kinds.map(|it| ("source_kinds", empty().with_source_kinds(it))));
        let providers: [&[&str]; 5] =
            [&[], &["openai"], &["OpenAI", "openai", "OpenAI"], &[""], &["nobody"]];
        all.extend(
            providers.map(|it| ("model_providers", empty().with_model_providers(strings(it)))),
        );
        let cwds: [&[&str]; 6] = [
            &[],
            &["/srv/a"],
            &["/srv/A/.", "/"],
            &[r"\\?\C:\users\me"],
            &["a//b", ""],
            &["/nowhere"],
        ];
        all.extend(cwds.map(|it| ("cwds", empty().with_cwds(strings(it)))));
        for n in [1, 2, 5, 30] {
            all.push(("relation", empty().with_relation(Relation::ChildrenOf(self.ids[n]))));
            all.push(("relation", empty().with_relation(Relation::DescendantsOf(self.ids[n]))));
        }
        let label = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let labels = LABELS[1..].iter().map(|it| it.iter().map(label).collect::<BTreeMap<_, _>>());
        all.extend(labels.map(|it| ("labels", empty().with_labels(it))));
        all.extend([true, false].map(|it| ("has_preview", empty().with_has_preview(it))));
        let terms = ["", "deploy", "Deploy", "%", "_", "größe", "🦀", "\\", "'", "the b", "y_1"];
        all.extend(terms.map(|it| ("search_term", empty().with_search_term(it.to_owned()))));
        for range in
            [(Some(20), None), (None, Some(30)), (Some(20), Some(40)), (Some(30), Some(30))]
        {
            let at = |millis: i64| thread_store::Timestamp::from_millis(EPOCH_MILLIS + millis);
            let range = TimeRange::new(range.0.map(at), range.1.map(at));
            all.push(("created", empty().with_created(range)));
            all.push(("updated", empty().with_updated(range)));
        }
        all
    }

    /// Both filters at once, which are about different things.
    pub(crate) fn both(first: &ListFilter, second: &ListFilter) -> CaseResult<ListFilter> {
        let broken = |error: serde_json::Error| {
            Stop::Failed(Failure {
                what: "a filter as JSON".to_owned(),
                expected: "a filter".to_owned(),
                got: error.to_string(),
            })
        };
        let unset = serde_json::to_value(ListFilter::default()).map_err(broken)?;
        let mut joined = serde_json::to_value(first).map_err(broken)?;
        let second = serde_json::to_value(second).map_err(broken)?;
        for (name, value) in second.as_object().into_iter().flatten() {
            if unset.get(name) != Some(value) {
                joined[name] = value.clone();
            }
        }
        serde_json::from_value(joined).map_err(broken)
    }
}
