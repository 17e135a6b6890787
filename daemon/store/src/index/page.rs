//! What a reader needs to know before it goes to the disk.
use daemon_core::store::Missing;
use sotto_protocol::LogId;

use super::Index;

/// Which entries follow a cursor, and where they lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) head: u64,
    pub(crate) missing: Option<Missing>,
    /// The sequence of the first one.
    pub(crate) first: u64,
    pub(crate) positions: Vec<u64>,
}

impl Index {
    /// Looks up what follows a cursor. The byte limit is only roughly kept here: frames are a little longer.
    pub(crate) fn plan(&self, id: LogId, after: u64, entries_max: u32, bytes_max: u32) -> Option<Plan> {
        let log = self.log(id)?;
        let missing = (after < log.lost.min(log.visible)).then(|| Missing {
            from: after + 1,
            to: log.lost.min(log.visible),
            why: log.lost_why,
        });
        let first = after.max(log.lost).saturating_add(1).max(log.first());
        let mut positions = Vec::new();
        let mut bytes = 0_u64;
        for sequence in first..=log.visible {
            let Some(slot) = log.slot(sequence) else { break };
            bytes += u64::from(slot.bytes);
            let full = positions.len() >= entries_max as usize || bytes > u64::from(bytes_max);
            if full && !positions.is_empty() {
                break;
            }
            positions.push(slot.position);
        }
        Some(Plan { head: log.visible, missing, first, positions })
    }
}
