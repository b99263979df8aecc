//! Live threads: what a session writes while it runs.

mod policy;

pub use policy::{HistoryMode, PersistencePolicy};
