//! Writing and reading.
use bytes::Bytes;
use sotto_protocol::{
    Append, BlobId, BlobOpen, BlobPut, Commit, ContactList, DeviceList, EntryKind, EnvelopeId, GroupBytes,
    KeyPackage, KeyPackagesClaim, KeyPackagesPut, Listed, LogId, Octets, Read, RoomList, RoomMembers, Sealed,
};

use crate::{
    model::Held,
    world::{World, people::fits},
};

impl World {
    /// Somebody writes, here or away; what was written while away is sent when they are back.
    pub(super) fn send(&mut self) -> Held {
        let number = if self.nature.chance.one_in(5) { self.anybody() } else { self.somebody_up() };
        let Some(number) = number else { return Ok(()) };
        let Some(room) = self.room_of(self.account(number)) else { return Ok(()) };
        for _ in 0..1 + if self.nature.chance.one_in(8) { self.nature.chance.below(30) } else { 0 } {
            let envelope_id = self.new_envelope();
            let append = Append {
                log: room.into(),
                envelope_id,
                kind: EntryKind::Message,
                sealed: self.text()?,
                commit: None,
            };
            if let Some(client) = self.clients.get_mut(number) {
                client.draft(&mut self.nature, envelope_id, append.into());
            }
        }
        Ok(())
    }

    fn text(&mut self) -> Held<Sealed> {
        let len = if self.nature.chance.one_in(25) { 6_000 } else { 8 + self.nature.chance.below(60) };
        let mut text = self.nature.chance.bytes::<8>().to_vec();
        text.resize(usize::try_from(len).unwrap_or(8), 7);
        fits(Sealed::new(Bytes::from(text)))
    }

    /// Sends something again that was accepted long ago: under its own name, or under another log's.
    pub(super) fn repeat(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let Some(device) = self.clients.get(number).map(|client| client.keys.device) else { return Ok(()) };
        let sent: Vec<(EnvelopeId, LogId, u64)> = self
            .model
            .sent
            .iter()
            .filter(|((by, _), _)| *by == device)
            .map(|((_, envelope), sent)| (*envelope, sent.log, sent.sequence))
            .collect();
        let Some((envelope_id, log, sequence)) = self.nature.chance.pick(&sent).copied() else {
            return Ok(());
        };
        let Some(entry) = self.model.logs.get(&log).and_then(|log| log.entry(sequence)) else {
            return Ok(());
        };
        if entry.kind != EntryKind::Message {
            return Ok(());
        }
        let sealed = fits(Sealed::new(entry.sealed.clone()))?;
        let elsewhere = self.room_of(self.account(number)).filter(|_| self.nature.chance.one_in(4));
        let log = elsewhere.map_or(log, LogId::from);
        self.ask(number, Append { log, envelope_id, kind: EntryKind::Message, sealed, commit: None });
        Ok(())
    }

    /// A change of keys, from the epoch that is, or from one that was.
    pub(super) fn commit_keys(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let Some(room) = self.room_of(self.account(number)) else { return Ok(()) };
        let epoch = self.model.rooms.get(&room).map_or(0, |room| room.epoch);
        let epoch = if self.nature.chance.one_in(4) { epoch.saturating_sub(1) } else { epoch };
        let bytes = |text: &'static [u8]| fits(GroupBytes::new(Bytes::from_static(text)));
        let commit = Commit {
            epoch,
            commit: bytes(b"commit")?,
            group_info: bytes(b"info")?,
            welcome: bytes(b"")?,
            welcome_devices: Listed::default(),
        };
        let envelope_id = self.new_envelope();
        let sealed = fits(Sealed::new(Bytes::new()))?;
        let append =
            Append { log: room.into(), envelope_id, kind: EntryKind::Commit, sealed, commit: Some(commit) };
        if let Some(client) = self.clients.get_mut(number) {
            client.draft(&mut self.nature, envelope_id, append.into());
        }
        Ok(())
    }

    pub(super) fn read(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let Some(room) = self.room_of(self.account(number)) else { return Ok(()) };
        let head = self.model.logs.get(&room.into()).map_or(0, crate::model::Log::head);
        let upto = self.nature.chance.below(head + 2);
        let tell = self.nature.chance.one_in(2);
        self.ask(number, Read { room, upto, tell });
        Ok(())
    }

    pub(super) fn ask_lists(&mut self) -> Held {
        let Some(number) = self.somebody_up() else { return Ok(()) };
        let limit = u32::try_from(self.nature.chance.below(4)).unwrap_or(0);
        match self.nature.chance.below(4) {
            0 => self.ask(number, RoomList { after: None, limit }),
            1 => self.ask(number, ContactList { after: None, limit }),
            2 => self.ask(number, DeviceList { account: None }),
            _ => {
                let Some(room) = self.room_of(self.account(number)) else { return Ok(()) };
                self.ask(number, RoomMembers { room, after: None, limit });
            }
        }
        Ok(())
    }

    /// What lies beside the logs: it must not disturb them.
    pub(super) fn use_keys_and_blobs(&mut self) -> Held {
        let Some((number, account)) = self.two() else { return Ok(()) };
        let blob = BlobId::new(self.nature.chance.bytes());
        match self.nature.chance.below(4) {
            0 => {
                let packages = vec![fits(KeyPackage::new(Bytes::from_static(b"key package")))?; 3];
                let last_resort = fits(Octets::new(Bytes::new()))?;
                self.ask(number, KeyPackagesPut { packages: fits(Listed::new(packages))?, last_resort });
            }
            1 => self.ask(number, KeyPackagesClaim { accounts: fits(Listed::new(vec![account]))? }),
            2 => self.ask(number, BlobOpen { blob, size: 100 }),
            _ => {
                let data = fits(Octets::new(Bytes::from_static(b"piece")))?;
                self.ask(number, BlobPut { blob, offset: 0, data });
            }
        }
        Ok(())
    }
}
