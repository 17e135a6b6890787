//! Under which conditions: a figure without them is a rumour.
use std::{fs, process::Command, thread};

use anyhow::Result;
use serde_json::{Value, json};
use sotto_kit::{Binary, Profile, file_system};

use crate::args::Args;

/// The machine, the software and the options.
pub(crate) fn gather(args: &Args, load_before: &str) -> Result<Value> {
    let under = args.common.under.clone().unwrap_or_else(std::env::temp_dir);
    Ok(json!({
        "cpu": cpu_model(),
        "cores": thread::available_parallelism().map_or(0, usize::from),
        "load_average_before": load_before,
        "load_average_after": load_average(),
        "kernel": first_line("/proc/sys/kernel/osrelease"),
        "file_system": file_system(&under),
        "sottod": version(Binary::Sottod.path(Profile::current())?.as_os_str()),
        "sqlite": rusqlite::version(),
        "profile": Profile::current().name(),
        "binary_given": std::env::var_os("SOTTO_BIN_DIR").is_some(),
        "bench": env!("CARGO_PKG_VERSION"),
        "options": format!("{:?}", args),
        "clients": "this process, over TLS 1.3 on loopback",
    }))
}

/// One, five and fifteen minutes.
pub(crate) fn load_average() -> String {
    first_line("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// What a program says to `--version`.
fn version(program: &std::ffi::OsStr) -> String {
    let said = Command::new(program).arg("--version").output();
    said.map_or_else(|_| "unknown".to_owned(), |said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

fn cpu_model() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name") || line.starts_with("Model"));
    line.and_then(|line| line.split_once(':'))
        .map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned())
}

fn first_line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}
