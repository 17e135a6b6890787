//! One device in the simulated world, with what the SDK will have: a cursor, an outbox, a change that waits.
use std::collections::BTreeSet;

use client_crypto::group::{Addition, Binding, GroupError, Received};
use sotto_protocol::{AccountId, Commit, DeviceId, EnvelopeId};

use crate::{
    server::{Answer, Server},
    world::{Device, Person, ROOM, anybody},
};

/// A change that was sent, or is to be sent.
pub(crate) struct Waiting {
    pub(crate) binding: Binding,
    pub(crate) commit: Commit,
    pub(crate) add: Vec<AccountId>,
    pub(crate) remove: Vec<AccountId>,
    pub(crate) is_rejoin: bool,
}

/// Words that are not accepted yet.
pub(crate) struct Unsent {
    pub(crate) binding: Binding,
    pub(crate) sealed: Vec<u8>,
}

pub(crate) struct Client {
    pub(crate) person: usize,
    pub(crate) number: u8,
    pub(crate) device: Device,
    pub(crate) cursor: usize,
    /// The first epoch whose words it can read.
    pub(crate) since: u64,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) unsent: Option<Unsent>,
    pub(crate) read: BTreeSet<EnvelopeId>,
    pub(crate) has_keys: bool,
    pub(crate) merges_at_once: bool,
}

/// What happened while it caught up.
#[derive(Default)]
pub(crate) struct Caught {
    pub(crate) opened: usize,
    pub(crate) duplicates: usize,
    pub(crate) unread: usize,
    pub(crate) impossible: usize,
    pub(crate) broken: usize,
    /// Epochs that it came into, and what it holds for them.
    pub(crate) epochs: Vec<(u64, Vec<u8>)>,
}

impl Client {
    pub(crate) fn new(person: usize, number: u8, who: &Person) -> Self {
        Self {
            person,
            number,
            device: who.device(number),
            cursor: 0,
            since: 0,
            waiting: None,
            unsent: None,
            read: BTreeSet::new(),
            has_keys: false,
            merges_at_once: false,
        }
    }

    /// Everything on its disk is gone, but for who it is.
    pub(crate) fn lose_everything(&mut self, who: &Person) {
        let mut fresh = Self::new(self.person, self.number, who);
        fresh.device.rng = self.device.rng.clone(); // chance does not begin anew
        let (past_epochs, merges_at_once) = (self.device.past_epochs, self.merges_at_once);
        *self = Self { merges_at_once, ..fresh };
        self.device.past_epochs = past_epochs;
    }

    /// Reads its inbox and its log, each entry in a transaction of its own.
    pub(crate) fn catch_up(&mut self, server: &Server) -> Caught {
        let mut caught = Caught::default();
        self.come_in(server, &mut caught);
        while self.has_keys && self.cursor < server.log.len() {
            let entry = server.log[self.cursor].clone();
            if entry.binding.device == self.device.id() {
                if entry.is_commit && self.waiting.is_some() {
                    break; // its answer was lost: it is asked for again first
                }
                self.cursor += 1;
                continue;
            }
            self.take(&entry.binding, &entry.bytes, entry.is_commit, &mut caught);
            self.cursor += 1;
        }
        caught
    }

    fn come_in(&mut self, server: &Server, caught: &mut Caught) {
        let Some(welcome) = server.welcome(self.device.id()) else { return };
        if welcome.at <= self.cursor || self.since >= welcome.epoch {
            return;
        }
        // What it had before the removal is read first, as its log has it.
        let joined = self.device.with(|groups| {
            groups.forget(ROOM)?;
            groups.join(ROOM, &welcome.bytes, &anybody).map(|room| room.epoch_authenticator())
        });
        match joined {
            Ok(authenticator) => {
                (self.cursor, self.since, self.has_keys) = (welcome.at, welcome.epoch, true);
                (self.waiting, self.unsent) = (None, None);
                caught.epochs.push((welcome.epoch, authenticator));
            }
            Err(GroupError::NoKeyPackage) => {} // its state was lost in between: it rejoins
            Err(other) => panic!("a welcome is refused: {other}"),
        }
    }

    fn take(&mut self, binding: &Binding, bytes: &[u8], is_commit: bool, caught: &mut Caught) {
        let received = self.device.room(ROOM, |room| {
            let received = room.receive(bytes, binding, &anybody)?;
            let authenticator = matches!(received, Received::Change(_)).then(|| room.epoch_authenticator());
            Ok((received, authenticator.unwrap_or_default()))
        });
        match received {
            Ok((Received::Message { .. }, _)) => {
                caught.opened += 1;
                if !self.read.insert(binding.envelope) {
                    caught.duplicates += 1;
                }
                let is_tried_again = self.cursor.is_multiple_of(8);
                if is_tried_again && self.device.receive(binding, bytes).is_ok() {
                    caught.duplicates += 1;
                }
            }
            Ok((Received::Change(change), authenticator)) => {
                // A change of our own that lost the race is void now.
                if let Some(waiting) = self.waiting.take_if(|waiting| !waiting.is_rejoin) {
                    drop(waiting);
                }
                if change.me_removed {
                    self.gone();
                } else {
                    caught.epochs.push((change.epoch, authenticator));
                }
            }
            Ok((Received::Mine, _)) => panic!("nobody gets back what they sent"),
            Err(_) if is_commit => caught.broken += 1,
            Err(_) if epoch_of(bytes) < self.since => caught.impossible += 1,
            Err(_) => caught.unread += 1,
        }
    }

    pub(crate) fn gone(&mut self) {
        self.has_keys = false;
        (self.waiting, self.unsent) = (None, None);
        let _gone = self.device.with(|groups| Ok(groups.forget(ROOM)?));
    }

    /// Makes a change and keeps it until it is answered.
    pub(crate) fn stage(
        &mut self,
        packages: &[(AccountId, DeviceId, Vec<u8>)],
        out: &[DeviceId],
        add: Vec<AccountId>,
        remove: Vec<AccountId>,
    ) {
        let additions: Vec<_> = packages
            .iter()
            .map(|(account, device, package)| Addition { account: *account, device: *device, package })
            .collect();
        let binding = self.device.binding(ROOM);
        let staged = self.device.room(ROOM, |room| room.change(&additions, out, &binding, &anybody));
        match staged {
            Ok(commit) => self.waiting = Some(Waiting { binding, commit, add, remove, is_rejoin: false }),
            // A control that merges at once can come to a state in which nothing works any more.
            Err(fault) => assert!(self.merges_at_once, "cannot change: {fault}"),
        }
        if self.merges_at_once && self.waiting.is_some() {
            self.device.accepted();
        }
    }

    pub(crate) fn stage_rejoin(&mut self, server: &Server) {
        let binding = self.device.binding(ROOM);
        let info = server.group_info();
        let commit = self.device.with(|groups| groups.rejoin(&info, &binding, &anybody)).unwrap();
        self.waiting =
            Some(Waiting { binding, commit, add: Vec::new(), remove: Vec::new(), is_rejoin: true });
    }

    /// What the server says to the change that waits.
    pub(crate) fn answered(&mut self, answer: &Answer, caught: &mut Caught) {
        let Some(waiting) = self.waiting.take() else { return };
        match (answer, waiting.is_rejoin) {
            (Answer::Accepted(at), true) => {
                let room = self.device.with(|groups| {
                    groups.rejoin_accepted(ROOM).map(|room| (room.epoch(), room.epoch_authenticator()))
                });
                let (epoch, authenticator) = room.unwrap();
                (self.cursor, self.since, self.has_keys) = (*at, epoch, true);
                caught.epochs.push((epoch, authenticator));
            }
            (Answer::Accepted(_), false) if self.merges_at_once => {}
            (Answer::Accepted(_), false) => {
                self.device.accepted();
                caught.epochs.push((self.device.epoch(), self.device.authenticator()));
            }
            (Answer::Stale(_) | Answer::Refused(_), true) => {
                self.device.with(|groups| Ok(groups.rejoin_stale(ROOM)?)).unwrap();
            }
            (Answer::Stale(_) | Answer::Refused(_), false) => {
                if !self.merges_at_once {
                    self.device.room(ROOM, |room| room.stale()).unwrap();
                }
            }
        }
    }

    pub(crate) fn seal(&mut self, binding: Binding) -> Unsent {
        let words = binding.envelope.as_bytes().repeat(3);
        let sealed = self.device.room(ROOM, |room| room.seal(&words, &binding)).unwrap();
        Unsent { binding, sealed }
    }
}

/// The epoch on the outside of a private message: version, format, group id with its length, epoch.
pub(crate) fn epoch_of(bytes: &[u8]) -> u64 {
    let at = 2 + 2 + 1 + 16;
    u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap())
}
