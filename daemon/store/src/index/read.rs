//! What happens to a log: it grows, it is read, it is left, it loses what is too old.
use sotto_protocol::{GapReason, LogId};

use super::{Index, Log, NOBODY, Shape, Slot, log::ReaderAt};

impl Index {
    /// Puts an entry at the end; answers its sequence and its position.
    pub(crate) fn append(&mut self, id: LogId, writer: u32, bytes: u32, at_ms: u64) -> Option<(u64, u64)> {
        let position = self.next_position;
        let slot = Slot { position, bytes, writer };
        let log = self.logs.get_mut(&id)?;
        log.head += 1;
        log.last_at_ms = at_ms;
        log.slots.push_back(slot);
        log.waiting.add(u64::from(bytes));
        let (sequence, counted) = (log.head, log.shape != Shape::Inbox);
        if log.visible + 1 == sequence {
            self.touched.push(id);
        }
        self.next_position += 1;
        self.waiting += 1;
        if let Some(writer) = self.writers.get_mut(&writer) {
            writer.entries += 1;
            if let Some(usage) = self.usage.get_mut(writer.account).filter(|_| counted) {
                usage.add(u64::from(bytes));
            }
        }
        self.pass_own(id, writer, sequence);
        Some((sequence, position))
    }

    fn pass_own(&mut self, id: LogId, writer: u32, sequence: u64) {
        let Some(log) = self.logs.get(&id) else { return };
        if log.readers.is_empty() {
            self.settle(id, Log::recount);
        } else if writer != NOBODY && log.cursor(writer) == Some(sequence - 1) {
            self.advance(id, writer, sequence);
        }
    }

    /// A device has stored a log up to here. What lies beyond the end, or back, is ignored; says whether it went on.
    pub(crate) fn advance(&mut self, id: LogId, device: u32, upto: u64) -> bool {
        let Some(log) = self.logs.get_mut(&id) else { return false };
        let Ok(at) = log.readers.binary_search_by_key(&device, |reader| reader.device) else { return false };
        let before = log.readers[at].cursor;
        if upto > log.head || upto <= before {
            return false;
        }
        let upto = log.beyond_own(device, upto);
        log.readers[at].cursor = upto;
        if before == log.passed {
            log.last_ones -= 1;
            if log.last_ones == 0 {
                self.settle(id, Log::recount);
            }
        }
        true
    }

    /// A device reads the log from its end on.
    pub(crate) fn join(&mut self, id: LogId, device: u32) -> Option<u64> {
        let log = self.logs.get_mut(&id)?;
        let head = log.head;
        if let Err(at) = log.readers.binary_search_by_key(&device, |reader| reader.device) {
            log.readers.insert(at, ReaderAt { device, cursor: head });
            self.settle(id, Log::recount);
            self.listen(id, device, true);
        }
        Some(head)
    }

    /// A device no longer reads the log.
    pub(crate) fn leave(&mut self, id: LogId, device: u32) -> bool {
        let Some(log) = self.logs.get_mut(&id) else { return false };
        let Ok(at) = log.readers.binary_search_by_key(&device, |reader| reader.device) else { return false };
        log.readers.remove(at);
        self.settle(id, Log::recount);
        self.listen(id, device, false);
        true
    }

    /// A device reads its own inbox, or no longer.
    pub(super) fn listen(&mut self, id: LogId, device: u32, listens: bool) {
        if let Some(writer) = self.writers.get_mut(&device)
            && LogId::from(writer.actor.device) == id
        {
            writer.listens = listens;
        }
    }

    /// Everything up to here is gone, read or not.
    pub(crate) fn lose(&mut self, id: LogId, upto: u64, why: GapReason) {
        self.settle(id, |log| {
            if upto > log.lost {
                log.lost = upto.min(log.head);
                log.lost_why = why;
            }
        });
    }

    /// Changes what a log still needs, and keeps the accounts of it.
    fn settle(&mut self, id: LogId, change: impl FnOnce(&mut Log)) {
        let Some(mut log) = self.logs.remove(&id) else { return };
        let (from, loose) = (log.waiting_from(), log.loose());
        change(&mut log);
        let upto = log.waiting_from();
        self.release(&log, from, upto);
        for sequence in from..upto {
            let Some(slot) = log.slot(sequence).copied() else { continue };
            log.waiting.remove(u64::from(slot.bytes));
        }
        let now_loose = log.loose();
        self.loose_entries = self.loose_entries + now_loose - loose;
        if now_loose > 0 {
            self.loose.insert(id);
        }
        self.logs.insert(id, log);
    }

    /// These entries no longer count against anybody.
    pub(super) fn release(&mut self, log: &Log, from: u64, upto: u64) {
        for sequence in from..upto {
            let Some(slot) = log.slot(sequence) else { continue };
            self.waiting = self.waiting.saturating_sub(1);
            let Some(writer) = self.writers.get(&slot.writer) else { continue };
            if log.shape == Shape::Inbox {
                continue;
            }
            if let Some(usage) = self.usage.get_mut(writer.account) {
                usage.remove(u64::from(slot.bytes));
            }
        }
    }

    /// Lets go of at most so many entries that nobody needs: which positions, and which logs changed.
    pub(crate) fn take_loose(&mut self, at_most: usize) -> (Vec<u64>, Vec<LogId>) {
        let (mut positions, mut logs) = (Vec::new(), Vec::new());
        while positions.len() < at_most {
            let Some(id) = self.loose.first().copied() else { break };
            let Some(log) = self.logs.get_mut(&id) else {
                self.loose.remove(&id);
                continue;
            };
            let loose = log.loose();
            let count = loose.min(at_most - positions.len());
            let gone: Vec<Slot> = log.slots.drain(..count).collect();
            if log.slots.is_empty() {
                log.slots.shrink_to_fit();
            }
            if count == loose {
                self.loose.remove(&id);
            }
            self.loose_entries -= count;
            positions.extend(gone.iter().map(|slot| slot.position));
            logs.push(id);
            for slot in gone {
                self.forget_entry(slot);
            }
        }
        positions.sort_unstable();
        (positions, logs)
    }
}
