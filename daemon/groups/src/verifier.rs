//! The little cryptography that public state needs: SHA-256 and Ed25519 signatures, checked. What would make, open or
//! derive anything is not here at all, and neither are the fifty crates that could.
use ed25519_dalek::{Signature, VerifyingKey};
use openmls::prelude::SecretVLBytes;
use openmls_traits::{
    crypto::OpenMlsCrypto,
    types::{
        AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig,
        HpkeKeyPair, KemOutput, SignatureScheme,
    },
};
use sha2::{Digest as _, Sha256};

const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519;

/// Checks, and can do nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Verifier;

/// No secret is ever here to be used.
const NOT_HERE: CryptoError = CryptoError::CryptoLibraryError;

impl OpenMlsCrypto for Verifier {
    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        if suite == SUITE { Ok(()) } else { Err(CryptoError::UnsupportedCiphersuite) }
    }
    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        vec![SUITE]
    }
    fn hash(&self, kind: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        match kind {
            HashType::Sha2_256 => Ok(Sha256::digest(data).to_vec()),
            HashType::Sha2_384 | HashType::Sha2_512 => Err(CryptoError::UnsupportedHashAlgorithm),
        }
    }
    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        key: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        if scheme != SignatureScheme::ED25519 {
            return Err(CryptoError::UnsupportedSignatureScheme);
        }
        let key = key.try_into().ok().and_then(|key| VerifyingKey::from_bytes(key).ok());
        let (key, signature) =
            key.zip(Signature::from_slice(signature).ok()).ok_or(CryptoError::InvalidSignature)?;
        key.verify_strict(data, &signature).map_err(|_| CryptoError::InvalidSignature)
    }

    fn hkdf_extract(&self, _: HashType, _: &[u8], _: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        Err(NOT_HERE)
    }
    fn hmac(&self, _: HashType, _: &[u8], _: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        Err(NOT_HERE)
    }
    fn hkdf_expand(&self, _: HashType, _: &[u8], _: &[u8], _: usize) -> Result<SecretVLBytes, CryptoError> {
        Err(NOT_HERE)
    }
    fn aead_encrypt(
        &self,
        _: AeadType,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        Err(NOT_HERE)
    }
    fn aead_decrypt(
        &self,
        _: AeadType,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        Err(NOT_HERE)
    }
    fn signature_key_gen(&self, _: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        Err(NOT_HERE)
    }
    fn sign(&self, _: SignatureScheme, _: &[u8], _: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Err(NOT_HERE)
    }
    fn hpke_seal(
        &self,
        _: HpkeConfig,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        Err(NOT_HERE)
    }
    fn hpke_open(
        &self,
        _: HpkeConfig,
        _: &HpkeCiphertext,
        _: &[u8],
        _: &[u8],
        _: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        Err(NOT_HERE)
    }
    fn hpke_setup_sender_and_export(
        &self,
        _: HpkeConfig,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        Err(NOT_HERE)
    }
    fn hpke_setup_receiver_and_export(
        &self,
        _: HpkeConfig,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        Err(NOT_HERE)
    }
    fn derive_hpke_keypair(&self, _: HpkeConfig, _: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        Err(NOT_HERE)
    }
}
