//! A commit against the state that it starts from and the request that brings it.
use bytes::Bytes;
use openmls::prelude::{LeafNode, ProcessedMessageContent, Proposal, PublicGroup, Sender, StagedCommit};
use sotto_protocol::{AccountId, Commit, DeviceId, Role, RoomId};

use crate::{Leaf, Refused, Roster, State, credential, group_info, leaves, message, verifier::Verifier};

/// The request that brings a commit.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Whose request.
    pub account: AccountId,
    /// From which device.
    pub device: DeviceId,
    /// Who is to come into the room by it.
    pub add: &'a [AccountId],
    /// Who is to go.
    pub remove: &'a [AccountId],
}

/// A commit that may be accepted, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What to store in the place of the state that it was checked against.
    pub state: State,
    /// The epoch after it.
    pub epoch: u64,
    /// Whose it is.
    pub by: Leaf,
    /// Devices that came.
    pub added: Vec<Leaf>,
    /// Devices that went.
    pub removed: Vec<Leaf>,
    /// The sender came back in the place of its own old leaf (which is in neither list).
    pub rejoined: bool,
    /// The group info to keep for rejoins, without a tree.
    pub group_info: Bytes,
}

/// What a commit does.
struct Doing {
    by: Leaf,
    added: Vec<Leaf>,
    removed: Vec<Leaf>,
    rejoined: bool,
}

/// Checks a commit of a room.
///
/// What must hold: it starts from the current epoch; it is signed by the device that asks; it adds and removes devices
/// and does nothing else; who is added is certified, known to the directory, and in the room or asked to come; who is
/// removed is asked to go, or has left, or is revoked; who is asked to come or go does; roles allow it; a commit from
/// outside puts exactly the sender's own leaf in the place of its old one.
///
/// # Errors
/// [`Refused`] says what is wrong; nothing may be stored then.
pub fn check(
    room: RoomId,
    state: &State,
    asked: &Asked<'_>,
    commit: &Commit,
    roster: &impl Roster,
) -> Result<Checked, Refused> {
    let (mut group, memory) = state.load(room)?;
    let current = group.group_context().epoch().as_u64();
    let framed = message::commit(&commit.commit)?;
    if framed.group_id().as_slice() != room.as_bytes() {
        return Err(Refused::OtherGroup);
    }
    if commit.epoch != current || framed.epoch().as_u64() != current {
        return Err(Refused::Epoch { current });
    }
    let info = message::group_info(&commit.group_info)?;
    let crypto = Verifier;
    let processed =
        group.process_message(&crypto, framed).map_err(|fault| Refused::Mls(fault.to_string()))?;
    let sender = processed.sender().clone();
    let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
        return Err(Refused::Proposal);
    };
    let doing = doing(&group, &sender, &staged, roster)?;
    if (doing.by.account, doing.by.device) != (asked.account, asked.device) {
        return Err(Refused::Sender);
    }
    allowed(&doing, asked, roster)?;
    let devices: Vec<_> = doing.added.iter().map(|leaf| leaf.device).collect();
    welcomed(commit, &devices)?;
    group.merge_commit(&memory, *staged).map_err(|fault| Refused::Mls(fault.to_string()))?;
    let after = leaves::standing(&group)?;
    leaves::no_device_twice(&after)?;
    added_exactly(&after, asked.add)?;
    removed_wholly(&after, asked.remove)?;
    group_info::check(info, group.group_context(), doing.by, &crypto)?;
    let epoch = group.group_context().epoch().as_u64();
    let Doing { by, added, removed, rejoined } = doing;
    let state = State::keep(memory)?;
    Ok(Checked {
        state,
        epoch,
        by,
        added,
        removed,
        rejoined,
        group_info: commit.group_info.clone().into_inner(),
    })
}

fn doing(
    group: &PublicGroup,
    sender: &Sender,
    staged: &StagedCommit,
    roster: &impl Roster,
) -> Result<Doing, Refused> {
    let (mut added, mut removed, mut external_inits) = (Vec::new(), Vec::new(), 0);
    for queued in staged.queued_proposals() {
        match queued.proposal() {
            Proposal::Add(add) => added.push(arriving(add.key_package().leaf_node(), roster)?),
            Proposal::Remove(remove) => {
                let leaf = group.leaf(remove.removed()).ok_or(Refused::Form)?;
                removed.push(credential::known(leaf.credential())?);
            }
            Proposal::ExternalInit(_) => external_inits += 1,
            _ => return Err(Refused::Proposal),
        }
    }
    let path = staged.update_path_leaf_node().map(|leaf| arriving(leaf, roster)).transpose()?;
    match sender {
        Sender::Member(index) if external_inits == 0 => {
            let old = credential::known(group.leaf(*index).ok_or(Refused::Sender)?.credential())?;
            let by = path.unwrap_or(old);
            if !is_same(&old, &by) {
                return Err(Refused::Sender);
            }
            // Without a path nothing of the sender was looked up: a revoked device commits no more.
            let by = leaves::in_directory(by, roster)?;
            Ok(Doing { by, added, removed, rejoined: false })
        }
        Sender::NewMemberCommit => {
            let by = path.ok_or(Refused::Rejoin)?;
            match (added.as_slice(), removed.as_slice()) {
                ([], [old]) if is_same(old, &by) => {
                    Ok(Doing { by, added, removed: Vec::new(), rejoined: true })
                }
                _ => Err(Refused::Rejoin),
            }
        }
        Sender::Member(_) | Sender::External(_) | Sender::NewMemberProposal => Err(Refused::Sender),
    }
}

/// A leaf that somebody brings: certified, and the device that the directory has.
fn arriving(leaf: &LeafNode, roster: &impl Roster) -> Result<Leaf, Refused> {
    leaves::in_directory(credential::checked(leaf.credential(), leaf.signature_key().as_slice())?, roster)
}

fn allowed(doing: &Doing, asked: &Asked<'_>, roster: &impl Roster) -> Result<(), Refused> {
    let sender = roster.role(asked.account).ok_or(Refused::Stranger(asked.account))?;
    let stays = |account: AccountId| {
        (roster.role(account).is_some() && !asked.remove.contains(&account)) || asked.add.contains(&account)
    };
    if let Some(stranger) = doing.added.iter().find(|leaf| !stays(leaf.account)) {
        return Err(Refused::Stranger(stranger.account));
    }
    let is_owed = |leaf: &Leaf| !stays(leaf.account) || roster.device(leaf.device).is_none();
    if let Some(unasked) = doing.removed.iter().find(|leaf| !is_owed(leaf)) {
        return Err(Refused::Unasked(unasked.device));
    }
    let removes_above =
        asked.remove.iter().filter_map(|account| roster.role(*account)).any(|role| match role {
            Role::Member => false,
            Role::Admin | Role::Owner => sender != Role::Owner,
        });
    let changes_people = !asked.add.is_empty() || !asked.remove.is_empty();
    if removes_above || (changes_people && sender == Role::Member) { Err(Refused::Role) } else { Ok(()) }
}

/// Everybody who was to come has a device in the group.
pub(crate) fn added_exactly(after: &[Leaf], add: &[AccountId]) -> Result<(), Refused> {
    let missing = add.iter().find(|account| !after.iter().any(|leaf| leaf.account == **account));
    missing.map_or(Ok(()), |account| Err(Refused::Undone(*account)))
}

/// Nobody who was to go has a device in the group.
fn removed_wholly(after: &[Leaf], remove: &[AccountId]) -> Result<(), Refused> {
    let left = after.iter().find(|leaf| remove.contains(&leaf.account));
    left.map_or(Ok(()), |leaf| Err(Refused::Undone(leaf.account)))
}

/// The welcome is for exactly these devices, as far as one can see who cannot open it: their number.
pub(crate) fn welcomed(commit: &Commit, devices: &[DeviceId]) -> Result<(), Refused> {
    let mut said: Vec<_> = commit.welcome_devices.iter().copied().collect();
    let mut added = devices.to_vec();
    said.sort_unstable();
    added.sort_unstable();
    if said != added {
        return Err(Refused::Welcome);
    }
    if added.is_empty() {
        return if commit.welcome.is_empty() { Ok(()) } else { Err(Refused::Welcome) };
    }
    let welcome = message::welcome(&commit.welcome)?;
    if welcome.secrets().len() == added.len() { Ok(()) } else { Err(Refused::Welcome) }
}

fn is_same(one: &Leaf, other: &Leaf) -> bool {
    (one.account, one.device) == (other.account, other.device)
}
