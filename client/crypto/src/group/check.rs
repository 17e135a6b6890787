//! Every leaf, at every change: OpenMLS judges none of this.
use std::collections::BTreeSet;

use openmls::prelude::{LeafNode, LeafNodeIndex, MlsGroup, Proposal, PublicGroup, Sender, StagedCommit};
use sotto_protocol::DeviceId;

use super::{
    Change, CredentialError, GroupError, Member, Trust,
    credential::{member, member_of_leaf},
};

/// All the leaves of a group that one comes into.
pub(crate) fn roster(group: &PublicGroup, trust: &impl Trust) -> Result<Vec<Member>, GroupError> {
    let mut seen = BTreeSet::new();
    group
        .members()
        .map(|leaf| {
            let member = trusted(member(&leaf.credential, &leaf.signature_key)?, trust)?;
            once(&mut seen, member.device.device)?;
            Ok(member)
        })
        .collect()
}

/// A leaf that somebody brings.
pub(crate) fn leaf(leaf: &LeafNode, trust: &impl Trust) -> Result<Member, GroupError> {
    trusted(member_of_leaf(leaf)?, trust)
}

/// A change that is staged and not in force yet.
pub(crate) fn change(
    group: &MlsGroup,
    sender: &Sender,
    staged: &StagedCommit,
    trust: &impl Trust,
) -> Result<Change, GroupError> {
    let (mut added, mut removed, mut external_inits) = (Vec::new(), Vec::new(), 0);
    for queued in staged.queued_proposals() {
        match queued.proposal() {
            Proposal::Add(add) => added.push(leaf(add.key_package().leaf_node(), trust)?),
            Proposal::Remove(remove) => removed.push(standing(group, remove.removed())?),
            Proposal::ExternalInit(_) => external_inits += 1,
            _ => return Err(GroupError::Forbidden("a change adds and removes devices, and nothing else")),
        }
    }
    let path = staged.update_path_leaf_node().map(|path| leaf(path, trust)).transpose()?;
    let by = match sender {
        Sender::Member(index) => committer(standing(group, *index)?, path, external_inits)?,
        Sender::NewMemberCommit => returner(path, &added, &removed)?,
        Sender::External(_) | Sender::NewMemberProposal => {
            return Err(GroupError::Forbidden("only members change a group"));
        }
    };
    let rejoined = matches!(sender, Sender::NewMemberCommit);
    no_device_twice(group, &added, &removed)?;
    if rejoined {
        removed.clear();
    }
    let me_removed = staged.self_removed();
    let change = Change { epoch: staged.epoch().as_u64(), by, added, removed, rejoined, me_removed };
    if trust.allows(&change) { Ok(change) } else { Err(GroupError::Forbidden("the change is not allowed")) }
}

/// A member's commit: its new leaf is still the same device of the same account.
fn committer(old: Member, path: Option<Member>, external_inits: usize) -> Result<Member, GroupError> {
    if external_inits != 0 {
        return Err(GroupError::Forbidden("a member does not come from outside"));
    }
    let new = path.unwrap_or(old);
    if is_same(&old, &new) { Ok(new) } else { Err(GroupError::Forbidden("a leaf stays the same device")) }
}

/// A commit from outside: a device that was in the group takes its own old leaf away, and does nothing else.
fn returner(path: Option<Member>, added: &[Member], removed: &[Member]) -> Result<Member, GroupError> {
    let new = path.ok_or(GroupError::Forbidden("who comes back brings a leaf"))?;
    match (added, removed) {
        ([], [old]) if is_same(old, &new) => Ok(new),
        _ => Err(GroupError::Forbidden("who comes back removes exactly its own old leaf")),
    }
}

fn no_device_twice(group: &MlsGroup, added: &[Member], removed: &[Member]) -> Result<(), GroupError> {
    let mut seen = BTreeSet::new();
    for standing in members(group)? {
        if !removed.iter().any(|gone| is_same(gone, &standing)) {
            once(&mut seen, standing.device.device)?;
        }
    }
    added.iter().try_for_each(|added| once(&mut seen, added.device.device))
}

/// Those who are in the group. They were checked when they came.
pub(crate) fn members(group: &MlsGroup) -> Result<Vec<Member>, GroupError> {
    group.members().map(|leaf| Ok(super::credential::known(&leaf.credential)?)).collect()
}

fn standing(group: &MlsGroup, index: LeafNodeIndex) -> Result<Member, GroupError> {
    let credential = group.member(index).ok_or(GroupError::Form)?;
    Ok(super::credential::known(credential)?)
}

fn trusted(member: Member, trust: &impl Trust) -> Result<Member, GroupError> {
    let account = member.device.account;
    if trust.knows(account, member.identity) {
        Ok(member)
    } else {
        Err(CredentialError::Identity(account).into())
    }
}

fn once(seen: &mut BTreeSet<DeviceId>, device: DeviceId) -> Result<(), GroupError> {
    if seen.insert(device) { Ok(()) } else { Err(CredentialError::Twice(device).into()) }
}

fn is_same(one: &Member, other: &Member) -> bool {
    (one.device.account, one.device.device) == (other.device.account, other.device.device)
}
