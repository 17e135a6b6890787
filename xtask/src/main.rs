//! `cargo xtask`: every recipe of the project.
#![allow(clippy::print_stdout, reason = "a recipe talks to whoever runs it")]

mod borders;
mod ci;
mod graph;
mod licences;
mod sources;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};

const HELP: &str = "\
cargo xtask RECIPE

  ci        everything that CI does: form, lints, borders, documents, the independent client, all tests
  borders   who may depend on whom, what may be called where, licences, how many crates the daemon has
  vectors   write the golden vectors, the generated code and SPEC.md's tables anew, and show what changed
  fuzz T S  fuzz the wire's target T (frame, request, hello, invite, server_push) for S seconds (default 60)";

fn main() -> ExitCode {
    match recipe() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            println!("\nxtask: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

fn recipe() -> Result<()> {
    let mut words = std::env::args().skip(1);
    match words.next().as_deref() {
        Some("ci") => ci::all(),
        Some("borders") => borders::check(),
        Some("vectors") => ci::vectors(),
        Some("fuzz") => {
            let target = words.next().context("Which target?")?;
            ci::fuzz(&target, &words.next().unwrap_or_else(|| "60".to_owned()))
        }
        None | Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            Ok(())
        }
        Some(other) => bail!("no recipe is called {other}\n\n{HELP}"),
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}
