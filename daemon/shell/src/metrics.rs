//! What was done, in numbers: counted by single atomic steps, written down only when somebody asks.
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::ConstCounter, family::Family, gauge::Gauge},
    registry::Registry,
};
use sotto_protocol::Reason;

use crate::{log::TurnedAway, shell::Shell};

/// What the connections count.
#[derive(Debug)]
pub(crate) struct Tally {
    /// TLS handshakes that became a session.
    pub(crate) opened: AtomicU64,
    /// Sign-ins.
    pub(crate) signed_in: AtomicU64,
    /// Frames from peers.
    pub(crate) frames_in: AtomicU64,
    /// Frames to peers.
    pub(crate) frames_out: AtomicU64,
    /// Bytes of frames from peers.
    pub(crate) bytes_in: AtomicU64,
    /// Bytes of frames to peers.
    pub(crate) bytes_out: AtomicU64,
    /// Pages answered from memory.
    pub(crate) tail_hits: AtomicU64,
    /// Pages that had to be read from disk.
    pub(crate) tail_misses: AtomicU64,
    /// Peers that did not read.
    pub(crate) stalled: AtomicU64,
    /// Sessions that ended by a mistake of the program.
    pub(crate) panics: AtomicU64,
    refusals: Vec<AtomicU64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            opened: AtomicU64::new(0),
            signed_in: AtomicU64::new(0),
            frames_in: AtomicU64::new(0),
            frames_out: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            tail_hits: AtomicU64::new(0),
            tail_misses: AtomicU64::new(0),
            stalled: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            refusals: Reason::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

/// Counts more of something.
pub(crate) fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Relaxed);
}

impl Tally {
    /// A refusal went out.
    pub(crate) fn refused(&self, reason: Reason) {
        if let Some(count) = self.refusals.get(reason as usize) {
            add(count, 1);
        }
    }
}

/// Everything, as Prometheus reads it.
pub(crate) fn text(shell: &Shell) -> String {
    let mut registry = Registry::with_prefix("sottod");
    let tally = &shell.tally;
    let counters = [
        ("connections_opened", "TLS connections that became sessions", &tally.opened),
        ("sign_ins", "Sessions that signed in", &tally.signed_in),
        ("frames_in", "Frames from peers", &tally.frames_in),
        ("frames_out", "Frames to peers", &tally.frames_out),
        ("bytes_in", "Bytes of frames from peers", &tally.bytes_in),
        ("bytes_out", "Bytes of frames to peers", &tally.bytes_out),
        ("tail_hits", "Pages answered from memory", &tally.tail_hits),
        ("tail_misses", "Pages read from disk", &tally.tail_misses),
        ("stalled", "Connections closed because the peer did not read", &tally.stalled),
        ("panics", "Sessions ended by a mistake of the program", &tally.panics),
    ];
    for (name, help, count) in counters {
        registry.register(name, help, ConstCounter::new(count.load(Relaxed)));
    }
    registry.register(
        "mailbox_drops",
        "Presence, typing and marks that gave way",
        ConstCounter::new(shell.hub.dropped()),
    );
    let gauges = [
        ("connections", "Connections, strangers included", u64::from(shell.connections())),
        ("sessions", "Connections past their TLS handshake", shell.hub.sessions() as u64),
        ("sessions_signed_in", "Sessions that are signed in", shell.hub.signed_in() as u64),
        ("strangers", "Connections that have not signed in", u64::from(shell.gate().strangers())),
        ("uptime_seconds", "Seconds since the start", shell.clock.uptime().as_secs()),
        ("resident_bytes", "Memory in use", resident_bytes()),
    ];
    for (name, help, value) in gauges {
        gauge(&mut registry, name, help, value);
    }
    registry.register("refusals", "Refusals by reason", by_reason(&tally.refusals));
    registry.register("turned_away", "Strangers turned away, by why", turned_away(shell));
    shell.store.register(registry.sub_registry_with_prefix("store"));
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, &registry);
    text
}

/// Adds one value that may fall.
pub(crate) fn gauge(registry: &mut Registry, name: &str, help: &str, value: u64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    registry.register(name, help, gauge);
}

/// Resident memory of this process, in bytes; 0 where the system does not say.
pub(crate) fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok())
        .unwrap_or(0);
    pages * rustix::param::page_size() as u64
}

type Labelled = Family<[(&'static str, &'static str); 1], prometheus_client::metrics::counter::Counter>;

fn by_reason(refusals: &[AtomicU64]) -> Labelled {
    let family = Labelled::default();
    for (reason, count) in Reason::ALL.iter().zip(refusals) {
        let count = count.load(Relaxed);
        if count > 0 {
            family.get_or_create(&[("reason", reason.as_str())]).inc_by(count);
        }
    }
    family
}

fn turned_away(shell: &Shell) -> Labelled {
    let family = Labelled::default();
    for why in TurnedAway::ALL {
        family.get_or_create(&[("why", why.word())]).inc_by(shell.crowd.total(why));
    }
    family
}
