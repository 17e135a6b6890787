//! What a device has on its own disk: what it has stored of each log, its drafts, its token.
use std::collections::{BTreeMap, BTreeSet};

use sotto_protocol::{EntryKind, EnvelopeId, InboxEvent, LogId, Request, Token};

use crate::model::{EntryNote, Held};

/// What waits for the database's next commit; a crash of the client loses it.
#[derive(Clone, Debug)]
pub(super) enum Pending {
    Entry(LogId, u64, EntryNote),
    Gap(LogId, u64, u64),
    Own(LogId, u64, EnvelopeId),
}

/// A write that must arrive once.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) envelope: EnvelopeId,
    pub(crate) request: Request,
}

#[derive(Debug, Default)]
pub(crate) struct Vault {
    pub(crate) cursors: BTreeMap<LogId, u64>,
    /// Everything that was shown, once each.
    pub(crate) shown: BTreeMap<LogId, BTreeMap<u64, EntryNote>>,
    pub(crate) gaps: BTreeMap<LogId, Vec<(u64, u64)>>,
    /// What this device wrote, by the server's word.
    pub(crate) own: BTreeMap<LogId, BTreeSet<u64>>,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) token: Option<Token>,
    /// Entries of whose end the sender was told.
    pub(crate) buried: BTreeSet<(LogId, u64)>,
}

impl Vault {
    /// One transaction.
    pub(super) fn store(&mut self, pending: Vec<Pending>) -> Held {
        for change in pending {
            match change {
                Pending::Entry(log, sequence, note) => self.show(log, sequence, note)?,
                Pending::Gap(log, from, to) => {
                    self.gaps.entry(log).or_default().push((from, to));
                    self.pass(log, to);
                }
                Pending::Own(log, sequence, envelope) => {
                    self.own.entry(log).or_default().insert(sequence);
                    self.drafts.retain(|draft| draft.envelope != envelope);
                    let cursor = self.cursors.get(&log).copied();
                    if cursor.is_some_and(|cursor| cursor + 1 == sequence) {
                        self.pass(log, sequence);
                    }
                }
            }
        }
        Ok(())
    }

    fn show(&mut self, log: LogId, sequence: u64, note: EntryNote) -> Held {
        if note.kind == EntryKind::Event
            && let Ok(InboxEvent::Tombstone(tombstone)) = InboxEvent::decode(note.sealed.clone())
        {
            self.buried.insert((tombstone.log, tombstone.sequence));
        }
        let shown = self.shown.entry(log).or_default();
        if shown.last_key_value().is_some_and(|(last, _)| *last >= sequence) {
            return Err(format!("{sequence} of {log} would be shown twice, or out of order"));
        }
        shown.insert(sequence, note);
        self.pass(log, sequence);
        Ok(())
    }

    fn pass(&mut self, log: LogId, upto: u64) {
        let own = self.own.get(&log);
        let mut cursor = upto;
        while own.is_some_and(|own| own.contains(&(cursor + 1))) {
            cursor += 1;
        }
        let known = self.cursors.entry(log).or_default();
        *known = cursor.max(*known);
    }
}
