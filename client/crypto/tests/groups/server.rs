//! A server in memory: the order is its own, every check is the real daemon's.
use std::collections::BTreeMap;

use client_crypto::group::Binding;
use daemon_groups::{
    Asked, Leaf, Refused, Roster, State, check, check_key_package, check_message, found, with_tree,
};
use sotto_protocol::{AccountId, Commit, DeviceId, EnvelopeId, Role};

use crate::world::{ROOM, now_ms};

/// One room's server.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) directory: BTreeMap<DeviceId, Leaf>,
    pub(crate) roles: BTreeMap<AccountId, Role>,
    pub(crate) log: Vec<Entry>,
    pub(crate) epoch: u64,
    pub(crate) leaves: Vec<Leaf>,
    state: Option<State>,
    group_info: Vec<u8>,
    answered: BTreeMap<(DeviceId, EnvelopeId), usize>,
    welcomes: BTreeMap<DeviceId, Welcome>,
}

/// One entry of the room's log. Its sequence is its place, from 1.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) binding: Binding,
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_commit: bool,
}

/// What stands in a device's inbox.
#[derive(Clone)]
pub(crate) struct Welcome {
    pub(crate) bytes: Vec<u8>,
    /// The sequence of the commit that it belongs to.
    pub(crate) at: usize,
    pub(crate) epoch: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted(usize),
    Stale(u64),
    Refused(Refused),
}

impl Roster for Server {
    fn device(&self, device: DeviceId) -> Option<Leaf> {
        self.directory.get(&device).copied()
    }
    fn role(&self, account: AccountId) -> Option<Role> {
        self.roles.get(&account).copied()
    }
}

impl Server {
    pub(crate) fn found(&mut self, binding: Binding, commit: &Commit, add: &[AccountId]) -> Answer {
        let asked = Asked { account: binding.account, device: binding.device, add, remove: &[] };
        match found(ROOM, &asked, commit, self) {
            Ok(checked) => {
                self.roles.insert(binding.account, Role::Owner);
                self.keep(binding, commit, checked, add, &[])
            }
            Err(refused) => Answer::Refused(refused),
        }
    }

    pub(crate) fn change(
        &mut self,
        binding: Binding,
        commit: &Commit,
        add: &[AccountId],
        remove: &[AccountId],
    ) -> Answer {
        if let Some(known) = self.answered.get(&(binding.device, binding.envelope)) {
            return Answer::Accepted(*known);
        }
        let asked = Asked { account: binding.account, device: binding.device, add, remove };
        match check(ROOM, self.state.as_ref().unwrap(), &asked, commit, self) {
            Ok(checked) => self.keep(binding, commit, checked, add, remove),
            Err(Refused::Epoch { current }) => Answer::Stale(current),
            Err(refused) => Answer::Refused(refused),
        }
    }

    pub(crate) fn append(&mut self, binding: Binding, sealed: &[u8]) -> Answer {
        if let Some(known) = self.answered.get(&(binding.device, binding.envelope)) {
            return Answer::Accepted(*known);
        }
        match check_message(ROOM, self.epoch, sealed) {
            Ok(()) => self.write(Entry { binding, bytes: sealed.to_vec(), is_commit: false }),
            Err(Refused::Epoch { current }) => Answer::Stale(current),
            Err(refused) => Answer::Refused(refused),
        }
    }

    pub(crate) fn put_key_package(&self, device: &Leaf, package: &[u8]) -> bool {
        check_key_package(package, device, now_ms()).is_ok()
    }

    pub(crate) fn group_info(&self) -> Vec<u8> {
        with_tree(ROOM, self.state.as_ref().unwrap(), &self.group_info).unwrap()
    }

    pub(crate) fn welcome(&self, device: DeviceId) -> Option<&Welcome> {
        self.welcomes.get(&device)
    }

    pub(crate) fn is_in(&self, device: DeviceId) -> bool {
        self.leaves.iter().any(|leaf| leaf.device == device)
    }

    fn keep(
        &mut self,
        binding: Binding,
        commit: &Commit,
        checked: daemon_groups::Checked,
        add: &[AccountId],
        remove: &[AccountId],
    ) -> Answer {
        for account in remove {
            self.roles.remove(account);
        }
        for account in add {
            self.roles.entry(*account).or_insert(Role::Owner);
        }
        let (epoch, leaves) = daemon_groups::leaves(ROOM, &checked.state).unwrap();
        (self.epoch, self.leaves, self.group_info) = (epoch, leaves, checked.group_info.to_vec());
        let at = self.log.len() + 1;
        for device in commit.welcome_devices.iter() {
            let bytes = with_tree(ROOM, &checked.state, &commit.welcome).unwrap();
            self.welcomes.insert(*device, Welcome { bytes, at, epoch });
        }
        self.state = Some(checked.state);
        self.write(Entry { binding, bytes: commit.commit.to_vec(), is_commit: true })
    }

    fn write(&mut self, entry: Entry) -> Answer {
        let key = (entry.binding.device, entry.binding.envelope);
        self.log.push(entry);
        self.answered.insert(key, self.log.len());
        Answer::Accepted(self.log.len())
    }
}
