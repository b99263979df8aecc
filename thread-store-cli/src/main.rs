//! `thread-store`: import, list, read and change agent threads in any store.

mod args;
mod commands;
mod failure;
mod output;
mod store_url;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;
use crate::failure::Failure;

fn main() -> ExitCode {
    let args = Args::parse();
    start_tracing();
    let json = args.json;
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(json);
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(commands::run(args))
}

/// Spans on standard error, if `THREAD_STORE_LOG` asks for them (as in `thread_store=debug`).
fn start_tracing() {
    let filter = tracing_subscriber::EnvFilter::from_env("THREAD_STORE_LOG");
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_writer(std::io::stderr)
        .init();
}
