//! Housekeeping: what is too old, too much, or passed by everybody goes.
//!
//! Expiry goes through the log in the order of arrival and stops at the first entry that is young enough. Of each
//! envelope that some device had not passed, the sender's devices get a tombstone and the reader a gap.
use std::collections::BTreeMap;

use daemon_core::store::{Answer, Sweep};
use sotto_protocol::{EntryKind, GapReason, InboxEvent, LogId, Tombstone};

use super::{Step, inbox::Whom, work::Work};
use crate::{
    index::Index,
    tables::{EntryRow, Kept, SentRow, Tables},
};

/// An invite that nobody can use any more is told apart from an unknown one for so long.
const INVITE_MEMORY_MS: u64 = 7 * 24 * 60 * 60 * 1000;
/// Attachments that go in one step: each is many rows.
const BLOBS_AT_ONCE: u32 = 8;

pub(super) fn sweep<T: Tables>(work: &mut Work<'_, T>, sweep: &Sweep) -> Step<Answer> {
    expire(work, sweep)?;
    let gone = drop_loose(work, sweep.at_most as usize)?;
    forget_sent(work, sweep.at_most)?;
    work.tables.tokens_expired_drop(sweep.now_ms)?;
    work.tables.invites_expired_drop(sweep.now_ms.saturating_sub(INVITE_MEMORY_MS))?;
    for blob in work.tables.blobs_expired(sweep.now_ms, BLOBS_AT_ONCE)? {
        work.tables.blob_drop(blob)?;
    }
    for number in work.index.drop_idle_actors() {
        work.tables.actor_drop(number)?;
    }
    Ok(Answer::Swept(u32::try_from(gone).unwrap_or(u32::MAX)))
}

/// Marks as lost what is too old, and tells who had written it.
fn expire<T: Tables>(work: &mut Work<'_, T>, sweep: &Sweep) -> Kept<()> {
    let old = work.tables.entries_from(0, sweep.at_most)?;
    let old = old.into_iter().take_while(|entry| entry.at_ms < sweep.entries_before_ms);
    let mut upto: BTreeMap<LogId, u64> = BTreeMap::new();
    let mut buried: Vec<(LogId, EntryRow)> = Vec::new();
    for entry in old {
        let Some(id) = work.index.log_named(entry.log) else { continue };
        upto.insert(id, entry.sequence);
        if work.index.log(id).is_some_and(|log| entry.sequence >= log.waiting_from()) {
            buried.push((id, entry));
        }
    }
    for (log, upto) in upto {
        if work.index.log(log).is_some_and(|log| upto > log.passed) {
            work.lose(log, upto, GapReason::Expired)?;
        }
    }
    buried.into_iter().try_for_each(|(log, entry)| bury(work, log, &entry))
}

/// Tells all devices of who wrote it; what the server wrote is nobody's loss.
fn bury<T: Tables>(work: &mut Work<'_, T>, log: LogId, entry: &EntryRow) -> Kept<()> {
    match entry.kind {
        EntryKind::Message | EntryKind::Commit => {}
        EntryKind::Change | EntryKind::Event => return Ok(()),
    }
    let Some(author) = work.index.actor(entry.device) else { return Ok(()) };
    let tombstone =
        Tombstone { log, envelope_id: entry.envelope_id, sequence: entry.sequence, why: GapReason::Expired };
    work.tell(Whom::All(author.account), &InboxEvent::Tombstone(tombstone))
}

/// Takes away at most so many entries that nobody needs any more.
pub(crate) fn drop_loose<T: Tables>(work: &mut Work<'_, T>, at_most: usize) -> Kept<usize> {
    let (positions, logs) = work.index.take_loose(at_most);
    work.tables.entries_drop(&positions)?;
    logs.into_iter().try_for_each(|log| work.save_log(log))?;
    Ok(positions.len())
}

/// Goes on through the remembered ids where the last step stopped.
fn forget_sent<T: Tables>(work: &mut Work<'_, T>, at_most: u32) -> Kept<()> {
    let before_ms = work.forget_before_ms();
    let index = &*work.index;
    let gone = |sent: &SentRow| is_forgotten(index, sent, before_ms);
    let mark = work.tables.sent_sweep(index.sweep_mark, at_most, &gone)?;
    work.index.sweep_mark = mark;
    Ok(())
}

/// Whether an answer may be forgotten: it is old enough and its entry waits for nobody.
pub(super) fn is_forgotten(index: &Index, sent: &SentRow, before_ms: u64) -> bool {
    let waits = || {
        let log = index.log_named(sent.log).and_then(|log| index.log(log));
        log.is_some_and(|log| sent.sequence >= log.waiting_from())
    };
    sent.at_ms < before_ms && !waits()
}
