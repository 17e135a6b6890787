//! What OpenMLS stands on here: RustCrypto, the caller's chance, the caller's transaction, the device's own key.
use std::convert::Infallible;

use ed25519_dalek::{Signer as _, SigningKey};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    OpenMlsProvider,
    random::OpenMlsRand,
    signatures::{Signer, SignerError},
    types::SignatureScheme,
};

use super::storage::{Chance, Table};
use crate::DeviceSecret;

/// The three together. (RustCrypto draws the one-time keys of HPKE itself, from the system.)
pub(crate) struct Provider<'t> {
    crypto: RustCrypto,
    chance: Drawn<'t>,
    pub(crate) table: Table<'t>,
}

pub(crate) struct Drawn<'t>(Chance<'t>);

/// The device's key signs its leaves.
pub(crate) struct LeafSigner<'t>(pub(crate) &'t DeviceSecret);

impl<'t> Provider<'t> {
    pub(crate) fn new(table: Table<'t>, chance: Chance<'t>) -> Self {
        Self { crypto: RustCrypto::default(), chance: Drawn(chance), table }
    }
}

impl<'t> OpenMlsProvider for Provider<'t> {
    type CryptoProvider = RustCrypto;
    type RandProvider = Drawn<'t>;
    type StorageProvider = Table<'t>;

    fn storage(&self) -> &Table<'t> {
        &self.table
    }
    fn crypto(&self) -> &RustCrypto {
        &self.crypto
    }
    fn rand(&self) -> &Drawn<'t> {
        &self.chance
    }
}

impl OpenMlsRand for Drawn<'_> {
    type Error = Infallible;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], Infallible> {
        let mut array = [0; N];
        self.0.borrow_mut().fill_bytes(&mut array);
        Ok(array)
    }
    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Infallible> {
        let mut bytes = vec![0; len];
        self.0.borrow_mut().fill_bytes(&mut bytes);
        Ok(bytes)
    }
}

impl Signer for LeafSigner<'_> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        let key = SigningKey::from_bytes(&self.0.signing_bytes());
        Ok(key.sign(payload).to_bytes().to_vec())
    }
    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}
