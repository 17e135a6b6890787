//! One room's group, within one transaction.
use openmls::prelude::{GroupId, MlsGroup};
use sotto_protocol::RoomId;
use zeroize::Zeroizing;

use super::{GroupError, Member, check, me::Me, provider::Provider, storage::StorageError};

/// What hidden words in pictures are sealed with.
const HIDDEN_WORDS: &str = "sotto/1 hidden words";

/// One room's group. It lives no longer than the transaction that it was loaded in: after a rollback there is none, and
/// the next one is loaded from what the database holds.
pub struct Room<'t> {
    pub(crate) me: Me<'t>,
    pub(crate) provider: Provider<'t>,
    pub(crate) group: MlsGroup,
    pub(crate) id: RoomId,
}

impl<'t> Room<'t> {
    pub(crate) fn load(me: Me<'t>, provider: Provider<'t>, id: RoomId) -> Result<Option<Self>, StorageError> {
        let group = MlsGroup::load(&provider.table, &group_id(id))?;
        Ok(group.map(|group| Self { me, provider, group, id }))
    }

    /// Which room.
    #[must_use]
    pub const fn id(&self) -> RoomId {
        self.id
    }

    /// The epoch of its keys.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.group.epoch().as_u64()
    }

    /// The suite that it is sealed with.
    #[must_use]
    pub fn suite(&self) -> u16 {
        self.group.ciphersuite().into()
    }

    /// Whether this device is still in it.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.group.is_active()
    }

    /// Whether a change of our own waits for its answer.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.group.pending_commit().is_some()
    }

    /// The devices that are in it, this one included.
    ///
    /// # Errors
    /// [`GroupError`] when the stored state is not ours.
    pub fn members(&self) -> Result<Vec<Member>, GroupError> {
        check::members(&self.group)
    }

    /// Equal for all who are in the same epoch of the same group, and for nobody else: what people may compare.
    #[must_use]
    pub fn epoch_authenticator(&self) -> Vec<u8> {
        self.group.epoch_authenticator().as_slice().to_vec()
    }

    /// The tree that a server would put beside a welcome.
    ///
    /// # Errors
    /// [`GroupError::Library`] when it cannot be written.
    #[doc(hidden)]
    pub fn ratchet_tree_for_test(&self) -> Result<Vec<u8>, GroupError> {
        use openmls::prelude::tls_codec::Serialize as _;
        let tree = self.group.export_ratchet_tree().tls_serialize_detached();
        tree.map_err(|_| GroupError::Library("a tree of our own has no bytes"))
    }

    /// The key of this epoch for hidden words in pictures.
    ///
    /// # Errors
    /// [`GroupError::NotMember`] when this device is no longer in the group.
    pub fn hidden_words_key(&self) -> Result<Zeroizing<[u8; 32]>, GroupError> {
        use openmls_traits::OpenMlsProvider as _;
        let secret = self.group.export_secret(self.provider.crypto(), HIDDEN_WORDS, self.id.as_bytes(), 32);
        let secret = Zeroizing::new(secret.map_err(|_| GroupError::NotMember)?);
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&secret);
        Ok(key)
    }
}

impl std::fmt::Debug for Room<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Room({}, epoch {}, …)", self.id, self.epoch())
    }
}

/// A room's group has the room's name.
pub(crate) fn group_id(room: RoomId) -> GroupId {
    GroupId::from_slice(room.as_bytes())
}
