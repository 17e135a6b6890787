//! What happens when: the one queue that makes the world go round.
use std::collections::BTreeMap;

/// Events in the order of their time; at the same time, in the order in which they were planned.
#[derive(Debug)]
pub(crate) struct Calendar<E> {
    events: BTreeMap<(u64, u64), E>,
    planned: u64,
}

impl<E> Calendar<E> {
    pub(crate) const fn new() -> Self {
        Self { events: BTreeMap::new(), planned: 0 }
    }

    pub(crate) fn plan(&mut self, at_ms: u64, event: E) {
        self.planned += 1;
        self.events.insert((at_ms, self.planned), event);
    }

    pub(crate) fn next(&mut self) -> Option<(u64, E)> {
        self.events.pop_first().map(|((at_ms, _), event)| (at_ms, event))
    }

    /// How many events wait.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }
}
