//! Live threads on stores that fail, on threads that others write too, and in any order of calls.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod any_order;
mod doubt;
mod elsewhere;
mod every_fault;
mod faulty;
mod guard;
mod names;
mod options;
mod order;
mod resume;
mod support;
