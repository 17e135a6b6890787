//! What was put off: bounded, newest wins.
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use daemon_core::store::Lazy;
use sotto_protocol::{DeviceId, LogId};

/// So many are written at once, whatever the time is.
const PENDING_MAX: usize = 8192;

/// `None` stands for the device's own sighting.
type Key = (DeviceId, Option<LogId>);

#[derive(Debug, Default)]
pub(super) struct LazySet {
    pending: Mutex<BTreeMap<Key, Lazy>>,
}

impl LazySet {
    /// Says whether the writer must look: something waits that did not before, or too much waits.
    pub(super) fn add(&self, lazy: Lazy) -> bool {
        let key = match lazy {
            Lazy::Advance { device, log, .. } => (device, Some(log)),
            Lazy::Seen { device, .. } => (device, None),
        };
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let first = pending.is_empty();
        match (pending.get_mut(&key), lazy) {
            (Some(Lazy::Advance { upto: before, .. }), Lazy::Advance { upto, .. }) => {
                *before = upto.max(*before)
            }
            (Some(before), lazy) => *before = lazy,
            (None, lazy) => {
                pending.insert(key, lazy);
            }
        }
        first || pending.len() == PENDING_MAX
    }

    pub(super) fn take(&self) -> Vec<Lazy> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *pending).into_values().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).len() >= PENDING_MAX
    }
}
