//! One room's life, by chance from a seed.
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::AddAssign,
};

use client_crypto::group::Addition;
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore as _, SeedableRng as _},
};
use sotto_protocol::AccountId;

use super::client::{Caught, Client, epoch_of};
use crate::{
    server::{Answer, Server},
    world::{Person, ROOM, anybody, now_ms},
};

/// What is done wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    None,
    NoPastEpochs,
    MergeAtOnce,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) devices: usize,
    pub(crate) operations: usize,
    pub(crate) epochs: usize,
    pub(crate) messages: usize,
    pub(crate) opened: usize,
    pub(crate) stale: usize,
    pub(crate) lost: usize,
    pub(crate) state_losses: usize,
    pub(crate) rejoins: usize,
    pub(crate) impossible: usize,
    // What must be 0:
    pub(crate) forks: usize,
    pub(crate) duplicates: usize,
    pub(crate) unread: usize,
    pub(crate) broken: usize,
    pub(crate) refused: usize,
}

impl Figures {
    pub(crate) fn is_clean(&self) -> bool {
        [self.forks, self.duplicates, self.unread, self.broken, self.refused] == [0; 5]
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.devices += other.devices;
        self.operations += other.operations;
        self.epochs += other.epochs;
        self.messages += other.messages;
        self.opened += other.opened;
        self.stale += other.stale;
        self.lost += other.lost;
        self.state_losses += other.state_losses;
        self.rejoins += other.rejoins;
        self.impossible += other.impossible;
        self.forks += other.forks;
        self.duplicates += other.duplicates;
        self.unread += other.unread;
        self.broken += other.broken;
        self.refused += other.refused;
    }
}

struct World {
    rng: ChaCha20Rng,
    server: Server,
    people: Vec<Person>,
    clients: Vec<Client>,
    figures: Figures,
    authenticators: BTreeMap<u64, Vec<u8>>,
    control: Control,
    loses: bool,
}

/// Lives through one room and says what was seen.
pub(crate) fn run(seed: u64, operations: u64, control: Control) -> Figures {
    let mut world = World::new(seed, control);
    for _ in 0..operations {
        world.operation();
    }
    world.settle();
    world.figures
}

impl World {
    fn new(seed: u64, control: Control) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        // Most rooms are small; every tenth has up to 64 devices.
        let people = if seed.is_multiple_of(10) { 8 + rng.next_u32() % 25 } else { 2 + rng.next_u32() % 5 };
        let people: Vec<_> = (1..=people).map(|number| Person::new(u8::try_from(number).unwrap())).collect();
        let mut clients = Vec::new();
        for (at, person) in people.iter().enumerate() {
            for number in 0..=u8::from(rng.next_u32().is_multiple_of(2)) {
                clients.push(Client::new(at, number, person));
            }
        }
        let mut server = Server::default();
        for client in &mut clients {
            server.directory.insert(client.device.id(), client.device.leaf());
            client.merges_at_once = control == Control::MergeAtOnce;
            if control == Control::NoPastEpochs {
                client.device.past_epochs = 0;
            }
        }
        let figures = Figures { devices: clients.len(), ..Figures::default() };
        let (authenticators, loses) = (BTreeMap::new(), false);
        let mut world = Self { rng, server, people, clients, figures, authenticators, control, loses };
        world.found();
        world.loses = true;
        world
    }

    fn found(&mut self) {
        let (creator, others) = self.clients.split_first_mut().unwrap();
        creator.device.with(|groups| groups.create(ROOM, now_ms()).map(drop)).unwrap();
        let packages: Vec<_> =
            others.iter_mut().map(|other| (other.device.leaf(), other.device.key_package())).collect();
        let additions: Vec<_> = packages
            .iter()
            .map(|(leaf, package)| Addition { account: leaf.account, device: leaf.device, package })
            .collect();
        let binding = creator.device.binding(ROOM);
        let commit = creator.device.room(ROOM, |room| room.change(&additions, &[], &binding, &anybody));
        let add: Vec<_> = self.people.iter().skip(1).map(|person| person.account).collect();
        let answer = self.server.found(binding, &commit.unwrap(), &add);
        let Answer::Accepted(at) = answer else { panic!("a room is refused: {answer:?}") };
        creator.device.accepted();
        (creator.cursor, creator.since, creator.has_keys) = (at, 1, true);
    }

    fn operation(&mut self) {
        self.figures.operations += 1;
        let who = self.pick(self.clients.len());
        if !self.server.is_in(self.clients[who].device.id()) {
            return self.clients[who].gone();
        }
        if !self.resolve(who) {
            return;
        }
        match self.pick(100) {
            0..50 => self.send(who),
            50..64 => self.catch_up(who),
            64..80 => self.change(who, |world| world.clients[who].stage(&[], &[], vec![], vec![])),
            80..88 => self.change(who, |world| {
                let person = world.pick(world.people.len());
                world.add(who, person);
            }),
            88..94 => self.change(who, |world| world.remove(who)),
            94..98 => self.lose_everything(who),
            _ => {} // away
        }
    }

    /// What waits is sent again first; and who has no keys asks to come back. Says whether all is answered.
    fn resolve(&mut self, who: usize) -> bool {
        if self.clients[who].waiting.is_some() && !self.submit(who) {
            return false;
        }
        if !self.clients[who].has_keys {
            self.catch_up(who); // a welcome may be there
        }
        if !self.clients[who].has_keys && self.server.is_in(self.clients[who].device.id()) {
            self.clients[who].stage_rejoin(&self.server);
            self.figures.rejoins += 1;
            self.submit(who);
        }
        if !self.clients[who].has_keys {
            return false;
        }
        self.clients[who].unsent.is_none() || self.deliver(who)
    }

    fn send(&mut self, who: usize) {
        if self.pick(10) < 6 {
            self.catch_up(who);
        }
        if !self.clients[who].has_keys {
            return;
        }
        let binding = self.clients[who].device.binding(ROOM);
        let unsent = self.clients[who].seal(binding);
        if self.loses && self.pick(100) < 10 {
            self.figures.lost += 1; // sealed, and never sent
            return;
        }
        self.clients[who].unsent = Some(unsent);
        self.deliver(who);
    }

    fn deliver(&mut self, who: usize) -> bool {
        if self.is_lost(12) {
            return false;
        }
        let unsent = self.clients[who].unsent.take().unwrap();
        let answer = self.server.append(unsent.binding, &unsent.sealed);
        if self.is_lost(15) {
            self.clients[who].unsent = Some(unsent);
            return false;
        }
        match answer {
            Answer::Accepted(_) => true,
            Answer::Stale(_) => {
                self.figures.stale += 1;
                self.catch_up(who);
                if self.clients[who].has_keys {
                    let again = self.clients[who].seal(unsent.binding);
                    self.clients[who].unsent = Some(again);
                }
                false
            }
            Answer::Refused(why) => {
                self.refused(&why.to_string());
                true
            }
        }
    }

    fn change(&mut self, who: usize, stage: impl FnOnce(&mut Self)) {
        // Two who have not heard of each other race.
        if self.pick(10) < 6 {
            self.catch_up(who);
        }
        if self.clients[who].has_keys && self.clients[who].waiting.is_none() {
            stage(self);
            self.submit(who);
        }
    }

    fn add(&mut self, who: usize, person: usize) {
        let account = self.people[person].account;
        let standing = self.members(who);
        let mut packages = Vec::new();
        for client in &mut self.clients {
            let leaf = client.device.leaf();
            if client.person == person && !standing.contains(&leaf.device) {
                let package = client.device.key_package();
                assert!(self.server.put_key_package(&leaf, &package));
                packages.push((leaf.account, leaf.device, package));
            }
        }
        if !packages.is_empty() {
            let add = if self.server.roles.contains_key(&account) { vec![] } else { vec![account] };
            self.clients[who].stage(&packages, &[], add, vec![]);
        }
    }

    fn remove(&mut self, who: usize) {
        let person = self.pick(self.people.len());
        if person == self.clients[who].person {
            return;
        }
        let standing = self.members(who);
        let theirs = self.clients.iter().filter(|client| client.person == person);
        let out: Vec<_> =
            theirs.map(|client| client.device.id()).filter(|device| standing.contains(device)).collect();
        if !out.is_empty() {
            self.clients[who].stage(&[], &out, vec![], vec![self.people[person].account]);
        }
    }

    /// Sends what waits. Says whether it was answered.
    fn submit(&mut self, who: usize) -> bool {
        let Some(waiting) = &self.clients[who].waiting else { return true };
        if self.loses && self.rng.next_u32() % 100 < 12 {
            self.figures.lost += 1;
            return false;
        }
        let (add, remove): (&[AccountId], &[AccountId]) = (&waiting.add, &waiting.remove);
        let answer = self.server.change(waiting.binding, &waiting.commit, add, remove);
        if self.is_lost(15) {
            return false;
        }
        match &answer {
            Answer::Accepted(_) => {}
            Answer::Stale(_) => self.figures.stale += 1,
            // A race with the roster, not with the keys, is a refusal that one catches up after.
            Answer::Refused(why) if self.clients[who].cursor < self.server.log.len() => drop(why.to_string()),
            Answer::Refused(why) => self.refused(&why.to_string()),
        }
        let mut caught = Caught::default();
        self.clients[who].answered(&answer, &mut caught);
        self.note(caught);
        true
    }

    fn catch_up(&mut self, who: usize) {
        let caught = self.clients[who].catch_up(&self.server);
        self.note(caught);
    }

    fn lose_everything(&mut self, who: usize) {
        self.figures.state_losses += 1;
        let person = self.clients[who].person;
        self.clients[who].lose_everything(&self.people[person]);
    }

    fn note(&mut self, caught: Caught) {
        self.figures.opened += caught.opened;
        self.figures.duplicates += caught.duplicates;
        self.figures.unread += caught.unread;
        self.figures.impossible += caught.impossible;
        self.figures.broken += caught.broken;
        for (epoch, authenticator) in caught.epochs {
            let known = self.authenticators.entry(epoch).or_insert_with(|| authenticator.clone());
            if *known != authenticator {
                self.figures.forks += 1;
            }
        }
    }

    fn refused(&mut self, why: &str) {
        self.figures.refused += 1;
        assert!(self.control != Control::None, "refused: {why}");
    }

    /// The storm is over: everybody answers, comes back and reads.
    fn settle(&mut self) {
        self.loses = false;
        for _ in 0..3 {
            for who in 0..self.clients.len() {
                if self.server.is_in(self.clients[who].device.id()) {
                    for _ in 0..4 {
                        if self.resolve(who) {
                            break;
                        }
                    }
                    self.catch_up(who);
                }
            }
        }
        self.figures.epochs = usize::try_from(self.server.epoch).unwrap();
        let words: Vec<_> = self.server.log.iter().filter(|entry| !entry.is_commit).cloned().collect();
        self.figures.messages = words.len();
        let mut held = BTreeSet::new();
        for client in &mut self.clients {
            if !self.server.is_in(client.device.id()) {
                continue;
            }
            if !client.has_keys {
                self.figures.broken += 1;
                continue;
            }
            held.insert((client.device.epoch(), client.device.authenticator()));
            let (me, since, cursor) = (client.device.id(), client.since, client.cursor);
            assert!(self.control == Control::MergeAtOnce || cursor == self.server.log.len());
            let unread = words.iter().filter(|entry| {
                entry.binding.device != me
                    && epoch_of(&entry.bytes) >= since
                    && !client.read.contains(&entry.binding.envelope)
            });
            self.figures.unread += unread.count();
        }
        self.figures.forks += held.len().saturating_sub(1);
    }

    fn members(&mut self, who: usize) -> Vec<sotto_protocol::DeviceId> {
        self.clients[who].device.members()
    }

    fn is_lost(&mut self, percent: usize) -> bool {
        let lost = self.loses && self.pick(100) < percent;
        self.figures.lost += usize::from(lost);
        lost
    }

    fn pick(&mut self, below: usize) -> usize {
        self.rng.next_u32() as usize % below
    }
}
