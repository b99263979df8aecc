//! Live threads: what a session writes while it runs.

mod policy;
mod token;

pub use policy::{HistoryMode, PersistencePolicy};
pub use token::ContinuationToken;
