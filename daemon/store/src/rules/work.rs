//! What a rule has in its hands: the tables, the index, the time, chance, and a list for news.
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use daemon_core::store::{Actor, Entry, Fault, LogState, News, Seed, StoreLimits};
use sotto_protocol::{
    AccountId, Contact, ContactStatus, Deliver, EntryKind, EnvelopeId, Listed, LogId, Person, Reason, Sealed,
};

use super::Step;
use crate::{
    index::{Index, NOBODY},
    tables::{AccountRow, ContactRow, EntryRow, Kept, Revision, SentRow, Tables},
    tail::Fresh,
};

/// A question's view: it cannot change anything.
pub(crate) struct Look<'a, T> {
    pub(crate) tables: &'a T,
    index: &'a Mutex<Index>,
}

impl<'a, T: Tables> Look<'a, T> {
    pub(crate) const fn new(tables: &'a T, index: &'a Mutex<Index>) -> Self {
        Self { tables, index }
    }
    /// Locks the index: for a moment, never across a look at the disk.
    pub(crate) fn index(&self) -> MutexGuard<'a, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A change's hands.
pub(crate) struct Work<'a, T> {
    pub(crate) tables: &'a mut T,
    pub(crate) index: &'a mut Index,
    pub(crate) limits: &'a StoreLimits,
    /// Unix milliseconds at which it was decided.
    pub(crate) wall_ms: u64,
    pub(crate) seed: Seed,
    /// The number of the device that caused it.
    pub(crate) cause: u32,
    /// What others who are here must hear.
    pub(crate) news: Vec<News>,
    /// What was appended, ready to be sent.
    pub(crate) fresh: &'a mut Fresh,
    pub(crate) told: u32,
}

/// What goes to the end of a log.
pub(crate) struct Written {
    pub(crate) log: LogId,
    pub(crate) envelope_id: EnvelopeId,
    pub(crate) kind: EntryKind,
    pub(crate) sealed: Bytes,
}

impl<'a, T: Tables> Work<'a, T> {
    /// Nobody caused it yet.
    pub(crate) const fn new(
        tables: &'a mut T,
        index: &'a mut Index,
        limits: &'a StoreLimits,
        fresh: &'a mut Fresh,
        wall_ms: u64,
        seed: Seed,
    ) -> Self {
        Self { tables, index, limits, wall_ms, seed, cause: NOBODY, news: Vec::new(), fresh, told: 0 }
    }

    /// The number of a device that may act: of this account, and not signed out in the meantime.
    pub(crate) fn signed_in(&self, actor: Actor) -> Step<u32> {
        let number = self.index.number_of(actor.device).ok_or(Reason::AuthRevoked)?;
        if self.index.actor(number) != Some(actor) {
            return Err(Reason::AuthRevoked.into());
        }
        if !self.index.listens(number) {
            return Err(Reason::AuthSignedOut.into());
        }
        Ok(number)
    }

    /// Puts an entry at the end of a log: one row, whoever reads it.
    pub(crate) fn write(&mut self, written: Written) -> Kept<(u64, u64)> {
        let unknown = || Fault::Bug(format!("an entry for {}, which is no log", written.log));
        let log = self.index.log(written.log).ok_or_else(unknown)?;
        let (number, at_ms) = (log.number, self.wall_ms.max(log.last_at_ms));
        let bytes = u32::try_from(written.sealed.len()).unwrap_or(u32::MAX);
        let (sequence, position) =
            self.index.append(written.log, self.cause, bytes, at_ms).ok_or_else(unknown)?;
        let Written { log, envelope_id, kind, sealed } = written;
        let row = EntryRow {
            position,
            log: number,
            sequence,
            device: self.cause,
            envelope_id,
            kind,
            at_ms,
            sealed,
        };
        self.tables.entry_put(&row)?;
        let author = self.index.actor(self.cause).ok_or_else(|| Fault::Bug("nobody wrote".into()))?;
        self.fresh.entries.push((log, Entry::new(deliver(log, &row, author)?)));
        Ok((sequence, at_ms))
    }

    /// Remembers what was answered to an envelope.
    pub(crate) fn remember_sent(
        &mut self,
        log: LogId,
        envelope_id: EnvelopeId,
        sequence: u64,
        at_ms: u64,
    ) -> Kept<()> {
        let Some(number) = self.index.log(log).map(|log| log.number) else { return Ok(()) };
        self.index.used(self.cause, envelope_id);
        self.tables.sent_put(SentRow { envelope_id, device: self.cause, log: number, sequence, at_ms })
    }

    /// An account's row, which must be there.
    pub(crate) fn own_account(&self, account: AccountId) -> Kept<AccountRow> {
        self.tables.account(account)?.ok_or_else(|| Fault::Bug(format!("account {account} is not there")))
    }

    pub(crate) fn roster_changed(&mut self, account: AccountId) -> Kept<()> {
        self.tables.revise(account, Revision::Roster)
    }
    pub(crate) fn rooms_changed(&mut self, account: AccountId) -> Kept<()> {
        self.tables.revise(account, Revision::Rooms)
    }

    /// Every log that a device reads, in the order of their ids.
    pub(crate) fn logs_of(&self, actor: Actor) -> Kept<Vec<LogState>> {
        let Some(number) = self.index.number_of(actor.device) else { return Ok(Vec::new()) };
        let rooms = self.tables.rooms_page(actor.account, None, u32::MAX)?;
        let logs = rooms.iter().map(|member| member.room.into()).chain([actor.device.into()]);
        let mut states: Vec<LogState> = logs.filter_map(|log| self.index.state(log, number)).collect();
        states.sort_unstable_by_key(|state| state.log);
        Ok(states)
    }
}

/// An entry as it is delivered.
pub(crate) fn deliver(log: LogId, row: &EntryRow, author: Actor) -> Kept<Deliver> {
    let sealed = Sealed::new(row.sealed.clone())
        .map_err(|wrong| Fault::Damaged(format!("entry {}: {wrong}", row.position)))?;
    Ok(Deliver {
        log,
        sequence: row.sequence,
        envelope_id: row.envelope_id,
        kind: row.kind,
        account: author.account,
        device: author.device,
        at_ms: row.at_ms,
        sealed,
    })
}

/// Somebody, as others see them.
pub(crate) fn person(row: &AccountRow) -> Person {
    Person {
        account: row.account,
        user_name: row.user_name.clone(),
        display_name: row.display_name.clone(),
        identity_key: row.identity_key,
        bot: false,
    }
}

/// A contact, as its owner sees it.
pub(crate) fn contact(row: &ContactRow, peer: &AccountRow) -> Contact {
    Contact {
        person: person(peer),
        status: row.status,
        remark: row.remark.clone(),
        labels: Listed::new(row.labels.clone()).unwrap_or_default(),
        created_ms: row.created_ms,
    }
}

/// Accepted on both sides.
pub(crate) fn are_friends<T: Tables>(tables: &T, one: AccountId, other: AccountId) -> Kept<bool> {
    Ok(status(tables, one, other)? == Some(ContactStatus::Accepted)
        && status(tables, other, one)? == Some(ContactStatus::Accepted))
}

/// Where one stands towards another.
pub(crate) fn status<T: Tables>(
    tables: &T,
    account: AccountId,
    peer: AccountId,
) -> Kept<Option<ContactStatus>> {
    Ok(tables.contact(account, peer)?.map(|row| row.status))
}
