//! Changes of our own: staged, sent, and in force only when the server has accepted them.
use openmls::prelude::{
    LeafNodeIndex, LeafNodeParameters, MlsGroup, MlsMessageOut, Sender, tls_codec::Serialize as _,
};
use openmls_traits::OpenMlsProvider as _;
use sotto_protocol::{Commit, DeviceId, GroupBytes, Listed, RoomId};

use super::{
    Addition, Binding, Change, GroupError, Groups, Room, Trust, bytes, check,
    error::invalid,
    room::group_id,
    settings::{ADDED_AT_ONCE_MAX, capabilities, create_config},
    storage::Side,
};

impl<'t> Groups<'t> {
    /// Makes a new group with this device alone in it. Nobody knows of it before a first [`Room::change`] is accepted.
    ///
    /// # Errors
    /// [`GroupError::Exists`] where there is one.
    pub fn create(&self, room: RoomId, now_ms: u64) -> Result<Room<'t>, GroupError> {
        if self.room(room)?.is_some() {
            return Err(GroupError::Exists);
        }
        let provider = self.provider(Some(room), Side::Live);
        let config = create_config(self.past_epochs, now_ms);
        let (signer, key) = (self.me.signer(), self.me.with_key());
        let group = MlsGroup::new_with_group_id(&provider, &signer, &config, group_id(room), key);
        Ok(Room { me: self.me, provider, group: group.map_err(invalid)?, id: room })
    }
}

impl Room<'_> {
    /// Stages a change: these devices come, those go, and our own keys are new in any case. What comes back is for the
    /// server. Afterwards it is [`Room::accepted`] or [`Room::stale`].
    ///
    /// The first change of a group brings its tree beside the group info: the server does not know it yet. From then on
    /// the server has it, and puts it beside every welcome and group info that it hands out.
    ///
    /// # Errors
    /// [`GroupError`]; nothing is staged then.
    pub fn change(
        &mut self,
        add: &[Addition<'_>],
        remove: &[DeviceId],
        binding: &Binding,
        trust: &impl Trust,
    ) -> Result<Commit, GroupError> {
        if self.is_pending() {
            return Err(GroupError::Pending);
        }
        if add.len() > ADDED_AT_ONCE_MAX {
            return Err(GroupError::TooLarge);
        }
        let added: Vec<_> =
            add.iter().map(|add| add.check(&self.provider, trust)).collect::<Result<_, _>>()?;
        let devices: Vec<_> = added.iter().map(|(_, member)| member.device.device).collect();
        let removed = self.leaves(remove)?;
        let epoch = self.epoch();
        self.group.set_aad(binding.to_bytes());
        let parameters = LeafNodeParameters::builder().with_capabilities(capabilities()).build();
        let bundle = self
            .group
            .commit_builder()
            .propose_removals(removed)
            .propose_adds(added.into_iter().map(|(package, _)| package))
            .force_self_update(true)
            .leaf_node_parameters(parameters)
            .load_psks(self.provider.storage())
            .map_err(invalid)?
            .create_group_info(true)
            .build(self.provider.rand(), self.provider.crypto(), &self.me.signer(), |_| true)
            .map_err(invalid)?
            .stage_commit(&self.provider)
            .map_err(invalid)?;
        self.staged(trust)?;
        let (commit, welcome, group_info) = bundle.into_messages();
        let mut group_info = written(group_info.as_ref())?;
        if epoch == 0 {
            group_info.extend(self.staged_tree()?);
        }
        assembled(epoch, written(Some(&commit))?, group_info, written(welcome.as_ref())?, devices)
    }

    /// The server has taken our change: it is in force.
    ///
    /// # Errors
    /// [`GroupError::NothingPending`] where none waits.
    pub fn accepted(&mut self) -> Result<Change, GroupError> {
        // The caller was asked when it was made: a change that others have in force is not taken back by a doubt.
        let change = self.staged(&|_, _| true)?;
        self.group.merge_pending_commit(&self.provider).map_err(invalid)?;
        Ok(change)
    }

    /// The server has taken another change first: ours is void, and may be made anew after that one.
    ///
    /// # Errors
    /// [`GroupError::Storage`] when the database refuses.
    pub fn stale(&mut self) -> Result<(), GroupError> {
        Ok(self.group.clear_pending_commit(&self.provider.table)?)
    }

    fn staged(&self, trust: &impl Trust) -> Result<Change, GroupError> {
        let staged = self.group.pending_commit().ok_or(GroupError::NothingPending)?;
        check::change(&self.group, &Sender::Member(self.group.own_leaf_index()), staged, trust)
    }

    fn staged_tree(&self) -> Result<Vec<u8>, GroupError> {
        let staged = self.group.pending_commit().ok_or(GroupError::NothingPending)?;
        let tree = staged.export_ratchet_tree(self.provider.crypto(), self.group.export_ratchet_tree());
        let tree = tree.map_err(invalid)?.ok_or(GroupError::Library("a staged change has no tree"))?;
        tree.tls_serialize_detached().map_err(|_| GroupError::Library("a tree of our own has no bytes"))
    }

    fn leaves(&self, devices: &[DeviceId]) -> Result<Vec<LeafNodeIndex>, GroupError> {
        let members = self.members()?;
        let indexes: Vec<_> = self.group.members().map(|leaf| leaf.index).collect();
        let found = devices.iter().map(|device| {
            let at = members.iter().position(|member| member.device.device == *device);
            at.and_then(|at| indexes.get(at).copied()).ok_or(GroupError::NotMember)
        });
        found.collect()
    }
}

pub(crate) fn written(message: Option<&MlsMessageOut>) -> Result<Vec<u8>, GroupError> {
    message.map_or_else(|| Ok(Vec::new()), bytes::written)
}

pub(crate) fn assembled(
    epoch: u64,
    commit: Vec<u8>,
    group_info: Vec<u8>,
    welcome: Vec<u8>,
    welcome_devices: Vec<DeviceId>,
) -> Result<Commit, GroupError> {
    let bounded = |bytes: Vec<u8>| GroupBytes::new(bytes).map_err(|_| GroupError::TooLarge);
    Ok(Commit {
        epoch,
        commit: bounded(commit)?,
        group_info: bounded(group_info)?,
        welcome: bounded(welcome)?,
        welcome_devices: Listed::new(welcome_devices).map_err(|_| GroupError::TooLarge)?,
    })
}
