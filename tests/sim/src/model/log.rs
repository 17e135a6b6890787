//! One log of the reference: every entry that was ever accepted, and who may see which.
use std::collections::BTreeMap;

use bytes::Bytes;
use daemon_core::store::Actor;
use sotto_protocol::{Append, Deliver, DeviceId, EntryKind, EnvelopeId};

use super::Held;

/// An entry, as everybody must see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntryNote {
    pub(crate) envelope: EnvelopeId,
    pub(crate) device: DeviceId,
    pub(crate) kind: EntryKind,
    pub(crate) at_ms: u64,
    pub(crate) sealed: Bytes,
}

/// From after one sequence up to another one: what a device may see, and must get while it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) after: u64,
    /// `None`: it still reads.
    pub(crate) until: Option<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    /// The entry of sequence n at n - 1; `None` where nobody could ever need it.
    entries: Vec<Option<EntryNote>>,
    /// How many of them were compared with what the store has.
    pub(crate) learnt: u64,
    spans: BTreeMap<DeviceId, Vec<Span>>,
}

impl EntryNote {
    pub(crate) fn appended(actor: Actor, append: &Append, at_ms: u64) -> Self {
        let sealed = append.commit.as_ref().map_or_else(|| (*append.sealed).clone(), |c| (*c.commit).clone());
        Self { envelope: append.envelope_id, device: actor.device, kind: append.kind, at_ms, sealed }
    }
}

impl From<&Deliver> for EntryNote {
    fn from(deliver: &Deliver) -> Self {
        Self {
            envelope: deliver.envelope_id,
            device: deliver.device,
            kind: deliver.kind,
            at_ms: deliver.at_ms,
            sealed: (*deliver.sealed).clone(),
        }
    }
}

impl Log {
    pub(crate) fn head(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn entry(&self, sequence: u64) -> Option<&EntryNote> {
        let index = usize::try_from(sequence.checked_sub(1)?).ok()?;
        self.entries.get(index)?.as_ref()
    }

    /// The next sequence, and no other.
    pub(crate) fn grow(&mut self, sequence: u64, entry: Option<EntryNote>) -> Held {
        if sequence != self.head() + 1 {
            return Err(format!("sequence {sequence} was given where {} is next", self.head() + 1));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// The server's own entries: the log has come so far.
    pub(crate) fn grow_to(&mut self, head: u64) {
        while self.head() < head {
            self.entries.push(None);
        }
    }

    /// What the store has must be what was accepted; what the server wrote itself is taken from there.
    pub(crate) fn learn(&mut self, deliver: &Deliver) -> Held {
        let found = EntryNote::from(deliver);
        let Some(place) = deliver
            .sequence
            .checked_sub(1)
            .and_then(|index| self.entries.get_mut(usize::try_from(index).unwrap_or(usize::MAX)))
        else {
            return Err(format!("{} of {} is beyond its end", deliver.sequence, deliver.log));
        };
        match place {
            Some(known) if *known != found => Err(format!("accepted was {known:?}, kept is {found:?}")),
            Some(_) => Ok(()),
            None => {
                *place = Some(found);
                Ok(())
            }
        }
    }

    /// A device reads from here on.
    pub(crate) fn open(&mut self, device: DeviceId) {
        let after = self.head();
        let spans = self.spans.entry(device).or_default();
        if spans.last().is_none_or(|span| span.until.is_some()) {
            spans.push(Span { after, until: None });
        }
    }

    /// A device reads no further.
    pub(crate) fn close(&mut self, device: DeviceId) {
        let head = self.head();
        if let Some(span) = self.spans.get_mut(&device).and_then(|spans| spans.last_mut()) {
            span.until.get_or_insert(head);
        }
    }

    pub(crate) fn may_see(&self, device: DeviceId, sequence: u64) -> bool {
        self.spans.get(&device).is_some_and(|spans| {
            spans.iter().any(|span| span.after < sequence && span.until.is_none_or(|until| sequence <= until))
        })
    }

    /// Where a device that still reads has started.
    pub(crate) fn reads_after(&self, device: DeviceId) -> Option<u64> {
        self.spans.get(&device)?.last().filter(|span| span.until.is_none()).map(|span| span.after)
    }

    /// Whether everything from here to there was written by this device itself (or by nobody whom it concerns).
    pub(crate) fn is_own(&self, device: DeviceId, from: u64, to: u64) -> bool {
        (from..=to).all(|sequence| self.entry(sequence).is_none_or(|entry| entry.device == device))
    }
}
