//! The log in SQLite.
use bytes::Bytes;
use daemon_core::store::Fault;
use rusqlite::{Row, params};
use sotto_protocol::{EnvelopeId, Wire as _};

use super::{
    SqlTables,
    row::{all, bytes, id, int, number, numbered, one, run, uint},
};
use crate::tables::{CursorRow, Entries, EntryRow, Kept, LogRow, SentRow};

fn read(row: &Row<'_>, sealed: Bytes) -> Kept<EntryRow> {
    Ok(EntryRow {
        position: uint(row, 0)?,
        log: number(row, 1)?,
        sequence: uint(row, 2)?,
        device: number(row, 3)?,
        kind: numbered(row, 4)?,
        at_ms: uint(row, 5)?,
        envelope_id: id(row, 6, EnvelopeId::from_slice)?,
        sealed,
    })
}

fn read_sent(row: &Row<'_>) -> Kept<SentRow> {
    Ok(SentRow {
        envelope_id: id(row, 0, EnvelopeId::from_slice)?,
        device: number(row, 1)?,
        log: number(row, 2)?,
        sequence: uint(row, 3)?,
        at_ms: uint(row, 4)?,
    })
}

/// Neighbours become one range: a run of entries goes with one statement.
fn ranges(positions: &[u64]) -> Vec<(u64, u64)> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for position in positions {
        match ranges.last_mut() {
            Some((_, to)) if *to + 1 == *position => *to = *position,
            Some(_) | None => ranges.push((*position, *position)),
        }
    }
    ranges
}

impl Entries for SqlTables {
    fn entry(&self, position: u64) -> Kept<Option<EntryRow>> {
        let sql = "SELECT position, log, sequence, device, kind, at_ms, envelope_id, sealed FROM entry \
             WHERE position = ?1";
        one(&self.conn, sql, [int(position)], |row| read(row, bytes(row, 7)?))
    }
    fn entries_from(&self, position: u64, limit: u32) -> Kept<Vec<EntryRow>> {
        let sql = "SELECT position, log, sequence, device, kind, at_ms, envelope_id FROM entry \
             WHERE position >= ?1 ORDER BY position LIMIT ?2";
        all(&self.conn, sql, params![int(position), limit], |row| read(row, Bytes::new()))
    }
    fn sent(&self, device: u32, envelope_id: EnvelopeId) -> Kept<Option<SentRow>> {
        let sql = "SELECT envelope_id, device, log, sequence, at_ms FROM sent WHERE envelope_id = ?1 AND device = ?2";
        one(&self.conn, sql, params![envelope_id.as_bytes(), device], read_sent)
    }
    fn log_put(&mut self, row: &LogRow) -> Kept<()> {
        let sql = "INSERT INTO log (number, log, head, passed, lost, lost_why, last_at_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT (number) DO UPDATE SET head = ?3, passed = ?4, lost = ?5, lost_why = ?6, last_at_ms = ?7";
        let params = params![
            row.number,
            row.log.as_bytes(),
            int(row.head),
            int(row.passed),
            int(row.lost),
            row.lost_why.into_wire(),
            int(row.last_at_ms),
        ];
        run(&self.conn, sql, params).map(drop)
    }
    fn log_drop(&mut self, number: u32) -> Kept<()> {
        run(&self.conn, "DELETE FROM cursor WHERE log = ?1", [number])?;
        run(&self.conn, "DELETE FROM log WHERE number = ?1", [number]).map(drop)
    }
    fn cursor_put(&mut self, row: CursorRow) -> Kept<()> {
        let sql = "INSERT INTO cursor (log, device, upto) VALUES (?1, ?2, ?3) \
             ON CONFLICT (log, device) DO UPDATE SET upto = ?3";
        run(&self.conn, sql, params![row.log, row.device, int(row.upto)]).map(drop)
    }
    fn cursor_drop(&mut self, log: u32, device: u32) -> Kept<()> {
        run(&self.conn, "DELETE FROM cursor WHERE log = ?1 AND device = ?2", [log, device]).map(drop)
    }
    fn entry_put(&mut self, row: &EntryRow) -> Kept<()> {
        let sql = "INSERT INTO entry (position, log, sequence, device, kind, at_ms, envelope_id, sealed) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let params = params![
            int(row.position),
            row.log,
            int(row.sequence),
            row.device,
            row.kind.into_wire(),
            int(row.at_ms),
            row.envelope_id.as_bytes(),
            &row.sealed[..],
        ];
        run(&self.conn, sql, params).map(drop)
    }
    fn entries_drop(&mut self, positions: &[u64]) -> Kept<()> {
        let mut gone = 0;
        for (from, to) in ranges(positions) {
            let sql = "DELETE FROM entry WHERE position BETWEEN ?1 AND ?2";
            gone += run(&self.conn, sql, [int(from), int(to)])?;
        }
        if gone == positions.len() {
            return Ok(());
        }
        Err(Fault::Damaged(format!("{gone} entries where {} were to be deleted", positions.len())))
    }
    fn sent_put(&mut self, row: SentRow) -> Kept<()> {
        let sql = "INSERT OR REPLACE INTO sent (envelope_id, device, log, sequence, at_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
        let params =
            params![row.envelope_id.as_bytes(), row.device, row.log, int(row.sequence), int(row.at_ms)];
        run(&self.conn, sql, params).map(drop)
    }
    fn sent_sweep(
        &mut self,
        after: Option<(EnvelopeId, u32)>,
        limit: u32,
        gone: &dyn Fn(&SentRow) -> bool,
    ) -> Kept<Option<(EnvelopeId, u32)>> {
        let sql = "SELECT envelope_id, device, log, sequence, at_ms FROM sent \
             WHERE (envelope_id, device) > (?1, ?2) ORDER BY envelope_id, device LIMIT ?3";
        let (id, device) = after.as_ref().map_or((&[][..], 0), |(id, device)| (&id.as_bytes()[..], *device));
        let seen = all(&self.conn, sql, params![id, device, limit], read_sent)?;
        for row in seen.iter().filter(|row| gone(row)) {
            let sql = "DELETE FROM sent WHERE envelope_id = ?1 AND device = ?2";
            run(&self.conn, sql, params![row.envelope_id.as_bytes(), row.device])?;
        }
        let full = seen.len() == limit as usize;
        Ok(seen.last().filter(|_| full).map(|row| (row.envelope_id, row.device)))
    }
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn neighbours_go_together() {
        assert_eq!(ranges(&[]), []);
        assert_eq!(ranges(&[3, 4, 5, 9, 11, 12]), [(3, 5), (9, 9), (11, 12)]);
    }
}
