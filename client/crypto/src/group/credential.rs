//! Who a leaf is: a device, with its account's word for it, as the bytes of an MLS basic credential.
use openmls::prelude::{BasicCredential, Credential, CredentialType, CredentialWithKey, LeafNode};
use sotto_protocol::{
    AccountId, AgreementKey, DeviceCertificate, DeviceId, DeviceKey, IdentityKey, Signature,
};

use crate::{DeviceSecret, TheirDevice, check_certificate};

/// Version, account, identity key, device, its two keys, when, signature.
const LEN: usize = 1 + 16 + 32 + 16 + 32 + 32 + 8 + 64;
const VERSION: u8 = 1;

/// A device's credential: what the account's identity key has signed, and the signature.
///
/// MLS carries it as the identity of a basic credential, 201 bytes: `01`, then the fields in the order in which they
/// are signed ([`DeviceCertificate::signed_bytes`] without its label), then the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCredential {
    /// Whose device.
    pub account: AccountId,
    /// What has signed the certificate.
    pub identity: IdentityKey,
    /// The account's word for the device.
    pub certificate: DeviceCertificate,
}

/// One leaf of a group, checked: a device and the identity key that vouches for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The device, its account and its keys.
    pub device: TheirDevice,
    /// The identity key that signed it.
    pub identity: IdentityKey,
}

/// Why a leaf is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Not a credential of ours.
    #[error("a leaf's credential has no form that this program knows")]
    Form,
    /// The identity key in it did not sign it.
    #[error("a leaf's certificate is not signed by the identity key that it names")]
    Certificate,
    /// The leaf signs with another key than the certificate says.
    #[error("a leaf signs with another key than its certificate says")]
    LeafKey,
    /// This identity key is not the one that we know this account by.
    #[error("a leaf of account {0} has another identity key than we know it by")]
    Identity(AccountId),
    /// One device twice.
    #[error("device {0} would be in the group twice")]
    Twice(DeviceId),
}

impl DeviceCredential {
    /// The bytes that stand in a leaf.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let DeviceCertificate { device, device_key, agreement_key, created_ms, signature } =
            &self.certificate;
        [
            &[VERSION],
            self.account.as_bytes().as_slice(),
            self.identity.as_bytes(),
            device.as_bytes(),
            device_key.as_bytes(),
            agreement_key.as_bytes(),
            &created_ms.to_be_bytes(),
            signature.as_bytes(),
        ]
        .concat()
    }

    /// Reads what stands in a leaf. It says nothing about whether it is true.
    ///
    /// # Errors
    /// [`CredentialError::Form`]: another version or length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CredentialError> {
        let fields: &[u8; LEN] = bytes.try_into().map_err(|_| CredentialError::Form)?;
        let mut rest = fields.as_slice();
        if take::<1>(&mut rest) != Some([VERSION]) {
            return Err(CredentialError::Form);
        }
        let mut read = || -> Option<Self> {
            let (account, identity) = (AccountId::new(take(&mut rest)?), IdentityKey::new(take(&mut rest)?));
            let certificate = DeviceCertificate {
                device: DeviceId::new(take(&mut rest)?),
                device_key: DeviceKey::new(take(&mut rest)?),
                agreement_key: AgreementKey::new(take(&mut rest)?),
                created_ms: u64::from_be_bytes(take(&mut rest)?),
                signature: Signature::new(take(&mut rest)?),
            };
            Some(Self { account, identity, certificate })
        };
        read().ok_or(CredentialError::Form)
    }

    /// Checks that the identity key in it has signed it, and that it is about a leaf that signs with this key.
    ///
    /// # Errors
    /// [`CredentialError`] says what is wrong. Whether it is the *right* identity key, the caller must know.
    pub fn check(&self, leaf_key: &[u8]) -> Result<Member, CredentialError> {
        let device = check_certificate(&self.certificate, self.account, self.identity)
            .map_err(|_| CredentialError::Certificate)?;
        if device.key.as_bytes() != leaf_key {
            return Err(CredentialError::LeafKey);
        }
        Ok(Member { device, identity: self.identity })
    }

    pub(crate) fn with_key(&self, device: &DeviceSecret) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(self.to_bytes()).into(),
            signature_key: device.key().as_bytes().as_slice().into(),
        }
    }
}

/// Reads and checks what one leaf says about itself.
pub(crate) fn member(credential: &Credential, leaf_key: &[u8]) -> Result<Member, CredentialError> {
    if credential.credential_type() != CredentialType::Basic {
        return Err(CredentialError::Form);
    }
    DeviceCredential::from_bytes(credential.serialized_content())?.check(leaf_key)
}

/// The same of a leaf node.
pub(crate) fn member_of_leaf(leaf: &LeafNode) -> Result<Member, CredentialError> {
    member(leaf.credential(), leaf.signature_key().as_slice())
}

/// A leaf that was checked when it came into the group.
pub(crate) fn known(credential: &Credential) -> Result<Member, CredentialError> {
    let DeviceCredential { account, identity, certificate } =
        DeviceCredential::from_bytes(credential.serialized_content())?;
    let DeviceCertificate { device, device_key: key, agreement_key, .. } = certificate;
    Ok(Member { device: TheirDevice { account, device, key, agreement_key }, identity })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;
    use crate::IdentitySecret;

    fn credential() -> DeviceCredential {
        let identity = IdentitySecret::from_bytes(&[7; 32]);
        let device = DeviceSecret::from_parts(DeviceId::new([0xD1; 16]), &[8; 32], &[9; 32]);
        let account = AccountId::new([0xA1; 16]);
        let certificate = identity.certify(&device, account, 1_795_000_000_000);
        DeviceCredential { account, identity: identity.public(), certificate }
    }

    #[test]
    fn a_credential_is_these_bytes_and_no_others() {
        let bytes = credential().to_bytes();
        let certificate = &credential().certificate;
        let signed = certificate.signed_bytes(credential().account, credential().identity);
        let label = sotto_protocol::CERTIFICATE_LABEL.len();
        assert_eq!(bytes.len(), LEN);
        assert_eq!(bytes[0], VERSION);
        assert_eq!(bytes[1..137], signed[label..]);
        assert_eq!(bytes[137..], *certificate.signature.as_bytes());
        assert_eq!(DeviceCredential::from_bytes(&bytes), Ok(credential()));
    }

    #[test]
    fn no_byte_of_a_credential_can_be_changed() {
        let (good, key) = (credential().to_bytes(), credential().certificate.device_key);
        assert!(DeviceCredential::from_bytes(&good).unwrap().check(key.as_bytes()).is_ok());
        for at in 0..LEN {
            let mut bad = good.clone();
            bad[at] ^= 1;
            let verdict = DeviceCredential::from_bytes(&bad).and_then(|bad| bad.check(key.as_bytes()));
            assert!(verdict.is_err(), "byte {at}");
        }
        assert_eq!(DeviceCredential::from_bytes(&good[1..]), Err(CredentialError::Form));
    }

    #[test]
    fn a_certificate_stands_for_its_own_key_only() {
        let other = DeviceSecret::generate(&mut ChaCha20Rng::from_seed([2; 32]));
        assert_eq!(credential().check(other.key().as_bytes()), Err(CredentialError::LeafKey));
    }
}
