//! Searching by reading everything.

use crate::error::{Error, Operation, Result};
use crate::search::{SearchPage, SearchThreads};
use crate::store::ThreadStore;

pub(crate) async fn search_threads<S: ThreadStore + ?Sized>(
    _store: &S,
    _params: SearchThreads,
) -> Result<SearchPage> {
    Err(Error::unsupported("search_threads").during(Operation::SearchThreads))
}
