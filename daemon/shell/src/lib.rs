//! What touches the world: sockets, clocks, files, signals. Everything here carries out what others have decided.
//!
//! `serve` is the table of contents: it takes the directory, opens the store, listens, and waits for signals. A
//! connection enters through `net::accept`, shakes hands in `net::door`, and lives in `net::connection`, which feeds one
//! `daemon_core` session. Sessions meet in `hub`.

mod addresses;
mod args;
mod certificate;
mod clock;
pub mod config;
mod control;
mod exit;
mod exporter;
mod housekeeping;
mod hub;
mod log;
mod metrics;
mod net;
mod place;
mod reload;
mod serve;
mod shell;
mod store;
mod supervisor;
mod tls;
mod welcome;

use std::{io, path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, Parser as _, error::ErrorKind};

use crate::{args::Args, exit::Failure};

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    match parse().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&mut io::stderr(), format_args!("sottod: {failure}"));
            ExitCode::from(failure.code())
        }
    }
}

/// The command line for those who write manuals and completions.
#[must_use]
pub fn command() -> clap::Command {
    Args::command()
}

fn parse() -> Result<Option<Args>, Failure> {
    match Args::try_parse() {
        Ok(args) => Ok(Some(args)),
        Err(asked) if matches!(asked.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // A closed stdout is nobody who reads.
            drop(asked.print());
            Ok(None)
        }
        Err(wrong) => {
            Err(Failure::Usage(wrong.to_string().trim_start_matches("error: ").trim_end().to_owned()))
        }
    }
}

fn run(args: Option<Args>) -> Result<(), Failure> {
    let Some(args) = args else { return Ok(()) };
    if let Some(file) = args.check {
        return check(file.or(args.config).or_else(place::default_config));
    }
    serve::serve(&args)
}

fn check(file: Option<PathBuf>) -> Result<(), Failure> {
    let Some(file) = file else {
        say(&mut io::stdout(), format_args!("There is no configuration file; the defaults hold."));
        return Ok(());
    };
    config::read(&file)?;
    say(&mut io::stdout(), format_args!("{} is in order.", file.display()));
    Ok(())
}

/// Says one line to somebody who may not be listening.
fn say(to: &mut impl io::Write, line: std::fmt::Arguments<'_>) {
    drop(writeln!(to, "{line}"));
}
