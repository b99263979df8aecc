//! What every implementation of a store decides alike: leases, repeated appends, edits, lists in memory.
//!
//! A store that uses these keeps the contract in the details that are easy to get wrong.

mod append;
mod edit;
mod lease_state;
mod list_index;
mod subtree;

pub use append::{AppendStep, plan_append, reconcile_append};
pub use edit::edit_metadata;
pub use lease_state::LeaseState;
pub use list_index::ListIndex;
pub use subtree::spawn_subtree;
