//! Device keys: what signs in (Ed25519) and what receives sealed boxes (X25519).
use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use rand_core::{CryptoRng, RngCore};
use sotto_protocol::{AccountId, AgreementKey, DeviceId, DeviceKey, Exporter, Pin, Signature, device_proof};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::{identity::usable, secret::Key32};

/// This device's own keys, the secret halves. They wipe themselves.
#[derive(Clone)]
pub struct DeviceSecret {
    id: DeviceId,
    signing: SigningKey,
    agreement: StaticSecret,
}

/// Somebody's device, after its certificate was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TheirDevice {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub device: DeviceId,
    /// What it signs with.
    pub key: DeviceKey,
    /// What boxes for it are sealed to.
    pub agreement_key: AgreementKey,
}

/// Why a device's proof is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device did not prove its key on this connection")]
pub struct ProofError;

impl DeviceSecret {
    /// Makes new keys and a name for them.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let signing = SigningKey::from_bytes(Key32::random(rng).as_bytes());
        Self { id: DeviceId::new(id), signing, agreement: StaticSecret::random_from_rng(rng) }
    }

    /// Takes over keys that were kept.
    #[must_use]
    pub fn from_parts(id: DeviceId, signing: &[u8; 32], agreement: &[u8; 32]) -> Self {
        Self { id, signing: SigningKey::from_bytes(signing), agreement: StaticSecret::from(*agreement) }
    }

    /// Proves this device on one connection to one server: nothing that could be replayed on another.
    #[must_use]
    pub fn prove(&self, exporter: &Exporter, pin: Pin, account: AccountId) -> Signature {
        Signature::new(self.signing.sign(&device_proof(exporter, pin, account, self.id)).to_bytes())
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// What its signatures are checked with.
    #[must_use]
    pub fn key(&self) -> DeviceKey {
        DeviceKey::new(self.signing.verifying_key().to_bytes())
    }

    /// What boxes for it are sealed to.
    #[must_use]
    pub fn agreement_key(&self) -> AgreementKey {
        AgreementKey::new(PublicKey::from(&self.agreement).to_bytes())
    }

    pub(crate) fn signing_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.signing.to_bytes())
    }

    pub(crate) fn agreement_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.agreement.to_bytes())
    }
}

impl fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceSecret({}, …)", self.id)
    }
}

/// Checks a device's proof, as a server does.
///
/// # Errors
/// [`ProofError`]: another key, connection, server, account or device.
pub fn check_proof(
    device: &TheirDevice,
    proof: &Signature,
    exporter: &Exporter,
    pin: Pin,
) -> Result<(), ProofError> {
    let key = usable(device.key.as_bytes()).ok_or(ProofError)?;
    let signed = device_proof(exporter, pin, device.account, device.device);
    let signature = ed25519_dalek::Signature::from_bytes(proof.as_bytes());
    key.verify_strict(&signed, &signature).map_err(|_| ProofError)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORTER: Exporter = [0xE0; 32];
    const PIN: Pin = Pin::new([0x11; 32]);
    const ACCOUNT: AccountId = AccountId::new([0xA1; 16]);

    fn device() -> (DeviceSecret, TheirDevice) {
        let secret = DeviceSecret::from_parts(DeviceId::new([0xD1; 16]), &[8; 32], &[9; 32]);
        let (key, agreement_key) = (secret.key(), secret.agreement_key());
        let theirs = TheirDevice { account: ACCOUNT, device: secret.id(), key, agreement_key };
        (secret, theirs)
    }

    #[test]
    fn a_proof_is_these_bytes_and_no_others() {
        let (secret, _) = device();
        let hex: String =
            secret.prove(&EXPORTER, PIN, ACCOUNT).as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, PROOF);
    }

    const PROOF: &str = concat!(
        "e20629900c1dfa655fe5d33b64fec6c450cd521cf7d4a0530036d23e9c9b9356",
        "7e24e491956d636c9eca628ed220c92a6dfe845ad79b16449de3b90c1e770304",
    );

    #[test]
    fn a_proof_holds_on_its_own_connection_only() {
        let (secret, theirs) = device();
        let proof = secret.prove(&EXPORTER, PIN, ACCOUNT);
        assert_eq!(check_proof(&theirs, &proof, &EXPORTER, PIN), Ok(()));
        assert_eq!(check_proof(&theirs, &proof, &[0xE1; 32], PIN), Err(ProofError));
        assert_eq!(check_proof(&theirs, &proof, &EXPORTER, Pin::new([0x12; 32])), Err(ProofError));
        let other_account = TheirDevice { account: AccountId::new([0xA2; 16]), ..theirs };
        assert_eq!(check_proof(&other_account, &proof, &EXPORTER, PIN), Err(ProofError));
        let other_device = TheirDevice { device: DeviceId::new([0xD2; 16]), ..theirs };
        assert_eq!(check_proof(&other_device, &proof, &EXPORTER, PIN), Err(ProofError));
    }

    #[test]
    fn a_device_does_not_print_its_secrets() {
        let (secret, _) = device();
        assert_eq!(format!("{secret:?}"), format!("DeviceSecret({}, …)", secret.id()));
    }
}
