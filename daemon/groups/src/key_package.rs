//! What a device leaves for others to add it by.
use openmls::prelude::ProtocolVersion;

use crate::{Leaf, Refused, SUITE, credential, message, verifier::Verifier};

/// The longest that a key package may live: 84 days, dated back by 7, and some slack.
const LIFETIME_MAX_SECONDS: u64 = 100 * 24 * 60 * 60;

/// What the store wants to know of a key package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPackageFacts {
    /// It may be used any number of times.
    pub last_resort: bool,
    /// When it is of no use any more, Unix milliseconds.
    pub expires_ms: u64,
}

/// Checks a key package that this device leaves: signatures, suite, lifetime, and that it is this device's own.
///
/// # Errors
/// [`Refused`] says what is wrong; it may not be kept then.
pub fn check_key_package(bytes: &[u8], device: &Leaf, now_ms: u64) -> Result<KeyPackageFacts, Refused> {
    let package = message::key_package(bytes)?;
    let package = package
        .validate(&Verifier, ProtocolVersion::Mls10)
        .map_err(|fault| Refused::Mls(fault.to_string()))?;
    if u16::from(package.ciphersuite()) != SUITE {
        return Err(Refused::Suite);
    }
    let leaf = package.leaf_node();
    if credential::checked(leaf.credential(), leaf.signature_key().as_slice())? != *device {
        return Err(Refused::Device(device.device));
    }
    let (from, to, now) = (package.life_time().not_before(), package.life_time().not_after(), now_ms / 1000);
    if to.saturating_sub(from) > LIFETIME_MAX_SECONDS || !(from..to).contains(&now) {
        return Err(Refused::Lifetime);
    }
    Ok(KeyPackageFacts { last_resort: package.last_resort(), expires_ms: to.saturating_mul(1000) })
}
