//! Who is there on the first day, and who comes later.
use bytes::Bytes;
use daemon_core::store::{Actor, Change};
use sotto_protocol::{
    AccountId, ContactAccept, ContactRequest, EnvelopeId, Listed, Note, Request, Role, RoomCreate, RoomId,
    RoomKind, Seat, Title,
};

use super::World;
use crate::{
    client::Client,
    model::Held,
    nature::Event,
    person::{DeviceKeys, Person},
};

pub(super) fn fits<T, E: std::fmt::Debug>(made: Result<T, E>) -> Held<T> {
    made.map_err(|wrong| format!("the world made something invalid: {wrong:?}"))
}

impl World {
    pub(super) fn settle_people(&mut self, people: u64) -> Held {
        for _ in 0..people {
            let number = self.new_person()?;
            for _ in 0..self.nature.chance.below(3) {
                self.new_device(number)?;
            }
        }
        self.commit_now()?;
        let accounts: Vec<AccountId> = self.people.iter().map(|person| person.account).collect();
        for (at, one) in accounts.iter().enumerate() {
            for other in accounts.iter().skip(at + 1) {
                if !self.nature.chance.one_in(4) {
                    let note = fits(Note::new("hello"))?;
                    self.ask_directly(*one, ContactRequest { account: *other, note });
                    self.ask_directly(*other, ContactAccept { account: *one });
                }
            }
        }
        self.commit_now()?;
        for account in accounts {
            let create = self.new_group(account)?;
            self.ask_directly(account, create);
        }
        self.commit_now()
    }

    /// An account and its first device, made without a connection: how they sign up is other tests' matter.
    pub(super) fn new_person(&mut self) -> Held<usize> {
        let number = self.people.len();
        let person = fits(Person::new(number as u64))?;
        let keys = DeviceKeys::new(person.account, self.clients.len() as u64);
        let request = Box::new(fits(person.register(&keys))?);
        self.people.push(person);
        let source = self.add_client(keys);
        self.server.write_own(&mut self.nature, Change::Register { request, invite_needed: false, source });
        Ok(number)
    }

    /// One more device of somebody.
    pub(super) fn new_device(&mut self, person: usize) -> Held {
        let Some(person) = self.people.get(person).cloned() else { return Ok(()) };
        let keys = DeviceKeys::new(person.account, self.clients.len() as u64);
        let request = Box::new(fits(person.enrol(&keys))?);
        let source = self.add_client(keys);
        let account = person.account;
        self.server.write_own(&mut self.nature, Change::Enrol { account, request, source });
        Ok(())
    }

    /// A device that signed out comes back.
    pub(super) fn enrol_again(&mut self, number: usize) -> Held {
        let Some(client) = self.clients.get_mut(number) else { return Ok(()) };
        let account = client.keys.account;
        let Some(person) = self.people.iter().find(|person| person.account == account) else { return Ok(()) };
        let request = Box::new(fits(person.enrol(&client.keys))?);
        let source = client.source().ip();
        client.is_locked = false;
        self.nature.soon(2_000, Event::Knock(number));
        self.server.write_own(&mut self.nature, Change::Enrol { account, request, source });
        Ok(())
    }

    fn add_client(&mut self, keys: DeviceKeys) -> std::net::IpAddr {
        let number = self.clients.len();
        let slow_ms = if self.nature.chance.one_in(5) { 3_000 } else { self.nature.chance.between(0, 250) };
        let client = Client::new(number, keys, slow_ms);
        let source = client.source().ip();
        self.clients.push(client);
        self.nature.soon(1_000, Event::Knock(number));
        source
    }

    /// A request of somebody's first device, past all connections.
    fn ask_directly(&mut self, account: AccountId, request: impl Into<Request>) {
        let device = self.clients.iter().find(|client| client.keys.account == account);
        let Some(device) = device.map(|client| client.keys.device) else { return };
        let (actor, request) = (Actor { account, device }, Box::new(request.into()));
        self.server.write_own(&mut self.nature, Change::Ask { actor, request });
    }

    fn commit_now(&mut self) -> Held {
        self.server.commit(&mut self.nature, &mut self.model)
    }

    /// A room that somebody opens with some whom they may seat, and sometimes with one whom they may not.
    pub(super) fn new_group(&mut self, me: AccountId) -> Held<RoomCreate> {
        let mut seats = Vec::new();
        for person in &self.people {
            let known = self.model.may_meet(me, person.account) || self.nature.trouble(20);
            if person.account != me && known && !self.nature.chance.one_in(3) {
                let role = if self.nature.chance.one_in(4) { Role::Admin } else { Role::Member };
                seats.push(Seat { account: person.account, role });
            }
        }
        self.room_create(RoomKind::Group, seats)
    }

    pub(super) fn room_create(&mut self, kind: RoomKind, seats: Vec<Seat>) -> Held<RoomCreate> {
        Ok(RoomCreate {
            room: RoomId::new(self.nature.chance.bytes()),
            kind,
            seats: fits(Listed::new(seats))?,
            title: fits(Title::new(Bytes::from_static(b"title")))?,
            envelope_id: self.new_envelope(),
            commit: None,
            suite: 0,
        })
    }

    /// A UUIDv7 by the client's clock, which nobody sets.
    pub(super) fn new_envelope(&mut self) -> EnvelopeId {
        let mut bytes: [u8; 16] = self.nature.chance.bytes();
        let clock_ms = 1_700_000_000_000 + self.nature.now_ms;
        bytes[..6].copy_from_slice(&clock_ms.to_be_bytes()[2..]);
        bytes[6] = 0x70 | (bytes[6] & 0x0F);
        bytes[8] = 0x80 | (bytes[8] & 0x3F);
        EnvelopeId::new(bytes)
    }
}
