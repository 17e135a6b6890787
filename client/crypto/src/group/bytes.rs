//! Bytes from outside, decoded within limits. A message may have a ratchet tree beside it, as the server hands it out.
use openmls::prelude::{
    MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, ProtocolMessage, RatchetTreeIn, Welcome,
    group_info::VerifiableGroupInfo,
    tls_codec::{Deserialize as _, Serialize as _},
};

use super::{
    GroupError,
    settings::{HANDSHAKE_MAX, MESSAGE_MAX, WITH_TREE_MAX},
};

/// A commit, proposal or application message.
pub(crate) fn protocol_message(bytes: &[u8]) -> Result<ProtocolMessage, GroupError> {
    if bytes.len() > MESSAGE_MAX.max(HANDSHAKE_MAX) {
        return Err(GroupError::TooLarge);
    }
    match exactly(bytes)? {
        MlsMessageBodyIn::PublicMessage(message) => Ok(message.into()),
        MlsMessageBodyIn::PrivateMessage(message) => Ok(message.into()),
        MlsMessageBodyIn::Welcome(_) | MlsMessageBodyIn::GroupInfo(_) | MlsMessageBodyIn::KeyPackage(_) => {
            Err(GroupError::Form)
        }
    }
}

/// A welcome, and the tree where one stands beside it.
pub(crate) fn welcome(bytes: &[u8]) -> Result<(Welcome, Option<RatchetTreeIn>), GroupError> {
    let (MlsMessageBodyIn::Welcome(welcome), tree) = beside_tree(bytes)? else {
        return Err(GroupError::Form);
    };
    Ok((welcome, tree))
}

/// A group info, and the tree where one stands beside it.
pub(crate) fn group_info(bytes: &[u8]) -> Result<(VerifiableGroupInfo, Option<RatchetTreeIn>), GroupError> {
    let (MlsMessageBodyIn::GroupInfo(info), tree) = beside_tree(bytes)? else { return Err(GroupError::Form) };
    Ok((info, tree))
}

pub(crate) fn exactly(mut bytes: &[u8]) -> Result<MlsMessageBodyIn, GroupError> {
    let message = MlsMessageIn::tls_deserialize(&mut bytes).map_err(|_| GroupError::Form)?;
    if bytes.is_empty() { Ok(message.extract()) } else { Err(GroupError::Form) }
}

fn beside_tree(mut bytes: &[u8]) -> Result<(MlsMessageBodyIn, Option<RatchetTreeIn>), GroupError> {
    if bytes.len() > WITH_TREE_MAX {
        return Err(GroupError::TooLarge);
    }
    let message = MlsMessageIn::tls_deserialize(&mut bytes).map_err(|_| GroupError::Form)?;
    if bytes.is_empty() {
        return Ok((message.extract(), None));
    }
    let tree = RatchetTreeIn::tls_deserialize(&mut bytes).map_err(|_| GroupError::Form)?;
    if bytes.is_empty() { Ok((message.extract(), Some(tree))) } else { Err(GroupError::Form) }
}

/// The bytes of something of our own.
pub(crate) fn written(message: &MlsMessageOut) -> Result<Vec<u8>, GroupError> {
    message.tls_serialize_detached().map_err(|_| GroupError::Library("a message of our own has no bytes"))
}
