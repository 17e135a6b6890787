//! What a session still has to deliver, and how much of it may be under way: the window.
//!
//! A bell only raises a log's head. A log whose head lies beyond what was sent waits for its turn; one page is fetched
//! at a time; what was sent waits for its acknowledgement. What this very device wrote is not sent back to it.
use std::collections::VecDeque;

use sotto_protocol::{DeviceId, LogId};

use crate::store::{LogState, Missing, Page, Query};

/// Bytes of frames in one page: what a slow reader makes us hold at most, beside what is under way.
const PAGE_BYTES_MAX: u32 = 256 * 1024;

/// How much may be under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) envelopes: u32,
    pub(super) bytes: u32,
}

/// All logs of one device, in one session.
#[derive(Debug)]
pub(super) struct Delivery {
    device: DeviceId,
    /// In the order of their ids.
    logs: Vec<Log>,
    /// Logs with something to send, in turn.
    waiting: VecDeque<LogId>,
    fetching: Option<LogId>,
    unacknowledged: VecDeque<Sent>,
    unacknowledged_bytes: u32,
}

#[derive(Clone, Copy, Debug)]
struct Log {
    id: LogId,
    head: u64,
    sent: u64,
    stored: u64,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    log: LogId,
    sequence: u64,
    bytes: u32,
}

/// What to do with a page.
pub(super) enum Piece<'a> {
    Gap { from: u64, to: u64, why: sotto_protocol::GapReason },
    Frame(&'a [u8]),
}

impl Delivery {
    /// Goes on where the device stopped.
    pub(super) fn new(device: DeviceId, logs: Vec<LogState>) -> Self {
        let mut logs: Vec<Log> = logs
            .into_iter()
            .map(|LogState { log, head, cursor }| Log { id: log, head, sent: cursor, stored: cursor })
            .collect();
        logs.sort_unstable_by_key(|log| log.id);
        logs.shrink_to_fit();
        let waiting = logs.iter().filter(|log| log.sent < log.head).map(|log| log.id).collect();
        Self {
            device,
            logs,
            waiting,
            fetching: None,
            unacknowledged: VecDeque::new(),
            unacknowledged_bytes: 0,
        }
    }

    /// The log has grown up to here.
    pub(super) fn ring(&mut self, id: LogId, head: u64) {
        let Some(log) = self.log_mut(id) else { return };
        log.head = log.head.max(head);
        if log.sent < log.head && self.fetching != Some(id) && !self.waiting.contains(&id) {
            self.waiting.push_back(id);
        }
    }

    /// The device reads one more log, from after `head`.
    pub(super) fn join(&mut self, id: LogId, head: u64) {
        match self.logs.binary_search_by_key(&id, |log| log.id) {
            Ok(_) => {}
            Err(place) => self.logs.insert(place, Log { id, head, sent: head, stored: head }),
        }
    }

    /// The device no longer reads a log.
    pub(super) fn leave(&mut self, id: LogId) {
        if let Ok(place) = self.logs.binary_search_by_key(&id, |log| log.id) {
            self.logs.remove(place);
        }
        self.waiting.retain(|waiting| *waiting != id);
        self.forget(|sent| sent.log == id);
    }

    /// The device has stored a log up to here: how far it had been, and is now. `None` where that is no news.
    pub(super) fn acknowledge(&mut self, id: LogId, upto: u64) -> Option<u64> {
        let log = self.log_mut(id)?;
        let upto = upto.min(log.sent);
        if upto <= log.stored {
            return None;
        }
        log.stored = upto;
        self.forget(|sent| sent.log == id && sent.sequence <= upto);
        Some(upto)
    }

    /// This device's own write was accepted: it has it already.
    pub(super) fn wrote(&mut self, id: LogId, sequence: u64) {
        let Some(log) = self.log_mut(id) else { return };
        log.head = log.head.max(sequence);
        if log.sent + 1 == sequence {
            log.sent = sequence;
            if log.stored + 1 == sequence {
                log.stored = sequence;
            }
        }
    }

    /// The next page to fetch, where the window allows one.
    pub(super) fn next_fetch(&mut self, window: Window) -> Option<Query> {
        let under_way = u32::try_from(self.unacknowledged.len()).unwrap_or(u32::MAX);
        let envelopes = window.envelopes.saturating_sub(under_way);
        let bytes = window.bytes.saturating_sub(self.unacknowledged_bytes);
        if self.fetching.is_some() || envelopes == 0 || bytes == 0 {
            return None;
        }
        while let Some(id) = self.waiting.pop_front() {
            let Some(log) = self.log_mut(id) else { continue };
            if log.sent < log.head {
                let after = log.sent;
                self.fetching = Some(id);
                return Some(Query::Page {
                    log: id,
                    after,
                    entries_max: envelopes,
                    bytes_max: bytes.min(PAGE_BYTES_MAX),
                });
            }
        }
        self.waiting.shrink_to_fit();
        None
    }

    /// Takes the page that was fetched; `send` gets each piece in order. A page may show more than the bells have told:
    /// what lies beyond waits for its bell, for the news that this device no longer reads the log may come before it.
    pub(super) fn page(&mut self, page: &Page, mut send: impl FnMut(Piece<'_>)) {
        self.fetching = None;
        let device = self.device;
        let Ok(place) = self.logs.binary_search_by_key(&page.log, |log| log.id) else { return };
        let Some(log) = self.logs.get_mut(place) else { return };
        let gone = page.missing.map(|missing| Missing { to: missing.to.min(log.head), ..missing });
        if let Some(gone) = gone.filter(|gone| gone.to > log.sent) {
            send(Piece::Gap { from: gone.from.max(log.sent + 1), to: gone.to, why: gone.why });
            log.sent = gone.to;
        }
        for entry in page.entries.iter().filter(|entry| entry.sequence <= log.head) {
            if entry.sequence <= log.sent {
                continue;
            }
            if entry.device == device && log.stored + 1 == entry.sequence {
                log.stored = entry.sequence;
            }
            log.sent = entry.sequence;
            if entry.device != device {
                let bytes = u32::try_from(entry.frame.len()).unwrap_or(u32::MAX);
                self.unacknowledged.push_back(Sent { log: page.log, sequence: entry.sequence, bytes });
                self.unacknowledged_bytes = self.unacknowledged_bytes.saturating_add(bytes);
                send(Piece::Frame(&entry.frame));
            }
        }
        if log.sent < log.head && !self.waiting.contains(&page.log) {
            self.waiting.push_back(page.log);
        }
    }

    /// A page could not be had; its log waits for the next bell or acknowledgement.
    pub(super) fn page_failed(&mut self) {
        if let Some(id) = self.fetching.take() {
            self.waiting.push_back(id);
        }
    }

    /// Whether this device reads the log.
    pub(super) fn reads(&self, id: LogId) -> bool {
        self.logs.binary_search_by_key(&id, |log| log.id).is_ok()
    }

    fn forget(&mut self, passed: impl Fn(&Sent) -> bool) {
        let mut freed = 0_u32;
        self.unacknowledged.retain(|sent| {
            let gone = passed(sent);
            if gone {
                freed = freed.saturating_add(sent.bytes);
            }
            !gone
        });
        self.unacknowledged_bytes = self.unacknowledged_bytes.saturating_sub(freed);
        if self.unacknowledged.is_empty() {
            self.unacknowledged = VecDeque::new();
        }
    }

    fn log_mut(&mut self, id: LogId) -> Option<&mut Log> {
        let place = self.logs.binary_search_by_key(&id, |log| log.id).ok()?;
        self.logs.get_mut(place)
    }
}
