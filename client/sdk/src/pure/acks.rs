//! When to tell the server what is stored: often enough that its window stays open, seldom enough to cost nothing.
use std::collections::BTreeMap;

use sotto_protocol::{
    Ack, LogId,
    limits::{ACK_AFTER_MS, ACK_EVERY, UNACKNOWLEDGED_BYTES_MAX},
};

/// Bytes after which not to wait for more entries: a quarter of the server's window.
const BYTES: u64 = UNACKNOWLEDGED_BYTES_MAX as u64 / 4;

/// What is stored here and the server has not heard of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acks {
    upto: BTreeMap<LogId, u64>,
    entries: u32,
    bytes: u64,
    due_ms: Option<u64>,
}

impl Acks {
    /// Everything of a log up to here has been stored; the last step of it was one entry of so many bytes.
    pub fn stored(&mut self, log: LogId, upto: u64, bytes: usize, now_ms: u64) {
        let known = self.upto.entry(log).or_insert(upto);
        *known = upto.max(*known);
        self.entries += 1;
        self.bytes += bytes as u64;
        self.due_ms.get_or_insert(now_ms + u64::from(ACK_AFTER_MS));
    }

    /// What must be said now; nothing when it can wait.
    pub fn take_due(&mut self, now_ms: u64) -> Vec<Ack> {
        let late = self.due_ms.is_some_and(|due| due <= now_ms);
        if late || self.entries >= ACK_EVERY || self.bytes >= BYTES { self.take() } else { Vec::new() }
    }

    /// Everything, due or not.
    pub fn take(&mut self) -> Vec<Ack> {
        let all = std::mem::take(self);
        all.upto.into_iter().map(|(log, upto)| Ack { log, upto }).collect()
    }

    /// When something must be said at the latest.
    #[must_use]
    pub const fn due_ms(&self) -> Option<u64> {
        self.due_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: LogId = LogId::new([1; 16]);
    const TWO: LogId = LogId::new([2; 16]);

    #[test]
    fn sixteen_entries_or_a_quarter_of_a_second_are_enough() {
        let mut acks = Acks::default();
        for sequence in 1..16 {
            acks.stored(ONE, sequence, 100, 1000);
            assert_eq!(acks.take_due(1000), []);
        }
        assert_eq!(acks.due_ms(), Some(1250));
        acks.stored(TWO, 1, 100, 1100);
        assert_eq!(acks.take_due(1100), [Ack { log: ONE, upto: 15 }, Ack { log: TWO, upto: 1 }]);
        assert_eq!(acks.due_ms(), None);
        acks.stored(ONE, 16, 100, 2000);
        assert_eq!(acks.take_due(2249), []);
        assert_eq!(acks.take_due(2250), [Ack { log: ONE, upto: 16 }]);
    }

    #[test]
    fn large_entries_do_not_wait_for_sixteen() {
        let mut acks = Acks::default();
        acks.stored(ONE, 1, 128 * 1024, 0);
        assert_eq!(acks.take_due(0), []);
        acks.stored(ONE, 2, 128 * 1024, 0);
        assert_eq!(acks.take_due(0), [Ack { log: ONE, upto: 2 }]);
    }

    #[test]
    fn an_acknowledgement_never_goes_back() {
        let mut acks = Acks::default();
        acks.stored(ONE, 5, 1, 0);
        acks.stored(ONE, 3, 1, 0);
        assert_eq!(acks.take(), [Ack { log: ONE, upto: 5 }]);
    }
}
