//! What a client asks the server for, as a list of the store.

use serde_json::Value;
use thread_store::{Direction, ListFilter, ListThreads, Relation, SortKey, SourceKind};

/// What only the server has: sections, projects, attachments, accounts.
const BEYOND: &[&str] = &[
    "sectionId",
    "projectId",
    "attachedToThreadId",
    "includeAttachedThreads",
    "originators",
    "excludedThreadIds",
    "currentAccountOnly",
];

/// The list that these parameters of `thread/list` mean; nothing where a store has no such list.
pub(crate) fn list(params: &Value) -> Option<ListThreads> {
    if BEYOND.iter().any(|name| params.get(name).is_some()) {
        return None;
    }
    let limit = params["limit"].as_u64().unwrap_or(25);
    let list = ListThreads::new()
        .with_filter(filter(params)?)
        .with_sort_key(sort_key(params))
        .with_direction(direction(params))
        .with_page_size(usize::try_from(limit).unwrap().max(1));
    Some(list)
}

pub(crate) fn sort_key(params: &Value) -> SortKey {
    match params["sortKey"].as_str() {
        Some("updated_at") => SortKey::Updated,
        Some("recency_at") => SortKey::Recency,
        _ => SortKey::Created,
    }
}

fn direction(params: &Value) -> Direction {
    match params["sortDirection"].as_str() {
        Some("asc") => Direction::Ascending,
        _ => Direction::Descending,
    }
}

/// With what the server filters by when it is not asked: it hides threads without a preview, those
/// of other providers than the configured one, and those that no person started.
fn filter(params: &Value) -> Option<ListFilter> {
    let archived = params["archived"].as_bool().unwrap_or(false);
    let relation = relation(params)?;
    let mut filter = ListFilter::default().with_archived(archived);
    match &relation {
        Some(relation) => filter = filter.with_relation(*relation),
        None if !archived => filter = filter.with_has_preview(true),
        None => {}
    }
    match texts(&params["sourceKinds"]) {
        Some(kinds) if !kinds.is_empty() => {
            filter = filter.with_source_kinds(source_kinds(&kinds)?)
        }
        _ if relation.is_none() => filter = filter.with_source_kinds(INTERACTIVE.to_vec()),
        _ => {}
    }
    match texts(&params["modelProviders"]) {
        Some(providers) if providers.is_empty() => {}
        Some(providers) => filter = filter.with_model_providers(providers),
        None if relation.is_none() => filter = filter.with_model_providers(vec!["mock".to_owned()]),
        None => {}
    }
    if let Some(cwds) = texts(&params["cwd"]) {
        filter = filter.with_cwds(cwds);
    }
    match params["searchTerm"].as_str() {
        Some(term) if !term.is_empty() => filter = filter.with_search_term(term.to_owned()),
        _ => {}
    }
    Some(filter)
}

const INTERACTIVE: &[SourceKind] = &[SourceKind::Cli, SourceKind::VsCode];

/// The relation that is asked for, if any; nothing at all where the id is none.
fn relation(params: &Value) -> Option<Option<Relation>> {
    let id = |name: &str| params[name].as_str().map(str::parse);
    match (id("parentThreadId"), id("ancestorThreadId")) {
        (None, None) => Some(None),
        (Some(parent), None) => Some(Some(Relation::ChildrenOf(parent.ok()?))),
        (None, Some(ancestor)) => Some(Some(Relation::DescendantsOf(ancestor.ok()?))),
        (Some(_), Some(_)) => None,
    }
}

/// A text or a list of them.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(list) => list.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn source_kinds(names: &[String]) -> Option<Vec<SourceKind>> {
    let kinds: Option<Vec<_>> = names.iter().map(|name| kinds_of(name)).collect();
    Some(kinds?.concat())
}

fn kinds_of(name: &str) -> Option<Vec<SourceKind>> {
    if name == "subAgent" {
        return Some(SourceKind::ALL.iter().copied().filter(|kind| kind.is_sub_agent()).collect());
    }
    let plain = |text: &str| text.replace('_', "").to_lowercase();
    let same = |kind: &&SourceKind| plain(kind.as_str()) == plain(name);
    SourceKind::ALL.iter().find(same).map(|kind| vec![*kind])
}
