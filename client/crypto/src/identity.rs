//! The identity key: an account's long-lived Ed25519 key, which signs the account's devices.
use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use rand_core::{CryptoRng, RngCore};
use sotto_protocol::{AccountId, DeviceCertificate, IdentityKey, Signature};
use zeroize::Zeroizing;

use crate::{DeviceSecret, TheirDevice, secret::Key32};

/// My own identity key, the secret half of it. It wipes itself.
#[derive(Clone)]
pub struct IdentitySecret(SigningKey);

/// Why a device certificate is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The identity key is no point of the curve, or a weak one.
    #[error("the identity key is not a valid key")]
    IdentityKey,
    /// The device key is no point of the curve, or a weak one.
    #[error("the device key is not a valid key")]
    DeviceKey,
    /// Not signed by this identity key for this account.
    #[error("the account's identity key did not sign this device")]
    Signature,
}

impl IdentitySecret {
    /// Makes a new one.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(SigningKey::from_bytes(Key32::random(rng).as_bytes()))
    }

    /// Takes over one that was kept.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    /// Gives this account's word for a device.
    #[must_use]
    pub fn certify(&self, device: &DeviceSecret, account: AccountId, created_ms: u64) -> DeviceCertificate {
        let mut certificate = DeviceCertificate {
            device: device.id(),
            device_key: device.key(),
            agreement_key: device.agreement_key(),
            created_ms,
            signature: Signature::new([0; 64]),
        };
        let signed = certificate.signed_bytes(account, self.public());
        certificate.signature = Signature::new(self.0.sign(&signed).to_bytes());
        certificate
    }

    /// The half that contacts verify.
    #[must_use]
    pub fn public(&self) -> IdentityKey {
        IdentityKey::new(self.0.verifying_key().to_bytes())
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }
}

impl fmt::Debug for IdentitySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentitySecret({}, …)", self.public())
    }
}

/// Checks that an account's identity key signed this device.
///
/// # Errors
/// [`CertificateError`] says what is wrong; nothing of the certificate may be used then.
pub fn check_certificate(
    certificate: &DeviceCertificate,
    account: AccountId,
    identity: IdentityKey,
) -> Result<TheirDevice, CertificateError> {
    let key = usable(identity.as_bytes()).ok_or(CertificateError::IdentityKey)?;
    usable(certificate.device_key.as_bytes()).ok_or(CertificateError::DeviceKey)?;
    let signature = ed25519_dalek::Signature::from_bytes(certificate.signature.as_bytes());
    key.verify_strict(&certificate.signed_bytes(account, identity), &signature)
        .map_err(|_| CertificateError::Signature)?;
    Ok(TheirDevice {
        account,
        device: certificate.device,
        key: certificate.device_key,
        agreement_key: certificate.agreement_key,
    })
}

/// A public key with which a signature means something.
pub(crate) fn usable(key: &[u8; 32]) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(key).ok().filter(|key| !key.is_weak())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
    use sotto_protocol::{AgreementKey, DeviceId, DeviceKey};

    use super::*;

    fn account() -> AccountId {
        AccountId::new([0xA1; 16])
    }

    fn certified() -> (IdentitySecret, DeviceCertificate) {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let identity = IdentitySecret::generate(&mut rng);
        let device = DeviceSecret::generate(&mut rng);
        let certificate = identity.certify(&device, account(), 1_795_000_000_000);
        (identity, certificate)
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_signed_bytes_of_a_certificate_are_these_and_no_others() {
        let identity = IdentitySecret::from_bytes(&[7; 32]);
        let device = DeviceSecret::from_parts(DeviceId::new([0xD1; 16]), &[8; 32], &[9; 32]);
        let certificate = identity.certify(&device, account(), 1_795_000_000_000);
        assert_eq!(hex(&certificate.signed_bytes(account(), identity.public())), SIGNED);
        assert_eq!(hex(certificate.signature.as_bytes()), SIGNATURE);
    }

    /// Label, account, identity key, device, device key, agreement key, milliseconds.
    const SIGNED: &str = concat!(
        "736f74746f2f312064657669636520636572746966696361746500",
        "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
        "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
        "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1",
        "1398f62c6d1a457c51ba6a4b5f3dbd2f69fca93216218dc8997e416bd17d93ca",
        "57db4b359f23ae5e146e4e2512056704722506348c150c14753d0c933d04d421",
        "000001a1ee565e00",
    );
    const SIGNATURE: &str = concat!(
        "9655e5e32d48266f1349509211fe13a9d8e28de80ac9fe7963ac2bb8315714a7",
        "49bdd71214212a0480266d42b1c05ed17b1796c46538e59fad227168d458320f",
    );

    #[test]
    fn a_certificate_is_believed_by_who_knows_the_identity_key() {
        let (identity, certificate) = certified();
        let device = check_certificate(&certificate, account(), identity.public()).unwrap();
        assert_eq!((device.device, device.key), (certificate.device, certificate.device_key));
    }

    #[test]
    fn no_field_of_a_certificate_can_be_changed() {
        let (identity, good) = certified();
        let other = DeviceSecret::generate(&mut ChaCha20Rng::from_seed([2; 32]));
        let bad = [
            DeviceCertificate { device: other.id(), ..good.clone() },
            DeviceCertificate { device_key: other.key(), ..good.clone() },
            DeviceCertificate { agreement_key: AgreementKey::new([1; 32]), ..good.clone() },
            DeviceCertificate { created_ms: good.created_ms + 1, ..good.clone() },
        ];
        for certificate in bad {
            let verdict = check_certificate(&certificate, account(), identity.public());
            assert_eq!(verdict, Err(CertificateError::Signature));
        }
        let elsewhere = check_certificate(&good, AccountId::new([0xA2; 16]), identity.public());
        assert_eq!(elsewhere, Err(CertificateError::Signature));
        let stranger = IdentitySecret::generate(&mut ChaCha20Rng::from_seed([3; 32]));
        let verdict = check_certificate(&good, account(), stranger.public());
        assert_eq!(verdict, Err(CertificateError::Signature));
    }

    #[test]
    fn a_weak_key_is_no_key() {
        let (identity, good) = certified();
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let verdict = check_certificate(&good, account(), IdentityKey::new(neutral));
        assert_eq!(verdict, Err(CertificateError::IdentityKey));
        let weak = DeviceCertificate { device_key: DeviceKey::new(neutral), ..good };
        let verdict = check_certificate(&weak, account(), identity.public());
        assert_eq!(verdict, Err(CertificateError::DeviceKey));
    }

    #[test]
    fn an_identity_does_not_print_its_secret() {
        let identity = IdentitySecret::from_bytes(&[7; 32]);
        assert_eq!(format!("{identity:?}"), format!("IdentitySecret({}, …)", identity.public()));
    }

    proptest! {
        #[test]
        fn no_bit_of_a_signature_can_be_changed(bit in 0_usize..512) {
            let (identity, mut certificate) = certified();
            let mut signature = *certificate.signature.as_bytes();
            signature[bit / 8] ^= 1 << (bit % 8);
            certificate.signature = Signature::new(signature);
            prop_assert!(check_certificate(&certificate, account(), identity.public()).is_err());
        }
    }
}
