//! The program, from outside.

#![allow(clippy::unwrap_used, clippy::panic)] // Tests state what they expect by failing.

mod bad_input;
mod cli;
mod common;
mod corpus;
mod samples;
mod search;
mod turns;
mod verify;
