//! Rooms and what is written in them.
use daemon_core::store::{Actor, Outcome};
use sotto_protocol::{
    Accepted, AccountId, Append, Commit, DeviceId, EntryKind, EnvelopeId, Listed, LogId, Octets, Role,
    RoomChange, RoomCreate, RoomId, RoomKind, Sealed, Seat,
};

use super::{World, response};
use crate::reply;

pub(crate) fn room_id(number: u8) -> RoomId {
    let mut id = [number; 16];
    id[0] = 0x40;
    RoomId::new(id)
}

pub(crate) fn sealed(text: &str) -> Sealed {
    Octets::new(text.as_bytes().to_vec()).expect("short enough")
}

pub(crate) fn seats(accounts: &[AccountId]) -> Vec<Seat> {
    accounts.iter().map(|account| Seat { account: *account, role: Role::Member }).collect()
}

pub(crate) fn commit(epoch: u64, welcome_devices: &[DeviceId]) -> Commit {
    Commit {
        epoch,
        commit: Octets::new(&b"commit"[..]).expect("short enough"),
        group_info: Octets::new(format!("group info of {epoch}").into_bytes()).expect("short enough"),
        welcome: Octets::new(&b"welcome"[..]).expect("short enough"),
        welcome_devices: Listed::new(welcome_devices.to_vec()).expect("few enough"),
    }
}

impl World {
    /// A UUIDv7 of now, as a well-behaved client makes it.
    pub(crate) fn envelope(&mut self) -> EnvelopeId {
        self.envelopes += 1;
        let mut id = [0; 16];
        id[..6].copy_from_slice(&self.now_ms.to_be_bytes()[2..]);
        id[6] = 0x70;
        id[12..].copy_from_slice(&self.envelopes.to_be_bytes());
        EnvelopeId::new(id)
    }

    pub(crate) fn create_request(&mut self, kind: RoomKind, others: &[AccountId]) -> RoomCreate {
        self.rooms += 1;
        RoomCreate {
            room: room_id(self.rooms),
            kind,
            seats: Listed::new(seats(others)).expect("few enough"),
            title: Octets::new(&b"title"[..]).expect("short enough"),
            envelope_id: self.envelope(),
            commit: None,
            suite: 3,
        }
    }

    pub(crate) fn direct(&mut self, one: Actor, other: Actor) -> RoomId {
        let request = self.create_request(RoomKind::Direct, &[other.account]);
        reply!(RoomCreated, self.reply(one, request)).room
    }

    pub(crate) fn group(&mut self, owner: Actor, others: &[Actor]) -> RoomId {
        let others: Vec<AccountId> = others.iter().map(|other| other.account).collect();
        let request = self.create_request(RoomKind::Group, &others);
        reply!(RoomCreated, self.reply(owner, request)).room
    }

    pub(crate) fn change_request(&mut self, room: RoomId) -> RoomChange {
        RoomChange {
            room,
            envelope_id: self.envelope(),
            add: Listed::default(),
            remove: Listed::default(),
            roles: Listed::default(),
            title: None,
            commit: None,
        }
    }

    pub(crate) fn append_request(&mut self, log: impl Into<LogId>, text: &str) -> Append {
        Append {
            log: log.into(),
            envelope_id: self.envelope(),
            kind: EntryKind::Message,
            sealed: sealed(text),
            commit: None,
        }
    }

    pub(crate) fn append(&mut self, actor: Actor, log: impl Into<LogId>, text: &str) -> Outcome {
        let request = self.append_request(log, text);
        self.ask(actor, request)
    }

    pub(crate) fn say(&mut self, actor: Actor, log: impl Into<LogId>, text: &str) -> Accepted {
        reply!(Accepted, response(self.append(actor, log, text)))
    }

    /// What a room's entries say, in order.
    pub(crate) fn texts(&mut self, log: impl Into<LogId>) -> Vec<String> {
        let messages = self.entries(log).into_iter().filter(|entry| entry.kind == EntryKind::Message);
        messages.map(|entry| String::from_utf8_lossy(&entry.sealed).into_owned()).collect()
    }
}
