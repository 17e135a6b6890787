//! One transaction's worth of changes, whatever the tables are.
use std::sync::{Mutex, MutexGuard, PoisonError};

use daemon_core::store::{Fault, Lazy, Outcome, Seed, StoreLimits, Write};

use crate::{
    index::Index,
    rules::{self, Work},
    tables::Tables,
    tail::Fresh,
};

/// So many entries that nobody needs are let go along with a commit. Fewer stay until the next sweep: taking them away
/// in runs frees whole pages at once and costs a fraction of what taking each away by itself would.
const LOOSE_MAX: usize = 512;
/// At most so many go in one commit, so that nobody waits long.
const DROPPED_AT_ONCE: usize = 2048;

/// Applies changes one after another. The index is locked for one change at a time, so that readers are not kept.
pub(crate) struct Batch<'a, T> {
    tables: &'a mut T,
    index: &'a Mutex<Index>,
    limits: &'a StoreLimits,
    fresh: Fresh,
    wall_ms: u64,
}

impl<'a, T: Tables> Batch<'a, T> {
    pub(crate) const fn new(tables: &'a mut T, index: &'a Mutex<Index>, limits: &'a StoreLimits) -> Self {
        Self { tables, index, limits, fresh: Fresh { entries: Vec::new(), shrunk: Vec::new() }, wall_ms: 0 }
    }

    pub(crate) fn lazies(&mut self, lazies: &[Lazy]) -> Result<(), Fault> {
        let mut index = lock(self.index);
        let mut work = Work::new(self.tables, &mut index, self.limits, &mut self.fresh, 0, Seed([0; 32]));
        lazies.iter().try_for_each(|lazy| rules::apply_lazy(&mut work, lazy))
    }

    pub(crate) fn write(&mut self, write: &Write) -> Result<Outcome, Fault> {
        self.wall_ms = write.wall_ms;
        let mut index = lock(self.index);
        let mut work =
            Work::new(self.tables, &mut index, self.limits, &mut self.fresh, write.wall_ms, write.seed);
        rules::apply(&mut work, &write.change)
    }

    /// Lets go of what nobody needs, when it is worth it; gives what was appended.
    pub(crate) fn finish(self) -> Result<Fresh, Fault> {
        let Self { tables, index, limits, mut fresh, wall_ms } = self;
        let mut index = lock(index);
        if index.loose_entries() >= LOOSE_MAX {
            let mut work = Work::new(tables, &mut index, limits, &mut fresh, wall_ms, Seed([0; 32]));
            rules::drop_loose(&mut work, DROPPED_AT_ONCE)?;
        }
        Ok(fresh)
    }
}

fn lock(mutex: &Mutex<Index>) -> MutexGuard<'_, Index> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
