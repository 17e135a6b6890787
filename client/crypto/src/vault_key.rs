//! The vault key: what the local store's values are sealed with, a compartment a table.
use std::fmt;

use hkdf::Hkdf;
use rand_core::{CryptoRng, RngCore};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{aead, secret::Key32};

/// Opens everything that this device has stored. It wipes itself.
#[derive(Clone)]
pub struct VaultKey(Key32);

/// The key of one table, derived from the vault key.
#[derive(Clone)]
pub struct Compartment(Key32);

/// A stored value cannot be opened: it was changed, moved to another row, or sealed under another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored value cannot be opened: the file was changed or belongs to another key")]
pub struct Unreadable;

impl VaultKey {
    /// Makes a new one.
    #[must_use]
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self(Key32::random(rng))
    }

    /// Takes over one that was kept.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Key32::new(*bytes))
    }

    /// The key of the table with this name.
    #[must_use]
    pub fn compartment(&self, table: &str) -> Compartment {
        let mut key = Zeroizing::new([0; 32]);
        // HKDF refuses only more than 255 blocks; this is one.
        let _one_block = Hkdf::<Sha256>::new(Some(b"sotto/1 vault"), self.0.as_bytes())
            .expand(table.as_bytes(), key.as_mut());
        Compartment(Key32::new(*key))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl Compartment {
    /// Seals a value of the row with this name.
    #[must_use]
    pub fn seal(&self, plain: &[u8], row: &[u8], rng: &mut (impl RngCore + CryptoRng)) -> Vec<u8> {
        aead::seal(&self.0, plain, row, rng)
    }

    /// Opens a value of the row with this name.
    ///
    /// # Errors
    /// [`Unreadable`] when it is not what was sealed for this row.
    pub fn open(&self, sealed: &[u8], row: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        aead::open(&self.0, sealed, row).map_err(|_| Unreadable)
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultKey(…)")
    }
}

impl fmt::Debug for Compartment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Compartment(…)")
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    #[test]
    fn a_value_opens_in_its_own_row_of_its_own_table() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let vault = VaultKey::generate(&mut rng);
        let messages = vault.compartment("messages");
        let sealed = messages.seal(b"hello", b"row 1", &mut rng);
        assert_eq!(messages.open(&sealed, b"row 1").unwrap().as_slice(), b"hello");
        assert_eq!(messages.open(&sealed, b"row 2"), Err(Unreadable));
        assert_eq!(vault.compartment("outbox").open(&sealed, b"row 1"), Err(Unreadable));
        assert_eq!(messages.open(&sealed[..20], b"row 1"), Err(Unreadable));
    }

    #[test]
    fn the_same_value_twice_does_not_look_the_same() {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let messages = VaultKey::generate(&mut rng).compartment("messages");
        let one = messages.seal(b"hello", b"row", &mut rng);
        assert_ne!(one, messages.seal(b"hello", b"row", &mut rng));
    }
}
