//! Entries, cursors and remembered ids in memory.
use std::ops::Bound;

use bytes::Bytes;
use sotto_protocol::EnvelopeId;

use super::MemoryTables;
use crate::tables::{CursorRow, Entries, EntryRow, Kept, LogRow, SentRow};

impl Entries for MemoryTables {
    fn entry(&self, position: u64) -> Kept<Option<EntryRow>> {
        Ok(self.entries.get(&position).cloned())
    }
    fn entries_from(&self, position: u64, limit: u32) -> Kept<Vec<EntryRow>> {
        let rows = self.entries.range(position..).take(limit as usize);
        Ok(rows.map(|(_, row)| EntryRow { sealed: Bytes::new(), ..row.clone() }).collect())
    }
    fn sent(&self, device: u32, envelope_id: EnvelopeId) -> Kept<Option<SentRow>> {
        Ok(self.sent.get(&(envelope_id, device)).copied())
    }
    fn log_put(&mut self, row: &LogRow) -> Kept<()> {
        self.logs.insert(row.number, row.clone());
        Ok(())
    }
    fn log_drop(&mut self, number: u32) -> Kept<()> {
        self.logs.remove(&number);
        self.cursors.retain(|(log, _), _| *log != number);
        Ok(())
    }
    fn cursor_put(&mut self, row: CursorRow) -> Kept<()> {
        self.cursors.insert((row.log, row.device), row.upto);
        Ok(())
    }
    fn cursor_drop(&mut self, log: u32, device: u32) -> Kept<()> {
        self.cursors.remove(&(log, device));
        Ok(())
    }
    fn entry_put(&mut self, row: &EntryRow) -> Kept<()> {
        self.entries.insert(row.position, row.clone());
        Ok(())
    }
    fn entries_drop(&mut self, positions: &[u64]) -> Kept<()> {
        for position in positions {
            self.entries.remove(position);
        }
        Ok(())
    }
    fn sent_put(&mut self, row: SentRow) -> Kept<()> {
        self.sent.insert((row.envelope_id, row.device), row);
        Ok(())
    }
    fn sent_sweep(
        &mut self,
        after: Option<(EnvelopeId, u32)>,
        limit: u32,
        gone: &dyn Fn(&SentRow) -> bool,
    ) -> Kept<Option<(EnvelopeId, u32)>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let seen: Vec<SentRow> =
            self.sent.range((from, Bound::Unbounded)).take(limit as usize).map(|(_, row)| *row).collect();
        for row in seen.iter().filter(|row| gone(row)) {
            self.sent.remove(&(row.envelope_id, row.device));
        }
        let full = seen.len() == limit as usize;
        Ok(seen.last().filter(|_| full).map(|row| (row.envelope_id, row.device)))
    }
}
