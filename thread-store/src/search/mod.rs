//! Searching what people can read: what is found, how it is shown, in which order it comes.

mod anchor;
mod best;
mod fold;
mod judge;
mod message;
mod page;
mod plan;
mod query;
mod rank;
mod snippet;
mod tally;

pub use best::BestHits;
pub use fold::fold;
pub use message::{Message, Speaker};
pub use page::{Occurrence, SearchHit, SearchPage, SearchThreads};
pub use plan::SearchPlan;
pub use query::Query;
pub use snippet::Snippet;

#[cfg(test)]
mod tests;
