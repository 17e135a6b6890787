//! Inboxes: a device's own log, for what belongs to no room.
use bytes::Bytes;
use daemon_core::store::News;
use sotto_protocol::{AccountId, DeviceId, EntryKind, EnvelopeId, GapReason, InboxEvent};

use super::work::{Work, Written};
use crate::tables::{Kept, Tables};

/// Events that wait for one device. When a device is away and more come, the oldest go and it hears of a gap: it then
/// fetches its lists anew. Without this, others could fill the disk with requests that they take back.
const INBOX_ENTRIES_MAX: u64 = 1024;

/// Whose devices hear of something.
#[derive(Clone, Copy)]
pub(crate) enum Whom {
    /// All of them.
    All(AccountId),
    /// All but the one that caused it.
    Others(AccountId),
}

impl<T: Tables> Work<'_, T> {
    /// Puts an event into the inboxes of somebody's devices.
    pub(crate) fn tell(&mut self, whom: Whom, event: &InboxEvent) -> Kept<()> {
        let (account, but) = match whom {
            Whom::All(account) => (account, None),
            Whom::Others(account) => (account, Some(self.cause)),
        };
        let devices = self.tables.devices_of(account)?;
        let mut there =
            devices.iter().filter(|device| !device.signed_out && Some(device.number) != but).peekable();
        if there.peek().is_none() {
            return Ok(());
        }
        let payload = event.clone().to_bytes();
        there.try_for_each(|device| self.tell_device(device.id(), payload.clone()))
    }

    /// Puts an event into one device's inbox; a device that is signed out has none that anybody reads.
    pub(crate) fn tell_device(&mut self, device: DeviceId, payload: Bytes) -> Kept<()> {
        let log = device.into();
        let Some(inbox) = self.index.log(log).filter(|inbox| !inbox.readers.is_empty()) else {
            return Ok(());
        };
        if inbox.waiting.entries >= INBOX_ENTRIES_MAX {
            let oldest = inbox.waiting_from();
            self.lose(log, oldest, GapReason::Evicted)?;
        }
        let chance = self.seed.derive("inbox", self.told);
        self.told += 1;
        let mut id = [0; 16];
        id.copy_from_slice(&chance[..16]);
        let envelope_id = EnvelopeId::new(id);
        let (head, _) = self.write(Written { log, envelope_id, kind: EntryKind::Event, sealed: payload })?;
        self.news.push(News::Grown { log, head });
        Ok(())
    }
}
