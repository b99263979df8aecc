//! Which store: `memory:`, `sqlite:PATH`.

use std::path::PathBuf;
use std::sync::Arc;

use etcetera::BaseStrategy as _;
use thread_store::{Error, Result, ThreadStore};
use thread_store_memory::MemoryStore;
use thread_store_sqlite::SqliteStore;

/// Opens the store that a URL names. `sqlite:` without a path is a file in the user's data folder.
pub(crate) async fn open(url: &str) -> Result<Arc<dyn ThreadStore>> {
    let (scheme, rest) = url.split_once(':').ok_or_else(|| invalid(url))?;
    match scheme {
        "memory" if rest.is_empty() => Ok(Arc::new(MemoryStore::new())),
        "sqlite" => Ok(Arc::new(SqliteStore::open(sqlite_path(rest)?).await?)),
        _ => Err(invalid(url)),
    }
}

fn invalid(url: &str) -> Error {
    let shown: String = url.chars().take(40).collect();
    Error::invalid("store", format!("{shown:?} is neither memory: nor sqlite:PATH"))
}

/// `sqlite:threads.db`, `sqlite:/folder/threads.db` and `sqlite:///folder/threads.db`.
fn sqlite_path(rest: &str) -> Result<PathBuf> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() { default_path() } else { Ok(path.into()) }
}

fn default_path() -> Result<PathBuf> {
    let folders = etcetera::choose_base_strategy()
        .map_err(|error| Error::invalid("store", "the user has no home folder").because(error))?;
    Ok(folders.data_dir().join("thread-store").join("threads.db"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_be_written_with_and_without_slashes() {
        for (rest, path) in
            [("a.db", "a.db"), ("/x/a.db", "/x/a.db"), ("///x/a.db", "/x/a.db"), ("//a.db", "a.db")]
        {
            assert_eq!(sqlite_path(rest).unwrap(), PathBuf::from(path));
        }
        assert!(sqlite_path("").unwrap().ends_with("thread-store/threads.db"));
    }
}
