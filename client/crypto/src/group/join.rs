//! Ways into a group: a welcome, and for a device that has lost its way, its own old leaf.
use openmls::prelude::{LeafNodeParameters, MlsGroup, StagedWelcome, WelcomeError};
use openmls_traits::OpenMlsProvider as _;
use sotto_protocol::{Commit, RoomId};

use super::{
    Binding, GroupError, Groups, Room, Trust, bytes, check,
    commit::{assembled, written},
    error::invalid,
    room::group_id,
    settings::{capabilities, join_config},
    storage::{Side, StorageError},
};

impl<'t> Groups<'t> {
    /// Comes into the group that this welcome is for. The key package that it was made with is used up.
    ///
    /// # Errors
    /// [`GroupError::Exists`] when this device is in the group and has not been removed: who really wants that calls
    /// [`Groups::forget`] first.
    pub fn join(&self, room: RoomId, welcome: &[u8], trust: &impl Trust) -> Result<Room<'t>, GroupError> {
        match self.room(room)? {
            Some(known) if known.is_active() => return Err(GroupError::Exists),
            Some(_) => self.forget(room)?,
            None => {}
        }
        let (welcome, tree) = bytes::welcome(welcome)?;
        let provider = self.provider(Some(room), Side::Live);
        // An old leaf whose lifetime is over must not keep anybody out.
        let config = join_config(self.past_epochs);
        let mut joining = StagedWelcome::build_from_welcome(&provider, &config, welcome)
            .map_err(no_welcome)?
            .skip_lifetime_validation();
        if let Some(tree) = tree {
            joining = joining.with_ratchet_tree(tree);
        }
        let staged = joining.build().map_err(no_welcome)?;
        if *staged.group_context().group_id() != group_id(room) {
            return Err(GroupError::Binding);
        }
        let group = staged.into_group(&provider).map_err(no_welcome)?;
        check::roster(group.public_group(), trust)?;
        Ok(Room { me: self.me, provider, group, id: room })
    }

    /// Comes back by a commit from outside that takes this device's own old leaf away: what heals a device that has
    /// lost keys or cannot follow. It is kept beside what is in force until [`Groups::rejoin_accepted`] or
    /// [`Groups::rejoin_stale`].
    ///
    /// # Errors
    /// [`GroupError::Past`] for a group info older than what we know; [`GroupError::NotMember`] when no leaf of ours is
    /// in the group: then somebody must add this device.
    pub fn rejoin(
        &self,
        group_info: &[u8],
        binding: &Binding,
        trust: &impl Trust,
    ) -> Result<Commit, GroupError> {
        let room = binding.room;
        let (info, tree) = bytes::group_info(group_info)?;
        // One tree, and that is the one beside it.
        let tree = tree.filter(|_| info.extensions().ratchet_tree().is_none()).ok_or(GroupError::Form)?;
        let epoch = info.epoch().as_u64();
        if *info.group_id() != group_id(room) {
            return Err(GroupError::Binding);
        }
        if self.room(room)?.is_some_and(|known| known.epoch() > epoch) {
            return Err(GroupError::Past { epoch });
        }
        let own = self.me.device.key();
        if !tree.leaves().any(|leaf| leaf.signature_key().as_slice() == own.as_bytes()) {
            return Err(GroupError::NotMember);
        }
        self.table(Some(room), Side::Candidate).clear()?;
        let provider = self.provider(Some(room), Side::Candidate);
        let built = MlsGroup::external_commit_builder()
            .with_config(join_config(self.past_epochs))
            .with_aad(binding.to_bytes())
            .with_ratchet_tree(tree)
            .skip_lifetime_validation()
            .build_group(&provider, info, self.me.with_key())
            .map_err(invalid)?;
        let parameters = LeafNodeParameters::builder().with_capabilities(capabilities()).build();
        let (group, bundle) = built
            .leaf_node_parameters(parameters)
            .load_psks(provider.storage())
            .map_err(invalid)?
            .create_group_info(true)
            .build(provider.rand(), provider.crypto(), &self.me.signer(), |_| true)
            .map_err(invalid)?
            .finalize(&provider)
            .map_err(invalid)?;
        check::roster(group.public_group(), trust)?;
        let (commit, _, group_info) = bundle.into_messages();
        assembled(epoch, written(Some(&commit))?, written(group_info.as_ref())?, Vec::new(), Vec::new())
    }

    /// The server has let us back in: the new state takes the place of the old one.
    ///
    /// # Errors
    /// [`GroupError::NothingPending`] where no rejoin waits.
    pub fn rejoin_accepted(&self, room: RoomId) -> Result<Room<'t>, GroupError> {
        let candidate = Room::load(self.me, self.provider(Some(room), Side::Candidate), room)?;
        if candidate.is_none() {
            return Err(GroupError::NothingPending);
        }
        self.table(Some(room), Side::Live).promote()?;
        self.room(room)?.ok_or(GroupError::Library("a rejoin that was kept is gone"))
    }

    /// Somebody else was first: the rejoin is void, and may be made anew with the newest group info.
    ///
    /// # Errors
    /// [`StorageError`] when the database refuses.
    pub fn rejoin_stale(&self, room: RoomId) -> Result<(), StorageError> {
        self.table(Some(room), Side::Candidate).clear()
    }
}

fn no_welcome(fault: WelcomeError<StorageError>) -> GroupError {
    match fault {
        WelcomeError::StorageError(fault) => GroupError::Storage(fault),
        WelcomeError::NoMatchingKeyPackage => GroupError::NoKeyPackage,
        other => invalid(other),
    }
}
