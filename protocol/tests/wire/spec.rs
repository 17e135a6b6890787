//! The tables of SPEC.md say what the code says. `SOTTO_BLESS=1` writes them anew.
use std::{fs, path::PathBuf};

use bytes::Bytes;
use sotto_protocol::*;

use crate::vectors::responses;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("SPEC.md")
}

/// Compares what stands between `<!-- name -->` and `<!-- /name -->`.
fn compare(name: &str, rows: &[String]) {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let text = fs::read_to_string(path()).unwrap();
    let (before, rest) = text.split_once(&open).unwrap();
    let (table, after) = rest.split_once(&close).unwrap();
    let fresh = rows.join("\n") + "\n";
    if std::env::var_os("SOTTO_BLESS").is_some() {
        return fs::write(path(), format!("{before}{open}{fresh}{close}{after}")).unwrap();
    }
    for (written, fresh) in table.lines().zip(fresh.lines()) {
        assert_eq!(written, fresh, "the table of {name} in SPEC.md");
    }
    assert_eq!(table.lines().count(), fresh.lines().count(), "rows of the table of {name} in SPEC.md");
}

#[test]
fn the_tables_of_the_specification_are_what_the_code_says() {
    // One test, because blessing rewrites one file.
    compare("types", &types());
    compare("refusals", &refusals());
    compare("limits", &limits_table());
}

/// What the comment above each type says: who sends it, and what it means.
fn comments() -> Vec<(String, String)> {
    let source = include_str!("../../src/kind.rs");
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter(|pair| pair[0].starts_with("/// ") && pair[1].contains(" = 0x"));
    let read = |pair: &[&str]| {
        pair[0].trim_start_matches("/// ").split_once(": ").map(|(a, b)| (a.into(), b.into()))
    };
    pairs.map(|pair| read(pair).unwrap()).collect()
}

fn types() -> Vec<String> {
    let answers = responses();
    let mut rows = vec![
        "| number | type | frame | meaning | answered by | bytes at most |".to_owned(),
        "| --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    for (kind, (frame, meaning)) in FrameType::ALL.iter().zip(comments()) {
        let empty = Bytes::new();
        let is_request = Request::decode(*kind, empty.clone()) != Ok(None);
        let from_client = ClientPush::decode(*kind, empty.clone()) != Ok(None);
        let from_server = ServerPush::decode(*kind, empty) != Ok(None);
        let said = match (is_request, from_client, from_server) {
            (true, false, false) => "Request",
            (false, true, true) => "Push, either way",
            (false, true, false) => "Push from the client",
            (false, false, true) => "Push from the server",
            other => panic!("{}: {other:?}", kind.name()),
        };
        assert!(frame.starts_with(said), "{}: {frame} is a {said}", kind.name());
        let answer = answers.iter().find(|(of, ..)| of == kind).map_or("", |(.., name)| name);
        let answer = if answer == "Piece" { "raw bytes" } else { answer };
        let max = if from_server && !from_client { String::new() } else { kind.payload_max().to_string() };
        let number = kind.number();
        let name = kind.name();
        let frame = frame.to_lowercase();
        rows.push(format!("| {number:#06x} | {name} | {frame} | {meaning} | {answer} | {max} |"));
    }
    assert_eq!(rows.len(), FrameType::ALL.len() + 2);
    rows
}

fn refusals() -> Vec<String> {
    let mut rows =
        vec!["| reason | code | retry | meaning |".to_owned(), "| --- | --- | --- | --- |".to_owned()];
    rows.extend(Reason::ALL.iter().map(|reason| {
        let retry = if reason.retryable() { "yes" } else { "" };
        format!("| `{}` | {} | {retry} | {} |", reason.as_str(), reason.code() as u32, reason.english())
    }));
    rows
}

/// `64 * 1024` as a number.
fn product(expression: &str) -> u64 {
    expression.split('*').map(|factor| factor.trim().replace('_', "").parse::<u64>().unwrap()).product()
}

fn limits_table() -> Vec<String> {
    let mut rows =
        vec!["| limit | value | what it bounds, and why |".to_owned(), "| --- | --- | --- |".to_owned()];
    let mut words = Vec::new();
    for line in include_str!("../../src/limits.rs").lines() {
        if let Some(more) = line.strip_prefix("/// ") {
            words.push(more.replace(['[', ']'], ""));
        } else if let Some((name, rest)) =
            line.strip_prefix("pub const ").and_then(|rest| rest.split_once(':'))
        {
            let value = product(rest.split_once('=').unwrap().1.trim_end_matches(';'));
            rows.push(format!("| `{name}` | {value} | {} |", words.join(" ")));
            words.clear();
        }
    }
    rows
}

#[test]
fn the_specification_is_short_enough_to_be_read() {
    let text = fs::read_to_string(path()).unwrap();
    let words = text.split_whitespace().count();
    assert!(words < 9000, "{words} words are more than fifteen printed pages");
}
