//! What the engine counts, by atomics: the metrics read while the threads work.
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Upper bounds of the batch sizes that are counted; the last class has none.
pub const BATCH_STEPS: [u64; 6] = [1, 4, 16, 64, 256, 1024];
/// Upper bounds of the commit times that are counted, microseconds; the last class has none.
pub const SYNC_STEPS_US: [u64; 8] = [250, 500, 1000, 2500, 5000, 10_000, 50_000, 250_000];

/// Running sums.
#[derive(Debug, Default)]
pub struct Stats {
    commits: AtomicU64,
    writes: AtomicU64,
    lazies: AtomicU64,
    queries: AtomicU64,
    refused_full: AtomicU64,
    commit_us: AtomicU64,
    commit_max_us: AtomicU64,
    full: AtomicU64,
    batches: [AtomicU64; BATCH_STEPS.len() + 1],
    times: [AtomicU64; SYNC_STEPS_US.len() + 1],
}

/// The sums at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatsNow {
    /// Transactions that were synced.
    pub commits: u64,
    /// Writes in them.
    pub writes: u64,
    /// What was put off and then written.
    pub lazies: u64,
    /// Questions that were answered.
    pub queries: u64,
    /// Writes that were refused because the disk is full.
    pub refused_full: u64,
    /// Microseconds from the start of a transaction until it was synced, summed.
    pub commit_us: u64,
    /// The longest of these.
    pub commit_max_us: u64,
    /// Whether the disk is full now.
    pub full: bool,
    /// Commits by the number of their writes: at most [`BATCH_STEPS`], then more.
    pub batches: Vec<u64>,
    /// Commits by their time: at most [`SYNC_STEPS_US`], then longer.
    pub times: Vec<u64>,
    /// Bytes in the cache of recent entries.
    pub tail_bytes: u64,
}

impl Stats {
    pub(super) fn committed(&self, writes: usize, lazies: usize, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commits.fetch_add(1, Relaxed);
        self.writes.fetch_add(writes as u64, Relaxed);
        self.lazies.fetch_add(lazies as u64, Relaxed);
        self.commit_us.fetch_add(took_us, Relaxed);
        self.commit_max_us.fetch_max(took_us, Relaxed);
        count(&self.batches, &BATCH_STEPS, writes as u64);
        count(&self.times, &SYNC_STEPS_US, took_us);
    }

    pub(super) fn asked(&self, queries: usize) {
        self.queries.fetch_add(queries as u64, Relaxed);
    }

    pub(super) fn refused_full(&self, writes: usize) {
        self.refused_full.fetch_add(writes as u64, Relaxed);
    }

    pub(super) fn set_full(&self, full: bool) {
        self.full.store(u64::from(full), Relaxed);
    }

    pub(super) fn now(&self, tail_bytes: u64) -> StatsNow {
        StatsNow {
            commits: self.commits.load(Relaxed),
            writes: self.writes.load(Relaxed),
            lazies: self.lazies.load(Relaxed),
            queries: self.queries.load(Relaxed),
            refused_full: self.refused_full.load(Relaxed),
            commit_us: self.commit_us.load(Relaxed),
            commit_max_us: self.commit_max_us.load(Relaxed),
            full: self.full.load(Relaxed) != 0,
            batches: self.batches.iter().map(|class| class.load(Relaxed)).collect(),
            times: self.times.iter().map(|class| class.load(Relaxed)).collect(),
            tail_bytes,
        }
    }
}

fn count(classes: &[AtomicU64], steps: &[u64], value: u64) {
    let class = steps.partition_point(|step| *step < value);
    if let Some(class) = classes.get(class) {
        class.fetch_add(1, Relaxed);
    }
}
