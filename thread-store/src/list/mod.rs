//! Lists of threads: what is on them, in which order, page by page.

mod cursor;
mod explanation;
mod filter;
mod page;
mod row;

pub use cursor::Cursor;
pub(crate) use cursor::{SealKind, canonical, digest, seal, seal_text, unseal, unseal_text};
pub use explanation::{Explanation, Mismatch};
pub use filter::{ListFilter, Relation, TimeRange};
pub use page::{ListPlan, Position, Scan, SortKey, ThreadPage};
pub use row::ListRow;

#[cfg(test)]
mod tests;
