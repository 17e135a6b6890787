//! The bytes that are signed. They are written here once, by hand, and never made from a re-serialised message.
use crate::{AccountId, DeviceCertificate, DeviceId, IdentityKey, Pin};

/// Separates a device certificate from everything else that an identity key signs.
pub const CERTIFICATE_LABEL: &[u8] = b"sotto/1 device certificate\0";
/// Separates a device proof from everything else that a device key signs.
pub const DEVICE_PROOF_LABEL: &[u8] = b"sotto/1 device proof\0";
/// The TLS exporter's label (RFC 9266); its context is empty.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-Channel-Binding";

/// 32 bytes that only the two ends of this one TLS connection know (RFC 9266).
pub type Exporter = [u8; 32];

impl DeviceCertificate {
    /// What the identity key signs: label, account, identity key, device, its two keys, and when (big endian).
    #[must_use]
    pub fn signed_bytes(&self, account: AccountId, identity: IdentityKey) -> Vec<u8> {
        [
            CERTIFICATE_LABEL,
            account.as_bytes(),
            identity.as_bytes(),
            self.device.as_bytes(),
            self.device_key.as_bytes(),
            self.agreement_key.as_bytes(),
            &self.created_ms.to_be_bytes(),
        ]
        .concat()
    }
}

/// What the device key signs to prove itself on one connection to one server. It cannot be replayed elsewhere: the
/// exporter is this connection's, the pin is this server's.
#[must_use]
pub fn device_proof(exporter: &Exporter, pin: Pin, account: AccountId, device: DeviceId) -> Vec<u8> {
    [DEVICE_PROOF_LABEL, exporter.as_slice(), pin.as_bytes(), account.as_bytes(), device.as_bytes()].concat()
}
