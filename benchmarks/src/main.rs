//! Measures what the library claims, against baselines in the same run.
//!
//! `cargo run --release -p benchmarks -- [--quick] [--only NAME] [--store KIND] [--json]`

mod history;
mod measure;
mod reading;
mod report;
mod stores;

use clap::Parser;

use crate::report::Report;
use crate::stores::Kind;

/// Measures what the library claims, against baselines in the same run.
#[derive(Debug, Parser)]
struct Args {
    /// Fewer rounds.
    #[arg(long)]
    quick: bool,
    /// Only workloads whose name contains this.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Only this store.
    #[arg(long, value_enum, value_name = "KIND")]
    store: Option<Kind>,
    /// One JSON object per line.
    #[arg(long)]
    json: bool,
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args = Args::parse();
    let rounds = if args.quick { 11 } else { 51 };
    let mut report = Report::new(args.json, args.only.clone());
    for kind in Kind::ALL.iter().filter(|kind| args.store.is_none_or(|only| only == **kind)) {
        reading::run(*kind, rounds, &mut report).await?;
    }
    report.finish();
    Ok(())
}
