//! The thread manager, over the memory store.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod compaction;
mod dropped;
mod events;
mod following;
mod lost;
mod many;
mod model;
mod races;
mod reads;
mod refused;
mod resume;
mod states;
mod unheard;
mod world;
mod wrapped;
