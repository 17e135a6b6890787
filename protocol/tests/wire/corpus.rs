//! What the fuzzers start from and have found, replayed. `SOTTO_BLESS=1` writes the starting points anew.
use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

#[path = "../../fuzz/targets.rs"]
mod targets;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 5] = [
    ("frame", targets::frame),
    ("hello", targets::hello),
    ("invite", targets::invite),
    ("request", targets::request),
    ("server_push", targets::server_push),
];

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(of)
}

fn vectors(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder("vectors").join(file)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["vectors"].as_array().unwrap().clone()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// One starting point a golden vector.
fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds = Vec::new();
    let typed = |frame: &[u8]| [&frame[4..6], &frame[12..]].concat();
    let named = |vector: &Value| vector["name"].as_str().unwrap().replace(' ', "-");
    for vector in vectors("requests.json") {
        seeds.push(("request", named(&vector), typed(&bytes(&vector["frame"]))));
    }
    for vector in vectors("responses.json").iter().chain(&vectors("pushes.json")) {
        seeds.push(("server_push", named(vector), typed(&bytes(&vector["frame"]))));
    }
    for (index, vector) in vectors("entries.json").iter().enumerate() {
        seeds.push(("server_push", format!("entry-{index}"), bytes(&vector["payload"])));
    }
    for (index, vector) in vectors("frames.json").iter().enumerate() {
        seeds.push(("frame", format!("frame-{index:02}"), bytes(&vector["bytes"])));
    }
    for (index, vector) in vectors("invites.json").iter().enumerate() {
        seeds.push((
            "invite",
            format!("invite-{index}"),
            vector["text"].as_str().unwrap().as_bytes().to_vec(),
        ));
    }
    let hello = bytes(&vectors("requests.json")[0]["frame"]);
    seeds.push(("hello", "hello".to_owned(), hello[12..].to_vec()));
    seeds
}

#[test]
fn nothing_that_the_fuzzers_know_breaks_a_promise() {
    if std::env::var_os("SOTTO_BLESS").is_some() {
        for (target, name, bytes) in seeds() {
            let folder = folder("fuzz/corpus").join(target);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
    for (name, target) in TARGETS {
        let mut replayed = 0;
        for file in fs::read_dir(folder("fuzz/corpus").join(name)).unwrap() {
            target(&fs::read(file.unwrap().path()).unwrap());
            replayed += 1;
        }
        assert!(replayed > 0, "the corpus of {name} is empty");
    }
}
