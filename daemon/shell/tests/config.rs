//! The configuration: its document tells the truth, and its mistakes are pointed at.
#![allow(clippy::unwrap_used)]
use std::path::Path;

use daemon_shell::config::{self, Level, Settings};
use sotto_protocol::Registration;

const DOCUMENT: &str = include_str!("../../../config/sottod.toml");

/// Keys whose default is not a fixed value.
const DEPENDENT: [&str; 6] = ["server_name", "certificate", "key", "directory", "socket", "group"];

fn parse(text: &str) -> Result<Settings, String> {
    config::parse(Path::new("sottod.toml"), text).map_err(|fault| fault.to_string())
}

fn settings(text: &str) -> Settings {
    parse(text).unwrap()
}

fn fault(text: &str) -> String {
    parse(text).unwrap_err()
}

/// The document with the `#` taken away in front of every key.
fn uncommented() -> Vec<&'static str> {
    DOCUMENT
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .collect()
}

fn key_of(line: &str) -> Option<&str> {
    line.split_once(" = ").map(|(key, _)| key).filter(|_| !line.starts_with('#'))
}

#[test]
fn the_document_changes_nothing_as_it_is_shipped() {
    assert_eq!(settings(DOCUMENT), settings(""));
}

#[test]
fn the_document_names_every_default_as_it_is() {
    let fixed: Vec<&str> = uncommented()
        .into_iter()
        .filter(|line| key_of(line).is_none_or(|key| !DEPENDENT.contains(&key)))
        .collect();
    assert_eq!(settings(&fixed.join("\n")), settings(""));
}

#[test]
fn every_example_in_the_document_is_valid() {
    let all = settings(&uncommented().join("\n"));
    assert_eq!(all.policy.server_name.as_str(), "home-pi");
    assert_eq!(all.control_group.as_deref(), Some("sotto-admin"));
    assert!(all.certificate.is_some() && all.directory.is_some() && all.control_socket.is_some());
}

#[test]
fn the_document_has_every_key_once_and_they_are_few() {
    let mut keys: Vec<&str> = uncommented().into_iter().filter_map(key_of).collect();
    let count = keys.len();
    assert!(count <= 30, "{count} keys");
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
    for section in ["", "[listen]", "[store]", "[accounts]", "[limits]", "[log]", "[control]", "[process]"] {
        let text = format!("{section}\nno_such_key = 1\n");
        let known = fault(&text);
        let (_, known) = known.split_once("expected ").expect("serde names what it knows");
        for key in known.split('`').skip(1).step_by(2) {
            let documented = keys.contains(&key) || DOCUMENT.contains(&format!("\n[{key}]\n"));
            assert!(documented, "{key} is not documented");
        }
    }
}

#[test]
fn every_key_is_heard() {
    let default = settings("");
    for line in uncommented() {
        let Some(key) = key_of(line) else { continue };
        let section = section_of(line);
        let changed = match key {
            "registration" => settings("registration = \"open\""),
            "notices" => settings("notices = [\"Back at nine.\"]"),
            "addresses" => settings("listen.addresses = [\"127.0.0.1:1\"]"),
            "connections_max" => settings("listen.connections_max = 20"),
            "public" => settings("listen.public = true"),
            "level" => settings("log.level = \"debug\""),
            "certificate" | "key" => settings("[listen]\ncertificate = \"/c\"\nkey = \"/k\""),
            text if DEPENDENT.contains(&text) => settings(&format!("{section}\n{line}")),
            number => settings(&format!("{section}\n{number} = 3")),
        };
        assert_ne!(changed, default, "{key} changes nothing");
    }
    assert_eq!(settings("registration = \"closed\"").policy.registration, Registration::Closed);
    assert_eq!(settings("log.level = \"trace\"").level, Level::Trace);
}

fn section_of(line: &str) -> &'static str {
    let lines = uncommented();
    let at = lines.iter().position(|other| *other == line).unwrap();
    lines[..at].iter().rev().find(|line| line.starts_with('[')).copied().unwrap_or("")
}

#[test]
fn an_unknown_key_is_pointed_at() {
    assert_eq!(
        fault("server_name = \"pi\"\n[limits]\nstranger_max = 1\n"),
        "In sottod.toml, line 3, column 1:\n  |\n3 | stranger_max = 1\n  | ^^^^^^^^^^^^\nunknown field `stranger_max`, \
         expected one of `strangers_max`, `strangers_per_source_max`, `appends_per_second`, `requests_per_second`"
    );
}

#[test]
fn a_wrong_type_is_pointed_at() {
    assert_eq!(
        fault("[process]\nthreads = \"many\"\n"),
        "In sottod.toml, line 2, column 11:\n  |\n2 | threads = \"many\"\n  |           ^^^^^^\n\
         invalid type: string \"many\", expected u32"
    );
}

#[test]
fn a_word_that_is_none_of_the_known_is_pointed_at() {
    assert_eq!(
        fault("registration = \"maybe\"\n"),
        "In sottod.toml, line 1, column 16:\n  |\n1 | registration = \"maybe\"\n  |                ^^^^^^^\n\
         unknown variant `maybe`, expected one of `invite`, `open`, `closed`"
    );
}

#[test]
fn a_number_out_of_its_range_is_pointed_at() {
    assert_eq!(
        fault("[store]\nretention_days = 0 # for ever?\n"),
        "In sottod.toml, line 2, column 18:\n  |\n2 | retention_days = 0 # for ever?\n  |                  ^\n\
         0 is not between 1 and 3650"
    );
}

#[test]
fn broken_toml_is_pointed_at() {
    assert!(fault("[listen\npublic = true\n").starts_with("In sottod.toml, line 1, column 8:\n"));
}

#[test]
fn what_does_not_go_together_is_pointed_at() {
    assert!(
        fault("[listen]\nkey = \"/k.pem\"\n")
            .ends_with("  |       ^^^^^^^^\na key needs its `certificate` beside it")
    );
    assert!(fault("[listen]\naddresses = []\n").ends_with("at least one address, or nobody can connect"));
    assert!(fault("[store]\ndirectory = \"data\"\n").ends_with("a path must begin with `/`"));
    assert!(fault("server_name = \"pi\\u202E\"\n").contains("line 1, column 15"));
    assert!(fault("[listen]\naddresses = [\"home-pi:7688\"]\n").contains("line 2, column 14"));
}

#[test]
fn a_mistake_in_chinese_text_is_pointed_at_by_characters() {
    assert!(fault("notices = [\"欢迎\", \"a\\nb\"]\n").contains("line 1, column 18"));
}

#[test]
fn a_file_that_is_not_there_says_so() {
    let fault = config::read(Path::new("/nowhere/sottod.toml")).unwrap_err();
    assert_eq!(fault.to_string(), "In /nowhere/sottod.toml: No such file or directory (os error 2)");
}
