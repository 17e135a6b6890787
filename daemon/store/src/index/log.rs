//! One log: its entries that are kept, and its readers.
use std::collections::VecDeque;

use sotto_protocol::{AccountId, GapReason};

use super::Usage;

/// What a log belongs to, as far as appending must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A device's own.
    Inbox,
    /// A room of many.
    Group,
    /// A room of two.
    Direct(Direct),
}

/// Who may write in a room of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Direct {
    /// The account with the smaller id.
    pub(crate) low: AccountId,
    /// It wants to hear nothing of the other one.
    pub(crate) low_blocks: bool,
    /// The other one wants to hear nothing of it.
    pub(crate) high_blocks: bool,
    /// One of them has deleted its account.
    pub(crate) orphan: bool,
}

impl Direct {
    /// Whether this one of the two has blocked the other.
    pub(crate) fn blocks(&self, account: AccountId) -> bool {
        if account == self.low { self.low_blocks } else { self.high_blocks }
    }
    /// Whether this one of the two is blocked by the other.
    pub(crate) fn is_blocked(&self, account: AccountId) -> bool {
        if account == self.low { self.high_blocks } else { self.low_blocks }
    }
}

/// An entry that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) position: u64,
    pub(crate) bytes: u32,
    pub(crate) writer: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReaderAt {
    pub(crate) device: u32,
    pub(crate) cursor: u64,
}

#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) number: u32,
    pub(crate) shape: Shape,
    /// The last sequence.
    pub(crate) head: u64,
    /// The last sequence that is synced, which is as far as others see.
    pub(crate) visible: u64,
    /// Every reader has stored everything up to here.
    pub(crate) passed: u64,
    /// Everything up to here is gone, and somebody had not read it.
    pub(crate) lost: u64,
    pub(crate) lost_why: GapReason,
    /// Of the last entry.
    pub(crate) last_at_ms: u64,
    /// Kept, up to the head.
    pub(crate) slots: VecDeque<Slot>,
    /// What waits for somebody.
    pub(crate) waiting: Usage,
    /// In the order of their numbers.
    pub(crate) readers: Vec<ReaderAt>,
    /// How many readers stand at `passed`.
    pub(super) last_ones: u32,
}

impl Log {
    pub(super) const fn new(number: u32, shape: Shape) -> Self {
        Self {
            number,
            shape,
            head: 0,
            visible: 0,
            passed: 0,
            lost: 0,
            lost_why: GapReason::Expired,
            last_at_ms: 0,
            slots: VecDeque::new(),
            waiting: Usage { entries: 0, bytes: 0 },
            readers: Vec::new(),
            last_ones: 0,
        }
    }

    /// The sequence of the first entry that is kept.
    pub(crate) fn first(&self) -> u64 {
        self.head + 1 - self.slots.len() as u64
    }
    /// The first sequence that somebody still needs.
    pub(crate) fn waiting_from(&self) -> u64 {
        self.passed.max(self.lost) + 1
    }
    /// How many entries are kept that nobody needs.
    pub(super) fn loose(&self) -> usize {
        usize::try_from(self.waiting_from() - self.first()).unwrap_or(usize::MAX).min(self.slots.len())
    }
    pub(crate) fn slot(&self, sequence: u64) -> Option<&Slot> {
        let index = usize::try_from(sequence.checked_sub(self.first())?).ok()?;
        self.slots.get(index)
    }
    /// How far a reader came.
    pub(crate) fn cursor(&self, device: u32) -> Option<u64> {
        let at = self.readers.binary_search_by_key(&device, |reader| reader.device).ok()?;
        self.readers.get(at).map(|reader| reader.cursor)
    }
    pub(crate) fn is_read_by(&self, device: u32) -> bool {
        self.readers.binary_search_by_key(&device, |reader| reader.device).is_ok()
    }

    /// Finds anew how far all readers are. Without readers nothing waits.
    pub(super) fn recount(&mut self) {
        let least = self.readers.iter().map(|reader| reader.cursor).min();
        self.passed = least.unwrap_or(self.head);
        let last_ones = self.readers.iter().filter(|reader| reader.cursor == self.passed).count();
        self.last_ones = u32::try_from(last_ones).unwrap_or(u32::MAX);
    }

    /// Where a cursor really stands: a device has what it wrote itself.
    pub(super) fn beyond_own(&self, device: u32, mut cursor: u64) -> u64 {
        while self.slot(cursor + 1).is_some_and(|slot| slot.writer == device) {
            cursor += 1;
        }
        cursor
    }
}
