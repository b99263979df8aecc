//! Faults in lists.

use thread_store::*;

use crate::mutant::Mutant as M;
use crate::store::Mutated;

impl Mutated {
    pub(crate) async fn list(&self, mut params: ListThreads) -> Result<ThreadPage> {
        let asked = params.clone();
        let filter = &mut params.filter;
        match self.mutant {
            Some(M::IgnoresArchived) => filter.archived = None,
            Some(M::IgnoresSources) => filter.source_kinds = None,
            Some(M::IgnoresProviders) => filter.model_providers = None,
            Some(M::IgnoresCwds) => filter.cwds = None,
            Some(M::IgnoresRelation) => filter.relation = None,
            Some(M::IgnoresLabels) => filter.labels.clear(),
            Some(M::IgnoresPreview) => filter.has_preview = None,
            Some(M::IgnoresSearch) => filter.search_term = None,
            Some(M::IgnoresCreated) => filter.created = TimeRange::default(),
            Some(M::IgnoresUpdated) => filter.updated = TimeRange::default(),
            Some(M::NoAlternativesAreAny) => {
                filter.source_kinds = filter.source_kinds.take().filter(|it| !it.is_empty());
                filter.model_providers = filter.model_providers.take().filter(|it| !it.is_empty());
                filter.cwds = filter.cwds.take().filter(|it| !it.is_empty());
            }
            Some(M::HidesArchived) => filter.archived = filter.archived.or(Some(false)),
            Some(M::HidesSubAgents) if filter.source_kinds.is_none() => {
                let people = SourceKind::ALL.iter().copied().filter(|it| !it.is_sub_agent());
                filter.source_kinds = Some(people.collect());
            }
            Some(M::RelationImpliesActive) if filter.relation.is_some() => {
                filter.archived = filter.archived.or(Some(false));
            }
            Some(M::GrandchildrenAreChildren) => {
                if let Some(Relation::ChildrenOf(id)) = filter.relation {
                    filter.relation = Some(Relation::DescendantsOf(id));
                }
            }
            Some(M::DescendantsAreChildren) => {
                if let Some(Relation::DescendantsOf(id)) = filter.relation {
                    filter.relation = Some(Relation::ChildrenOf(id));
                }
            }
            Some(M::SortsByCreation) => params.sort_key = SortKey::Created,
            Some(M::ZeroPageIsOne) => params.page_size = params.page_size.max(1),
            _ => {}
        }
        let matched = self.own_matching(&params).await?;
        let page = match matched {
            Some(page) => Ok(page),
            None => self.memory().list_threads(params.clone()).await,
        };
        self.paged(&asked, &params, page).await
    }

    /// The page of a list whose filters are judged here.
    async fn own_matching(&self, params: &ListThreads) -> Result<Option<ThreadPage>> {
        let Some(matches) = own_matches(self.mutant, &params.filter) else {
            return Ok(None);
        };
        let all = self.all().await?;
        let parent_of = |id| all.iter().find(|it| it.thread_id == id)?.spawn_parent();
        let (rest, own) = matches;
        let rows: Vec<_> =
            all.iter().filter(|it| rest.matches(it, parent_of) && own(it)).cloned().collect();
        page_of(params, &self.capabilities().limits, &rows).map(Some)
    }
}

/// A filter, and what has to hold beside it.
type Matches<'a> = (ListFilter, Box<dyn Fn(&StoredThread) -> bool + Send + Sync + 'a>);

/// The filter without one part of it, and that part judged in another way.
fn own_matches(mutant: Option<M>, filter: &ListFilter) -> Option<Matches<'_>> {
    let mut rest = filter.clone();
    let texts = |it: &StoredThread| {
        let metadata = &it.metadata;
        [&metadata.name, &metadata.title, &metadata.preview]
            .map(|text| text.clone().unwrap_or_default())
    };
    let own: Box<dyn Fn(&StoredThread) -> bool + Send + Sync + '_> = match mutant? {
        M::SearchIgnoresCase => {
            let term = rest.search_term.take()?.to_lowercase();
            Box::new(move |it| texts(it).iter().any(|text| text.to_lowercase().contains(&term)))
        }
        M::SearchesNamesOnly => {
            let term = rest.search_term.take()?;
            Box::new(move |it| it.metadata.name.as_ref().is_some_and(|it| it.contains(&term)))
        }
        M::ComparesCwdsAsText => {
            let cwds = rest.cwds.take()?;
            Box::new(move |it| it.metadata.cwd.as_ref().is_some_and(|it| cwds.contains(it)))
        }
        M::EmptyPreviewCounts => {
            let wanted = rest.has_preview.take()?;
            Box::new(move |it| it.metadata.preview.is_some() == wanted)
        }
        M::AnyLabelIsEnough => {
            let labels = std::mem::take(&mut rest.labels);
            Box::new(move |it| {
                let has = |(key, value)| it.metadata.labels.get(key) == Some(value);
                labels.is_empty() || labels.iter().any(has)
            })
        }
        M::TimeRangeTakesItsEnd => {
            for range in [&mut rest.created, &mut rest.updated] {
                range.to = range.to.map(|to| Timestamp::from_millis(to.as_millis() + 1));
            }
            Box::new(|_| true)
        }
        M::ReviewsAreChildren => {
            let Some(Relation::ChildrenOf(parent)) = rest.relation.take() else {
                return None;
            };
            Box::new(move |it| it.identity.parent_thread_id == Some(parent))
        }
        _ => return None,
    };
    Some((rest, own))
}

/// A page of rows that all match.
pub(crate) fn page_of(
    params: &ListThreads,
    limits: &Limits,
    rows: &[StoredThread],
) -> Result<ThreadPage> {
    let plan = ListPlan::new(params, limits).map_err(|it| it.during(Operation::ListThreads))?;
    let found = scan(rows, &plan.scan());
    let followed = plan.follow_up(&found).is_some_and(|next| !scan(rows, &next).is_empty());
    Ok(plan.page(found, followed))
}

/// One walk over the rows.
fn scan(rows: &[StoredThread], scan: &Scan) -> Vec<StoredThread> {
    let place = |it: &StoredThread| Position::of(it, scan.sort_key);
    let mut rows: Vec<_> = rows.to_vec();
    rows.sort_by_key(place);
    if scan.direction == Direction::Descending {
        rows.reverse();
    }
    let is_after = |it: &StoredThread| match (scan.after, scan.direction) {
        (None, _) => true,
        (Some(after), Direction::Ascending) => place(it) > after,
        (Some(after), Direction::Descending) => place(it) < after,
    };
    rows.into_iter().filter(is_after).take(scan.limit).collect()
}
