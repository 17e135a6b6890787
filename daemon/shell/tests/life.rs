//! How the daemon starts, reloads and ends.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use support::{Client, Daemon};

fn output(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn check(directory: &Path, config: &str) -> Output {
    let file = directory.join("sottod.toml");
    fs::write(&file, config).unwrap();
    output(Command::new(env!("CARGO_BIN_EXE_sottod")).arg("--check").arg(file))
}

#[test]
fn it_says_goodbye_and_ends_within_five_seconds() {
    let mut daemon = Daemon::start();
    let mut clients: Vec<Client> = (0..3).map(|_| Client::connect(daemon.address())).collect();
    clients.iter_mut().for_each(|client| drop(client.hello()));
    // This one never reads, and must not keep the others.
    let _deaf = Client::connect(daemon.address());
    let began = Instant::now();
    daemon.signal("TERM");
    for client in &mut clients {
        assert_eq!(client.reasons(), ["bye server.stopping"]);
    }
    drop(clients);
    assert_eq!(daemon.wait().code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn it_keeps_its_pin_over_a_restart() {
    let temporary = tempfile::tempdir().unwrap();
    let mut first = Daemon::start_in(temporary.path());
    let pin = first.said("pin").clone();
    first.signal("TERM");
    assert_eq!(first.wait().code(), Some(0));
    let second = Daemon::start_in(temporary.path());
    assert_eq!(*second.said("pin"), pin);
    assert_eq!(Client::connect(second.address()).pin(), pin.as_str().unwrap());
}

#[test]
fn everything_it_writes_is_its_owners_alone() {
    let daemon = Daemon::start();
    for file in fs::read_dir(daemon.directory.join("data")).unwrap() {
        let file = file.unwrap();
        let allowed = if file.file_name() == "control.sock" { 0o660 } else { 0o700 };
        let mode = file.metadata().unwrap().mode() & 0o777;
        assert_eq!(mode & !allowed, 0, "{:?} has mode {mode:o}", file.path());
    }
}

#[test]
fn a_second_daemon_in_the_same_directory_is_refused_in_clear_words() {
    let daemon = Daemon::start();
    let second = output(&mut support::command(&daemon.directory));
    assert_eq!(second.status.code(), Some(74));
    assert!(
        complaint(&second).starts_with("sottod: Another sottod is already using "),
        "{}",
        complaint(&second)
    );
    Client::connect(daemon.address()).hello();
}

#[test]
fn a_taken_port_is_named() {
    let daemon = Daemon::start();
    let temporary = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sottod"));
    command.arg("--data").arg(temporary.path()).args(["--listen", &daemon.address().to_string()]);
    let second = output(&mut command);
    assert_eq!(second.status.code(), Some(74));
    assert!(complaint(&second).contains(&format!("While listening on {}", daemon.address())));
    assert!(complaint(&second).contains("Is another sottod running?"));
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let blocked = temporary.path().join("file");
    fs::write(&blocked, "").unwrap();
    let refused = output(Command::new(env!("CARGO_BIN_EXE_sottod")).arg("--data").arg(blocked.join("data")));
    assert_eq!(refused.status.code(), Some(74));
    assert!(complaint(&refused).contains("making the directory"), "{}", complaint(&refused));
}

#[test]
fn a_read_only_directory_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(data.join("probe"), "").is_ok() {
        // Permissions do not bind root; the test before this one shows the words.
        return;
    }
    let refused = output(&mut support::command(temporary.path()));
    assert_eq!(refused.status.code(), Some(74));
    assert!(complaint(&refused).contains("Permission denied"), "{}", complaint(&refused));
}

#[test]
fn a_directory_that_others_may_read_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let data = temporary.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("something"), "").unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = output(&mut support::command(temporary.path()));
    assert_eq!(refused.status.code(), Some(74));
    assert!(complaint(&refused).contains("chmod 700"), "{}", complaint(&refused));
}

#[test]
fn check_says_whether_a_configuration_is_in_order() {
    let temporary = tempfile::tempdir().unwrap();
    assert_eq!(check(temporary.path(), include_str!("../../../config/sottod.toml")).status.code(), Some(0));
    let wrong = check(temporary.path(), "registraton = \"open\"\n");
    assert_eq!(wrong.status.code(), Some(78));
    assert!(
        complaint(&wrong).contains("1 | registraton = \"open\"\n  | ^^^^^^^^^^^\n"),
        "{}",
        complaint(&wrong)
    );
}

#[test]
fn a_wrong_configuration_stops_the_start_and_a_wrong_command_line_too() {
    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join("sottod.toml"), "[store]\nretention_days = -1\n").unwrap();
    assert_eq!(output(&mut support::command(temporary.path())).status.code(), Some(78));
    assert_eq!(output(support::command(temporary.path()).arg("--loud")).status.code(), Some(64));
}

#[test]
fn a_good_configuration_is_taken_over_without_a_restart() {
    let daemon = Daemon::with_config("server_name = \"before\"\n");
    let mut early = Client::connect(daemon.address());
    daemon.configure("server_name = \"after\"\n[process]\nthreads = 3\n");
    daemon.signal("HUP");
    daemon.wait_for_log("these need a restart: process.threads");
    assert_eq!(Client::connect(daemon.address()).hello().server_name.as_str(), "after");
    assert_eq!(early.hello().server_name.as_str(), "before");
}

#[test]
fn a_wrong_configuration_is_pointed_at_and_the_old_one_stays() {
    let daemon = Daemon::with_config("server_name = \"before\"\n");
    daemon.configure("server_name = 7\n");
    daemon.signal("HUP");
    daemon.wait_for_log("the old one stays in force");
    daemon.wait_for_log("1 | server_name = 7");
    assert_eq!(Client::connect(daemon.address()).hello().server_name.as_str(), "before");
}

#[test]
fn systemd_hears_that_it_is_ready_reloads_and_stops() {
    let temporary = tempfile::tempdir().unwrap();
    let socket = temporary.path().join("notify");
    let notify = std::os::unix::net::UnixDatagram::bind(&socket).unwrap();
    notify.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let hear = |word: &str| {
        let mut heard = String::new();
        while !heard.contains(word) {
            let mut buffer = [0; 1024];
            let count =
                notify.recv(&mut buffer).unwrap_or_else(|_| panic!("{word} was not said, but: {heard}"));
            heard.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
        heard
    };
    let mut command = support::command(temporary.path());
    command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "200000");
    let mut daemon = Daemon::run(temporary.path(), &mut command);
    assert!(hear("READY=1").contains("STATUS="));
    hear("WATCHDOG=1");
    daemon.signal("HUP");
    hear("RELOADING=1");
    hear("READY=1");
    daemon.signal("TERM");
    hear("STOPPING=1");
    assert_eq!(daemon.wait().code(), Some(0));
}
