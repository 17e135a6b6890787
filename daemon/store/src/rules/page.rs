//! Entries of a log after a cursor.
use daemon_core::store::{Entry, Fault, Page};
use sotto_protocol::{LogId, Reason};

use super::{
    Step,
    work::{Look, deliver},
};
use crate::tables::{Kept, Tables};

/// How often an entry may vanish between looking it up and reading it before that is a mistake.
const TRIES: u32 = 8;

/// Reads a page. The index says where the entries lie; when one has gone meanwhile, the index knows that by then.
pub(super) fn page<T: Tables>(
    look: &Look<'_, T>,
    log: LogId,
    after: u64,
    entries_max: u32,
    bytes_max: u32,
) -> Step<Page> {
    for _ in 0..TRIES {
        let plan = look.index().plan(log, after, entries_max, bytes_max);
        let plan = plan.ok_or(Reason::LogUnknown)?;
        if let Some(entries) = entries(look, log, &plan.positions, bytes_max)? {
            return Ok(Page { log, head: plan.head, missing: plan.missing, entries });
        }
    }
    Err(Fault::Damaged(format!("entries of {log} after {after} are not where they were written")).into())
}

fn entries<T: Tables>(
    look: &Look<'_, T>,
    log: LogId,
    positions: &[u64],
    bytes_max: u32,
) -> Kept<Option<Vec<Entry>>> {
    let mut entries = Vec::with_capacity(positions.len());
    let mut bytes = 0_usize;
    for position in positions {
        let Some(row) = look.tables.entry(*position)? else { return Ok(None) };
        let Some(author) = look.index().actor(row.device) else { return Ok(None) };
        let entry = Entry::new(deliver(log, &row, author)?);
        bytes += entry.frame.len();
        if bytes > bytes_max as usize && !entries.is_empty() {
            break;
        }
        entries.push(entry);
    }
    Ok(Some(entries))
}
