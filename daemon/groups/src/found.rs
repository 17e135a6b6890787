//! A new room's group.
use openmls::prelude::{ProposalStore, PublicGroup};
use sotto_protocol::{AccountId, Commit, DeviceId, RoomId};

use crate::{
    Asked, Checked, Refused, Roster, SUITE, State,
    check::{added_exactly, welcomed},
    credential, leaves,
    memory::Memory,
    message,
    verifier::Verifier,
};

/// The state of a new room: who creates it is in it with the device that asks, and beside it are exactly devices of the
/// people in `asked.add` and further ones of its own account.
///
/// # Errors
/// [`Refused`] says what is wrong; nothing may be stored then.
pub fn found(
    room: RoomId,
    asked: &Asked<'_>,
    commit: &Commit,
    roster: &impl Roster,
) -> Result<Checked, Refused> {
    if commit.epoch != 0 {
        return Err(Refused::Epoch { current: 0 });
    }
    // The commit itself is nobody's who is not in epoch 0: only its form is looked at.
    let framed = message::commit(&commit.commit)?;
    if framed.group_id().as_slice() != room.as_bytes() || framed.epoch().as_u64() != 0 {
        return Err(Refused::OtherGroup);
    }
    let (info, info_len, tree) = message::group_info_with_tree(&commit.group_info)?;
    if info.group_id().as_slice() != room.as_bytes() || info.epoch().as_u64() != 1 {
        return Err(Refused::OtherGroup);
    }
    if u16::from(info.ciphersuite()) != SUITE {
        return Err(Refused::Suite);
    }
    if info.extensions().external_pub().is_none() {
        return Err(Refused::GroupInfo);
    }
    let (crypto, memory) = (Verifier, Memory::default());
    let (group, _) = PublicGroup::from_external(&crypto, &memory, tree, info, ProposalStore::new())
        .map_err(|fault| Refused::Mls(fault.to_string()))?;
    let mut all = Vec::new();
    for leaf in group.members() {
        all.push(leaves::in_directory(credential::checked(&leaf.credential, &leaf.signature_key)?, roster)?);
    }
    leaves::no_device_twice(&all)?;
    let creator = (asked.account, asked.device);
    let Some(by) = all.iter().find(|leaf| (leaf.account, leaf.device) == creator).copied() else {
        return Err(Refused::Sender);
    };
    let added: Vec<_> = all.iter().filter(|leaf| leaf.device != by.device).copied().collect();
    let is_seated = |account: AccountId| account == asked.account || asked.add.contains(&account);
    if let Some(stranger) = added.iter().find(|leaf| !is_seated(leaf.account)) {
        return Err(Refused::Stranger(stranger.account));
    }
    added_exactly(&all, asked.add)?;
    let devices: Vec<DeviceId> = added.iter().map(|leaf| leaf.device).collect();
    welcomed(commit, &devices)?;
    let group_info = commit.group_info.slice(..info_len);
    Ok(Checked {
        state: State::keep(memory)?,
        epoch: 1,
        by,
        added,
        removed: Vec::new(),
        rejoined: false,
        group_info,
    })
}
