//! The key file: who this device is, in a file that only its owner can read, or only with a passphrase.
//!
//! `SOTTOKEY`, version, protection; then either the secrets and a checksum ("this user account only"), or a salt and the
//! secrets sealed under Argon2id of the passphrase. A damaged file and a wrong passphrase are told apart from a missing
//! file, so that nobody makes a new key where the old one was meant.
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest as _, Sha256};
use sotto_protocol::{AccountId, DeviceId};
use zeroize::Zeroizing;

use crate::{DeviceSecret, IdentitySecret, Passphrase, Stretching, VaultKey, aead, secret::Key32};

const MAGIC: &[u8; 8] = b"SOTTOKEY";
const VERSION: u8 = 1;
const HEADER: usize = 10;
const SALT: usize = 16;
const CHECKSUM: usize = 8;
const BODY: usize = 16 + 16 + 4 * 32;

/// Everything secret that a device needs to be itself.
#[derive(Clone, Debug)]
pub struct DeviceKeys {
    /// Whose device.
    pub account: AccountId,
    /// The device's own keys.
    pub device: DeviceSecret,
    /// The account's identity.
    pub identity: IdentitySecret,
    /// Of the local store.
    pub vault: VaultKey,
}

/// Who can open a key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Whoever can read it: this user account of this computer.
    UserAccount,
    /// Whoever knows the passphrase.
    Passphrase,
}

/// Why a key file gives no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// Another kind of file.
    #[error("this is not a key file")]
    NotOne,
    /// A newer program made it.
    #[error("the key file has version {found}, this program knows {VERSION}: update it")]
    Version {
        /// the version byte
        found: u8,
    },
    /// Cut off or changed.
    #[error("the key file is damaged; it was left as it is")]
    Damaged,
    /// It is protected, and no passphrase was given.
    #[error("the key file needs its passphrase")]
    PassphraseNeeded,
    /// Not the right one (or the file was changed: nobody can tell).
    #[error("that passphrase is not right")]
    PassphraseWrong,
}

/// Makes the bytes of a key file; with a passphrase, only who knows it can open them.
#[must_use]
pub fn write_key_file(
    keys: &DeviceKeys,
    passphrase: Option<&Passphrase>,
    rng: &mut (impl RngCore + CryptoRng),
) -> Zeroizing<Vec<u8>> {
    let body = body(keys);
    let protection = if passphrase.is_some() { Protection::Passphrase } else { Protection::UserAccount };
    let mut file = Zeroizing::new(Vec::with_capacity(256));
    file.extend_from_slice(&header(protection));
    match passphrase {
        None => {
            file.extend_from_slice(&body);
            let checksum = checksum(&file);
            file.extend_from_slice(&checksum);
        }
        Some(passphrase) => {
            let mut salt = [0; SALT];
            rng.fill_bytes(&mut salt);
            file.extend_from_slice(&salt);
            let key = wrapping_key(passphrase, &salt);
            file.extend_from_slice(&aead::seal(&key, &body, &header(protection), rng));
        }
    }
    file
}

/// Tells who can open a key file, without opening it.
///
/// # Errors
/// [`KeyFileError`] when it is none, or of another version.
pub fn protection_of(file: &[u8]) -> Result<Protection, KeyFileError> {
    let header = file.get(..HEADER).ok_or(KeyFileError::NotOne)?;
    if !header.starts_with(MAGIC) {
        return Err(KeyFileError::NotOne);
    }
    match (header[8], header[9]) {
        (VERSION, 0) => Ok(Protection::UserAccount),
        (VERSION, 1) => Ok(Protection::Passphrase),
        (VERSION, _) => Err(KeyFileError::Damaged),
        (found, _) => Err(KeyFileError::Version { found }),
    }
}

/// Opens a key file. With a passphrase it takes as long as the stretching.
///
/// # Errors
/// [`KeyFileError`] says why not; the file stays what it is.
pub fn open_key_file(file: &[u8], passphrase: Option<&Passphrase>) -> Result<DeviceKeys, KeyFileError> {
    let protection = protection_of(file)?;
    match protection {
        Protection::UserAccount => {
            let (covered, found) = file.split_last_chunk::<CHECKSUM>().ok_or(KeyFileError::Damaged)?;
            if checksum(covered) != *found {
                return Err(KeyFileError::Damaged);
            }
            keys(covered.get(HEADER..).unwrap_or_default())
        }
        Protection::Passphrase => {
            let passphrase = passphrase.ok_or(KeyFileError::PassphraseNeeded)?;
            let rest = file.get(HEADER..).unwrap_or_default();
            let (salt, sealed) = rest.split_first_chunk::<SALT>().ok_or(KeyFileError::Damaged)?;
            let body = aead::open(&wrapping_key(passphrase, salt), sealed, &header(protection))
                .map_err(|_| KeyFileError::PassphraseWrong)?;
            keys(&body)
        }
    }
}

fn header(protection: Protection) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8] = VERSION;
    header[9] = match protection {
        Protection::UserAccount => 0,
        Protection::Passphrase => 1,
    };
    header
}

fn body(keys: &DeviceKeys) -> Zeroizing<Vec<u8>> {
    let mut body = Zeroizing::new(Vec::with_capacity(BODY));
    body.extend_from_slice(keys.account.as_bytes());
    body.extend_from_slice(keys.device.id().as_bytes());
    body.extend_from_slice(keys.device.signing_bytes().as_ref());
    body.extend_from_slice(keys.device.agreement_bytes().as_ref());
    body.extend_from_slice(keys.identity.to_bytes().as_ref());
    body.extend_from_slice(keys.vault.as_bytes());
    body
}

fn keys(body: &[u8]) -> Result<DeviceKeys, KeyFileError> {
    let (account, rest) = body.split_first_chunk::<16>().ok_or(KeyFileError::Damaged)?;
    let (device, rest) = rest.split_first_chunk::<16>().ok_or(KeyFileError::Damaged)?;
    let (signing, rest) = rest.split_first_chunk::<32>().ok_or(KeyFileError::Damaged)?;
    let (agreement, rest) = rest.split_first_chunk::<32>().ok_or(KeyFileError::Damaged)?;
    let (identity, rest) = rest.split_first_chunk::<32>().ok_or(KeyFileError::Damaged)?;
    let vault: &[u8; 32] = rest.try_into().map_err(|_| KeyFileError::Damaged)?;
    Ok(DeviceKeys {
        account: AccountId::new(*account),
        device: DeviceSecret::from_parts(DeviceId::new(*device), signing, agreement),
        identity: IdentitySecret::from_bytes(identity),
        vault: VaultKey::from_bytes(vault),
    })
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let mut checksum = [0; CHECKSUM];
    checksum.copy_from_slice(&Sha256::digest(bytes)[..CHECKSUM]);
    checksum
}

fn wrapping_key(passphrase: &Passphrase, salt: &[u8; SALT]) -> Key32 {
    Stretching::STANDARD.key(passphrase.as_bytes(), salt)
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    fn keys_and_rng() -> (DeviceKeys, ChaCha20Rng) {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let keys = DeviceKeys {
            account: AccountId::new([0xA1; 16]),
            device: DeviceSecret::generate(&mut rng),
            identity: IdentitySecret::generate(&mut rng),
            vault: VaultKey::generate(&mut rng),
        };
        (keys, rng)
    }

    fn same(one: &DeviceKeys, other: &DeviceKeys) -> bool {
        body(one) == body(other)
    }

    #[test]
    fn a_plain_key_file_opens_for_who_can_read_it() {
        let (keys, mut rng) = keys_and_rng();
        let file = write_key_file(&keys, None, &mut rng);
        assert_eq!(protection_of(&file), Ok(Protection::UserAccount));
        assert!(same(&keys, &open_key_file(&file, None).unwrap()));
    }

    #[test]
    fn a_protected_key_file_opens_with_its_passphrase_only() {
        let (keys, mut rng) = keys_and_rng();
        let right = Passphrase::new("four words and a 马".into());
        let file = write_key_file(&keys, Some(&right), &mut rng);
        assert_eq!(protection_of(&file), Ok(Protection::Passphrase));
        assert!(same(&keys, &open_key_file(&file, Some(&right)).unwrap()));
        assert_eq!(open_key_file(&file, None).unwrap_err(), KeyFileError::PassphraseNeeded);
        let wrong = Passphrase::new("four words and a 鸟".into());
        assert_eq!(open_key_file(&file, Some(&wrong)).unwrap_err(), KeyFileError::PassphraseWrong);
        let secret = keys.identity.to_bytes();
        assert!(!file.windows(32).any(|window| window == secret.as_ref()));
    }

    #[test]
    fn a_torn_or_changed_file_is_told_as_such() {
        let (keys, mut rng) = keys_and_rng();
        let file = write_key_file(&keys, None, &mut rng);
        for length in 0..file.len() {
            assert!(open_key_file(&file[..length], None).is_err(), "{length} bytes");
        }
        for byte in 0..file.len() {
            let mut changed = file.to_vec();
            changed[byte] ^= 0x40;
            assert!(open_key_file(&changed, None).is_err(), "byte {byte}");
        }
        assert_eq!(open_key_file(b"hello", None).unwrap_err(), KeyFileError::NotOne);
    }

    #[test]
    fn a_newer_file_says_so() {
        let (keys, mut rng) = keys_and_rng();
        let mut file = write_key_file(&keys, None, &mut rng);
        file[8] = 2;
        assert_eq!(open_key_file(&file, None).unwrap_err(), KeyFileError::Version { found: 2 });
    }
}
