#![doc = include_str!("../README.md")]

mod case;
mod cases;
mod core_only;
mod harness;
mod macros;
pub mod model;
mod report;
mod runner;
mod support;

pub use case::{Case, Failure, Level};
pub use cases::CASES;
pub use core_only::CoreOnly;
pub use harness::{Harness, NotOffered};
pub use report::{CaseReport, LevelReport, Outcome, Report};
pub use runner::{Mode, run, run_cases, test_case};
