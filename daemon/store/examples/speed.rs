//! How fast, how big, how soon again: appends through the SQLite store beside bare SQLite, in one run.
//!
//! `cargo run --release -p daemon-store --example speed [folder [batch]]` prints JSON. The folder (default: the system's temporary
//! one) decides which disk is measured.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a measuring program stops where it stands, and prints"
)]

use std::{
    fs,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    time::Instant,
};

use daemon_core::store::{Actor, Change, Seed, StoreLimits, Write};
use daemon_store::{SqliteOptions, SqliteStore, Store as _};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use sotto_protocol::{
    AccountId, AgreementKey, Append, ContactAccept, ContactRequest, DeviceCertificate, DeviceId, DeviceKey,
    DeviceName, DisplayName, EntryKind, EnvelopeId, IdentityKey, Listed, Note, Octets, Register, Request,
    Role, RoomCreate, RoomId, RoomKind, Seat, Signature, UserName,
};

const PEOPLE: u32 = 1000;
const MESSAGE: usize = 256;
const QUEUED: usize = 100_000;
const START_MS: u64 = 1_800_000_000_000;
/// Batch and how many messages in it are written.
const STEPS: [(usize, usize); 5] = [(1, 500), (16, 4000), (64, 20_000), (256, 50_000), (1024, 102_400)];

fn main() {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, Into::into);
    let dir = tempfile::tempdir_in(folder).expect("a folder");
    let mut batches = Vec::new();
    let only: Option<usize> = std::env::args().nth(2).and_then(|batch| batch.parse().ok());
    for (batch, count) in STEPS.into_iter().filter(|(batch, _)| only.is_none_or(|only| only == *batch)) {
        let bare = bare(&dir.path().join(format!("bare-{batch}")), batch, count);
        let (ours, _) = ours(&dir.path().join(format!("ours-{batch}")), batch, count);
        let rate = ours["per_s"].as_f64().unwrap_or(0.0) / bare["per_s"].as_f64().unwrap_or(1.0);
        batches.push(json!({ "batch": batch, "bare": bare, "ours": ours, "rate_of_bare": rate }));
    }
    let result = json!({
        "message_bytes": MESSAGE,
        "batches": batches,
        "queued": queued(&dir.path().join("queued")),
    });
    println!("{}", serde_json::to_string_pretty(&result).expect("JSON"));
}

/// What one stretch of work took.
struct Meter {
    start: Instant,
    cpu_ns: u64,
    written: u64,
}

impl Meter {
    fn start() -> Self {
        Self { start: Instant::now(), cpu_ns: cpu_ns(), written: written() }
    }
    fn stop(self, count: usize, disk_bytes: u64) -> Value {
        let (took, messages) = (self.start.elapsed().as_secs_f64(), count as f64);
        json!({
            "per_s": (messages / took).round(),
            "cpu_s_per_10k": (cpu_ns() - self.cpu_ns) as f64 / 1e9 / messages * 10_000.0,
            "written_bytes_per_message": ((written() - self.written) as f64 / messages).round(),
            "disk_bytes_per_message": (disk_bytes as f64 / messages).round(),
        })
    }
}

/// Time that this thread spent on a processor.
fn cpu_ns() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

/// Bytes that this process sent on their way to the disk.
fn written() -> u64 {
    let text = fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

fn envelope(at_ms: u64, number: u32) -> EnvelopeId {
    let mut id = [0x7A; 16];
    id[..6].copy_from_slice(&at_ms.to_be_bytes()[2..]);
    // As random as the tail of a UUIDv7, and the same in every run.
    let mixed = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    id[6..14].copy_from_slice(&mixed.to_be_bytes());
    EnvelopeId::new(id)
}

fn bare(path: &Path, batch: usize, count: usize) -> Value {
    let conn = Connection::open(path).expect("a database");
    let sql = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304; \
         CREATE TABLE entry (position INTEGER PRIMARY KEY, log INTEGER, sequence INTEGER, device INTEGER, kind INTEGER, \
         at_ms INTEGER, envelope_id BLOB, sealed BLOB)";
    conn.execute_batch(sql).expect("a table");
    let sealed = [7_u8; MESSAGE];
    let before = size(path);
    let meter = Meter::start();
    for first in (0..count).step_by(batch) {
        conn.execute_batch("BEGIN IMMEDIATE").expect("a beginning");
        for number in first..(first + batch).min(count) {
            let mut insert = conn
                .prepare_cached(
                    "INSERT INTO entry (log, sequence, device, kind, at_ms, envelope_id, sealed) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )
                .expect("a statement");
            let at_ms = START_MS + number as u64 / 20;
            let id = envelope(at_ms, number as u32);
            let (log, sequence) = ((number % 500) as i64, (number / 500) as i64);
            let row =
                params![log, sequence, (number % 1000) as i64, 1, at_ms as i64, id.as_bytes(), &sealed[..]];
            insert.execute(row).expect("a row");
        }
        conn.execute_batch("COMMIT").expect("a commit");
    }
    let took = meter.stop(count, 0);
    conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("a checkpoint");
    let mut took = took;
    took["disk_bytes_per_message"] = json!(((size(path) - before) as f64 / count as f64).round());
    took
}

/// Appends through the store, nobody there to read; the store as it is then.
fn ours(path: &Path, batch: usize, count: usize) -> (Value, SqliteStore) {
    let options = SqliteOptions { ballast_bytes: 0, ..SqliteOptions::default() };
    let mut store = SqliteStore::open(path, StoreLimits::default(), options).expect("a store");
    let rooms = settle(&mut store);
    store.close().expect("a checkpoint");
    let before = size(path);
    let sealed = Octets::new(vec![7_u8; MESSAGE]).expect("short enough");
    let writes: Vec<Write> = (0..count)
        .map(|number| {
            let (room, pair) = &rooms[number % rooms.len()];
            let at_ms = START_MS + number as u64 / 20;
            let append = Append {
                log: (*room).into(),
                envelope_id: envelope(at_ms, number as u32),
                kind: EntryKind::Message,
                sealed: sealed.clone(),
                commit: None,
            };
            asked(pair[number / rooms.len() % 2], append.into(), at_ms)
        })
        .collect();
    let meter = Meter::start();
    for batch in writes.chunks(batch) {
        let outcomes = store.commit(&[], batch).expect("a commit");
        assert!(outcomes.iter().all(|outcome| outcome.answer.is_ok()), "{:?}", outcomes.first());
    }
    let mut took = meter.stop(count, 0);
    store.close().expect("a checkpoint");
    took["disk_bytes_per_message"] = json!(((size(path) - before) as f64 / count as f64).round());
    (took, store)
}

/// How soon a store with this many queued entries is there again, and what it then holds in memory.
fn queued(path: &Path) -> Value {
    let (_, store) = ours(path, 1024, QUEUED);
    drop(store);
    let rss_before = rss_kib();
    let open = |check: bool| {
        let options = SqliteOptions { ballast_bytes: 0, check, ..SqliteOptions::default() };
        let (start, cpu) = (Instant::now(), cpu_ns());
        let store = SqliteStore::open(path, StoreLimits::default(), options).expect("the same store");
        let figures = json!({
            "ms": start.elapsed().as_secs_f64() * 1000.0,
            "cpu_ms": (cpu_ns() - cpu) as f64 / 1e6,
        });
        (figures, store)
    };
    let (unchecked, store) = open(false);
    let rss = rss_kib() - rss_before;
    drop(store);
    let (checked, _store) = open(true);
    json!({ "entries": QUEUED, "reopen": unchecked, "reopen_with_check": checked, "rss_kib": rss })
}

fn rss_kib() -> i64 {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|pages| pages.parse::<i64>().ok()).unwrap_or(0) * 4
}

fn asked(actor: Actor, request: Request, wall_ms: u64) -> Write {
    Write { wall_ms, seed: Seed([1; 32]), change: Change::Ask { actor, request: Box::new(request) } }
}

/// Everybody registers and knows one other, with whom they have a room.
fn settle(store: &mut SqliteStore) -> Vec<(RoomId, [Actor; 2])> {
    let actors: Vec<Actor> = (0..PEOPLE).map(|number| actor(number + 1)).collect();
    let mut writes: Vec<Write> = (0..PEOPLE).map(|number| registration(number + 1)).collect();
    let mut rooms = Vec::new();
    for pair in actors.chunks(2) {
        let [one, other] = pair else { continue };
        let note = Note::new("").expect("a note");
        writes.push(asked(*one, ContactRequest { account: other.account, note }.into(), START_MS));
        writes.push(asked(*other, ContactAccept { account: one.account }.into(), START_MS));
        let mut id = *one.account.as_bytes();
        id[0] = 0x40;
        let room = RoomId::new(id);
        let seats = Listed::new(vec![Seat { account: other.account, role: Role::Member }]).expect("one seat");
        let create = RoomCreate {
            room,
            kind: RoomKind::Direct,
            seats,
            title: Octets::default(),
            envelope_id: EnvelopeId::new(id),
            commit: None,
            suite: 3,
        };
        writes.push(asked(*one, create.into(), START_MS));
        rooms.push((room, [*one, *other]));
    }
    for batch in writes.chunks(512) {
        let outcomes = store.commit(&[], batch).expect("a commit");
        assert!(outcomes.iter().all(|outcome| outcome.answer.is_ok()), "{outcomes:?}");
    }
    rooms
}

fn actor(number: u32) -> Actor {
    let mut id = [1; 16];
    id[12..].copy_from_slice(&number.to_be_bytes());
    let account = AccountId::new(id);
    id[0] = 0x80;
    Actor { account, device: DeviceId::new(id) }
}

fn registration(number: u32) -> Write {
    let Actor { account, device } = actor(number);
    let name = format!("person{number}");
    let request = Register {
        invite: None,
        account,
        user_name: UserName::new(&name).expect("a user name"),
        display_name: DisplayName::new(&name).expect("a display name"),
        email: None,
        identity_key: IdentityKey::new([1; 32]),
        device: DeviceCertificate {
            device,
            device_key: DeviceKey::new([2; 32]),
            agreement_key: AgreementKey::new([3; 32]),
            created_ms: START_MS,
            signature: Signature::new([4; 64]),
        },
        device_name: DeviceName::new("first").expect("a device name"),
        proof: Signature::new([5; 64]),
        password: None,
    };
    let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut seed = [2; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    let change = Change::Register { request: Box::new(request), invite_needed: false, source };
    Write { wall_ms: START_MS, seed: Seed(seed), change }
}
