//! The road with the program that people use: two profiles, one daemon, and kills at any moment.
use std::{
    process::{Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rand::Rng as _;
use serde_json::Value;
use sotto_kit::{Binary, Daemon, Profile, Setup};
use tempfile::TempDir;

use crate::chance::chance;

const DEADLINE: Duration = Duration::from_secs(60);

/// Somebody's `sotto`, with a profile of their own.
struct Cli {
    home: TempDir,
}

impl Cli {
    fn join(invite: &str, user: &str) -> Self {
        let cli = Self { home: tempfile::tempdir().unwrap() };
        cli.well(&["join", invite, "--user", user, "--name", user, "--no-password"]);
        cli
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(Binary::Sotto.path(Profile::current()).unwrap());
        command.arg("--profile").arg(self.home.path().join("profile"));
        command.args(["--json", "--no-input", "--lang", "en"]).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end, which must be good; gives the objects that it printed.
    fn well(&self, words: &[&str]) -> Vec<Value> {
        let done = self.run(words);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "sotto {words:?}: {}\n{said}", done.status);
        let lines = String::from_utf8_lossy(&done.stdout).into_owned();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Everything that waits, as texts.
    fn texts(&self) -> Vec<String> {
        let objects = self.well(&["listen", "--once"]);
        let messages = objects.iter().filter(|object| object["type"] == "message");
        messages.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }
}

fn daemon() -> Daemon {
    Daemon::start(Setup { config: String::new(), ..Setup::default() }).unwrap()
}

/// Two people who are contacts.
fn friends(daemon: &Daemon) -> (Cli, Cli) {
    let [of_anna, of_bo] = daemon.startup().invites.as_slice() else { panic!("two are invited") };
    let (anna, bo) = (Cli::join(of_anna, "anna"), Cli::join(of_bo, "bo"));
    anna.well(&["contacts", "add", "bo"]);
    bo.well(&["contacts", "accept", "anna"]);
    (anna, bo)
}

#[test]
fn two_people_talk_with_the_program_across_absence_and_restart() {
    let mut daemon = daemon();
    let (anna, bo) = friends(&daemon);
    anna.well(&["send", "bo", "你好 bo"]);
    assert_eq!(bo.texts(), ["你好 bo"]);
    bo.well(&["send", "anna", "hello"]);
    assert_eq!(anna.texts(), ["hello"]);

    // Bo is away; the server is killed and comes back; Anna wrote before and writes after.
    anna.well(&["send", "bo", "before"]);
    daemon.kill().unwrap();
    let kept = anna.run(&["send", "bo", "meanwhile", "--timeout", "3"]);
    assert_eq!(kept.status.code(), Some(69), "{}", String::from_utf8_lossy(&kept.stderr));
    daemon.revive().unwrap();
    anna.well(&["send", "bo", "after"]);
    assert_eq!(bo.texts(), ["before", "meanwhile", "after"]);
    assert_eq!(bo.texts(), [""; 0], "nothing comes twice");
    let history = bo.well(&["history", "anna"]);
    assert!(history.len() >= 5, "{history:?}");
}

#[test]
fn a_client_that_is_killed_at_any_moment_sends_nothing_twice_and_loses_nothing_that_it_kept() {
    let mut chance = chance("kill the client");
    let daemon = daemon();
    let (anna, bo) = friends(&daemon);
    // How long one takes here decides when it is killed.
    let began = Instant::now();
    anna.well(&["send", "bo", "0"]);
    let usual = began.elapsed();
    let mut sent = vec![0_u32];
    for number in 1..=30_u32 {
        let mut child = anna.command(&["send", "bo", &number.to_string()]).spawn().unwrap();
        sleep(usual.mul_f64(chance.gen_range(0.1..3.0)));
        drop(child.kill());
        if child.wait().unwrap().success() {
            sent.push(number);
        }
    }
    anna.well(&["send", "bo", "31"]);
    sent.push(31);
    let mut got: Vec<u32> = Vec::new();
    let began = Instant::now();
    while got.last() != Some(&31) {
        assert!(began.elapsed() < DEADLINE, "the last message did not come: {got:?}");
        got.extend(bo.texts().iter().map(|text| text.parse::<u32>().unwrap()));
    }
    let mut sorted = got.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(got, sorted, "out of order, or twice");
    let lost: Vec<_> = sent.iter().filter(|number| !got.contains(number)).collect();
    assert!(lost.is_empty(), "sent, and lost: {lost:?}");
    eprintln!(
        "kill the client: 32 sends, {} killed before they knew, {} arrived",
        32 - sent.len(),
        got.len()
    );
}
