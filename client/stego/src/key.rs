//! Keys: what two people share, and what becomes of it in one picture.

use argon2::{Algorithm, Argon2, Params, Version};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of salt in every picture.
pub(crate) const SALT_BYTES: usize = 16;

const ARGON2_MEMORY_KIB: u32 = 64 * 1024;
const ARGON2_PASSES: u32 = 3;
const ARGON2_LANES: u32 = 1;

const INFO: &[u8] = b"sotto/stego/1";

/// What opens a hidden message.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Key(Kind);

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
enum Kind {
    Secret([u8; 32]),
    Passphrase(Vec<u8>),
}

impl Key {
    /// Takes a secret that is random already, such as a room's exporter secret. Quick.
    pub fn from_secret(secret: [u8; 32]) -> Self {
        Self(Kind::Secret(secret))
    }

    /// Takes words that a person chose. They are stretched with Argon2id (64 MiB, 3 passes) for every picture anew,
    /// which takes a tenth of a second or two, and just as long for each guess.
    ///
    /// The bytes count as they are: no trimming, no folding of case or accents.
    ///
    /// # Errors
    ///
    /// [`EmptyPassphrase`] when there are no bytes.
    pub fn from_passphrase(passphrase: &str) -> Result<Self, EmptyPassphrase> {
        if passphrase.is_empty() {
            return Err(EmptyPassphrase);
        }
        Ok(Self(Kind::Passphrase(passphrase.as_bytes().to_vec())))
    }

    /// The keys of the one picture that carries this salt; `None` if the memory for Argon2 cannot be had.
    pub(crate) fn for_picture(&self, salt: &[u8; SALT_BYTES]) -> Option<PictureKey> {
        let mut root = Zeroizing::new([0u8; 32]);
        match &self.0 {
            Kind::Secret(secret) => root.copy_from_slice(secret),
            Kind::Passphrase(words) => stretch(words, salt, &mut root)?,
        }
        let hkdf = Hkdf::<Sha256>::new(Some(salt), root.as_ref());
        let mut okm = Zeroizing::new([0u8; 88]);
        hkdf.expand(INFO, okm.as_mut()).ok()?;
        let mut key = PictureKey { seal: [0; 32], nonce: [0; 24], order: [0; 32] };
        key.seal.copy_from_slice(&okm[..32]);
        key.nonce.copy_from_slice(&okm[32..56]);
        key.order.copy_from_slice(&okm[56..]);
        Some(key)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Kind::Secret(_) => "Key(secret)",
            Kind::Passphrase(_) => "Key(passphrase)",
        })
    }
}

/// Nobody can have meant a passphrase of no characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the passphrase is empty; choose a few words")]
pub struct EmptyPassphrase;

/// One picture's own keys: a fresh salt made them, so a nonce can never meet the same key twice.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct PictureKey {
    pub(crate) seal: [u8; 32],
    pub(crate) nonce: [u8; 24],
    pub(crate) order: [u8; 32],
}

fn stretch(words: &[u8], salt: &[u8], root: &mut [u8; 32]) -> Option<()> {
    let params = Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, ARGON2_LANES, Some(32)).ok()?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(words, salt, root).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_salt_gives_other_keys() {
        let key = Key::from_secret([5; 32]);
        let (one, two) = (key.for_picture(&[1; 16]).unwrap(), key.for_picture(&[2; 16]).unwrap());
        assert_ne!(one.seal, two.seal);
        assert_ne!(one.nonce, two.nonce);
        assert_ne!(one.order, two.order);
    }

    #[test]
    fn a_passphrase_of_no_characters_is_refused() {
        assert_eq!(Key::from_passphrase("").unwrap_err(), EmptyPassphrase);
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(format!("{:?}", Key::from_passphrase("swordfish").unwrap()), "Key(passphrase)");
        assert_eq!(format!("{:?}", Key::from_secret([1; 32])), "Key(secret)");
    }
}
