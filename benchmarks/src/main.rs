//! Measures what the library claims, against baselines in the same run.
//!
//! `cargo run --release -p benchmarks -- [--quick] [--only NAME] [--store KIND] [--json] [--write]`

mod baseline;
mod bench;
mod bulk;
mod generate;
mod history;
mod measure;
mod report;
mod stock;
mod stores;
mod workload;

use std::path::Path;

use clap::Parser;

use crate::bench::Bench;
use crate::stores::Kind;
use crate::workload::memory::Probe;

/// Measures what the library claims, against baselines in the same run.
#[derive(Debug, Parser)]
struct Args {
    /// Fewer rounds, and sizes up to 100,000 threads.
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
    /// Writes `BENCHMARKS.md` and its plot.
    #[arg(long, hide = true)]
    write: bool,
    /// Does one thing and tells how much memory it took: what the program asks of itself.
    #[arg(long, hide = true, value_name = "JSON")]
    probe: Option<String>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args = Args::parse();
    if let Some(probe) = &args.probe {
        return Probe::parse(probe)?.run().await;
    }
    let mut bench = Bench::new(args.quick, args.only.clone(), args.json);
    for kind in Kind::ALL.iter().filter(|kind| args.store.is_none_or(|only| only == **kind)) {
        workload::run(*kind, &mut bench).await?;
    }
    bench.report.finish();
    if args.write {
        let quick = if args.quick { " --quick" } else { "" };
        let command = format!("cargo run --release -p benchmarks --{quick} --write");
        bench.report.write(root(), &command)?;
    }
    Ok(())
}

/// The root of the repository that the program was built from.
fn root() -> &'static Path {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().unwrap_or(crate_folder)
}
