//! The index, rebuilt from the rows at start.
use std::collections::HashMap;

use daemon_core::store::{Actor, Fault};
use sotto_protocol::{EnvelopeId, LogId};

use super::{Index, Log, Shape, Slot, log::ReaderAt};
use crate::tables::{CursorRow, LogRow};

/// Takes rows in this order: numbers, logs, cursors, entries by position; then gives the index.
#[derive(Debug)]
pub(crate) struct Loader {
    index: Index,
    logs: HashMap<u32, (LogId, Log)>,
}

impl Loader {
    /// `newest` is the greatest envelope id that is remembered of anybody.
    pub(crate) fn new(newest: EnvelopeId, incarnation: u64) -> Self {
        Self { index: Index { newest_known: newest, incarnation, ..Index::default() }, logs: HashMap::new() }
    }

    pub(crate) fn actor(&mut self, number: u32, actor: Actor, present: bool) {
        self.index.note_device(number, actor, present);
    }

    pub(crate) fn log(&mut self, row: &LogRow, shape: Shape) {
        let mut log = Log::new(row.number, shape);
        log.head = row.head;
        log.passed = row.passed;
        log.lost = row.lost;
        log.lost_why = row.lost_why;
        log.last_at_ms = row.last_at_ms;
        self.logs.insert(row.number, (row.log, log));
    }

    pub(crate) fn cursor(&mut self, row: CursorRow) {
        if let Some((_, log)) = self.logs.get_mut(&row.log) {
            let cursor = row.upto.max(log.passed);
            log.readers.push(ReaderAt { device: row.device, cursor });
        }
    }

    /// # Errors
    /// [`Fault::Damaged`] when the entries of a log do not follow each other.
    pub(crate) fn entry(
        &mut self,
        position: u64,
        log: u32,
        sequence: u64,
        device: u32,
        bytes: u32,
    ) -> Result<(), Fault> {
        let slot = Slot { position, bytes, writer: device };
        let Some((_, log)) = self.logs.get_mut(&log) else {
            return Err(Fault::Damaged(format!("entry {position} belongs to no log")));
        };
        let expected = log.slots.front().map_or(sequence, |_| log.visible + 1);
        if sequence != expected {
            return Err(Fault::Damaged(format!("entry {position} is {sequence}, not {expected}")));
        }
        log.visible = sequence;
        log.slots.push_back(slot);
        if let Some(writer) = self.index.writers.get_mut(&device) {
            writer.entries += 1;
        }
        self.index.idle_actors.remove(&device);
        self.index.next_position = position + 1;
        Ok(())
    }

    /// The time of a log's last entry.
    pub(crate) fn last_at(&mut self, log: u32, at_ms: u64) {
        if let Some((_, log)) = self.logs.get_mut(&log) {
            log.last_at_ms = log.last_at_ms.max(at_ms);
        }
    }

    pub(crate) fn finish(self, next_position: u64, next_actor: u32, next_log: u32) -> Index {
        let mut index = self.index;
        for (_, (id, mut log)) in self.logs {
            log.head = log.head.max(log.visible);
            log.visible = log.head;
            log.readers.sort_unstable_by_key(|reader| reader.device);
            for at in 0..log.readers.len() {
                let ReaderAt { device, cursor } = log.readers[at];
                log.readers[at].cursor = log.beyond_own(device, cursor.min(log.head));
            }
            log.recount();
            index.take_over(id, log);
        }
        index.next_position = index.next_position.max(next_position);
        index.next_actor = index.next_actor.max(next_actor);
        index.next_log = index.next_log.max(next_log);
        index
    }
}

impl Index {
    fn take_over(&mut self, id: LogId, mut log: Log) {
        for sequence in log.waiting_from()..=log.head {
            let Some(slot) = log.slot(sequence).copied() else { continue };
            log.waiting.add(u64::from(slot.bytes));
            self.waiting += 1;
            if log.shape == Shape::Inbox {
                continue;
            }
            let Some(writer) = self.writers.get(&slot.writer) else { continue };
            if let Some(usage) = self.usage.get_mut(writer.account) {
                usage.add(u64::from(slot.bytes));
            }
        }
        if log.loose() > 0 {
            self.loose_entries += log.loose();
            self.loose.insert(id);
        }
        for at in 0..log.readers.len() {
            self.listen(id, log.readers[at].device, true);
        }
        self.note_log(log, id);
    }
}
