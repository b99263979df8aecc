//! Search by the index.

mod index;

pub(crate) use index::{Batch, apply, index_texts, prepare};
