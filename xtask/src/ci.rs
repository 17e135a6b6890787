//! What CI does, step by step, and the recipes that write or try things.
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, bail, ensure};

/// Everything, in the order in which a mistake shows soonest; cargo's own test summaries come last.
pub(crate) fn all() -> Result<()> {
    step("form", cargo(&["fmt", "--all", "--check"]))?;
    step("lints", cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    println!("\n== borders");
    crate::borders::check()?;
    advisories()?;
    let mut documents = cargo(&["doc", "--workspace", "--no-deps"]);
    documents.env("RUSTDOCFLAGS", "-D warnings");
    step("documents", documents)?;
    independent_client()?;
    tests()
}

/// The README's own test command, with one sum below its many summaries.
fn tests() -> Result<()> {
    println!("\n== tests");
    let mut tests = cargo(&["test", "--workspace"]);
    let mut running =
        tests.current_dir(crate::root()).stdout(Stdio::piped()).spawn().context("While starting tests")?;
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let lines = running.stdout.take().map(|out| BufReader::new(out).lines()).into_iter().flatten();
    for line in lines {
        let line = line.context("While reading what the tests say")?;
        println!("{line}");
        if line.starts_with("test result: ") {
            passed += number_before(&line, " passed");
            failed += number_before(&line, " failed");
            skipped += number_before(&line, " ignored");
        }
    }
    let status = running.wait().context("While waiting for the tests")?;
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    ensure!(status.success(), "the tests failed: {status}");
    Ok(())
}

/// The number that stands in front of a word.
fn number_before(line: &str, word: &str) -> u64 {
    let before = line.split_once(word).map_or("", |(before, _)| before);
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Blesses what is pinned, and shows what that changed.
pub(crate) fn vectors() -> Result<()> {
    for (what, tests) in
        [("generated code", ["--test", "generated"]), ("vectors and tables", ["--test", "wire"])]
    {
        let mut bless = cargo(&["test", "-p", "sotto-protocol", tests[0], tests[1]]);
        bless.env("SOTTO_BLESS", "1");
        step(what, bless)?;
    }
    let mut changed = Command::new("git");
    changed.args(["--no-pager", "diff", "--stat", "--", "protocol"]);
    step("what changed: it must be a decision", changed)
}

/// Fuzzes one target of the wire.
pub(crate) fn fuzz(target: &str, seconds: &str) -> Result<()> {
    ensure!(has("cargo-fuzz"), "cargo-fuzz is not installed: cargo install cargo-fuzz");
    // What is found goes beside the build; what is worth keeping is copied into the committed corpus by hand.
    let found = format!("protocol/fuzz/target/corpus/{target}");
    std::fs::create_dir_all(crate::root().join(&found)).context("While making a place for what is found")?;
    let known = format!("protocol/fuzz/corpus/{target}");
    let mut fuzz = cargo(&["fuzz", "run", "--fuzz-dir", "protocol/fuzz", target, &found, &known]);
    fuzz.args(["--", &format!("-max_total_time={seconds}"), "-max_len=4096"]);
    fuzz.env("RUSTUP_TOOLCHAIN", "nightly");
    step(&format!("fuzzing {target} for {seconds} s"), fuzz)
}

/// Known holes in what we use. The list of them must be fetched, so a machine without cargo-deny says so and goes on.
fn advisories() -> Result<()> {
    if has("cargo-deny") {
        return step("cargo deny", cargo(&["deny", "check"]));
    }
    println!(
        "\n== cargo deny: NOT INSTALLED, so advisories were NOT checked (licences, sources and bans were)"
    );
    Ok(())
}

/// The client that was written from SPEC.md alone, against the real daemon.
fn independent_client() -> Result<()> {
    step("the programs", cargo(&["build", "--workspace", "--bins"]))?;
    ensure!(has("python3"), "python3 is not installed: apt-get install python3");
    for script in ["tests/python/vectors.py", "tests/python/journey.py"] {
        let mut python = Command::new("python3");
        python.arg(script);
        step(script, python)?;
    }
    Ok(())
}

fn cargo(words: &[&str]) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(words);
    cargo
}

fn step(name: &str, mut command: Command) -> Result<()> {
    println!("\n== {name}");
    let began = Instant::now();
    let status =
        command.current_dir(crate::root()).status().with_context(|| format!("While starting {name}"))?;
    if !status.success() {
        bail!("{name} failed: {status}");
    }
    println!("== {name}: done in {} s", began.elapsed().as_secs());
    Ok(())
}

fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(program).is_file())
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn a_summary_of_cargo_is_read() {
        let line =
            "test result: ok. 41 passed; 2 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.26s";
        let read = [" passed", " failed", " ignored"].map(|word| number_before(line, word));
        assert_eq!(read, [41, 2, 3]);
    }
}
