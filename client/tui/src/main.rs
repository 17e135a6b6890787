//! `sotto`: what people and scripts talk with.
mod app;
mod args;
mod command;
mod exit;
mod language;
mod lines;
mod out;
mod prompt;
mod safe;
mod when;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::filter::LevelFilter;

fn main() -> ExitCode {
    let args = args::Args::parse();
    log();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::Failure::from(anyhow::Error::from(error)).report(args.language()),
    };
    let language = args.language();
    let code = match runtime.block_on(command::run(args)) {
        Ok(code) => code,
        Err(failure) => failure.report(language),
    };
    // Whatever still runs has nothing to finish: what matters is on disk.
    runtime.shutdown_background();
    code
}

/// Only who asks for it sees how it works inside: `SOTTO_LOG=debug`.
fn log() {
    let level = std::env::var("SOTTO_LOG").ok().and_then(|level| level.parse::<LevelFilter>().ok());
    if let Some(level) = level {
        tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    }
}
