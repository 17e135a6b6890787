//! People and their keys: made from numbers, so that the same seed meets the same people.
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::Digest as _;
use sotto_protocol::{
    AccountId, AgreementKey, DeviceCertificate, DeviceId, DeviceKey, DeviceName, DisplayName, Enrol,
    Exporter, IdentityKey, Pin, Register, Signature, UserName, Wrong, device_proof,
};

/// Somebody with an identity.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) account: AccountId,
    pub(crate) name: UserName,
    identity: SigningKey,
}

/// What a device signs in with.
#[derive(Clone, Debug)]
pub(crate) struct DeviceKeys {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    key: SigningKey,
}

fn made_from(what: &str, number: u64) -> [u8; 32] {
    let mut hash = sha2::Sha256::new();
    hash.update(what.as_bytes());
    hash.update(number.to_be_bytes());
    hash.finalize().into()
}

fn half(bytes: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&bytes[..16]);
    half
}

impl Person {
    pub(crate) fn new(number: u64) -> Result<Self, Wrong> {
        Ok(Self {
            account: AccountId::new(half(made_from("account", number))),
            name: UserName::new(&format!("p{number:04}"))?,
            identity: SigningKey::from_bytes(&made_from("identity", number)),
        })
    }

    pub(crate) fn identity_key(&self) -> IdentityKey {
        IdentityKey::new(self.identity.verifying_key().to_bytes())
    }

    /// The request that makes this account. The store trusts the session to have checked proof and certificate.
    pub(crate) fn register(&self, keys: &DeviceKeys) -> Result<Register, Wrong> {
        Ok(Register {
            invite: None,
            account: self.account,
            user_name: self.name.clone(),
            display_name: DisplayName::new(&format!("Person {}", self.name))?,
            email: None,
            identity_key: self.identity_key(),
            device: self.certificate(keys),
            device_name: DeviceName::new("first")?,
            proof: Signature::new([0; 64]),
            password: None,
        })
    }

    pub(crate) fn enrol(&self, keys: &DeviceKeys) -> Result<Enrol, Wrong> {
        let device_name = DeviceName::new("another")?;
        Ok(Enrol { device: self.certificate(keys), device_name, proof: Signature::new([0; 64]) })
    }

    fn certificate(&self, keys: &DeviceKeys) -> DeviceCertificate {
        let mut certificate = DeviceCertificate {
            device: keys.device,
            device_key: DeviceKey::new(keys.key.verifying_key().to_bytes()),
            agreement_key: AgreementKey::new([3; 32]),
            created_ms: 1,
            signature: Signature::new([0; 64]),
        };
        let signed = certificate.signed_bytes(self.account, self.identity_key());
        certificate.signature = Signature::new(self.identity.sign(&signed).to_bytes());
        certificate
    }
}

impl DeviceKeys {
    pub(crate) fn new(account: AccountId, number: u64) -> Self {
        Self {
            account,
            device: DeviceId::new(half(made_from("device", number))),
            key: SigningKey::from_bytes(&made_from("key", number)),
        }
    }

    pub(crate) fn proof(&self, exporter: &Exporter, pin: Pin) -> Signature {
        let signed = device_proof(exporter, pin, self.account, self.device);
        Signature::new(self.key.sign(&signed).to_bytes())
    }
}
