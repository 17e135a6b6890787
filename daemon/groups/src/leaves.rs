//! What the store knows of people and devices, and what must hold for every leaf.
use std::collections::BTreeSet;

use openmls::prelude::PublicGroup;
use sotto_protocol::{AccountId, DeviceId, Role};

use crate::{Leaf, Refused, credential};

/// What the store knows, as of now, inside its transaction.
pub trait Roster {
    /// A device that is known and neither revoked nor signed out for good, as its account certified it.
    fn device(&self, device: DeviceId) -> Option<Leaf>;
    /// The role of somebody who is in the room before this request; nothing for everybody else.
    fn role(&self, account: AccountId) -> Option<Role>;
}

/// A leaf that is the device that the directory has.
pub(crate) fn in_directory(leaf: Leaf, roster: &impl Roster) -> Result<Leaf, Refused> {
    if roster.device(leaf.device) == Some(leaf) { Ok(leaf) } else { Err(Refused::Device(leaf.device)) }
}

/// Those who are in the group. They were checked when they came.
pub(crate) fn standing(group: &PublicGroup) -> Result<Vec<Leaf>, Refused> {
    group.members().map(|leaf| credential::known(&leaf.credential)).collect()
}

pub(crate) fn no_device_twice<'l>(leaves: impl IntoIterator<Item = &'l Leaf>) -> Result<(), Refused> {
    let mut seen = BTreeSet::new();
    match leaves.into_iter().find(|leaf| !seen.insert(leaf.device)) {
        Some(twice) => Err(Refused::Twice(twice.device)),
        None => Ok(()),
    }
}
