//! Bytes from clients, decoded within limits.
use openmls::prelude::{
    KeyPackageIn, MlsMessageBodyIn, MlsMessageIn, PublicMessageIn, RatchetTreeIn, Welcome,
    group_info::VerifiableGroupInfo, tls_codec::Deserialize as _,
};
use sotto_protocol::limits::{GROUP_BYTES_MAX, KEY_PACKAGE_MAX};

use crate::Refused;

pub(crate) fn commit(bytes: &[u8]) -> Result<PublicMessageIn, Refused> {
    match exactly(bytes, GROUP_BYTES_MAX)? {
        MlsMessageBodyIn::PublicMessage(message) => Ok(message),
        _ => Err(Refused::Form),
    }
}

pub(crate) fn welcome(bytes: &[u8]) -> Result<Welcome, Refused> {
    match exactly(bytes, GROUP_BYTES_MAX)? {
        MlsMessageBodyIn::Welcome(welcome) => Ok(welcome),
        _ => Err(Refused::Form),
    }
}

pub(crate) fn key_package(bytes: &[u8]) -> Result<KeyPackageIn, Refused> {
    match exactly(bytes, KEY_PACKAGE_MAX)? {
        MlsMessageBodyIn::KeyPackage(package) => Ok(package),
        _ => Err(Refused::Form),
    }
}

pub(crate) fn group_info(bytes: &[u8]) -> Result<VerifiableGroupInfo, Refused> {
    match exactly(bytes, GROUP_BYTES_MAX)? {
        MlsMessageBodyIn::GroupInfo(info) => Ok(info),
        _ => Err(Refused::Form),
    }
}

/// A group info, and how many of the bytes are it; the tree follows.
pub(crate) fn group_info_with_tree(
    bytes: &[u8],
) -> Result<(VerifiableGroupInfo, usize, RatchetTreeIn), Refused> {
    bounded(bytes, GROUP_BYTES_MAX)?;
    let mut rest = bytes;
    let message = MlsMessageIn::tls_deserialize(&mut rest).map_err(|_| Refused::Form)?;
    let info_len = bytes.len() - rest.len();
    let tree = RatchetTreeIn::tls_deserialize(&mut rest).map_err(|_| Refused::Form)?;
    match message.extract() {
        MlsMessageBodyIn::GroupInfo(info) if rest.is_empty() => Ok((info, info_len, tree)),
        _ => Err(Refused::Form),
    }
}

pub(crate) fn exactly(bytes: &[u8], max: usize) -> Result<MlsMessageBodyIn, Refused> {
    bounded(bytes, max)?;
    let mut rest = bytes;
    let message = MlsMessageIn::tls_deserialize(&mut rest).map_err(|_| Refused::Form)?;
    if rest.is_empty() { Ok(message.extract()) } else { Err(Refused::Form) }
}

const fn bounded(bytes: &[u8], max: usize) -> Result<(), Refused> {
    if bytes.len() > max { Err(Refused::TooLarge { found: bytes.len(), max }) } else { Ok(()) }
}
