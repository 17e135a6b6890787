//! The admin's way in, seen from outside the real binary.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
};

use support::{Client, Daemon, hello_frame};

#[test]
fn status_tells_how_it_is() {
    let daemon = Daemon::with_config("server_name = \"home-pi\"\n");
    let mut client = Client::connect(daemon.address());
    client.hello();
    let status = &daemon.ask(r#"{"v":1,"command":"status"}"#)["status"];
    assert_eq!(status["server_name"], "home-pi");
    assert_eq!(status["pin"], *daemon.said("pin"));
    assert_eq!(status["pid"], daemon.pid());
    assert_eq!((&status["connections"], &status["signed_in"]), (&1.into(), &0.into()));
    assert_eq!(status["addresses"][0], daemon.address().to_string());
    assert!(status["resident_bytes"].as_u64().unwrap() > 1_000_000);
}

#[test]
fn an_invite_can_be_read_back() {
    let daemon = Daemon::start();
    let invite = &daemon.ask(r#"{"v":1,"command":"invite.create","name":"Alice","hours":2}"#)["invite"];
    let read = sotto_protocol::Invite::parse(invite["text"].as_str().unwrap()).unwrap();
    assert_eq!(read.addresses, [daemon.address().to_string()]);
    assert!(read.code.is_some());
    assert_eq!(read.pin.to_string(), sotto_protocol::Pin::new(read.pin.as_bytes().to_owned()).to_string());
}

#[test]
fn the_first_start_invites_two_people() {
    let daemon = Daemon::start();
    let invites = daemon.said("invites").as_array().unwrap();
    assert_eq!(invites.len(), 2);
    assert_ne!(invites[0], invites[1]);
}

#[test]
fn metrics_count_what_happens() {
    let daemon = Daemon::start();
    let mut client = Client::connect(daemon.address());
    client.hello();
    assert_eq!(daemon.metric("sottod_sessions"), 1);
    assert_eq!((daemon.metric("sottod_frames_in_total"), daemon.metric("sottod_frames_out_total")), (1, 1));
    assert!(daemon.metric("sottod_store_commits_total") >= 2, "two invites were made");
    client.send(&hello_frame(3)).unwrap();
    client.frame().unwrap();
    assert_eq!(daemon.metric("sottod_refusals_total{reason=\"request.out_of_place\"}"), 1);
}

#[test]
fn check_finds_everything_in_order_but_the_network() {
    let daemon = Daemon::start();
    let answer = daemon.ask(r#"{"v":1,"command":"check"}"#);
    for finding in answer["check"].as_array().unwrap() {
        // It listens on loopback alone, and that is what it should say.
        let expected = if finding["area"] == "network" { "warn" } else { "ok" };
        assert_eq!(finding["state"], expected, "{finding}");
    }
}

#[test]
fn a_reload_that_fails_says_why() {
    let daemon = Daemon::with_config("");
    daemon.configure("[log]\nlevel = \"loud\"\n");
    let answer = daemon.ask(r#"{"v":1,"command":"reload"}"#);
    assert_eq!(answer["error"]["reason"], "config.wrong");
    assert!(answer["error"]["message"].as_str().unwrap().contains("unknown variant `loud`"));
    daemon.configure("[log]\nlevel = \"debug\"\n");
    let answer = daemon.ask(r#"{"v":1,"command":"reload"}"#);
    assert_eq!(answer["reloaded"]["restart"].as_array().unwrap().len(), 0);
}

#[test]
fn what_makes_no_sense_is_answered_and_harms_nothing() {
    let daemon = Daemon::start();
    for question in ["", "hello", "{}", r#"{"v":1}"#, r#"{"v":1,"command":"rm -rf"}"#] {
        assert_eq!(daemon.ask(question)["error"]["reason"], "request.malformed", "{question}");
    }
    assert_eq!(daemon.ask(r#"{"v":2,"command":"status"}"#)["error"]["reason"], "version.unsupported");
    assert_eq!(daemon.ask(&"x".repeat(100_000)[..4096])["error"]["reason"], "request.malformed");
}

#[test]
fn somebody_who_does_not_finish_does_not_keep_the_others() {
    let daemon = Daemon::start();
    let path = daemon.said("control").as_str().unwrap();
    let mut idle: Vec<UnixStream> = (0..10).map(|_| UnixStream::connect(path).unwrap()).collect();
    idle[0].write_all(b"{\"v\":1,").unwrap();
    assert!(daemon.ask(r#"{"v":1,"command":"status"}"#)["status"].is_object());
    idle[0].shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    idle[0].read_to_string(&mut answer).unwrap();
    assert!(answer.contains("request.malformed"));
}
