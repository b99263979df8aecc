//! Searching what people can read.

mod page;

pub use page::{Occurrence, SearchHit, SearchPage, SearchThreads};
