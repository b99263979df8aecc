//! Our side: the store on a home.

use std::path::Path;
use std::sync::Arc;

use thread_store::ThreadStore;
use thread_store_local::LocalStore;

/// Opens the store on a home.
pub(crate) async fn open(home: &Path) -> Arc<dyn ThreadStore> {
    Arc::new(LocalStore::open(home).await.unwrap())
}
