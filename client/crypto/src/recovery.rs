//! The recovery blob: the identity key, sealed under what only the password brings out, kept by a server that cannot
//! open it. Signing in with name and password on a new machine brings the identity back.
use bytes::Bytes;
use hkdf::Hkdf;
use rand_core::{CryptoRng, RngCore};
use sha2::Sha256;
use sotto_protocol::{AccountId, IdentityKey, Octets, limits::RECOVERY_BLOB_MAX};
use zeroize::Zeroizing;

use crate::{ExportKey, IdentitySecret, aead, secret::Key32};

const VERSION: u8 = 1;
const PURPOSE: &[u8] = b"sotto/1 recovery blob";

/// Why a recovery blob gives no identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// A newer program made it.
    #[error("the recovery blob has version {found}, this program knows {VERSION}: update it")]
    Version {
        /// the first byte
        found: u8,
    },
    /// It was changed, or belongs to another account or password.
    #[error("the recovery blob cannot be opened: it was changed, or is not this account's")]
    Sealed,
    /// What is inside is not the key that the server named.
    #[error("the recovery blob holds another identity key than the server named")]
    OtherIdentity,
}

/// Seals the identity for the server to keep.
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "it cannot: see inside")]
pub fn seal_identity(
    identity: &IdentitySecret,
    account: AccountId,
    export_key: &ExportKey,
    rng: &mut (impl RngCore + CryptoRng),
) -> Octets<1, RECOVERY_BLOB_MAX> {
    let sealed = aead::seal(&key(export_key), identity.to_bytes().as_ref(), &bound_to(account), rng);
    let blob: Bytes = [&[VERSION], sealed.as_slice()].concat().into();
    #[expect(clippy::expect_used, reason = "1 + 24 + 32 + 16 bytes are between the bounds of the type")]
    Octets::new(blob).expect("73 bytes fit")
}

/// Opens what the server kept, and checks that it is the identity that everybody knows.
///
/// # Errors
/// [`RecoveryError`]; nothing may be enrolled then.
pub fn open_identity(
    blob: &[u8],
    account: AccountId,
    known: IdentityKey,
    export_key: &ExportKey,
) -> Result<IdentitySecret, RecoveryError> {
    let (version, sealed) = blob.split_first().ok_or(RecoveryError::Sealed)?;
    if *version != VERSION {
        return Err(RecoveryError::Version { found: *version });
    }
    let plain =
        aead::open(&key(export_key), sealed, &bound_to(account)).map_err(|_| RecoveryError::Sealed)?;
    let bytes: Zeroizing<[u8; 32]> =
        Zeroizing::new(plain.as_slice().try_into().map_err(|_| RecoveryError::Sealed)?);
    let identity = IdentitySecret::from_bytes(&bytes);
    if identity.public() == known { Ok(identity) } else { Err(RecoveryError::OtherIdentity) }
}

fn key(export_key: &ExportKey) -> Key32 {
    let mut key = Zeroizing::new([0; 32]);
    // HKDF refuses only more than 255 blocks; this is one.
    let _one_block = Hkdf::<Sha256>::new(None, export_key.as_bytes()).expand(PURPOSE, key.as_mut());
    Key32::new(*key)
}

/// The version and the account: neither can be exchanged.
fn bound_to(account: AccountId) -> [u8; 17] {
    let mut bound = [VERSION; 17];
    bound[1..].copy_from_slice(account.as_bytes());
    bound
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    const ACCOUNT: AccountId = AccountId::new([0xA1; 16]);

    fn sealed() -> (IdentitySecret, ExportKey, Vec<u8>) {
        let identity = IdentitySecret::from_bytes(&[7; 32]);
        let export_key = ExportKey::for_test([5; 64]);
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let blob = seal_identity(&identity, ACCOUNT, &export_key, &mut rng);
        (identity, export_key, blob.to_vec())
    }

    #[test]
    fn a_recovery_blob_is_these_bytes_and_no_others() {
        let (_, _, blob) = sealed();
        let hex: String = blob.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, BLOB);
    }

    /// Version, nonce, sealed key, tag.
    const BLOB: &str = concat!(
        "01",
        "023f37203a2476c42566a61cc55c3ca875dbb4cc41c0deb7",
        "4916b771d32fdc263105f81b02cca0e8497f90c145722dafeb7e3a46869a4c66",
        "fbdbb1c2c0e069387d1062f74a8b7b1b",
    );

    #[test]
    fn the_identity_comes_back() {
        let (identity, export_key, blob) = sealed();
        let opened = open_identity(&blob, ACCOUNT, identity.public(), &export_key).unwrap();
        assert_eq!(opened.public(), identity.public());
    }

    #[test]
    fn another_account_or_password_or_identity_gets_nothing() {
        let (identity, export_key, blob) = sealed();
        let public = identity.public();
        let elsewhere = open_identity(&blob, AccountId::new([0xA2; 16]), public, &export_key);
        assert_eq!(elsewhere.unwrap_err(), RecoveryError::Sealed);
        let guessed = open_identity(&blob, ACCOUNT, public, &ExportKey::for_test([6; 64]));
        assert_eq!(guessed.unwrap_err(), RecoveryError::Sealed);
        let swapped = open_identity(&blob, ACCOUNT, IdentityKey::new([1; 32]), &export_key);
        assert_eq!(swapped.unwrap_err(), RecoveryError::OtherIdentity);
    }

    #[test]
    fn a_newer_blob_says_so() {
        let (identity, export_key, mut blob) = sealed();
        blob[0] = 2;
        let newer = open_identity(&blob, ACCOUNT, identity.public(), &export_key);
        assert_eq!(newer.unwrap_err(), RecoveryError::Version { found: 2 });
    }

    proptest! {
        #[test]
        fn no_bit_can_be_changed_and_nothing_cut_off(bit in 0_usize..73 * 8, cut in 0_usize..73) {
            let (identity, export_key, mut blob) = sealed();
            prop_assert!(open_identity(&blob[..cut], ACCOUNT, identity.public(), &export_key).is_err());
            blob[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(open_identity(&blob, ACCOUNT, identity.public(), &export_key).is_err());
        }
    }
}
