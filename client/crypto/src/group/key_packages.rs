//! Key packages: what others need to add this device to a group while it is away.
use openmls::prelude::{
    KeyPackage, KeyPackageBuilder, KeyPackageIn, MlsMessageBodyIn, MlsMessageOut, ProtocolVersion,
};
use openmls_traits::OpenMlsProvider as _;
use sotto_protocol::{AccountId, DeviceId, limits::KEY_PACKAGE_MAX};

use super::{
    CredentialError, GroupError, Groups, Member, Trust, bytes, check,
    error::invalid,
    settings::{CIPHERSUITE, LIFETIME_MAX_SECONDS, capabilities, lifetime},
    storage::Side,
};

/// A device that is to be added, and the key package that the server gave out for it.
#[derive(Clone, Copy, Debug)]
pub struct Addition<'a> {
    /// Whose device it is said to be.
    pub account: AccountId,
    /// Which.
    pub device: DeviceId,
    /// Its key package.
    pub package: &'a [u8],
}

impl Groups<'_> {
    /// Makes key packages that are used once, and keeps what opens a welcome to them.
    ///
    /// # Errors
    /// [`GroupError::Storage`] when they cannot be kept.
    pub fn key_packages(&self, count: usize, now_ms: u64) -> Result<Vec<Vec<u8>>, GroupError> {
        (0..count).map(|_| self.key_package(KeyPackage::builder(), now_ms)).collect()
    }

    /// Makes the key package that may be used when the others are gone, any number of times.
    ///
    /// # Errors
    /// [`GroupError::Storage`] when it cannot be kept.
    pub fn last_resort(&self, now_ms: u64) -> Result<Vec<u8>, GroupError> {
        self.key_package(KeyPackage::builder().mark_as_last_resort(), now_ms)
    }

    fn key_package(&self, builder: KeyPackageBuilder, now_ms: u64) -> Result<Vec<u8>, GroupError> {
        let bundle = builder
            .key_package_lifetime(lifetime(now_ms))
            .leaf_node_capabilities(capabilities())
            .build(CIPHERSUITE, &self.provider(None, Side::Live), &self.me.signer(), self.me.with_key())
            .map_err(invalid)?;
        bytes::written(&MlsMessageOut::from(bundle.key_package().clone()))
    }
}

impl Addition<'_> {
    /// Reads the key package, and checks that it is this device's and nobody else's.
    pub(crate) fn check(
        &self,
        provider: &super::provider::Provider<'_>,
        trust: &impl Trust,
    ) -> Result<(KeyPackage, Member), GroupError> {
        if self.package.len() > KEY_PACKAGE_MAX {
            return Err(GroupError::TooLarge);
        }
        let MlsMessageBodyIn::KeyPackage(package) = bytes::exactly(self.package)? else {
            return Err(GroupError::Form);
        };
        let package = valid(package, provider)?;
        let member = check::leaf(package.leaf_node(), trust)?;
        if (member.device.account, member.device.device) != (self.account, self.device) {
            return Err(CredentialError::LeafKey.into());
        }
        Ok((package, member))
    }
}

fn valid(package: KeyPackageIn, provider: &super::provider::Provider<'_>) -> Result<KeyPackage, GroupError> {
    let package = package.validate(provider.crypto(), ProtocolVersion::Mls10).map_err(invalid)?;
    let lifetime = package.life_time();
    if lifetime.not_after().saturating_sub(lifetime.not_before()) > LIFETIME_MAX_SECONDS {
        return Err(GroupError::Forbidden("a key package lives too long"));
    }
    if package.ciphersuite() == CIPHERSUITE {
        Ok(package)
    } else {
        Err(GroupError::Forbidden("another suite"))
    }
}
