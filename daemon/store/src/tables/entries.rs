//! The one log in arrival order, and what is remembered beside it.
use bytes::Bytes;
use sotto_protocol::{EntryKind, EnvelopeId, GapReason, LogId};

use super::Kept;

/// What the index cannot find out from the entries that are left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogRow {
    pub(crate) number: u32,
    pub(crate) log: LogId,
    pub(crate) head: u64,
    /// Every reader had stored everything up to here.
    pub(crate) passed: u64,
    /// Everything up to here is gone, and somebody had not read it.
    pub(crate) lost: u64,
    pub(crate) lost_why: GapReason,
    pub(crate) last_at_ms: u64,
}

/// That a device reads a log, and how far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CursorRow {
    pub(crate) log: u32,
    pub(crate) device: u32,
    pub(crate) upto: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryRow {
    pub(crate) position: u64,
    pub(crate) log: u32,
    pub(crate) sequence: u64,
    pub(crate) device: u32,
    pub(crate) envelope_id: EnvelopeId,
    pub(crate) kind: EntryKind,
    pub(crate) at_ms: u64,
    /// Empty where only the head of the row was asked for.
    pub(crate) sealed: Bytes,
}

/// What was answered when an envelope was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SentRow {
    pub(crate) envelope_id: EnvelopeId,
    pub(crate) device: u32,
    pub(crate) log: u32,
    pub(crate) sequence: u64,
    pub(crate) at_ms: u64,
}

pub(crate) trait Entries {
    fn entry(&self, position: u64) -> Kept<Option<EntryRow>>;
    /// Heads of the oldest entries from a position on, without what is sealed.
    fn entries_from(&self, position: u64, limit: u32) -> Kept<Vec<EntryRow>>;
    fn sent(&self, device: u32, envelope_id: EnvelopeId) -> Kept<Option<SentRow>>;
    fn log_put(&mut self, row: &LogRow) -> Kept<()>;
    /// With its cursors; its entries must be gone.
    fn log_drop(&mut self, number: u32) -> Kept<()>;
    fn cursor_put(&mut self, row: CursorRow) -> Kept<()>;
    fn cursor_drop(&mut self, log: u32, device: u32) -> Kept<()>;
    fn entry_put(&mut self, row: &EntryRow) -> Kept<()>;
    /// In ascending order.
    fn entries_drop(&mut self, positions: &[u64]) -> Kept<()>;
    /// Replaces one of the same device and id.
    fn sent_put(&mut self, row: SentRow) -> Kept<()>;
    /// Looks at rows that follow this key and drops those that `gone` names; says where it stopped, `None` at the end.
    fn sent_sweep(
        &mut self,
        after: Option<(EnvelopeId, u32)>,
        limit: u32,
        gone: &dyn Fn(&SentRow) -> bool,
    ) -> Kept<Option<(EnvelopeId, u32)>>;
}
