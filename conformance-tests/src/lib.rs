#![doc = include_str!("../README.md")]

mod case;
mod cases;
mod context;
mod core_only;
mod fields;
mod harness;
mod macros;
pub mod model;
mod observe;
mod population;
mod report;
mod runner;
mod tasks;
mod words;

pub use case::{Case, Failure, Level};
pub use cases::CASES;
pub use core_only::CoreOnly;
pub use harness::{Harness, NotOffered};
pub use report::{CaseReport, LevelReport, Outcome, Report};
pub use runner::{Mode, run, run_cases, test_case};
