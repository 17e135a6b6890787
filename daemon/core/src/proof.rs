//! Checks of the signatures that devices and identities show.
use ed25519_dalek::VerifyingKey;
use sotto_protocol::{
    AccountId, DeviceCertificate, DeviceId, DeviceKey, Exporter, IdentityKey, Pin, Signature, device_proof,
};

fn is_signed(key: &[u8; 32], message: &[u8], signature: Signature) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| {
        key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature.as_bytes())).is_ok()
    })
}

/// Whether the identity key vouches for this device of this account.
#[must_use]
pub(crate) fn is_certified(
    certificate: &DeviceCertificate,
    account: AccountId,
    identity: IdentityKey,
) -> bool {
    is_signed(identity.as_bytes(), &certificate.signed_bytes(account, identity), certificate.signature)
}

/// Whether the device's key was used on this very connection to this very server.
#[must_use]
pub(crate) fn is_present(
    key: DeviceKey,
    exporter: &Exporter,
    pin: Pin,
    account: AccountId,
    device: DeviceId,
    proof: Signature,
) -> bool {
    is_signed(key.as_bytes(), &device_proof(exporter, pin, account, device), proof)
}
