//! The one thread that writes.
use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Instant,
};

use daemon_core::store::{Fault, Outcome, Write};
use sotto_protocol::Reason;

use super::{Broken, Done, EngineOptions, Job, Sink, Stats, full::grows, lazy::LazySet};
use crate::Store;

/// Whether the loop goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    GoOn,
    Stop,
}

pub(super) struct Writer<S, T> {
    store: S,
    options: EngineOptions,
    jobs: Receiver<Job<T>>,
    lazies: Arc<LazySet>,
    sink: Sink<T>,
    broken: Broken,
    stats: Arc<Stats>,
    /// When what was put off is written at the latest.
    due: Option<Instant>,
    /// Since when the disk is full: when it was last tried.
    full: Option<Instant>,
    /// Nothing is confirmed any more.
    is_broken: bool,
    tags: Vec<T>,
    writes: Vec<Write>,
}

impl<S: Store, T: Copy> Writer<S, T> {
    pub(super) const fn new(
        store: S,
        options: EngineOptions,
        jobs: Receiver<Job<T>>,
        lazies: Arc<LazySet>,
        sink: Sink<T>,
        broken: Broken,
        stats: Arc<Stats>,
    ) -> Self {
        Self {
            store,
            options,
            jobs,
            lazies,
            sink,
            broken,
            stats,
            due: None,
            full: None,
            is_broken: false,
            tags: Vec::new(),
            writes: Vec::new(),
        }
    }

    pub(super) fn run(mut self) {
        loop {
            let then = self.gather();
            if !self.writes.is_empty() || (then == Then::Stop || self.is_due()) && !self.lazies.is_empty() {
                self.commit();
            }
            if then == Then::Stop {
                break;
            }
            if self.is_due() {
                self.due = None;
            }
        }
        if self.is_broken {
            return;
        }
        if let Err(fault) = self.store.close() {
            tracing::warn!(%fault, "the store was not tidied up");
        }
    }

    /// Waits for something to do, and takes what has queued up.
    fn gather(&mut self) -> Then {
        let first = match self.due {
            None => self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(due) => self.jobs.recv_timeout(due.saturating_duration_since(Instant::now())),
        };
        let mut next = match first {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Then::Stop,
        };
        while let Some(job) = next {
            match job {
                Job::Write(tag, write) => {
                    self.tags.push(tag);
                    self.writes.push(*write);
                }
                Job::Wake => {
                    self.due.get_or_insert_with(|| Instant::now() + self.options.lazy_pause);
                }
                Job::Stop => return Then::Stop,
            }
            next = if self.writes.len() < self.options.batch_max { self.jobs.try_recv().ok() } else { None };
        }
        Then::GoOn
    }

    fn is_due(&self) -> bool {
        self.lazies.is_full() || self.due.is_some_and(|due| due <= Instant::now())
    }

    fn commit(&mut self) {
        let lazies = self.lazies.take();
        self.due = None;
        let tags = std::mem::take(&mut self.tags);
        let writes = std::mem::take(&mut self.writes);
        if self.is_broken {
            return;
        }
        let outcomes = if self.is_full() { None } else { Some(self.attempt(&lazies, &writes)) };
        let outcomes = match outcomes {
            Some(Ok(outcomes)) => outcomes,
            Some(Err(Fault::Full(text))) => {
                tracing::error!(text, "the disk is full: what would make it fuller is refused");
                self.begin_full();
                self.on_full_disk(&lazies, &writes)
            }
            None => self.on_full_disk(&lazies, &writes),
            Some(Err(fault)) => self.after(&fault, writes.len()),
        };
        if self.is_broken || outcomes.is_empty() {
            return;
        }
        let done = tags.into_iter().zip(outcomes).map(|(tag, outcome)| Done { tag, outcome });
        (self.sink)(done.collect());
    }

    fn attempt(
        &mut self,
        lazies: &[daemon_core::store::Lazy],
        writes: &[Write],
    ) -> Result<Vec<Outcome>, Fault> {
        let start = Instant::now();
        let outcomes = self.store.commit(lazies, writes)?;
        self.stats.committed(writes.len(), lazies.len(), start.elapsed());
        Ok(outcomes)
    }

    /// What everybody hears after a fault of the whole batch.
    fn after(&mut self, fault: &Fault, writes: usize) -> Vec<Outcome> {
        tracing::error!(%fault, "a commit failed");
        if matches!(fault, Fault::Unconfirmed(_) | Fault::Damaged(_)) {
            self.is_broken = true;
            (self.broken)(fault);
        }
        (0..writes).map(|_| Outcome::refused(fault.reason())).collect()
    }

    /// Whether the disk is full; after a pause it is tried again, by putting the ballast back.
    fn is_full(&mut self) -> bool {
        let Some(tried) = self.full else { return false };
        if tried.elapsed() < self.options.full_pause {
            return true;
        }
        if self.store.recover() {
            self.full = None;
            self.stats.set_full(false);
            return false;
        }
        self.full = Some(Instant::now());
        true
    }

    fn begin_full(&mut self) {
        self.store.relieve();
        self.full = Some(Instant::now());
        self.stats.set_full(true);
    }

    /// Writes what frees room, each by itself; refuses what needs room.
    fn on_full_disk(&mut self, lazies: &[daemon_core::store::Lazy], writes: &[Write]) -> Vec<Outcome> {
        if !lazies.is_empty()
            && let Err(fault) = self.attempt(lazies, &[])
        {
            self.after(&fault, 0);
        }
        let mut outcomes = Vec::with_capacity(writes.len());
        for write in writes {
            if grows(&write.change) {
                self.stats.refused_full(1);
                outcomes.push(Outcome::refused(Reason::StoreFull));
                continue;
            }
            match self.attempt(&[], std::slice::from_ref(write)) {
                Ok(outcome) => outcomes.extend(outcome),
                Err(fault) => outcomes.extend(self.after(&fault, 1)),
            }
        }
        outcomes
    }
}
