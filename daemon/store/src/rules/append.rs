//! The one write, and how far everybody is.
use bytes::Bytes;
use daemon_core::store::{Actor, Fault, News};
use sotto_protocol::{
    Accepted, Append, Commit, DeviceId, Done, EntryKind, EnvelopeId, GapReason, LogId, Read, Reason, Refused,
    RoomId, Wrong,
};

use super::{
    Step, malformed,
    work::{Work, Written},
};
use crate::{
    index::Shape,
    tables::{CursorRow, Kept, LogRow, Tables},
};

/// One row, however many read it. A repetition gets the first answer again, even from a device that has left the room
/// since, or when a quota has been reached since.
pub(super) fn append<T: Tables>(work: &mut Work<'_, T>, actor: Actor, append: &Append) -> Step<Accepted> {
    let commit = shape_of(append)?;
    if let Some(accepted) = work.repeated(append.log, append.envelope_id)? {
        return Ok(accepted);
    }
    let log = work.index.log(append.log).filter(|log| log.is_read_by(work.cause));
    match log.ok_or(Reason::LogUnknown)?.shape {
        Shape::Inbox => return Err(Reason::LogUnknown.into()),
        Shape::Group => {}
        Shape::Direct(direct) if direct.blocks(actor.account) => return Err(Reason::ContactBlocked.into()),
        Shape::Direct(direct) if direct.orphan || direct.is_blocked(actor.account) => {
            return Err(Reason::RoomNotContacts.into());
        }
        Shape::Direct(_) => {}
    }
    let sealed = commit.map_or_else(|| (*append.sealed).clone(), |commit| (*commit.commit).clone());
    quotas_allow(work, actor, append.log, sealed.len() as u64)?;
    if let Some(commit) = commit {
        let room = RoomId::from(append.log);
        let row = work.epoch_of(room, Some(commit))?;
        work.turn_epoch(row, commit)?;
    }
    let accepted = work.accept(append.log, append.envelope_id, append.kind, sealed)?;
    work.news.push(News::Grown { log: append.log, head: accepted.sequence });
    if let Some(commit) = commit {
        work.welcome(append.log.into(), Some(actor.account), commit, &[])?;
    }
    Ok(accepted)
}

/// A commit has its bytes in `commit`, a message in `sealed`; the rest is the server's to write.
fn shape_of(append: &Append) -> Step<Option<&Commit>> {
    match (append.kind, &append.commit) {
        (EntryKind::Message, None) => Ok(None),
        (EntryKind::Commit, Some(commit)) if append.sealed.is_empty() => Ok(Some(commit)),
        (EntryKind::Commit, Some(_)) => Err(malformed("sealed", Wrong::Form)),
        (EntryKind::Commit, None) => Err(malformed("commit", Wrong::Missing)),
        (EntryKind::Message, Some(_)) => Err(malformed("commit", Wrong::Form)),
        (EntryKind::Change, _) => Err(malformed("kind", Wrong::Value { found: 2 })),
        (EntryKind::Event, _) => Err(malformed("kind", Wrong::Value { found: 4 })),
    }
}

/// Counts what still waits: it shrinks when others read.
fn quotas_allow<T: Tables>(work: &Work<'_, T>, actor: Actor, log: LogId, bytes: u64) -> Step<()> {
    let usage = work.index.usage(actor.account);
    let waiting = work.index.log(log).map(|log| log.waiting).unwrap_or_default();
    let limits = work.limits;
    let checks = [
        (Reason::QuotaAccount, usage.entries + 1, limits.account_entries),
        (Reason::QuotaAccount, usage.bytes + bytes, limits.account_bytes),
        (Reason::QuotaRoom, waiting.entries + 1, limits.room_entries),
        (Reason::QuotaRoom, waiting.bytes + bytes, limits.room_bytes),
    ];
    match checks.iter().find(|(_, wanted, limit)| wanted > limit) {
        Some((reason, _, limit)) => Err(Refused::new(*reason).with("limit", limit).into()),
        None => Ok(()),
    }
}

/// How far a person has seen a room; never goes back. The others hear of it where they may.
pub(super) fn read<T: Tables>(work: &mut Work<'_, T>, actor: Actor, request: &Read) -> Step<Done> {
    let member = work.tables.member(request.room, actor.account)?.ok_or(Reason::RoomUnknown)?;
    let head = work.index.log(request.room.into()).map_or(0, |log| log.head);
    if request.upto > head {
        return Err(Refused::new(Reason::CursorAhead).with("head", head).into());
    }
    let mut row = member.clone();
    row.read = row.read.max(request.upto);
    if request.tell && request.upto > row.told {
        row.told = request.upto;
        let (room, account) = (request.room, actor.account);
        work.news.push(News::HasRead { room, account, read: row.told });
    }
    if row != member {
        work.tables.member_put(&row)?;
    }
    Ok(Done {})
}

/// A device has stored a log up to here.
pub(super) fn advance<T: Tables>(
    work: &mut Work<'_, T>,
    device: DeviceId,
    log: LogId,
    upto: u64,
) -> Result<(), Fault> {
    let Some(number) = work.index.number_of(device) else { return Ok(()) };
    if !work.index.advance(log, number, upto) {
        return Ok(());
    }
    let Some(found) = work.index.log(log) else { return Ok(()) };
    let upto = found.cursor(number).unwrap_or(upto);
    work.tables.cursor_put(CursorRow { log: found.number, device: number, upto })
}

impl<T: Tables> Work<'_, T> {
    /// The first answer to this envelope of the acting device, if there was one. What is older than the memory and waits
    /// for nobody counts as forgotten, whether a sweep has come by yet or not.
    pub(super) fn repeated(&self, log: LogId, envelope_id: EnvelopeId) -> Step<Option<Accepted>> {
        if self.index.surely_new(self.cause, envelope_id) {
            return Ok(None);
        }
        let Some(sent) = self.tables.sent(self.cause, envelope_id)? else { return Ok(None) };
        let found = self.index.log_named(sent.log);
        if super::sweep::is_forgotten(self.index, &sent, self.forget_before_ms()) {
            return Ok(None);
        }
        if found != Some(log) {
            return Err(Reason::EnvelopeConflict.into());
        }
        Ok(Some(Accepted { sequence: sent.sequence, at_ms: sent.at_ms, duplicate: true, log }))
    }

    pub(super) const fn forget_before_ms(&self) -> u64 {
        self.wall_ms.saturating_sub(self.limits.envelope_id_memory_ms)
    }

    /// Writes an entry and remembers its answer.
    pub(super) fn accept(
        &mut self,
        log: LogId,
        envelope_id: EnvelopeId,
        kind: EntryKind,
        sealed: Bytes,
    ) -> Kept<Accepted> {
        let (sequence, at_ms) = self.write(Written { log, envelope_id, kind, sealed })?;
        self.remember_sent(log, envelope_id, sequence, at_ms)?;
        Ok(Accepted { sequence, at_ms, duplicate: false, log })
    }

    /// Everything of a log up to here is gone, read or not.
    pub(super) fn lose(&mut self, log: LogId, upto: u64, why: GapReason) -> Kept<()> {
        self.index.lose(log, upto, why);
        self.fresh.shrunk.push(log);
        self.save_log(log)
    }

    /// Writes down what cannot be found out from the entries.
    pub(super) fn save_log(&mut self, id: LogId) -> Kept<()> {
        let Some(log) = self.index.log(id) else { return Ok(()) };
        self.tables.log_put(&LogRow {
            number: log.number,
            log: id,
            head: log.head,
            passed: log.passed,
            lost: log.lost,
            lost_why: log.lost_why,
            last_at_ms: log.last_at_ms,
        })
    }
}
