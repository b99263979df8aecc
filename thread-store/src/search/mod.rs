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
pub use message::{Message, Speaker, searchable_message};
pub use page::{Occurrence, SearchHit, SearchPage, SearchThreads};
pub use plan::SearchPlan;
pub use query::Query;
pub use rank::Rank;
pub use snippet::Snippet;
pub use tally::Tally;

#[cfg(test)]
mod tests;
