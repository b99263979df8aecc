//! Faults in searching.

use thread_store::*;
use thread_store_conformance::CoreOnly;
use thread_store_memory::MemoryStore;

use crate::mutant::Mutant as M;
use crate::store::Mutated;

impl Mutated {
    pub(crate) async fn find(&self, mut params: SearchThreads) -> Result<SearchPage> {
        match self.mutant {
            Some(M::SearchIgnoresItsFilter) => params.filter = ListFilter::default(),
            Some(M::SearchIgnoresItsCursor) => params.cursor = None,
            Some(M::SearchFindsWhatWasTakenBack) => {
                return self.all_without_markers().await?.search_threads(params).await;
            }
            _ => {}
        }
        let term = params.term.clone();
        let mut page = CoreOnly(self).search_threads(params).await?;
        match self.mutant {
            Some(M::SearchCountsCase) => {
                page.hits.retain(|hit| hit.snippet.get(hit.range.clone()) == Some(term.as_str()));
            }
            Some(M::SearchRanksByAge) => page.hits.sort_by_key(|hit| hit.thread.thread_id),
            Some(M::SearchFindsTools) => self.add_raw_hits(&term, &mut page).await?,
            Some(M::PlacesNameNoTurn) => {
                let places = page.hits.iter_mut().flat_map(|hit| &mut hit.occurrences);
                places.for_each(|place| place.turn_id.clear());
            }
            Some(M::SearchHasNoNextPage) => page.next_cursor = None,
            _ => {}
        }
        Ok(page)
    }

    async fn all_without_markers(&self) -> Result<MemoryStore> {
        let other = MemoryStore::new();
        for thread in self.all().await? {
            let items = self.without_markers(thread.thread_id).await?;
            let items = items.history(thread.thread_id).await?.into_iter();
            let items = items.map(|stored| stored.item).collect();
            other.create_thread(CreateThread::copy_of(&thread, items)).await?;
        }
        Ok(other)
    }

    /// Adds the threads that have the text anywhere in their records.
    async fn add_raw_hits(&self, term: &str, page: &mut SearchPage) -> Result<()> {
        for thread in self.all().await? {
            let listed = page.hits.iter().any(|hit| hit.thread.thread_id == thread.thread_id);
            let history = self.memory().history(thread.thread_id).await?;
            let has_it = history.iter().any(|stored| stored.item.text().contains(term));
            if has_it && !listed {
                page.hits.extend(hit(thread, term).await?);
            }
        }
        Ok(())
    }
}

/// The hit of a thread that has this name.
async fn hit(thread: StoredThread, term: &str) -> Result<Vec<SearchHit>> {
    let other = MemoryStore::new();
    let name = ThreadMetadataPatch::default().name(term.to_owned());
    let create = CreateThread::new(thread.thread_id).with_metadata(name);
    other.create_thread(create).await?;
    Ok(other.search_threads(SearchThreads::new(term.to_owned())).await?.hits)
}
