//! Who a leaf is: the account's certificate for the device, as the identity of a basic credential.
use ed25519_dalek::{Signature as Signed, VerifyingKey};
use openmls::prelude::{Credential as MlsCredential, CredentialType};
use sotto_protocol::{
    AccountId, AgreementKey, DeviceCertificate, DeviceId, DeviceKey, IdentityKey, Signature,
};

use crate::Refused;

const VERSION: u8 = 1;
const LEN: usize = 1 + 16 + 32 + 16 + 32 + 32 + 8 + 64;

/// What stands in a leaf: the signed fields of a device certificate and the signature. 201 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whose device.
    pub account: AccountId,
    /// What has signed the certificate.
    pub identity: IdentityKey,
    /// The account's word for the device.
    pub certificate: DeviceCertificate,
}

/// One device in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub device: DeviceId,
    /// What its account signs with.
    pub identity: IdentityKey,
    /// What it signs with.
    pub key: DeviceKey,
}

impl Credential {
    /// Reads what stands in a leaf. It says nothing about whether it is true.
    ///
    /// # Errors
    /// [`Refused::Certificate`]: another version or length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        if bytes.len() != LEN || bytes.first() != Some(&VERSION) {
            return Err(Refused::Certificate);
        }
        let mut rest = bytes.get(1..).unwrap_or_default();
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
        read().ok_or(Refused::Certificate)
    }

    /// Checks the signature in it, and that it is about a leaf that signs with this key.
    ///
    /// # Errors
    /// [`Refused::Certificate`].
    pub fn check(&self, leaf_key: &[u8]) -> Result<Leaf, Refused> {
        if self.certificate.device_key.as_bytes() != leaf_key {
            return Err(Refused::Certificate);
        }
        let usable = VerifyingKey::from_bytes(self.identity.as_bytes()).ok().filter(|key| !key.is_weak());
        let key = usable.ok_or(Refused::Certificate)?;
        let signed = self.certificate.signed_bytes(self.account, self.identity);
        key.verify_strict(&signed, &Signed::from_bytes(self.certificate.signature.as_bytes()))
            .map_err(|_| Refused::Certificate)?;
        Ok(self.leaf())
    }

    const fn leaf(&self) -> Leaf {
        let Self { account, identity, certificate } = self;
        Leaf {
            account: *account,
            device: certificate.device,
            identity: *identity,
            key: certificate.device_key,
        }
    }
}

/// Reads and checks what a leaf says about itself.
pub(crate) fn checked(credential: &MlsCredential, leaf_key: &[u8]) -> Result<Leaf, Refused> {
    read(credential)?.check(leaf_key)
}

/// A leaf that was checked when it came into the group.
pub(crate) fn known(credential: &MlsCredential) -> Result<Leaf, Refused> {
    Ok(read(credential)?.leaf())
}

fn read(credential: &MlsCredential) -> Result<Credential, Refused> {
    if credential.credential_type() != CredentialType::Basic {
        return Err(Refused::Certificate);
    }
    Credential::from_bytes(credential.serialized_content())
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}
