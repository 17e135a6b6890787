//! A group's public state as the store keeps it.
use openmls::prelude::{GroupId, PublicGroup, tls_codec::Serialize as _};
use sotto_protocol::RoomId;

use crate::{
    Leaf, Refused, credential,
    memory::{Memory, Values},
};

/// Raised when the form changes: a store that comes from an older program then reads with the older code.
const VERSION: u8 = 1;

/// What the server may know of a group: who is in it, by which keys, and what the next commit must fit. Opaque bytes
/// for the store: 1 is the version, the rest CBOR.
#[derive(Clone, PartialEq, Eq)]
pub struct State(Vec<u8>);

impl State {
    /// What was stored.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    /// What to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// What to store.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn load(&self, room: RoomId) -> Result<(PublicGroup, Memory), Refused> {
        let Some((&VERSION, cbor)) = self.0.split_first() else { return Err(Refused::State) };
        let values: Values = ciborium::from_reader(cbor).map_err(|_| Refused::State)?;
        let memory = Memory::new(values);
        let group = PublicGroup::load(&memory, &GroupId::from_slice(room.as_bytes()));
        match group {
            Ok(Some(group)) if group.group_id().as_slice() == room.as_bytes() => Ok((group, memory)),
            _ => Err(Refused::State),
        }
    }

    pub(crate) fn keep(memory: Memory) -> Result<Self, Refused> {
        let mut bytes = vec![VERSION];
        ciborium::into_writer(&memory.into_values(), &mut bytes).map_err(|_| Refused::State)?;
        Ok(Self(bytes))
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "State({} bytes)", self.0.len())
    }
}

/// The epoch of a room and the devices that are in it.
///
/// # Errors
/// [`Refused::State`] when that is no state of this room.
pub fn leaves(room: RoomId, state: &State) -> Result<(u64, Vec<Leaf>), Refused> {
    let (group, _) = state.load(room)?;
    let leaves = group.members().map(|leaf| credential::known(&leaf.credential)).collect::<Result<_, _>>()?;
    Ok((group.group_context().epoch().as_u64(), leaves))
}

/// A welcome or group info of this state as it is handed out: the tree stands beside it. So no committer has to send the
/// tree, which for 256 devices is larger than what fits a request, and nobody has to believe us: its hash is in what the
/// committer has signed.
///
/// # Errors
/// [`Refused::State`] when that is no state of this room.
pub fn with_tree(room: RoomId, state: &State, message: &[u8]) -> Result<Vec<u8>, Refused> {
    let (group, _) = state.load(room)?;
    let tree = group.export_ratchet_tree().tls_serialize_detached().map_err(|_| Refused::State)?;
    Ok([message, &tree].concat())
}
