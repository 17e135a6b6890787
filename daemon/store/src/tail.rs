//! The recent ends of busy logs, ready to be sent, so that a bell rarely costs a read from disk.
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use daemon_core::store::{Entry, Page};
use sotto_protocol::LogId;

use crate::index::IdMap;

/// What a commit changed at the ends of logs.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    /// Appended, in order.
    pub(crate) entries: Vec<(LogId, Entry)>,
    /// Logs that lost something, or are gone.
    pub(crate) shrunk: Vec<LogId>,
}

/// What a cached entry costs beside its frame.
const AROUND: usize = 96;

/// One bounded cache for all logs; the oldest entries go first.
#[derive(Debug)]
pub struct Tail {
    bytes_max: u64,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    logs: IdMap<LogId, VecDeque<Entry>>,
    /// Whose oldest entry is the oldest of all, in order.
    order: VecDeque<LogId>,
    bytes: u64,
}

impl Tail {
    /// An empty cache of so many bytes.
    #[must_use]
    pub fn new(bytes_max: u64) -> Self {
        Self { bytes_max, held: Mutex::default() }
    }

    /// What follows a cursor, if all of it is here. It takes no disk and no thread, so it may be asked anywhere.
    #[must_use]
    pub fn recent(&self, log: LogId, after: u64, entries_max: u32, bytes_max: u32) -> Option<Page> {
        let held = self.lock();
        let entries = held.logs.get(&log)?;
        let (first, head) = (entries.front()?.sequence, entries.back()?.sequence);
        if after + 1 < first || after > head {
            return None;
        }
        let skipped = usize::try_from(after + 1 - first).ok()?;
        let mut bytes = 0_usize;
        let fits = |entry: &&Entry| {
            let is_first = bytes == 0;
            bytes += entry.frame.len();
            is_first || bytes <= bytes_max as usize
        };
        let page = entries.iter().skip(skipped).take(entries_max as usize).take_while(fits);
        Some(Page { log, head, missing: None, entries: page.cloned().collect() })
    }

    /// Bytes that are held.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// Takes over what is durable now.
    pub(crate) fn push(&self, fresh: Fresh) {
        if fresh.entries.is_empty() && fresh.shrunk.is_empty() {
            return;
        }
        let mut held = self.lock();
        for (log, entry) in fresh.entries {
            held.push(log, entry);
        }
        for log in fresh.shrunk {
            held.forget(log);
        }
        while held.bytes > self.bytes_max {
            if !held.drop_oldest() {
                break;
            }
        }
    }

    /// Forgets everything: what was remembered may not be what is on disk.
    pub(crate) fn clear(&self) {
        *self.lock() = Held::default();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn push(&mut self, log: LogId, entry: Entry) {
        let entries = self.logs.entry(log).or_default();
        if entries.back().is_some_and(|last| last.sequence + 1 != entry.sequence) {
            self.forget(log);
            return self.push(log, entry);
        }
        self.bytes += cost(&entry);
        self.order.push_back(log);
        entries.push_back(entry);
    }

    fn forget(&mut self, log: LogId) {
        let gone = self.logs.remove(&log).unwrap_or_default();
        self.bytes -= gone.iter().map(cost).sum::<u64>();
        self.order.retain(|other| *other != log);
    }

    fn drop_oldest(&mut self) -> bool {
        let Some(log) = self.order.pop_front() else { return false };
        let Some(entries) = self.logs.get_mut(&log) else { return true };
        if let Some(entry) = entries.pop_front() {
            self.bytes -= cost(&entry);
        }
        if entries.is_empty() {
            self.logs.remove(&log);
        }
        true
    }
}

fn cost(entry: &Entry) -> u64 {
    (entry.frame.len() + AROUND) as u64
}
